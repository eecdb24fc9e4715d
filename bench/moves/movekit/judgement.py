# SPDX-License-Identifier: Apache-2.0
"""Figures, their rounds, and whether they keep their limits."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, field
from enum import Enum
from typing import Any


class Kind(Enum):
    """How a figure is judged."""

    RATIO = "the median of ours to the named, round by round"
    COUNT = "the largest of ours"
    EXCESS = "the sum of ours, no more than that of the named"


@dataclass(frozen=True)
class Figure:
    """What is measured, against what, and the limit that the project promises."""

    name: str
    unit: str
    named: str
    kind: Kind = Kind.RATIO
    most: float | None = None
    least: float | None = None

    @property
    def limit(self) -> str:
        """As a table shows it."""
        if self.kind is Kind.EXCESS:
            return "<= named"
        if self.least is not None:
            return f">= {self.least:g}"
        return f"<= {self.most:g}" if self.most is not None else "-"


@dataclass
class Result:
    """All rounds of one figure."""

    figure: Figure
    ours: list[float] = field(default_factory=list)
    named: list[float] = field(default_factory=list)
    details: list[dict[str, Any]] = field(default_factory=list)

    @property
    def ratios(self) -> list[float]:
        """Of each round; none for a figure without a counterpart."""
        if self.figure.kind is not Kind.RATIO:
            return []
        return [ours / named for ours, named in zip(self.ours, self.named)]

    @property
    def is_met(self) -> bool:
        """True also where there is no limit."""
        if self.figure.kind is Kind.EXCESS:
            return sum(self.ours) <= sum(self.named)
        is_ratio = self.figure.kind is Kind.RATIO
        value = statistics.median(self.ratios) if is_ratio else max(self.ours)
        most, least = self.figure.most, self.figure.least
        return (most is None or value <= most) and (least is None or value >= least)

    def line(self) -> str:
        """For people: medians, and minimum, median and maximum of what is judged."""
        spread = self.ratios or self.ours
        places = 2 if self.ratios else 1
        named = f"{statistics.median(self.named):.1f}" if self.named else "-"
        numbers = (min(spread), statistics.median(spread), max(spread))
        return (
            f"{self.figure.name:20}{statistics.median(self.ours):>11.1f}{named:>11}  "
            f"{self.figure.unit:8}{self.figure.named:26}"
            + "".join(f"{number:9.{places}f}" for number in numbers)
            + f"  {self.figure.limit:9}{'yes' if self.is_met else 'NO'}"
        )

    def as_json(self) -> dict[str, Any]:
        """Every round."""
        spread = self.ratios or self.ours
        return {
            "name": self.figure.name,
            "unit": self.figure.unit,
            "named": self.figure.named,
            "judged": self.figure.kind.name.lower(),
            "limit": self.figure.limit,
            "met": self.is_met,
            "min": min(spread),
            "median": statistics.median(spread),
            "max": max(spread),
            "rounds": {"ours": self.ours, "named": self.named, "details": self.details},
        }


HEAD = (
    f"{'figure':20}{'ours':>11}{'named':>11}  {'unit':8}{'named is':26}"
    f"{'min':>9}{'median':>9}{'max':>9}  {'limit':9}met"
)
