# SPDX-License-Identifier: Apache-2.0
"""The table of figures that people read."""

from __future__ import annotations

import statistics

from .figures import Figure

_HEAD = ("figure", "ours", "named", "unit", "min", "median", "max", "limit", "met")
_LEFT = {0, 3}


def _number(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}"


def _row(figure: Figure, tolerance: float) -> tuple[str, ...]:
    ratio = figure.ratio
    met = figure.is_met(tolerance)
    return (
        figure.name,
        _number(statistics.median(figure.ours)),
        _number(statistics.median(figure.named)),
        figure.unit,
        f"{ratio.minimum:.2f}",
        f"{ratio.median:.2f}",
        f"{ratio.maximum:.2f}",
        "-" if figure.limit is None else f"{figure.limit * tolerance:g}",
        "-" if met is None else "yes" if met else "NO",
    )


def rows(figures: list[Figure], tolerance: float) -> list[str]:
    """Lines: medians of both, then ratios ours / named, and whether the median keeps its limit."""
    cells = [_HEAD, *(_row(figure, tolerance) for figure in figures)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(_HEAD))]
    return [
        "  ".join(
            cell.ljust(width) if column in _LEFT else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths))
        ).rstrip()
        for row in cells
    ]


def legend(figures: list[Figure]) -> list[str]:
    """What each figure is, and what was measured beside it."""
    lines = []
    for figure in figures:
        lines.append(f"{figure.name}: {figure.what}; beside: {figure.beside}")
        lines += [f"    {text}: {value:,.0f}" for text, value in figure.details]
    return lines
