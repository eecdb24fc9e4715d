# SPDX-License-Identifier: Apache-2.0
"""The shipped node holds no seeded defect; the mutants' program holds each, and uses each once."""

import json
import re
import subprocess
import sys
from pathlib import Path


def listed(program: str) -> list[str]:
    """The names that --list-mutants prints."""
    done = subprocess.run([program, "--list-mutants"], capture_output=True, text=True, check=True)
    return [json.loads(line)["name"] for line in done.stdout.splitlines()]


def main() -> int:
    """Arguments: shunt-node, shunt-node-mutants, the folder of the sources."""
    node, mutants, sources = sys.argv[1:]
    names = listed(mutants)
    faults: list[str] = []
    if len(names) < 15 or len(set(names)) != len(names):
        faults.append(f"15 mutants or more with names of their own are demanded: {names}")
    shipped = Path(node).read_bytes()
    faults += [f"{name} is in the shipped node" for name in names if name.encode() in shipped]
    symbols = subprocess.run(["nm", "-C", node], capture_output=True, text=True, check=True).stdout
    if "is_mutant" in symbols or "choose_mutant" in symbols:
        faults.append("the shipped node has the symbols of mutants")
    uses: list[str] = []
    for source in sorted(Path(sources).rglob("*")):
        if source.suffix not in (".cc", ".hh") or "mutants" in source.parts:
            continue
        text = source.read_text()
        found = re.findall(r"is_mutant\(Mutant::(\w+)\)", text)
        if found and source.suffix == ".hh":
            faults.append(f"{source.name} is a header and asks for a mutant")
        uses += found
    defined = re.findall(
        r"^SHUNT_MUTANT\((\w+),", (Path(sources) / "base/mutants.def").read_text(), re.M
    )
    faults += [f"{name} is listed and nowhere seeded" for name in defined if name not in uses]
    for fault in faults:
        print(fault)
    print(f"{len(names)} mutants, {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
