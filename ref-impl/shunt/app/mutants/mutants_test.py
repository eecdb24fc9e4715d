# SPDX-License-Identifier: Apache-2.0
"""The shipped node holds no seeded defect and no variant; the mutants' program makes each."""

import json
import re
import subprocess
import sys
from pathlib import Path


def listed(program: str, kind: str) -> list[str]:
    """The names that --list-mutants or --list-variants prints."""
    done = subprocess.run([program, f"--list-{kind}s"], capture_output=True, text=True, check=True)
    return [json.loads(line)["name"] for line in done.stdout.splitlines()]


def unused(sources: Path, kind: str) -> list[str]:
    """What is wrong with the list of that kind: headers that ask, entries that nothing makes."""
    faults: list[str] = []
    uses: list[str] = []
    for source in sorted(sources.rglob("*")):
        if source.suffix not in (".cc", ".hh"):
            continue
        text = source.read_text()
        asked = re.findall(rf"is_{kind}\({kind.capitalize()}::(\w+)\)", text)
        if asked and source.suffix == ".hh":
            faults.append(f"{source.name} is a header and asks for a {kind}")
        uses += asked
        if kind == "variant" and source.parent.name == "mutants":
            uses += re.findall(r"variant_ == Variant::(\w+)", text)
    defined = re.findall(
        rf"^SHUNT_{kind.upper()}\((\w+),", (sources / f"base/{kind}s.def").read_text(), re.M
    )
    return faults + [f"{name} is listed and nowhere made" for name in defined if name not in uses]


def main() -> int:
    """Arguments: shunt-node, shunt-node-mutants, the folder of the sources."""
    node, mutants, sources = sys.argv[1:]
    names = listed(mutants, "mutant")
    variants = listed(mutants, "variant")
    faults: list[str] = []
    for kind, least, found in (("mutant", 15, names), ("variant", 8, variants)):
        if len(found) < least or len(set(found)) != len(found):
            faults.append(f"{least} {kind}s or more with names of their own are demanded: {found}")
        faults += unused(Path(sources), kind)
    shipped = Path(node).read_bytes()
    faults += [
        f"{name} is in the shipped node" for name in names + variants if name.encode() in shipped
    ]
    symbols = subprocess.run(["nm", "-C", node], capture_output=True, text=True, check=True).stdout
    if re.search(r"(is|choose)_(mutant|variant)|Disguise", symbols):
        faults.append("the shipped node has the symbols of mutants or variants")
    for fault in faults:
        print(fault)
    print(f"{len(names)} mutants, {len(variants)} variants, {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
