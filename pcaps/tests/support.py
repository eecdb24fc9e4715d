# SPDX-License-Identifier: Apache-2.0
"""What the tests of this folder share: where things are, the programs, captures to spoil."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

PCAPS = Path(__file__).resolve().parents[1]
ROOT = PCAPS.parent
for _folder in ("readers", "scapy", "generate"):
    sys.path.insert(0, str(PCAPS / _folder))

RECORD_HEADER = 16
FILE_HEADER = 24


def programs() -> tuple[str, str]:
    """shunt-pcap and conform-read; ctest names those of its build."""
    build = ROOT / "build"
    return (
        os.environ.get("SHUNT_PCAP", str(build / "bin" / "shunt-pcap")),
        os.environ.get("CONFORM_READ", str(build / "conformance" / "conform-read")),
    )


def commands() -> dict[str, list[str]]:
    """The readers that name an offset, by name."""
    shunt_pcap, conform_read = programs()
    return {
        "ref-impl": [shunt_pcap, "describe", "--json"],
        "judge": [conform_read],
        "scapy": [sys.executable, str(PCAPS / "readers" / "scapy_reader.py")],
    }


def tshark_command() -> list[str]:
    """The fourth."""
    return [sys.executable, str(PCAPS / "readers" / "tshark_reader.py")]


def run(command: list[str], file: Path) -> subprocess.CompletedProcess[str]:
    """One reader on one file."""
    return subprocess.run(
        [*command, str(file)], capture_output=True, text=True, check=False, timeout=60
    )


def record_offsets(content: bytes) -> list[int]:
    """Where each record of a classic little-endian pcap begins, and where the file ends."""
    offsets = [FILE_HEADER]
    while offsets[-1] < len(content):
        size = int.from_bytes(content[offsets[-1] + 8 : offsets[-1] + 12], "little")
        offsets.append(offsets[-1] + RECORD_HEADER + size)
    return offsets
