# SPDX-License-Identifier: Apache-2.0
"""A gate's proof that it can fail: break a copy of the tree on purpose, demand that it says so."""

from __future__ import annotations

import argparse
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Iterable

from source_tree import ROOT, Finding

Check = Callable[[Path], list[Finding]]


@dataclass(frozen=True)
class Breakage:
    """One edit of one file of the copy, and a part of the finding that it must cause."""

    path: str
    old: str
    new: str
    expected: str


def _copy(root: Path, parts: Iterable[str], copy: Path) -> None:
    """Copies the parts and links what else is at the top, so that paths resolve."""
    for part in parts:
        (copy / part).parent.mkdir(parents=True, exist_ok=True)
        if (root / part).is_dir():
            shutil.copytree(root / part, copy / part)
        else:
            shutil.copy(root / part, copy / part)
    for entry in root.iterdir():
        if not (copy / entry.name).exists():
            (copy / entry.name).symlink_to(entry)


def _survivors(copy: Path, breakage: Breakage, check: Check) -> list[Finding]:
    file = copy / breakage.path
    original = file.read_text(encoding="utf-8")
    if breakage.old not in original:
        return [Finding(breakage.path, 1, f"self-test: nothing to break, no {breakage.old!r}")]
    file.write_text(original.replace(breakage.old, breakage.new, 1), encoding="utf-8")
    found = check(copy)
    file.write_text(original, encoding="utf-8")
    if any(breakage.expected in str(finding) for finding in found):
        return []
    said = "; ".join(map(str, found)) or "nothing"
    text = f"self-test: {breakage.new!r} should give {breakage.expected!r}, the gate said {said}"
    return [Finding(breakage.path, 1, text)]


def self_test(
    root: Path, parts: Iterable[str], check: Check, breakages: Iterable[Breakage]
) -> list[Finding]:
    """What the gate did not notice; `parts` are the files and folders that are broken."""
    with tempfile.TemporaryDirectory(prefix="shunt-gate-") as folder:
        copy = Path(folder)
        _copy(root, parts, copy)
        unbroken = check(copy)
        if unbroken:
            return unbroken
        return [line for each in breakages for line in _survivors(copy, each, check)]


def run(
    name: str,
    check: Check,
    write: Callable[[Path], None],
    parts: list[str],
    breakages: list[Breakage],
) -> int:
    """Command line of a gate over files that a person writes: exit 0 clean, 1 with findings."""
    parser = argparse.ArgumentParser(prog=name, allow_abbrev=False)
    parser.add_argument("--root", type=Path, default=ROOT, help="the tree to look at")
    parser.add_argument("--write", action="store_true", help="first bring the copy to its source")
    parser.add_argument("--self-test", action="store_true", help="break a copy, demand findings")
    arguments = parser.parse_args()
    if arguments.write:
        write(arguments.root)
    if arguments.self_test:
        findings = self_test(arguments.root, parts, check, breakages)
        print(f"{name}: {len(breakages)} breakages tried")
    else:
        findings = check(arguments.root)
    for finding in findings:
        print(finding)
    print(f"{name}: {len(findings)} findings" if findings else f"{name}: clean")
    return 1 if findings else 0
