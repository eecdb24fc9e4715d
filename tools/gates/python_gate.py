#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Every Python file is as black writes it and passes mypy --strict."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

from source_tree import Finding, run_gate, walk

_REFORMAT = re.compile(r"^would reformat (?P<path>.+)$", re.MULTILINE)
_TYPE_ERROR = re.compile(r"^(?P<path>[^:\n]+):(?P<line>\d+): error: (?P<text>.+)$", re.MULTILINE)


def _run(root: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)


def _format_findings(root: Path, names: list[str]) -> list[Finding]:
    run = _run(root, "black", "--check", "--line-length", "100", *names)
    changed = [Path(match["path"]) for match in _REFORMAT.finditer(run.stderr)]
    findings = [
        Finding((root / path).resolve().relative_to(root).as_posix(), 1, "not formatted: black")
        for path in changed
    ]
    if run.returncode != 0 and not findings:
        findings.append(Finding("pyproject.toml", 1, run.stderr.strip()))
    return findings


def _type_findings(root: Path, names: list[str]) -> list[Finding]:
    # Programs without a suffix are all called __main__, so each is looked at alone.
    groups = [[name for name in names if name.endswith(".py")]]
    groups += [[name] for name in names if not name.endswith(".py")]
    findings = []
    for group in filter(None, groups):
        run = _run(root, "mypy", "--strict", "--no-error-summary", *group)
        found = [
            Finding(match["path"], int(match["line"]), match["text"])
            for match in _TYPE_ERROR.finditer(run.stdout)
        ]
        if run.returncode != 0 and not found:
            found.append(Finding(group[0], 1, (run.stdout + run.stderr).strip()))
        findings += found
    return findings


def check(root: Path) -> list[Finding]:
    """All violations below `root`; mypy sees one folder at a time, as its modules import."""
    folders: dict[str, list[str]] = defaultdict(list)
    for source in walk(root):
        if source.kind == "python" or source.path.suffix == ".pyi":
            folders[str(Path(source.name).parent)].append(source.name)
    findings = []
    for names in folders.values():
        findings += _format_findings(root, names) + _type_findings(root, names)
    return findings


if __name__ == "__main__":
    sys.exit(run_gate("python_gate", check))
