#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""docs/claims.md has each live claim and figure of the seeds, and what it says shows each of them.

What the judge's cases are, and of which requirements, is asked of the program itself: environment
SHUNT_CONFORM, or `build/bin/shunt-conform`.
"""

from __future__ import annotations

import functools
import json
import os
import re
import subprocess
import sys
import tempfile
import tomllib
from dataclasses import dataclass
from pathlib import Path

import breakage
from breakage import Breakage
from requirements_gate import FILE, IDENTIFIER
from rfc_gate import SOURCES, known_tests
from source_tree import ROOT, Finding

PAGE = "docs/claims.md"

# The first cells of each seed's rows: nothing of a seed is left out or split up unnoticed.
LIVE = {
    "S000": [
        *("1, 16, 58", "2, 17, 11, 26, 54", "3, 18, 12, 27", "4, 19, 49", "5, 6, 20, 21, 50-52"),
        *("7, 22", "10, 25, 53", "31, 40", "32, 41", "33, 42, 39, 48", "34, 43", "38, 47"),
        *("55, 56", "57", "60-68", "69"),
    ],
    "S002": [
        *("6, 16, 21, 50, 60", "7, 8, 17, 18, 22, 23", "9, 19, 24", "10, 20, 25", "26, 64"),
        *("29, 39", "30, 40, 51, 61", "31, 41, 52, 62", "32, 33, 42, 43, 53, 63"),
        "34, 35, 44, 45, 49, 54, 55, 65",
        "36, 46, 56, 66; 37, 47, 57, 67; 38, 48, 58, 59",
        *("68, 70, 72, 74", "abstract, first embodiment", "reasons for allowance"),
    ],
    "S001": [
        *("1, 88", "2", "3, 8", "4, 6", "5", "7, 9", "10", "11, 89", "12", "13, 14", "15, 16"),
        *("17, 18", "19, 20", "87, 90"),
    ],
    "S003": [
        *("1, 11, 26, 27", "2, 12, 22, 28", "3, 13, 14, 29, 34", "4, 30", "5, 15, 35"),
        *("6, 16, 31", "7, 17, 32", "8, 20, 33", "9, 18, 36", "10, 19, 37", "21", "23", "24", "25"),
    ],
    "S004": ["2-3", "11A-I", "12", "13", "17", "4-10, 14-16"],
}
# What a row may say instead of cases, and of which seeds.
NOT_YET = {"S003": "not built yet: profile handoff"}
NOTHING = "none: "
NO_REQUIREMENT = "-"

_SEED = re.compile(r"## (S\d{3})\b")
_CASE = re.compile(r"`([a-z]+/[a-z0-9-]+/[a-z0-9-]+)`")
_TEST_NAME = re.compile(r"`([a-z]+\.\w+\.\w+)`")
_RANGE = re.compile(r"\b([A-Z]+)-(\d+)\.\.(\d+)\b")
_REQUIREMENT = re.compile(rf"\b{IDENTIFIER}\b")


@dataclass(frozen=True)
class Row:
    """One row of the page."""

    seed: str
    name: str
    carried: str
    shown: str
    line: int

    def finding(self, text: str) -> Finding:
        return Finding(PAGE, self.line, f"{self.seed} {self.name}: {text}")

    @property
    def requirements(self) -> set[str]:
        """Those that carry it, ranges with all that is in them."""
        names = set(_REQUIREMENT.findall(self.carried))
        for prefix, first, last in _RANGE.findall(self.carried):
            names |= {f"{prefix}-{number}" for number in range(int(first), int(last) + 1)}
        return names


def page_rows(root: Path) -> tuple[list[Row], list[Finding]]:
    """The rows of the page's tables, and the lines that should be rows and are not."""
    rows: list[Row] = []
    findings: list[Finding] = []
    seed = ""
    lines = (root / PAGE).read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines, start=1):
        heading = _SEED.match(line)
        seed = heading[1] if heading else seed
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not line.startswith("| ") or cells[0] in ("claims", "figure"):
            continue
        if len(cells) != (3 if seed in NOT_YET else 4) or not all(cells):
            findings.append(Finding(PAGE, number, f"is no row of {seed}, or has an empty cell"))
            continue
        rows.append(Row(seed, cells[0], cells[-2], cells[-1], number))
    return rows, findings


