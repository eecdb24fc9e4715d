#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Linux as the device: every case of TCP and IP against the kernel of this machine.

In a network namespace, with a few devices of tools/device-linux. What the kernel does otherwise
than the cases expect must stand in docs/deviations.md, under "The suite's cases"; what stands there
must be seen. Each device is asked to end, and leaves nothing behind.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HEADING = "## The suite's cases"
DEVICES = 3


def listed() -> set[str]:
    """Cases that docs/deviations.md names in the rows of its table."""
    page = (ROOT / "docs" / "deviations.md").read_text()
    section = page.split(HEADING, 1)[1].split("\n## ", 1)[0]
    return set(re.findall(r"^\| `(tcp/[a-z0-9/-]+)`", section, re.MULTILINE))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--judge", type=Path, required=True)
    parser.add_argument("--repeat", type=int, default=1, metavar="N")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        places = folder / "devices"
        places.mkdir()
        report = folder / "report.json"
        command = [str(arguments.judge.resolve()), "run", "tcp/**", "--devices", str(DEVICES)]
        command += ["--iut", "conformance/iut/linux-kernel.toml", "--json", str(report)]
        command += ["--repeat", str(arguments.repeat), "--longest", "60", "--"]
        command += ["tools/device-linux", "--interface", "shunt-linux{n}"]
        environment = {**os.environ, "TMPDIR": str(places)}
        ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
        if not report.exists():
            sys.exit(f"linux_test: {ended.stderr}")
        cases = json.loads(report.read_text())["cases"]
        left = sorted(path.name for path in places.iterdir())
    ran = [case for case in cases if case["verdict"] != "NOT-RUN"]
    failing = {case["id"]: case["reason"] for case in ran if case["verdict"] != "PASS"}
    complaints = [f"{id}: {reason}" for id, reason in failing.items() if id not in listed()]
    complaints += [f"{id}: is listed as a deviation and passes" for id in listed() - set(failing)]
    if len(ran) < 40:
        complaints.append(f"only {len(ran)} cases ran")
    if left:
        complaints.append(f"devices were killed, not asked to end: {left}")
    if complaints:
        print("\n".join(complaints), file=sys.stderr)
        return 1
    print(f"{len(ran)} cases against this kernel, {len(failing)} deviate as listed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
