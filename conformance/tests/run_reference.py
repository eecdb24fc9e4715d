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
import os
import subprocess
import sys
import tempfile
from pathlib import Path

IUT = Path(__file__).resolve().parent.parent / "iut"
# A class that every node has, and what its objects do: they add.
OBJECTS = """
[ixit.objects]
class = "counter"
arguments = "5"
call = "37"
result = "42"
"""
# Where the node has its front and its back link.
PLACES = {
    "unix": ("unix:out/s1.sock", "unix:out/s1.sock"),
    "tap": ("tap:shunt-jf", "tap:shunt-jb"),
    "qemu": ("qemu:out/front.sock", "qemu:out/back.sock"),
}
CONTROL = "out/s1.control"
NOT_YET = IUT / "shunt-node-not-yet.txt"
# What takes more than a minute of the wall's clock, whatever runs beside it, is for virtual time.
LONGEST_S = 60


def numbered(arguments: argparse.Namespace, *places: str) -> list[str]:
    """The same places for each of several devices."""
    number = "{n}" if arguments.devices else ""
    return [place + number for place in places]


def place_files(arguments: argparse.Namespace, folder: Path) -> tuple[Path, Path]:
    """The farm's and the device's file, in `folder`."""
    name = "shunt-node.toml" if arguments.attach == "unix" else "shunt-node-tap.toml"
    farm, iut = (IUT / "farm.toml").read_text(), (IUT / name).read_text()
    for place, link in zip(PLACES["tap"], numbered(arguments, *PLACES[arguments.attach])):
        iut = iut.replace(f'"{place}"', f'"{link}"')
    iut = iut.replace(CONTROL, numbered(arguments, CONTROL)[0])
    if arguments.ext:
        farm = farm.replace("id = 1\n", "id = 1\nextensions = true\nethertype = 0x0007\n", 1)
        iut = iut.replace("0x88B5", "0x0007")
        iut += OBJECTS
    if arguments.attach != "unix" or arguments.jobs:
        # All cases share one device, and what one leaves behind fills a small table.
        farm = farm.replace("forward_connect_entries = 32\n", "forward_connect_entries = 256\n", 1)
        iut = iut.replace("forward_connect = 32\n", "forward_connect = 256\n", 1)
    if arguments.attach != "unix":
        iut += "\n[ixit.limits]\nforward_connect = 256\n"
    if arguments.routed:
        farm = farm.replace("id = 1\n", 'id = 1\nbinding = "udp"\n', 1)
    if arguments.sessions:
        farm = farm.replace("id = 1\n", 'id = 1\nsecret_file = "farm.secret"\n', 1)
        farm += f'\n[session]\nmode = "{arguments.sessions}"\nlifetime_s = 20\n'
        iut += '\n[ixit.session]\nsecret_file = "farm.secret"\nlifetime_s = 20\n'
        place_secret(folder / "farm.secret")
    claims = {
        "ext": arguments.ext,
        "control-channel": arguments.ext,
        "routed-binding": arguments.routed,
        "sessions": bool(arguments.sessions),
        "session-redirect": arguments.sessions == "redirect",
        "tls-sessions": bool(arguments.sessions) and arguments.ext,
        "objects": arguments.ext,
    }
    options = json.dumps([name for name, is_claimed in claims.items() if is_claimed])
    iut = iut.replace("options = []", f"options = {options}").replace("# upper_", "upper_")
    (folder / "farm.toml").write_text(farm)
    (folder / "iut.toml").write_text(iut)
    return folder / "farm.toml", folder / "iut.toml"


def place_secret(path: Path) -> None:
    """A farm's secret, for the node's user alone to read."""
    if not path.exists():
        descriptor = os.open(path, os.O_CREAT | os.O_WRONLY, 0o600)
        os.write(descriptor, b"the secret of the farm that is judged\n")
        os.close(descriptor)


def left_out() -> list[str]:
    """Selectors of what the reference node does not have yet."""
    lines = [line for line in NOT_YET.read_text().splitlines() if not line.startswith("#")]
    return [f"^{line}" for line in lines]


def judge(arguments: argparse.Namespace, folder: Path, out: str) -> dict[str, object]:
    """One run in `folder`; its report. Ends the program if the judge does not say conformant."""
    is_wall = arguments.attach != "unix"
    front, back, control = numbered(arguments, *PLACES[arguments.attach], CONTROL)
    farm, iut = place_files(arguments, folder)
    node = [str(arguments.node), "--config", str(farm), "--name", "s1"]
    node += ["--front", front, "--back", back, "--time", "wall" if is_wall else "virtual"]
    if is_wall:
        node += ["--control", control]
    command = [str(arguments.judge), "run", *arguments.selectors, *left_out()]
    if is_wall:
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
