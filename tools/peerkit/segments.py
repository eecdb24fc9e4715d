# SPDX-License-Identifier: Apache-2.0
"""The TCP segments of a capture, read here and not by what wrote them."""

from __future__ import annotations

import socket
import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import Iterator

from .lab import KERNEL_ADDRESS

FIN, SYN, RST, ACK, ECE, CWR = 0x01, 0x02, 0x04, 0x10, 0x40, 0x80
CONGESTION_EXPERIENCED = 3

_BLOCK = struct.Struct("<II")
_ENHANCED_PACKET = 6  # draft-ietf-opsawg-pcapng 4.3
_PACKET = struct.Struct("<IIIII")
_ETHERNET = 14
_KERNEL = socket.inet_aton(KERNEL_ADDRESS)


@dataclass(frozen=True)
class Options:
    """Of a TCP header; None is absent."""

    largest_segment: int | None = None
    window_scale: int | None = None
    permits_sack: bool = False
    sack_blocks: int = 0
    has_timestamp: bool = False


@dataclass(frozen=True)
class Segment:
    """As it was at one end of the path."""

    at_kernel: bool
    from_kernel: bool
    ports: tuple[int, int]
    flags: int
    sequence: int
    acknowledgment: int
    window: int
    text: int  # bytes
    ecn: int
    options: Options = field(default_factory=Options)

    def has(self, flags: int) -> bool:
        """All of these flags."""
        return self.flags & flags == flags


def read(capture: Path) -> list[Segment]:
    """All of both ends, in order, of connections that are opened in the capture: the kernel may
    still repeat the FIN of one that it had before."""
    found = []
    opened = set()
    for interface, frame in _frames(capture.read_bytes()):
        segment = _segment(interface == 0, frame)
        if segment is None:
            continue
        connection = frozenset(segment.ports)
        if segment.has(SYN):
            opened.add(connection)
        if connection in opened:
            found.append(segment)
    return found


def _frames(content: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + _BLOCK.size <= len(content):
        kind, size = _BLOCK.unpack_from(content, at)
        if kind == _ENHANCED_PACKET:
            interface, _, _, captured, _ = _PACKET.unpack_from(content, at + _BLOCK.size)
            start = at + _BLOCK.size + _PACKET.size
            yield interface, content[start : start + captured]
        at += size


def _segment(at_kernel: bool, frame: bytes) -> Segment | None:
    if frame[12:14] != b"\x08\x00" or len(frame) < _ETHERNET + 20 or frame[_ETHERNET + 9] != 6:
        return None
    length = int.from_bytes(frame[_ETHERNET + 2 : _ETHERNET + 4], "big")
    packet = frame[_ETHERNET : _ETHERNET + length]
    tcp = packet[(packet[0] & 15) * 4 :]
    if len(tcp) < 20:
        return None
    source, destination, sequence, acknowledgment, offset, flags, window = struct.unpack_from(
        ">HHIIBBH", tcp
    )
    header = offset // 16 * 4
    return Segment(
        at_kernel=at_kernel,
        from_kernel=packet[12:16] == _KERNEL,
        ports=(source, destination),
        flags=flags,
        sequence=sequence,
        acknowledgment=acknowledgment,
        window=window,
        text=len(tcp) - header,
        ecn=packet[1] & 3,
        options=_options(tcp[20:header]),
    )


def _options(octets: bytes) -> Options:
    found: dict[int, bytes] = {}
    at = 0
    while at < len(octets) and octets[at] != 0:
        if octets[at] == 1:
            at += 1
            continue
        if at + 1 == len(octets) or octets[at + 1] < 2:
            break  # a flipped bit
        found[octets[at]] = octets[at + 2 : at + octets[at + 1]]
        at += octets[at + 1]
    return Options(
        largest_segment=int.from_bytes(found[2], "big") if 2 in found else None,
        window_scale=found[3][0] if found.get(3) else None,
        permits_sack=4 in found,
        sack_blocks=len(found.get(5, b"")) // 8,
        has_timestamp=8 in found,
    )
