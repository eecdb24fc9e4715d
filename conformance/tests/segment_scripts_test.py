#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Segment scripts as their users play them: the page's example, all of the folder, and mistakes."""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path

OK, NEGATIVE, USAGE = 0, 1, 2
SCRIPTS_MIN = 25


def run(program: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """The program's end; it has a minute."""
    return subprocess.run(
        [program, *arguments], capture_output=True, text=True, timeout=60, check=False
    )


def expect(done: "subprocess.CompletedProcess[str]", code: int, *texts: str) -> None:
    """Fails with all that the program said."""
    said = done.stdout + done.stderr
    missing = [text for text in texts if text not in said]
    if done.returncode != code or missing:
        sys.exit(f"{done.args}: expected exit {code} and {missing}, got {done.returncode}:\n{said}")


def page_example(page: Path) -> str:
    """The block of the page that is a script."""
    found = re.findall(r"^```segments\n(.*?)^```$", page.read_text(), re.DOTALL | re.MULTILINE)
    if len(found) != 1:
        sys.exit(f"{page}: expected one block of segments, got {len(found)}")
    return str(found[0])


def check_example(program: str, page: Path, folder: Path) -> None:
    """It holds as it stands, and no longer when one of its expectations is another."""
    script = folder / "example.seg"
    text = page_example(page)
    script.write_text(text)
    expect(run(program, "play", str(script)), OK, "1 scripts, 0 expectations not met")
    script.write_text(text.replace("expect ACK seq 1 len 50", "expect ACK seq 1 len 51"))
    expect(run(program, "play", str(script)), NEGATIVE, "example.seg:18: expected ACK seq 1 len 51")


def check_mistakes(program: str, folder: Path) -> None:
    """Each ends with 2 and says where."""
    script = folder / "mistake.seg"
    script.write_text("script a\nabout RFC 1: a\nlisen\n")
    expect(run(program, "play", str(script)), USAGE, "mistake.seg:3:", "did you mean listen?")
    expect(run(program, "play", str(folder / "absent.seg")), USAGE, "cannot be read")
    expect(run(program, "play"), USAGE, "expected a script")
    expect(run(program, "plya", str(script)), USAGE, "expected play or compare")


def main() -> None:
    """All checks, or the first that fails."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    parser.add_argument("--scripts", type=Path, required=True)
    parser.add_argument("--page", type=Path, required=True)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        check_example(options.program, options.page, Path(folder))
        check_mistakes(options.program, Path(folder))
    count = len(list(options.scripts.glob("*.seg")))
    if count < SCRIPTS_MIN:
        sys.exit(f"{options.scripts}: {count} scripts, expected {SCRIPTS_MIN} at least")
    played = run(options.program, "play", str(options.scripts))
    expect(played, OK, f"{count} scripts, 0 expectations not met")
    again = run(options.program, "play", str(options.scripts))
    if again.stdout != played.stdout:
        sys.exit("the same scripts in virtual time gave two transcripts")


if __name__ == "__main__":
    main()
