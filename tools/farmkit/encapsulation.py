# SPDX-License-Identifier: Apache-2.0
"""Reads encapsulated frames in either binding, as judging a capture needs it (FRM-1 to FRM-5)."""

from __future__ import annotations

import ipaddress
import struct
from dataclasses import dataclass

CONNECTION = 0x01
FORWARDED = 0x02
ACKNOWLEDGEMENT = 0x03

_ETHERNET = 14
_HEADER = struct.Struct("!4sH4sHBBH")
_IPV4 = 0x0800
_UDP_PORT = 7007
_CONTROL_BLOCK = 140


@dataclass(frozen=True)
class Message:
    """One message of the endpoint profile; `content` ends where FRM-5 says, without padding."""

    source_mac: str
    source: str
    source_port: int
    destination: str
    destination_port: int
    type: int
    protocol: int
    content: bytes
    has_good_checksum: bool


def internet_checksum(data: bytes) -> int:
    """Ones' complement sum, 0xFFFF over a text that includes its right checksum (RFC 1071)."""
    padded = data + b"\0" * (len(data) % 2)
    total: int = sum(struct.unpack(f"!{len(padded) // 2}H", padded))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def _content_length(type_: int, protocol: int, rest: bytes) -> int:
    if type_ == CONNECTION:
        return 6 + (_CONTROL_BLOCK if protocol == 1 else 0)
    if type_ == FORWARDED:
        return int.from_bytes(rest[2:4], "big")
    return 0


def _carried(frame: bytes, ethertype: int, binding: str) -> bytes | None:
    type_ = int.from_bytes(frame[12:14], "big")
    if binding == "ethernet":
        return frame[_ETHERNET:] if type_ == ethertype else None
    packet = frame[_ETHERNET:]
    if type_ != _IPV4 or packet[9] != 17:
        return None
    udp = packet[(packet[0] & 0x0F) * 4 :]
    source, destination, length = struct.unpack_from("!HHH", udp)
    return udp[8:length] if source == destination == _UDP_PORT else None


def parse(frame: bytes, ethertype: int, binding: str) -> Message | None:
    """The message in a frame of the back link; None for other frames."""
    carried = _carried(frame, ethertype, binding)
    if carried is None or len(carried) < _HEADER.size:
        return None
    source, source_port, destination, port, type_, protocol, _ = _HEADER.unpack_from(carried)
    rest = carried[_HEADER.size :]
    content = rest[: _content_length(type_, protocol, rest)]
    covered = carried[: _HEADER.size] + (b"" if type_ == FORWARDED else content)
    return Message(
        frame[6:12].hex(":"),
        str(ipaddress.IPv4Address(source)),
        source_port,
        str(ipaddress.IPv4Address(destination)),
        port,
        type_,
        protocol,
        content,
        internet_checksum(covered) == 0xFFFF,
    )
