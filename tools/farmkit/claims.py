# SPDX-License-Identifier: Apache-2.0
"""A claim about what happened, whether it held, and what was seen."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Claim:
    """`seen` is evidence where it held, and what was there instead where it did not."""

    text: str
    held: bool
    seen: str

    def __str__(self) -> str:
        return f"{'yes' if self.held else 'NO '}  {self.text}: {self.seen}"
