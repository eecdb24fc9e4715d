#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""docs/rfc9293.md has each requirement of RFC 9293's appendix B once, and its tests are there.

A test is known by its ctest name, `layer.Suite.Claim`; the sources of the layers say which exist.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path

import breakage
from breakage import Breakage
from source_tree import Finding

PAGE = "docs/rfc9293.md"
SOURCES = "ref-impl/shunt"

# What is known to be missing, and nothing else may be: a `not yet` that is not listed here fails,
# and so does one that is listed and done.
NOT_YET: frozenset[str] = frozenset()

# Appendix B numbers each word by itself, without gaps.
COUNTS = {"MUST": 69, "SHLD": 31, "MAY": 18, "REC": 1}

TESTED = "tested"
MISSING = "not yet"
STATUSES = {TESTED, "not observable on the wire", "not applicable", MISSING}

_NUMBER = re.compile(r"(MUST|SHLD|MAY|REC)-([1-9]\d*)")
_SECTION = re.compile(r"3(\.\d+)+")
_TEST_NAME = re.compile(r"`([a-z]+\.\w+\.\w+)`")
_TEST = re.compile(r"^TEST(?:_F)?\(\s*(\w+),\s*(\w+)\s*\)", re.MULTILINE)


@dataclass(frozen=True)
class Row:
    """One requirement as the page has it."""

    name: str
    section: str
    demand: str
    status: str
    proof: str
    line: int

    def finding(self, text: str) -> Finding:
        return Finding(PAGE, self.line, f"{self.name} {text}")


def page_rows(root: Path) -> tuple[list[Row], list[Finding]]:
    """The rows of the page's tables, and the lines that should be rows and are not."""
    rows: list[Row] = []
    findings: list[Finding] = []
    lines = (root / PAGE).read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines, start=1):
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not line.startswith("| ") or cells[0] == "number":
            continue
        if len(cells) != 5 or not _NUMBER.fullmatch(cells[0]):
            findings.append(Finding(PAGE, number, "is no row of number to proof"))
            continue
        rows.append(Row(cells[0], cells[1], cells[2], cells[3], cells[4], number))
    return rows, findings


def known_tests(root: Path) -> set[str]:
    """Every test of the layers by its ctest name."""
    return {
        f"{layer.name}.{test[1]}.{test[2]}"
        for layer in (root / SOURCES).iterdir()
        for source in sorted(layer.rglob("*_test.cc"))
        for test in _TEST.finditer(source.read_text(encoding="utf-8"))
    }


def check_numbers(rows: list[Row]) -> list[Finding]:
    """Each number of the appendix once, and no other."""
    names = [row.name for row in rows]
    expected = {f"{word}-{i}" for word, count in COUNTS.items() for i in range(1, count + 1)}
    findings = [Finding(PAGE, 1, f"{name} is missing") for name in sorted(expected - set(names))]
    for row in rows:
        if row.name not in expected:
            findings.append(row.finding("is no requirement of appendix B"))
        if names.count(row.name) > 1:
            findings.append(row.finding("is there more than once"))
    return findings


def check_row(row: Row, tests: set[str]) -> list[Finding]:
    """One row by itself and against the tests."""
    faults = []
    if not _SECTION.fullmatch(row.section):
        faults.append(f"has section {row.section!r}, expected one of chapter 3")
    if not row.demand.endswith("."):
        faults.append("demands no whole sentence")
    if row.status not in STATUSES:
        faults.append(f"has status {row.status!r}, expected one of {sorted(STATUSES)}")
    if not row.proof:
        faults.append("gives neither tests nor a reason")
    named = _TEST_NAME.findall(row.proof)
    if row.status == TESTED and not named:
        faults.append("names no test")
    faults += [f"names {name}, which is no test" for name in named if name not in tests]
    if (row.status == MISSING) != (row.name in NOT_YET):
        faults.append(f"is {row.status!r}, and NOT_YET of the gate says otherwise")
    return [row.finding(fault) for fault in faults]


def check(root: Path) -> list[Finding]:
    """The page by itself, and against the tests."""
    rows, findings = page_rows(root)
    tests = known_tests(root)
    findings += check_numbers(rows)
    return findings + [finding for row in rows for finding in check_row(row, tests)]


def write(root: Path) -> None:
    """Nothing of the page follows from elsewhere."""
    raise SystemExit(f"{PAGE} in {root} is written by hand")


_FIRST = "| MUST-1 | 3.1 | The window field is an unsigned number. | tested | "
BREAKAGES = [
    Breakage(PAGE, "| MUST-1 |", "| MUST-2 |", "MUST-1 is missing"),
    Breakage(PAGE, "| MUST-1 |", "| MUST-2 |", "MUST-2 is there more than once"),
    Breakage(PAGE, "| SHLD-31 |", "| SHLD-32 |", "SHLD-32 is no requirement"),
    Breakage(PAGE, "| SHLD-31 |", "| SHLD-32 |", "SHLD-31 is missing"),
    Breakage(PAGE, "| MAY-18 |", "| MAY-019 |", "is no row"),
    Breakage(PAGE, "| MAY-18 |", "MAY-18 |", "MAY-18 is missing"),
    Breakage(PAGE, "| MUST-1 | 3.1 |", "| MUST-1 | B |", "has section 'B'"),
    Breakage(PAGE, "unsigned number.", "unsigned number", "demands no whole sentence"),
    Breakage(PAGE, _FIRST, _FIRST.replace("tested", "done"), "has status 'done'"),
    Breakage(PAGE, _FIRST, _FIRST.replace("tested", "not yet"), "NOT_YET of the gate"),
    Breakage(PAGE, _FIRST + "`tcp.", _FIRST + "`tls.", "which is no test"),
    Breakage(PAGE, _FIRST + "`tcp.", _FIRST + "tcp.", "MUST-1 names no test"),
    Breakage(
        f"{SOURCES}/tcp/rfc9293_header_test.cc",
        "TEST(Rfc9293Header, TheWindowIs",
        "TEST(Rfc9293Header, DISABLED_TheWindowIs",
        "MUST-1 names tcp.Rfc9293Header.TheWindowIs",
    ),
]


if __name__ == "__main__":
    sys.exit(breakage.run("rfc_gate", check, write, [PAGE, SOURCES], BREAKAGES))
