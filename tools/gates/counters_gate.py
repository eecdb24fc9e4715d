#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""docs/counters.md lists exactly the counters of the table in the code, name and sentence.

`--write` makes the page's list from the table.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path

import breakage
from breakage import Breakage
from source_tree import Finding

TABLE = "ref-impl/shunt/base/counters.def"
PAGE = "docs/counters.md"
LIST_HEAD = "| counter | goes up when |\n|---|---|\n"

_ENTRY = re.compile(
    r'^SHUNT_COUNTER\(\s*(\w+),\s*"([^"]*)",\s*((?:"(?:[^"\\]|\\.)*"\s*)+)\)', re.MULTILINE
)
_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"')
_ROW = re.compile(r"^\| `([^`]*)` \| (.*) \|$")
_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*(?:\.[a-z0-9]+(?:-[a-z0-9]+)*)+")


@dataclass(frozen=True)
class Counter:
    """One counter as the table or the page has it."""

    name: str
    sentence: str
    line: int


def table_counters(root: Path) -> list[Counter]:
    """Counters of the code's table, in its order."""
    text = (root / TABLE).read_text(encoding="utf-8")
    return [
        Counter(
            entry[2], "".join(_STRING.findall(entry[3])), text.count("\n", 0, entry.start()) + 1
        )
        for entry in _ENTRY.finditer(text)
    ]


def page_counters(root: Path) -> list[Counter]:
    """Counters of the page, in its order."""
    lines = (root / PAGE).read_text(encoding="utf-8").splitlines()
    rows = [(number, _ROW.match(line)) for number, line in enumerate(lines, start=1)]
    return [Counter(row[1], row[2], number) for number, row in rows if row]


def check_table(root: Path, counters: list[Counter]) -> list[Finding]:
    """The table by itself: read whole, in order, with names and sentences of the right form."""
    text = (root / TABLE).read_text(encoding="utf-8")
    findings = []
    if not counters or len(counters) != len(re.findall(r"^SHUNT_COUNTER\(", text, re.MULTILINE)):
        findings.append(
            Finding(TABLE, 1, "an entry is not SHUNT_COUNTER(Identifier, name, sentence)")
        )
    for previous, counter in zip(counters, counters[1:]):
        if previous.name >= counter.name:
            findings.append(Finding(TABLE, counter.line, f"{counter.name} is out of order"))
    for counter in counters:
        if not _NAME.fullmatch(counter.name):
            findings.append(Finding(TABLE, counter.line, f"{counter.name} is no dotted name"))
        if not counter.sentence.endswith("."):
            findings.append(Finding(TABLE, counter.line, f"{counter.name} has no whole sentence"))
    return findings


def check(root: Path) -> list[Finding]:
    """The table, and the page against it."""
    counters = table_counters(root)
    listed = page_counters(root)
    findings = check_table(root, counters)
    by_name = {counter.name: counter for counter in counters}
    for row in listed:
        if row.name not in by_name:
            findings.append(Finding(PAGE, row.line, f"{row.name} is not in {TABLE}"))
        elif by_name[row.name].sentence != row.sentence:
            findings.append(Finding(PAGE, row.line, f"{row.name} has another sentence in {TABLE}"))
    names = [row.name for row in listed]
    for counter in counters:
        if names.count(counter.name) != 1:
            findings.append(
                Finding(TABLE, counter.line, f"{counter.name} is not once in {PAGE} (--write)")
            )
    return findings


def write(root: Path) -> None:
    """Replaces the page's list, which is its end."""
    head = (root / PAGE).read_text(encoding="utf-8").split(LIST_HEAD)[0]
    rows = [f"| `{counter.name}` | {counter.sentence} |\n" for counter in table_counters(root)]
    (root / PAGE).write_text(head + LIST_HEAD + "".join(rows), encoding="utf-8")


BREAKAGES = [
    Breakage(TABLE, "SHUNT_COUNTER(DropArpMalformed", "// (", "drop.arp.malformed is not in"),
    Breakage(TABLE, "SHUNT_COUNTER(DropArpMalformed, ", "SHUNT_COUNTER(", "an entry is not"),
    Breakage(TABLE, '"drop.arp.malformed"', '"drop.zzz.malformed"', "is out of order"),
    Breakage(TABLE, '"drop.arp.malformed"', '"drop.arp.Malformed"', "is no dotted name"),
    Breakage(TABLE, '.")', '")', "has no whole sentence"),
    Breakage(TABLE, "is wrong", "is bad", "has another sentence"),
    Breakage(PAGE, "| `drop.arp.malformed`", "| drop.arp.malformed", "is not once in"),
    Breakage(PAGE, "`drop.arp.malformed`", "`drop.arp.odd`", "drop.arp.odd is not in"),
]


if __name__ == "__main__":
    sys.exit(breakage.run("counters_gate", check, write, [TABLE, PAGE], BREAKAGES))
