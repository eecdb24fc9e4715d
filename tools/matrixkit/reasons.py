# SPDX-License-Identifier: Apache-2.0
"""Why cases are there that are not the only ones to notice a defect (cases/reasons.toml)."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Reason:
    """One reason, for all cases that a selector of it names."""

    name: str
    text: str
    selectors: tuple[str, ...]

    def holds_for(self, case: str) -> bool:
        return any(matches(selector, case) for selector in self.selectors)


def matches(selector: str, case: str) -> bool:
    """`*` is any text within a part of an id, `**` any text across parts."""
    parts = re.split(r"(\*\*|\*)", selector)
    wild = {"**": ".*", "*": "[^/]*"}
    return bool(re.fullmatch("".join(wild.get(part, re.escape(part)) for part in parts), case))


def read_reasons(path: Path) -> list[Reason]:
    rows = tomllib.loads(path.read_text())["reason"]
    return [Reason(row["name"], row["text"], tuple(row["cases"])) for row in rows]


def reason_of(case: str, reasons: list[Reason]) -> Reason | None:
    """The first that holds for it, as `explain` has it."""
    return next((reason for reason in reasons if reason.holds_for(case)), None)


def stale(reasons: list[Reason], cases: list[str]) -> list[str]:
    """Selectors that name no case."""
    return [
        f"{reason.name}: no case is called {selector}"
        for reason in reasons
        for selector in reason.selectors
        if not any(matches(selector, case) for case in cases)
    ]
