# SPDX-License-Identifier: Apache-2.0
"""The matrix to look at: a row for each mutant, a column for each case, a dot for each kill."""

from __future__ import annotations

import html

from .matrix import Matrix

STEP = 5
LEFT, TOP = 260, 20
COLORS = {"only": "#c0392b", "mapped": "#1f4e79", "other": "#a9c4de"}
LEGEND = {
    "only": "the only case that notices it",
    "mapped": "notices that its requirement is broken",
    "other": "notices it, too",
}


def draw(matrix: Matrix) -> str:
    """One HTML page, with nothing from elsewhere; the cases of a section stand together."""
    matrix = Matrix(sorted(matrix.cases, key=_section_of), matrix.mutants)
    width, height = LEFT + STEP * len(matrix.cases) + 20, TOP + STEP * len(matrix.mutants) + 20
    dots = "".join(_row(matrix, number, name) for number, name in enumerate(matrix.mutants))
    legend = " ".join(
        f'<span style="color:{COLORS[kind]}">&#9632;</span> {text}' for kind, text in LEGEND.items()
    )
    return (
        '<!DOCTYPE html>\n<html lang="en"><meta charset="utf-8"><title>Kill matrix</title>\n'
        f"<h1>{len(matrix.mutants)} mutants, {len(matrix.cases)} cases</h1>\n<p>{legend}</p>\n"
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'font-family="monospace" font-size="{STEP}">\n{dots}'
        f"{_folders(matrix, height)}</svg></html>\n"
    )


def _section_of(case: str) -> str:
    return "/".join(case.split("/")[:2])


def _row(matrix: Matrix, number: int, name: str) -> str:
    mutant = matrix.mutants[name]
    top = TOP + STEP * number
    label = html.escape(f"{name} {mutant.requirement}")
    text = f'<text x="{LEFT - 4}" y="{top + STEP - 1}" text-anchor="end">{label}</text>\n'
    for column, case in enumerate(matrix.cases):
        if case not in mutant.killed_by:
            continue
        kind = "only" if len(mutant.killed_by) == 1 else "other"
        kind = "mapped" if kind == "other" and case in mutant.mapped else kind
        text += (
            f'<rect x="{LEFT + STEP * column}" y="{top}" width="{STEP - 1}" height="{STEP - 1}" '
            f'fill="{COLORS[kind]}"><title>{html.escape(case)} kills {label}</title></rect>\n'
        )
    return text


def _folders(matrix: Matrix, height: int) -> str:
    """A line where a section of the suite begins, with its name above."""
    text, last = "", ""
    for column, case in enumerate(matrix.cases):
        folder = _section_of(case)
        if folder == last:
            continue
        last = folder
        x = LEFT + STEP * column
        text += (
            f'<line x1="{x}" y1="{TOP - 4}" x2="{x}" y2="{height}" stroke="#ddd"/>'
            f'<text x="{x}" y="{TOP - 6}">{html.escape(folder.split("/")[1])}</text>\n'
        )
    return text
