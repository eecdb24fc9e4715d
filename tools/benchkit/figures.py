# SPDX-License-Identifier: Apache-2.0
"""Figures as the program measured them, and what they amount to: ratios, medians, a verdict."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Ratio:
    """Ours divided by the named program's, over the rounds."""

    minimum: float
    median: float
    maximum: float


@dataclass(frozen=True)
class Figure:
    """One figure with all that was measured of it."""

    name: str
    what: str
    beside: str
    unit: str
    limit: float | None
    ours: list[float]
    named: list[float]
    details: list[tuple[str, float]]

    @property
    def ratio(self) -> Ratio:
        """Of each round alone, because what slows one turn of a round slows the other."""
        ratios = [ours / named for ours, named in zip(self.ours, self.named, strict=True)]
        return Ratio(min(ratios), statistics.median(ratios), max(ratios))

    def is_met(self, tolerance: float) -> bool | None:
        """Whether the median keeps the limit, widened by `tolerance`; None without a limit."""
        return None if self.limit is None else self.ratio.median <= self.limit * tolerance


def parse(text: dict[str, Any]) -> Figure:
    """A figure from the program's JSON; KeyError, TypeError or ValueError if it is not one."""
    figure = Figure(
        name=str(text["name"]),
        what=str(text["ours"]),
        beside=str(text["named"]),
        unit=str(text["unit"]),
        limit=None if text["limit"] is None else float(text["limit"]),
        ours=[float(value) for value in text["samples"]["ours"]],
        named=[float(value) for value in text["samples"]["named"]],
        details=[(str(entry["text"]), float(entry["value"])) for entry in text["details"]],
    )
    if not figure.ours or len(figure.ours) != len(figure.named) or min(figure.named) <= 0:
        raise ValueError(f"{figure.name} has no samples")
    return figure


def as_json(figure: Figure, tolerance: float) -> dict[str, Any]:
    """What --json writes of a figure."""
    ratio = figure.ratio
    return {
        "name": figure.name,
        "ours": figure.what,
        "named": figure.beside,
        "unit": figure.unit,
        "ours_median": statistics.median(figure.ours),
        "named_median": statistics.median(figure.named),
        "ratio": {"min": ratio.minimum, "median": ratio.median, "max": ratio.maximum},
        "limit": figure.limit,
        "met": figure.is_met(tolerance),
        "details": dict(figure.details),
        "samples": {"ours": figure.ours, "named": figure.named},
    }
