#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Statements about the reference node that lie, each way: the judge finds them out.

One claims less than the node shows (its farm has extensions, control channels and sessions), the
other more (options of a farm that the node is not in). A true one has no findings.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

IUT = Path(__file__).resolve().parent.parent / "iut"
SECRET = "the secret of the farm that is judged\n"


def run(
    arguments: argparse.Namespace, farm: str, iut: str, selectors: list[str]
) -> dict[str, object]:
    """The report of a run with these files."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "out").mkdir()
        (folder / "farm.toml").write_text(farm)
        (folder / "iut.toml").write_text(iut)
        (folder / "farm.secret").write_text(SECRET)
        (folder / "farm.secret").chmod(0o600)
        node = [str(arguments.node), "--config", "farm.toml", "--name", "s1"]
        node += ["--front", "unix:out/s1.sock", "--back", "unix:out/s1.sock", "--time", "virtual"]
        command = [str(arguments.judge), "run", *selectors, "--iut", "iut.toml"]
        command += ["--json", "report.json", "--", *node]
        result = subprocess.run(command, cwd=folder, check=False, stdout=subprocess.PIPE, text=True)
        report: dict[str, object] = json.loads((folder / "report.json").read_text())
        report["exit_code"] = result.returncode
        report["text"] = result.stdout
        return report


def has_claim(report: dict[str, object], beginning: str) -> bool:
    claims = report["claims"]
    assert isinstance(claims, list)
    return any(str(line).startswith(beginning) for line in claims)


def check_missing(arguments: argparse.Namespace, farm: str, iut: str) -> list[str]:
    """The farm has more than is claimed."""
    farm = farm.replace("id = 1\n", 'id = 1\nextensions = true\nsecret_file = "farm.secret"\n', 1)
    farm += '\n[session]\nmode = "cookie"\n'
    selectors = ["endpoint/handshake", "endpoint/base-home/**", "tcp/segments"]
    report = run(arguments, farm, iut, selectors)
    wanted = ["option control-channel is not", "option sessions is not"]
    found = [f"no finding {line}" for line in wanted if not has_claim(report, line)]
    if report["exit_code"] != 1 or report["verdict"] != "NOT-CONFORMANT":
        found.append(f"{report['verdict']} with a statement that claims too little")
    if "the statement is not true: option sessions" not in str(report["text"]):
        found.append("the text of the report does not say it")
    return found


def check_excess(arguments: argparse.Namespace, farm: str, iut: str) -> list[str]:
    """The farm has less than is claimed."""
    iut = iut.replace("options = []", 'options = ["sessions", "session-redirect"]')
    iut += '\n[ixit.session]\nsecret_file = "farm.secret"\n'
    report = run(arguments, farm, iut, [])
    wanted = ["option sessions is claimed, and nothing", "option session-redirect is claimed, and"]
    found = [f"no finding {line}" for line in wanted if not has_claim(report, line)]
    if report["verdict"] != "NOT-CONFORMANT":
        found.append(f"{report['verdict']} with a statement that claims too much")
    return found


def check_true(arguments: argparse.Namespace, farm: str, iut: str) -> list[str]:
    claims = run(arguments, farm, iut, [])["claims"]
    assert isinstance(claims, list)
    return [f"of a true statement: {line}" for line in claims]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--judge", type=Path, required=True)
    parser.add_argument("--node", type=Path, required=True)
    arguments = parser.parse_args()
    farm = (IUT / "farm.toml").read_text()
    iut = (IUT / "shunt-node.toml").read_text()
    found = []
    for check in (check_missing, check_excess, check_true):
        found += [f"{check.__name__}: {each}" for each in check(arguments, farm, iut)]
    for complaint in found:
        print(complaint, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
