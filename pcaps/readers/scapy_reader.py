#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Reads a capture by the Scapy layer: one JSON object a line (reading.py).

usage: scapy_reader.py FILE [--base]
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Iterator

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "scapy"))

# pylint: disable=wrong-import-position
import shunt_encapsulation as layer
from capture import CaptureError, read_frames
from reading import Reading, ReaderError
from scapy.layers.inet import UDP
from scapy.layers.l2 import Ether
from scapy_control import ControlStreams
from scapy_fields import Fault, fields_of
from shunt_control import FormatError


def encapsulated(frame: bytes) -> bytes | None:
    """All from the encapsulation header on, by either binding (FRM-2, FRM-3)."""
    packet = Ether(frame)
    if getattr(packet, "type", None) in (layer.ETHERTYPE_DEFAULT, layer.ETHERTYPE_OF_THE_FIGURES):
        return frame[14:]
    datagram = packet.getlayer(UDP)
    ports = (layer.ROUTED_PORT, layer.ROUTED_PORT)
    if datagram is None or packet.type != 0x0800 or (datagram.sport, datagram.dport) != ports:
        return None
    start = 14 + 4 * packet.payload.ihl
    return frame[start + 8 : start + datagram.len]


def readings(file: Path) -> Iterator[Reading]:
    """Every frame of the file."""
    streams = ControlStreams()
    for number, frame in enumerate(read_frames(file), 1):
        octets = encapsulated(frame)
        reading = Reading(number)
        try:
            reading.fields = streams.read(frame) or {}
        except FormatError:
            reading.fault = "format"
        if octets is not None:
            try:
                reading.fields = fields_of(octets)
            except Fault as fault:
                reading.fault = str(fault)
        yield reading


def main(arguments: list[str]) -> int:
    files = [argument for argument in arguments if not argument.startswith("--")]
    if len(files) != 1 or set(arguments) - set(files) - {"--base"}:
        print(__doc__, file=sys.stderr)
        return 2
    layer.set_extensions("--base" not in arguments)
    try:
        for reading in readings(Path(files[0])):
            print(reading.to_json())
    except ReaderError as error:
        print(f"scapy_reader: {error}", file=sys.stderr)
        return 2 if isinstance(error, CaptureError) else 3
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
