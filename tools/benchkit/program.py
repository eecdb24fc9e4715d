# SPDX-License-Identifier: Apache-2.0
"""shunt-bench, built and run: each figure in a process of its own, so that none finds the memory
as another left it; ours and the named program in the same one."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from farmkit.trouble import HARNESS, Trouble

from .figures import Figure, parse

_FIGURE_SECONDS_MAX = 600


@dataclass(frozen=True)
class Program:
    """What `shunt-bench --list` says."""

    path: Path
    compiler: str
    names: list[str]


def build(root: Path) -> Path:
    """Builds the program in preset release."""
    log = root / "out" / "bench" / "build.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    commands = (
        ["cmake", "--preset", "release"],
        ["cmake", "--build", "--preset", "release", "--target", "shunt-bench"],
    )
    with log.open("w", encoding="utf-8") as stream:
        for command in commands:
            run = subprocess.run(command, cwd=root, stdout=stream, stderr=stream, check=False)
            if run.returncode != 0:
                raise Trouble(f"the build failed, see {log.relative_to(root)}", HARNESS)
    return root / "build" / "bin" / "shunt-bench"


def _run(path: Path, *arguments: str) -> Any:
    try:
        run = subprocess.run(
            [str(path), *arguments],
            capture_output=True,
            text=True,
            timeout=_FIGURE_SECONDS_MAX,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as problem:
        raise Trouble(f"{path.name} {' '.join(arguments)}: {problem}", HARNESS) from problem
    if run.returncode != 0:
        said = run.stderr.strip() or f"ended with {run.returncode}"
        raise Trouble(f"{path.name} {' '.join(arguments)}: {said}", HARNESS)
    try:
        return json.loads(run.stdout)
    except ValueError as problem:
        raise Trouble(f"{path.name} {' '.join(arguments)}: no JSON", HARNESS) from problem


def load(path: Path) -> Program:
    """The figures that the program knows."""
    listed = _run(path, "--list")
    try:
        names = [str(figure["name"]) for figure in listed["figures"]]
        return Program(path, str(listed["compiler"]), names)
    except (KeyError, TypeError) as problem:
        raise Trouble(f"{path.name} --list: not a list of figures", HARNESS) from problem


def measure(program: Program, name: str, is_quick: bool) -> Figure:
    """One figure, measured now."""
    arguments = ["--quick", name] if is_quick else [name]
    text = _run(program.path, *arguments)
    try:
        return parse(text)
    except (KeyError, TypeError, ValueError) as problem:
        raise Trouble(f"{program.path.name} {name}: {problem}", HARNESS) from problem
