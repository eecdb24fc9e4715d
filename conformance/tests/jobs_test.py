#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""How many cases are at a device at once changes no verdict, and who ends it is found.

The device answers echoes alone, and ends at the first UDP datagram: every TCP case fails, and the
cases of the UDP flow are the ones that crash it, whoever sits beside them.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

TESTS = Path(__file__).resolve().parent
IUT = TESTS.parent / "iut" / "shunt-node.toml"
SELECTORS = ["endpoint/handshake/**", "endpoint/icmp/**", "endpoint/udp/**", "endpoint/target/**"]


def run(judge: Path, folder: Path, jobs: int) -> dict[str, dict[str, str]]:
    """The cases of one run by their ids."""
    (folder / "out").mkdir(exist_ok=True)
    report = folder / f"{jobs}.json"
    device = ["/usr/bin/python3", str(TESTS / "dead_device.py"), "--front", "unix:out/s1.sock"]
    command = [str(judge), "run", *SELECTORS, "--iut", str(IUT), "--jobs", str(jobs)]
    command += ["--json", str(report), "--", *device, "--fragile"]
    result = subprocess.run(command, cwd=folder, check=False, stdout=subprocess.DEVNULL)
    if result.returncode != 1:
        sys.exit(f"--jobs {jobs}: exit code {result.returncode}")
    return {case["id"]: case for case in json.loads(report.read_text())["cases"]}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--judge", type=Path, required=True)
    arguments = parser.parse_args()
    found = []
    with tempfile.TemporaryDirectory() as name:
        runs = {jobs: run(arguments.judge, Path(name), jobs) for jobs in (1, 8, 64)}
    for jobs, cases in runs.items():
        for identity, case in cases.items():
            is_udp = identity.startswith("endpoint/udp/")
            if case["verdict"] not in ("NOT-RUN", "FAIL", *(["CRASH"] if is_udp else [])):
                found.append(f"--jobs {jobs}: {identity}: {case['verdict']}: {case['reason']}")
            if case["verdict"] != runs[1][identity]["verdict"]:
                found.append(f"--jobs {jobs}: {identity}: not as with --jobs 1")
        crashes = [case["reason"] for case in cases.values() if case["verdict"] == "CRASH"]
        if not any("; at frame 1 of the 1" in reason for reason in crashes):
            found.append(f"--jobs {jobs}: no crash is pinned to its frame: {crashes}")
        if not all("exit code 5" in reason for reason in crashes):
            found.append(f"--jobs {jobs}: a crash does not tell how the device ended: {crashes}")
    for complaint in found:
        print(complaint, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
