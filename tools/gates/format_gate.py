#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Every C++ file is as clang-format 14 writes it; other versions format differently."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from source_tree import Finding, run_gate, walk

FORMATTER = "clang-format-14"
_WARNING = re.compile(r"^(?P<path>.+?):(?P<line>\d+):\d+: error: ", re.MULTILINE)


def check(root: Path) -> list[Finding]:
    """Places that clang-format would change, one per line."""
    names = [source.name for source in walk(root) if source.kind == "cpp"]
    if not names:
        return []
    try:
        run = subprocess.run(
            [FORMATTER, "--dry-run", "-Werror", "--style=file", *names],
            cwd=root,
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError:
        return [Finding(".clang-format", 1, f"{FORMATTER} is not installed: tools/bootstrap")]
    places = sorted(
        {(match["path"], int(match["line"])) for match in _WARNING.finditer(run.stderr)}
    )
    findings = [Finding(path, line, "not formatted: tools/format") for path, line in places]
    if run.returncode != 0 and not findings:
        findings.append(Finding(".clang-format", 1, run.stderr.strip()))
    return findings


if __name__ == "__main__":
    sys.exit(run_gate("format_gate", check))
