#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A run that its user ends: the report is about what there is, the bundle is whole.

One case lasts a minute, the others a second or two: SIGINT comes when the first of them has ended.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from reference_farm import Setting, node_command, place_files

LONG = "endpoint/giving-back/held-goes-back"
SELECTED = ["endpoint/framing", LONG]
INTERRUPTED = 130
PATIENCE_S = 60
SETTING = Setting("qemu", ext=True)


def expect(is_so: bool, what: str) -> None:
    if not is_so:
        sys.exit(f"interrupted_test: {what}")


def start(arguments: argparse.Namespace, folder: Path) -> subprocess.Popen[str]:
    farm, iut = place_files(SETTING, folder)
    (folder / "out").mkdir()
    node = node_command(arguments.node, farm, SETTING)
    command = [str(arguments.judge), "run", *SELECTED, "--iut", str(iut), "--no-qualify"]
    command += ["--out", "bundle", "--json", "report.json", "--", *node]
    # Whoever starts this in the background has SIGINT ignored, which children inherit.
    return subprocess.Popen(
        command,
        cwd=folder,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def end_after_first_case(process: subprocess.Popen[str]) -> None:
    assert process.stdout
    for line in process.stdout:
        if line.startswith("PASS"):
            break
    process.send_signal(signal.SIGINT)
    process.stdout.read()
    expect(process.wait(PATIENCE_S) == INTERRUPTED, f"exit code {process.returncode}")


def check_report(folder: Path) -> None:
    cases = json.loads((folder / "report.json").read_text())["cases"]
    verdicts = {case["id"]: case["verdict"] for case in cases}
    expect("PASS" in verdicts.values(), "no case has passed")
    long = next(case for case in cases if case["id"] == LONG)
    expect(long["verdict"] == "NOT-RUN", f"{LONG}: {long['verdict']}")
    expect("interrupted" in long["reason"], long["reason"])
    named = {Path(case["pcapng"]).name for case in cases if case["pcapng"]}
    found = {path.name for path in (folder / "bundle").glob("*.pcapng")}
    expect(named == found, f"captures without a report: {found - named}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--judge", type=Path, required=True)
    parser.add_argument("--node", type=Path, required=True)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        begin = time.monotonic()
        process = start(arguments, folder)
        end_after_first_case(process)
        expect(time.monotonic() - begin < PATIENCE_S / 2, "the long case was waited for")
        check_report(folder)
        verified = subprocess.run(
            [str(arguments.judge), "verify", "bundle"], cwd=folder, capture_output=True, text=True
        )
        expect(verified.returncode == 0, verified.stdout + verified.stderr)
        left = subprocess.run(
            ["pgrep", "-f", str(folder)], capture_output=True, text=True, check=False
        ).stdout.split()
        expect(not [pid for pid in left if int(pid) != os.getpid()], f"still running: {left}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
