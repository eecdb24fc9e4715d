# SPDX-License-Identifier: Apache-2.0
"""The page that keeps what the matrix said of each case: docs/kill-matrix.md."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from .matrix import Matrix
from .reasons import Reason, reason_of, stale

HEAD = """# The kill matrix

Which case is the only one that notices some mutant of the reference node, and why each of the
others is there. `tools/kill-matrix` runs every case against every mutant, in each farm in which
mutants show, and holds both lists to what it finds; `tools/kill-matrix --write` makes this page.
CTest (`kill-matrix.page`) holds the page to the suite's cases, the mutants, and
`conformance/cases/reasons.toml`, which has the reasons; `shunt-conform explain CASE` prints them. A
case of TCP and the one of the same name in `tcp/after-migration` are one body, and count as one.

"""
MUTANT_ROW = re.compile(r"^\| `([^`/]+)` \| [A-Z0-9-]+ \| \d+ \|$", re.MULTILINE)
ROW = re.compile(r"^\| `(?P<case>[^`]+)` \| (?P<kills>\d+) \| (?P<why>.+) \|$")


@dataclass(frozen=True)
class Row:
    """What the page says of one case."""

    case: str
    kills: int
    only_killer_of: tuple[str, ...]
    reason: str


def rows_of(matrix: Matrix, reasons: list[Reason]) -> list[Row]:
    rows = []
    for case in matrix.cases:
        only = tuple(matrix.only_killer_of(case))
        reason = reason_of(case, reasons)
        name = reason.name if reason and not only else ""
        rows.append(Row(case, matrix.kills(case), only, name))
    return rows


def render(matrix: Matrix, reasons: list[Reason]) -> str:
    rows = rows_of(matrix, reasons)
    alone = sum(bool(row.only_killer_of) for row in rows)
    text = (
        HEAD
        + count_line(len(matrix.mutants), len(rows), alone)
        + ("| case | kills | only killer of, or *reason* |\n|---|---|---|\n")
    )
    for row in rows:
        why = ", ".join(f"`{name}`" for name in row.only_killer_of) or f"*{row.reason}*"
        text += f"| `{row.case}` | {row.kills} | {why} |\n"
    text += "\n## Reasons\n\n"
    text += "".join(f"- *{reason.name}*: {reason.text}\n" for reason in reasons)
    text += "\n## Mutants\n\nHow many cases notice each.\n\n"
    text += "| mutant | breaks | cases |\n|---|---|---|\n"
    for name in sorted(matrix.mutants):
        mutant = matrix.mutants[name]
        text += f"| `{name}` | {mutant.requirement} | {len(mutant.killed_by)} |\n"
    return text


def count_line(mutants: int, cases: int, alone: int) -> str:
    return (
        f"{mutants} mutants, {cases} cases: {alone} are the only killer of a mutant, "
        f"{cases - alone} have a reason.\n\n"
    )


def read_page(path: Path) -> list[Row]:
    rows = []
    for line in path.read_text().splitlines():
        found = ROW.match(line)
        if not found:
            continue
        why = found["why"]
        is_reason = why.startswith("*")
        only = () if is_reason else tuple(re.findall(r"`([^`]+)`", why))
        rows.append(Row(found["case"], int(found["kills"]), only, why.strip("*") * is_reason))
    return rows


def complaints(rows: list[Row], mutants: list[str], reasons: list[Reason]) -> list[str]:
    """What is wrong with rows, of a page or of a matrix."""
    found = stale(reasons, [row.case for row in rows])
    given = [reason_of(row.case, reasons) for row in rows if not row.only_killer_of]
    needed = {reason.name for reason in given if reason}
    found += [
        f"{reason.name}: no case needs that reason"
        for reason in reasons
        if reason.name not in needed
    ]
    for row in rows:
        found += [
            f"{row.case}: no mutant is called {name}"
            for name in row.only_killer_of
            if name not in mutants
        ]
        reason = reason_of(row.case, reasons)
        if row.only_killer_of and reason:
            found.append(
                f"{row.case} is the only killer of {row.only_killer_of[0]}, "
                f"and has a reason besides: {reason.name}"
            )
        if not row.only_killer_of and not reason:
            found.append(f"{row.case} is the only killer of no mutant, and has no reason")
    return found


def page_complaints(
    path: Path, cases: list[str], mutants: list[str], reasons: list[Reason]
) -> list[str]:
    """Whether the page is of this suite, these mutants and these reasons."""
    rows = read_page(path)
    on_page = [row.case for row in rows]
    found = [f"{case} is not on the page" for case in cases if case not in on_page]
    found += [f"{case} is on the page, but no case" for case in on_page if case not in cases]
    text = path.read_text()
    listed = MUTANT_ROW.findall(text)
    found += [f"the mutant {name} is not on the page" for name in mutants if name not in listed]
    found += [f"{name} is on the page, but no mutant" for name in listed if name not in mutants]
    alone = sum(bool(row.only_killer_of) for row in rows)
    if count_line(len(mutants), len(cases), alone).strip() not in text:
        found.append("the counts at the top of the page are of something else")
    for row in rows:
        reason = reason_of(row.case, reasons)
        if not row.only_killer_of and (reason is None or reason.name != row.reason):
            found.append(f"{row.case}: the page has the reason {row.reason!r}, the file another")
    return found + complaints(rows, mutants, reasons)
