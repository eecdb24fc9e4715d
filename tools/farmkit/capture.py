# SPDX-License-Identifier: Apache-2.0
"""Captures on a farm's interfaces by dumpcap, and their frames as bytes."""

from __future__ import annotations

import contextlib
import signal
import struct
import subprocess
import time
from pathlib import Path
from typing import Iterator

from .network import Network
from .trouble import HARNESS, Trouble

_START_SECONDS = 10.0
_POLL_SECONDS = 0.02
_SETTLE_SECONDS = 0.3  # frames on their way into the file
_PCAP_HEADER = 24
_PCAP_RECORD = struct.Struct("<IIII")


@contextlib.contextmanager
def capturing(network: Network, node: str, interface: str, file: Path) -> Iterator[None]:
    """Frames of a node's interface go into `file` (pcapng) while the context lasts."""
    file.unlink(missing_ok=True)
    log = file.with_suffix(".dumpcap.log")
    command = network.command(node, "dumpcap", "-q", "-i", interface, "-w", str(file))
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        _wait_until_capturing(process, log)
        yield
        time.sleep(_SETTLE_SECONDS)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait()
    log.unlink()


def _wait_until_capturing(process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while "File: " not in log.read_text():
        if process.poll() is not None or time.monotonic() > deadline:
            raise Trouble(f"dumpcap did not start: {log.read_text().strip()}", HARNESS)
        time.sleep(_POLL_SECONDS)


def frames(file: Path) -> list[bytes]:
    """Every frame of a capture from its Ethernet header on; what is no pcap goes through tshark."""
    if file.suffix == ".pcap":
        return _pcap_frames(file.read_bytes())
    done = subprocess.run(
        ["tshark", "-r", str(file), "-F", "pcap", "-w", "-"], capture_output=True, check=False
    )
    if done.returncode != 0:
        raise Trouble(f"tshark {file}: {done.stderr.decode().strip()}", HARNESS)
    return _pcap_frames(done.stdout)


def _pcap_frames(text: bytes) -> list[bytes]:
    found = []
    position = _PCAP_HEADER
    while position < len(text):
        _, _, captured, _ = _PCAP_RECORD.unpack_from(text, position)
        position += _PCAP_RECORD.size
        found.append(text[position : position + captured])
        position += captured
    return found
