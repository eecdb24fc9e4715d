#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Lets the judge judge the reference node, and holds every case to PASS.

`--attach unix`: one socket, virtual time, twice: the evidence of both runs is the same.
`--attach tap`: two taps in the network namespace that it finds itself in, wall time.
`--attach qemu`: two stream sockets with QEMU's framing, wall time, no privilege.
`--ext`: a farm with extensions, where the judge's servers have control channels with the node, and
the Type value of the figures (FRM-2), instead of a base farm.
`--routed`: the routed binding (FRM-3) instead of Ethernet.
`--sessions cookie` or `redirect`: sessions are on, and a farm with extensions routes those of TLS.
`--jobs N`: so many cases at once on one device. `--devices N`: on so many devices.
`--keep DIR`: what the runs leave behind, the evidence too, stays there.
Selectors behind the options are the cases to run, all if there are none.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from reference_farm import PLACES, Setting, left_out, node_command, place_files

# What takes more than a minute of the wall's clock, whatever runs beside it, is for virtual time.
LONGEST_S = 60


def setting_of(arguments: argparse.Namespace) -> Setting:
    return Setting(
        arguments.attach,
        arguments.ext,
        arguments.routed,
        arguments.sessions,
        arguments.jobs,
        arguments.devices,
    )


def judge(arguments: argparse.Namespace, folder: Path, out: str) -> dict[str, object]:
    """One run in `folder`; its report. Ends the program if the judge does not say conformant."""
    setting = setting_of(arguments)
    farm, iut = place_files(setting, folder)
    node = node_command(arguments.node, farm, setting)
    command = [str(arguments.judge), "run", *arguments.selectors, *left_out()]
    if setting.attach != "unix":
        command += ["--longest", str(LONGEST_S)]
    command += ["--iut", str(iut), "--out", out]
    if arguments.jobs:
        command += ["--jobs", str(arguments.jobs)]
    if arguments.devices:
        command += ["--devices", str(arguments.devices)]
    command += ["--json", f"{out}.json", "--", *node]
    (folder / "out").mkdir(exist_ok=True)
    result = subprocess.run(command, cwd=folder, check=False)
    if result.returncode != 0:
        log = folder / out / "device.log"
        print(log.read_text() if log.exists() else "the device printed nothing", file=sys.stderr)
        sys.exit(result.returncode)
    report: dict[str, object] = json.loads((folder / f"{out}.json").read_text())
    return report


def complaints(report: dict[str, object], folder: Path) -> list[str]:
    """What the report lacks of a whole run in which everything passed."""
    found = []
    if report["verdict"] != "CONFORMANT":
        found.append(f"verdict {report['verdict']}")
    cases = report["cases"]
    assert isinstance(cases, list)
    if len(cases) < 20:
        found.append(f"only {len(cases)} cases")
    for case in cases:
        if is_of_another_farm(case):
            continue
        if case["verdict"] != "PASS":
            found.append(f"{case['id']}: {case['verdict']}")
        if not (folder / case["pcapng"]).is_file():
            found.append(f"{case['id']}: no evidence")
    return found


def lasting_too_long(program: Path, report: dict[str, object]) -> list[str]:
    """Cases that are said to last no longer than LONGEST_S, and do by the device's clock."""
    listed = subprocess.run(
        [str(program), "list", "--longest", str(LONGEST_S)],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    short = {line for line in listed if line and not line.startswith(" ")}
    cases = report["cases"]
    assert isinstance(cases, list)
    return [
        f"{case['id']} lasts {case['duration_us'] / 1e6:.0f} s (cases/lasting.cc)"
        for case in cases
        if case["id"] in short and case["duration_us"] > LONGEST_S * 1e6
    ]


def is_of_another_farm(case: dict[str, str]) -> bool:
    """A case that the statement of the device leaves out."""
    return case["verdict"] == "NOT-RUN" and case["reason"].endswith("is not claimed")


def differing_evidence(folder: Path, one: str, other: str) -> list[str]:
    return [
        f"{path.name} differs between two runs with one seed"
        for path in sorted((folder / one).glob("*.pcapng"))
        if without_comment(path) != without_comment(folder / other / path.name)
    ]


def without_comment(path: Path) -> bytes:
    """A pcapng without its first block, whose comment names the folder of the run."""
    content = path.read_bytes()
    return content[int.from_bytes(content[4:8], "big") :]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--judge", type=Path, required=True)
    parser.add_argument("--node", type=Path, required=True)
    parser.add_argument("--attach", choices=list(PLACES), required=True)
    parser.add_argument("--ext", action="store_true")
    parser.add_argument("--routed", action="store_true")
    parser.add_argument("--sessions", choices=["cookie", "redirect"])
    parser.add_argument("--jobs", type=int)
    parser.add_argument("--devices", type=int)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("selectors", nargs="*")
    arguments = parser.parse_args()
    with contextlib.ExitStack() as stack:
        folder = arguments.keep
        if folder is None:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.mkdir(parents=True, exist_ok=True)
        report = judge(arguments, folder, "first")
        found = complaints(report, folder)
        if arguments.attach == "unix":
            found += lasting_too_long(arguments.judge, report)
            found += complaints(judge(arguments, folder, "second"), folder)
            found += differing_evidence(folder, "first", "second")
    for complaint in found:
        print(complaint, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
