#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The judge shares no code with the judged: no symbol of shunt:: in its binary, and none of
conform:: in a binary of the judged."""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from pathlib import Path

_JUDGED = re.compile(r"\bshunt::")
_JUDGE = re.compile(r"\bconform::")
_SHOWN_MAX = 10


def problems(binary: Path, is_judged: bool = False) -> list[str]:
    """Why the binary cannot be called independent; empty if it is."""
    own, foreign = (_JUDGED, _JUDGE) if is_judged else (_JUDGE, _JUDGED)
    listing = subprocess.run(
        ["nm", "--demangle", str(binary)], capture_output=True, text=True, check=False
    )
    if listing.returncode != 0:
        return [f"{binary}: {listing.stderr.strip()}"]
    symbols = listing.stdout.splitlines()
    # A stripped binary, or one of another program, would pass for the wrong reason.
    if not any(own.search(symbol) for symbol in symbols):
        name = "shunt" if is_judged else "conform"
        return [f"{binary}: no symbol of {name}:: found, so nothing is shown"]
    shared = [symbol for symbol in symbols if foreign.search(symbol)]
    return [f"{binary}: shares {symbol.split(maxsplit=2)[-1]}" for symbol in shared[:_SHOWN_MAX]]


def main() -> int:
    """Exit 0 independent, 1 shared symbols or nothing to judge by."""
    parser = argparse.ArgumentParser(prog="judge_gate")
    parser.add_argument("binary", type=Path, help="the judge's program or module")
    parser.add_argument("--judged", action="store_true", help="BINARY is of what is judged")
    arguments = parser.parse_args()
    found = problems(arguments.binary, arguments.judged)
    print("\n".join(found) if found else "judge_gate: clean")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
