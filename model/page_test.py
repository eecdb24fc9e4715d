#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""docs/model.md names a mutant for each rule of the model, of a requirement that the rule is for.

usage: page_test.py SHUNT_MODEL
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[1]
_PAGE = _ROOT / "docs" / "model.md"
_MUTANTS = _ROOT / "ref-impl" / "shunt" / "base" / "mutants.def"
_RULE = re.compile(r"  (\S+) +(.*?) +world ")
_ROW = re.compile(r"\| (`.*?`) \| (.*) \|$")
_NAME = re.compile(r"`([a-z-]+)`")
_MUTANT = re.compile(r'SHUNT_MUTANT\(\w+, "([^"]+)", "([^"]+)"')
_ASSUMED = "assumed"


def rules_of(listing: str) -> dict[str, str]:
    """What each rule is for, by name."""
    return {rule[1]: rule[2] for rule in map(_RULE.match, listing.splitlines()) if rule}


def rows_of(page: str) -> dict[str, list[str]]:
    """The mutants that the page names, by rule."""
    rows: dict[str, list[str]] = {}
    for row in filter(None, map(_ROW.match, page.splitlines())):
        for rule in _NAME.findall(row[1]):
            rows[rule] = _NAME.findall(row[2])
    return rows


def complaints(rules: dict[str, str], rows: dict[str, list[str]], mutants: str) -> list[str]:
    """What the page lacks or has too much."""
    known = dict(_MUTANT.findall(mutants))
    found = [f"{rule} is no rule of the model" for rule in rows if rule not in rules]
    for rule, requirements in rules.items():
        named = rows.get(rule)
        if named is None:
            found.append(f"{rule} has no row")
            continue
        found += [f"{rule}: no mutant is called {each}" for each in named if each not in known]
        if _ASSUMED not in requirements:
            fitting = [each for each in named if known.get(each, "none") in requirements]
            found += [] if fitting else [f"{rule}: no mutant of {requirements}"]
    return found


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    listing = subprocess.run([arguments[0], "--list"], capture_output=True, text=True, check=True)
    rules = rules_of(listing.stdout)
    found = complaints(rules, rows_of(_PAGE.read_text()), _MUTANTS.read_text())
    if len(rules) < 20:
        found.append(f"only {len(rules)} rules")
    print("\n".join(found) or f"{len(rules)} rules, each with its mutants")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
