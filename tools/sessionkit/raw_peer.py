# SPDX-License-Identifier: Apache-2.0
"""Requests and hellos in pieces, pipelined, malformed, endless: what came of each."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from .lab import Lab, Transcript
from .tls_peer import start_backends

_CLIENT = Path(__file__).with_name("raw_client.py")
_GROWTH_KIB_MAX = 16 * 1024
_SECONDS = 100.0

# Of a case: statuses, servers, whether there is a new cookie, how it ended. None: whatever.
Expected = tuple[list[str] | None, list[str] | None, bool | None, str | None]
_AT_HOME: Expected = (["200"], ["s1"], True, "silence")
_KEPT: Expected = (["200"], ["s2"], False, "silence")
_HTTP: dict[str, Expected] = {
    "first": (["200"], ["s2"], True, "silence"),
    "whole": _KEPT,
    "eight pieces": _KEPT,
    # A first flight has ten segments, and no byte is acknowledged before the decision (SEL-5): by
    # state then, as it would be without a cookie.
    "single bytes": (["200"], None, None, "silence"),
    "pipelined": (["200"] * 4, ["s2"] * 4, False, "silence"),
    "amid others": _KEPT,
    "forged": _AT_HOME,
    "cut": _AT_HOME,
    "upper case": _AT_HOME,
    "another server's id": _AT_HOME,
    "malformed": (["400"], ["s1"], False, "closed"),
    "no head": ([], [], False, "silence"),
    "long target": (["431"], None, False, None),
    "many fields": (["431"], None, False, None),
    "endless head": (None, None, False, None),
    "afterwards": _KEPT,
}


def _is_expected(row: dict[str, Any], expected: Expected) -> bool:
    found = (row["status"], row["servers"], bool(row["cookies"]), row["ended"])
    return all(want is None or want == have for want, have in zip(expected, found))


def _rows(lab: Lab, what: str) -> dict[str, dict[str, Any]]:
    text = lab.run("client", "/usr/bin/python3", str(_CLIENT), what, seconds=_SECONDS)
    lines = [line for line in text.splitlines() if line.startswith("{")]
    rows = {row["name"]: row for row in map(json.loads, lines)}
    if not rows or "afterwards" not in rows:
        rows.setdefault("afterwards", {"found": text[-500:]})
    return rows


def _memory(lab: Lab) -> dict[str, int]:
    return {server: lab.resident_kib(server) for server in ("s1", "s2", "s3")}


def http(lab: Lab, out: Transcript) -> None:
    """Requests of every kind at s1, with a cookie of s2."""
    before = _memory(lab)
    rows = _rows(lab, "http")
    for name, expected in _HTTP.items():
        row = rows.get(name, {})
        shown = {key: value for key, value in row.items() if key not in ("name", "cookies")}
        out.check(name, "ended" in row and _is_expected(row, expected), shown)
    growth = {server: now - before[server] for server, now in _memory(lab).items()}
    out.check("memory is bounded", max(growth.values()) < _GROWTH_KIB_MAX, f"KiB: {growth}")


def tls(lab: Lab, out: Transcript) -> None:
    """ClientHellos at s1, with a session of s2."""
    start_backends(lab)
    before = _memory(lab)
    rows = _rows(lab, "tls")
    for name in ("whole", "eight pieces", "records of 5", "records of 40", "afterwards"):
        found = rows.get(name, {}).get("found", "nothing")
        out.check(f"hello: {name}", found == "reused", found)
    # More records than a home looks at may be new sessions; never a failure.
    found = rows.get("records of 1", {}).get("found", "nothing")
    out.check("hello: records of 1", found in ("reused", "new"), found)
    row = rows.get("cut in two", {"tried": 0, "wrong": "nothing"})
    detail = f"{row['tried']} places" if not row["wrong"] else row["wrong"]
    out.check("hello: cut in two, wherever", row["tried"] > 0 and not row["wrong"], detail)
    growth = {server: now - before[server] for server, now in _memory(lab).items()}
    out.check("memory is bounded", max(growth.values()) < _GROWTH_KIB_MAX, f"KiB: {growth}")
