# SPDX-License-Identifier: Apache-2.0
"""The files of the tree as the gates see them: which there are, and of what kind."""

from __future__ import annotations

import argparse
import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Iterator

ROOT = Path(__file__).resolve().parents[2]

_SKIPPED_FOLDERS = {".git", "out", "__pycache__", ".cache", ".mypy_cache", ".pytest_cache"}
_CPP_SUFFIXES = {".cc", ".hh"}
_CMAKE_NAMES = {"CMakeLists.txt"}

# Comments, raw strings, strings, numbers (1'000 is not the start of a character), characters.
_CPP_TOKENS = re.compile(
    r"//[^\n]*"
    r"|/\*.*?\*/"
    r'|R"(?P<fence>[^(\s]*)\(.*?\)(?P=fence)"'
    r'|"(?:\\.|[^"\\\n])*"'
    r"|(?P<number>\b\d[\w']*(?:\.[\w']*)?)"
    r"|'(?:\\.|[^'\\\n])+'",
    re.DOTALL,
)


@dataclass(frozen=True)
class Finding:
    """One violation, printed as a compiler would, so that editors jump to it."""

    path: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.text}"


class SourceFile:
    """One text file below the root."""

    def __init__(self, root: Path, path: Path) -> None:
        self.path = path
        self.name = path.relative_to(root).as_posix()
        self.text = path.read_text(encoding="utf-8", errors="replace")
        self.lines = self.text.splitlines()
        self.kind = self._kind()

    def _kind(self) -> str:
        if self.path.suffix in _CPP_SUFFIXES:
            return "cpp"
        if self.path.suffix == ".py":
            return "python"
        if self.path.suffix == ".sh":
            return "shell"
        if self.path.suffix == ".cmake" or self.path.name in _CMAKE_NAMES:
            return "cmake"
        first = self.lines[0] if self.lines else ""
        if first.startswith("#!") and "python" in first:
            return "python"
        if first.startswith("#!") and first.rstrip().endswith("sh"):
            return "shell"
        return "other"

    @property
    def is_test(self) -> bool:
        """Tests and conformance cases may be longer than what they test."""
        parts = self.name.split("/")
        stem = self.path.stem
        return (
            stem.endswith(("_test", "_fixture"))
            or stem.startswith("test_")
            or "tests" in parts
            or "cases" in parts
        )

    def finding(self, line: int, text: str) -> Finding:
        return Finding(self.name, line, text)


def walk(root: Path) -> Iterator[SourceFile]:
    """Every text file of the tree, in a fixed order; build and output folders are left out."""
    for folder, folders, names in os.walk(root):
        top = Path(folder) == root
        folders[:] = sorted(
            name
            for name in folders
            if name not in _SKIPPED_FOLDERS and not (top and name.startswith("build"))
        )
        for name in sorted(names):
            path = Path(folder) / name
            if path.is_symlink() or path.suffix in {".pcap", ".pcapng", ".bin", ".png"}:
                continue
            yield SourceFile(root, path)


def without_comments_and_strings(text: str) -> str:
    """C++ with comments, strings and characters blanked out; positions and lines stay."""

    def blank(match: re.Match[str]) -> str:
        token = match.group(0)
        if match.group("number"):
            return token.replace("'", "_")
        return re.sub(r"[^\n]", " ", token)

    return _CPP_TOKENS.sub(blank, text)


def run_gate(name: str, check: Callable[[Path], list[Finding]]) -> int:
    """Command line of a gate: exit 0 clean, 1 with findings on stdout."""
    parser = argparse.ArgumentParser(prog=name)
    parser.add_argument("--root", type=Path, default=ROOT, help="the tree to look at")
    root = parser.parse_args().root.resolve()
    findings = check(root)
    for finding in findings:
        print(finding)
    print(f"{name}: {len(findings)} findings" if findings else f"{name}: clean")
    sys.stdout.flush()
    return 1 if findings else 0