@functools.cache
def judged() -> dict[str, set[str]]:
    """The requirements of each case of the judge."""
    program = os.environ.get("SHUNT_CONFORM", str(ROOT / "build/bin/shunt-conform"))
    with tempfile.TemporaryDirectory(prefix="shunt-gate-") as folder:
        report = Path(folder) / "coverage.json"
        command = [program, "coverage", "--json", str(report)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        cases = json.loads(report.read_text(encoding="utf-8"))["cases"]
    return {case["id"]: set(case["requirements"]) for case in cases}


def observable(root: Path) -> dict[str, bool]:
    """Whether anything shows each requirement to a judge."""
    entries = tomllib.loads((root / FILE).read_text(encoding="utf-8"))["requirement"]
    return {entry["id"]: entry["observable"] != "none" for entry in entries}


def check_rows(rows: list[Row]) -> list[Finding]:
    """Each claim and figure once, and no other."""
    findings = []
    for seed, names in LIVE.items():
        there = [row for row in rows if row.seed == seed]
        for name in names:
            count = sum(row.name == name for row in there)
            if count != 1:
                findings.append(Finding(PAGE, 1, f"{seed} {name}: {count} rows, expected one"))
        findings += [row.finding("is no row of the seed") for row in there if row.name not in names]
    return findings


def check_cases(row: Row, known: dict[str, bool]) -> list[str]:
    """What the row's requirements and cases have to do with each other."""
    faults = []
    tested: set[str] = set()
    for case in _CASE.findall(row.shown):
        of_case = judged().get(case)
        if of_case is None:
            faults.append(f"names {case}, which is no case")
            continue
        if not of_case & row.requirements:
            faults.append(f"names {case}, which tests none of its requirements")
        tested |= of_case
    for requirement in sorted(row.requirements):
        if requirement not in known:
            faults.append(f"names {requirement}, which is no requirement")
        elif known[requirement] and requirement not in tested:
            faults.append(f"names no case of {requirement}")
    return faults


def check_row(row: Row, known: dict[str, bool], tests: set[str]) -> list[Finding]:
    """One row by itself, against requirements, cases and tests."""
    if row.seed in NOT_YET and row.shown == NOT_YET[row.seed]:
        unknown = sorted(row.requirements - set(known))
        return [row.finding(f"names {name}, which is no requirement") for name in unknown]
    if row.carried == NO_REQUIREMENT or row.shown.startswith(NOTHING):
        is_whole = row.carried == NO_REQUIREMENT and len(row.shown) > len(NOTHING)
        is_right = is_whole and row.shown.startswith(NOTHING)
        return [] if is_right else [row.finding("is shown by nothing, expected a reason for that")]
    faults = check_cases(row, known)
    named = _TEST_NAME.findall(row.shown)
    faults += [f"names {name}, which is no test" for name in named if name not in tests]
    if not named and not _CASE.search(row.shown):
        faults.append("names neither a case nor a test")
    return [row.finding(fault) for fault in faults]


def check(root: Path) -> list[Finding]:
    """The page by itself, and against requirements, cases and tests."""
    rows, findings = page_rows(root)
    known, tests = observable(root), known_tests(root)
    findings += check_rows(rows)
    return findings + [finding for row in rows for finding in check_row(row, known, tests)]


def write(root: Path) -> None:
    """Nothing of the page follows from elsewhere."""
    raise SystemExit(f"{PAGE} in {root} is written by hand")


BREAKAGES = [
    Breakage(PAGE, "| 1, 16, 58 |", "| 1, 16 |", "S000 1, 16, 58: 0 rows"),
    Breakage(PAGE, "| 1, 16, 58 |", "| 1, 16 |", "S000 1, 16: is no row of the seed"),
    Breakage(PAGE, "| 11A-I |", "| 12 |", "S004 12: 2 rows"),
    Breakage(PAGE, "| 7, 22 |", "7, 22 |", "S000 7, 22: 0 rows"),
    Breakage(PAGE, "| EP-2 | `", "| EP-2 |  |", "has an empty cell"),
    Breakage(PAGE, "| EP-2 |", "|  |", "has an empty cell"),
    Breakage(PAGE, "| EP-2 |", "| EP-2, EP-3 |", "names no case of EP-3"),
    Breakage(PAGE, "| EP-2 |", "| EP-99 |", "names EP-99, which is no requirement"),
    Breakage(PAGE, "EP-20..22", "EP-20..23", "names no case of EP-23"),
    Breakage(PAGE, "syn-ack-before-migration", "syn-ack", "syn-ack, which is no case"),
    Breakage(
        PAGE,
        "| EP-2 | `",
        "| EP-2 | `endpoint/forward/stray-segment-reset`, `",
        "stray-segment-reset, which tests none of its requirements",
    ),
    Breakage(PAGE, "| - | none: a medium", "| - | a medium", "is shown by nothing"),
    Breakage(PAGE, "| - | none: a medium", "| EP-2 | none: a medium", "is shown by nothing"),
    Breakage(PAGE, "`stack.TcpSockets.A", "`stack.TcpSockets.B", "which is no test"),
    Breakage(PAGE, "not built yet: profile handoff", "not built yet", "names neither a case nor"),
    Breakage(PAGE, "| HO-2 |", "| HO-99 |", "names HO-99, which is no requirement"),
]


if __name__ == "__main__":
    sys.exit(breakage.run("claims_gate", check, write, ["docs", SOURCES], BREAKAGES))
