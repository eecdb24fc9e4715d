#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the commands of docs/testing-your-device.md, in its order, as a reader would.

Each block that begins with ```console is one shell script that must succeed; what builds the
programs is left out, since they are built, and so is ```console slow unless --slow is given. To be
run in a network namespace of its own; namespaces that the page makes are removed at the end.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path

BLOCK = re.compile(r"^```console( slow)?\n(.*?)^```$", re.DOTALL | re.MULTILINE)
BUILDS = re.compile(r"^cmake ", re.MULTILINE)
NAMESPACE = "shunt-device"
BLOCKS_AT_LEAST = 6


def scripts(page: str, is_slow: bool) -> list[str]:
    """The blocks that are to be run."""
    found = [(bool(slow), text) for slow, text in BLOCK.findall(page)]
    if len(found) < BLOCKS_AT_LEAST:
        sys.exit(f"only {len(found)} blocks of commands on the page")
    return [text for slow, text in found if slow == is_slow and not BUILDS.search(text)]


def prepare(folder: Path, tree: Path, programs: Path) -> None:
    """A folder that looks like the top of the tree where the page's commands look."""
    for name in ("conformance", "docs", "tools"):
        (folder / name).symlink_to(tree / name)
    (folder / "build").mkdir()
    (folder / "build" / "bin").symlink_to(programs)
    (folder / "out").mkdir()


def run(script: str, folder: Path) -> bool:
    result = subprocess.run(
        ["sh", "-e", "-c", script], cwd=folder, capture_output=True, text=True, check=False
    )
    if result.returncode == 0:
        return True
    print(script, result.stdout[-4000:], result.stderr[-4000:], sep="\n", file=sys.stderr)
    print(f"exit code {result.returncode}", file=sys.stderr)
    return False


def clean_up() -> None:
    pids = subprocess.run(
        ["ip", "netns", "pids", NAMESPACE], capture_output=True, text=True, check=False
    ).stdout.split()
    if pids:
        subprocess.run(["kill", *pids], check=False)
    subprocess.run(["ip", "netns", "del", NAMESPACE], capture_output=True, check=False)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--page", type=Path, required=True)
    parser.add_argument("--programs", type=Path, required=True)
    parser.add_argument("--slow", action="store_true", help="the slow blocks instead of the others")
    arguments = parser.parse_args()
    tree = arguments.page.resolve().parent.parent
    wanted = scripts(arguments.page.read_text(), arguments.slow)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare(folder, tree, arguments.programs.resolve())
        try:
            is_good = all(run(script, folder) for script in wanted)
        finally:
            clean_up()
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
