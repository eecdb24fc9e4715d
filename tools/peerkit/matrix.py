# SPDX-License-Identifier: Apache-2.0
"""Cells: a row in a role. Each has an engine and a path of its own, and leaves a capture."""

from __future__ import annotations

import json
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable

from farmkit.trouble import Trouble

from . import segments
from .ends import Broken
from .evidence import Evidence
from .exchanges import Sizes
from .lab import Lab
from .programs import start_impairment
from .real_programs import PROGRAM_ROWS, ProgramRow
from .roles import ROLES, Build, Role
from .rows import ROWS, Row

AnyRow = Row | ProgramRow
_NOT_SEEN = "not seen: "
_ALL: list[AnyRow] = [*ROWS, *PROGRAM_ROWS]


@dataclass(frozen=True)
class Cell:
    """How it went; `reason` is "" where all is well."""

    row: str
    role: str
    is_ok: bool
    reason: str
    seconds: float
    again: str


@dataclass(frozen=True)
class Setting:
    """What a run is made of."""

    build: Build
    folder: Path
    sizes: Sizes
    again: str
    is_stripped: bool = False  # features are left out, and their rows have to fail


def names(is_stripped: bool = False) -> list[str]:
    """All rows, in order."""
    return [row.name for row in _rows(is_stripped)]


def _rows(is_stripped: bool) -> list[AnyRow]:
    if not is_stripped:
        return _ALL
    return [row.stripped() for row in ROWS if row.is_brought_about]


def run(
    lab: Lab,
    setting: Setting,
    chosen: list[str],
    roles: list[str],
    progress: Callable[[Cell], None],
) -> list[Cell]:
    """The cells of these rows and roles."""
    cells = []
    for row in _rows(setting.is_stripped):
        for role in roles:
            if row.name not in chosen or role not in row.roles:
                continue
            began = time.monotonic()
            reason = _run_cell(lab, setting, row, role)
            if setting.is_stripped:
                is_seen = reason.startswith(_NOT_SEEN)
                reason = "" if is_seen else f"the row cannot fail: {reason or 'it is ok'}"
            spent = time.monotonic() - began
            again = f"{setting.again} --role {role} {row.name}"
            cells.append(Cell(row.name, role, not reason, reason, spent, again))
            progress(cells[-1])
    return cells


def _run_cell(lab: Lab, setting: Setting, row: AnyRow, role: str) -> str:
    folder = setting.folder / f"{row.name}-{role}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        if not isinstance(row, Row):
            return _with_engine(lab, setting, row, role, folder)
        with lab.settings(row.sysctl, row.largest_segment):
            return _with_engine(lab, setting, row, role, folder)
    except Broken as broken:
        return str(broken)
    except OSError as error:
        return f"{type(error).__name__}: {error}"


def _with_engine(lab: Lab, setting: Setting, row: AnyRow, role: str, folder: Path) -> str:
    plan = row.plan if isinstance(row, Row) else ""
    limits = row.limits if isinstance(row, Row) else {}
    engine: Role = ROLES[role](lab, setting.build, folder, limits)
    path = None
    reason = ""
    try:
        lab.forget_neighbours()
        engine.start()
        path = start_impairment(lab, setting.build.impair, (plan, plan), folder)
        if not isinstance(row, Row):
            return row.check(lab, engine, folder, setting.sizes)
        row.exchange(engine, setting.sizes)
    except Broken as broken:
        reason = str(broken)
    finally:
        if path is not None:
            path.stop()
        engine.stop()
    return reason or (_missing_evidence(row, folder) if isinstance(row, Row) else "")


def _missing_evidence(row: Row, folder: Path) -> str:
    report: dict[str, Any] = json.loads((folder / "impair.json").read_text())
    evidence = Evidence(segments.read(folder / "path.pcapng"), report)
    if report["counters"]:
        raise Trouble(f"{folder}: the path itself lost frames: {report['counters']}", 3)
    missing = [claim.sentence for claim in row.claims if not claim.holds(evidence)]
    return f"{_NOT_SEEN}{'; '.join(missing)}" if missing else ""


def table(cells: list[Cell], roles: list[str]) -> list[str]:
    """For people: a row a line, a role a column; reasons and commands below."""
    found = {(cell.row, cell.role): cell for cell in cells}
    rows = list(dict.fromkeys(cell.row for cell in cells))
    width = max(len(row) for row in rows) + 2
    lines = ["".ljust(width) + "".join(f"engine as {role}".ljust(20) for role in roles).rstrip()]
    for row in rows:
        line = row.ljust(width)
        for role in roles:
            cell = found.get((row, role))
            text = "-" if cell is None else f"{'ok' if cell.is_ok else 'FAIL'} {cell.seconds:.1f} s"
            line += text.ljust(20)
        lines.append(line.rstrip())
    for cell in cells:
        if not cell.is_ok:
            lines += ["", f"{cell.row}, engine as {cell.role}: {cell.reason}", f"  {cell.again}"]
    return lines


def as_json(cells: list[Cell]) -> dict[str, Any]:
    """Schema 1 (docs/interfaces.md)."""
    return {
        "schema": 1,
        "ok": all(cell.is_ok for cell in cells),
        "cells": [
            {
                "row": cell.row,
                "role": cell.role,
                "ok": cell.is_ok,
                "reason": cell.reason,
                "seconds": round(cell.seconds, 3),
                "again": cell.again,
            }
            for cell in cells
        ],
    }
