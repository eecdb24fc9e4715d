# SPDX-License-Identifier: Apache-2.0
"""The table of expectations (expectations.toml): what every frame of every capture holds."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reading import Reading


@dataclass(frozen=True)
class Capture:
    """One capture: how it is to be read, and what every reader must say of it."""

    name: str
    extensions: bool
    readings: list[Reading]


def _reading(number: int, entry: dict[str, Any] | None, sets: dict[str, Any]) -> Reading:
    if entry is None:
        return Reading(number)
    if "fault" in entry:
        return Reading(number, fault=entry["fault"])
    fields = {}
    for name in entry.get("from", []):
        fields.update(sets[name])
    fields.update({name: value for name, value in entry.items() if name != "from"})
    return Reading(number, fields)


def load(file: Path) -> list[Capture]:
    """All captures of the table, in its order. Its mistakes are exceptions."""
    table = tomllib.loads(file.read_text(encoding="utf-8"))
    captures = []
    for capture in table["capture"]:
        frames = capture["frame"]
        numbers = range(1, capture["frames"] + 1)
        unknown = set(frames) - {str(number) for number in numbers}
        if unknown:
            raise ValueError(f"{file}: {capture['name']} has no frames {sorted(unknown)}")
        readings = [_reading(each, frames.get(str(each)), table["sets"]) for each in numbers]
        captures.append(Capture(capture["name"], capture["extensions"], readings))
    return captures
