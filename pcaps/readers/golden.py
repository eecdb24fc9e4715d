# SPDX-License-Identifier: Apache-2.0
"""Golden vectors: bytes from the encapsulation header on, written by hand as hex with comments."""

from __future__ import annotations

from pathlib import Path

from capture import write_frames

_ETHERNET_HEADER = bytes.fromhex("020800000002 020800000001 88b5")


def read_hex(file: Path) -> bytes:
    """The bytes of a file; what follows a # is for people."""
    lines = file.read_text(encoding="utf-8").splitlines()
    return bytes.fromhex(" ".join(line.partition("#")[0] for line in lines))


def golden_files(directory: Path) -> list[Path]:
    """In the order in which they become frames."""
    return sorted(directory.glob("*.hex"))


def write_capture(directory: Path, file: Path) -> None:
    """One frame for each vector, without padding."""
    write_frames(file, [_ETHERNET_HEADER + read_hex(vector) for vector in golden_files(directory)])
