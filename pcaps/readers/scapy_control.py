# SPDX-License-Identifier: Apache-2.0
"""The frames of control channels by the Scapy layer: what each segment completes, or the fault."""

from __future__ import annotations

from typing import Iterator

import shunt_control as layer
from reading import Value
from scapy.layers.inet import IP, TCP
from scapy.layers.l2 import Ether

Fields = dict[str, Value]


class _Direction:
    """What one end has said to the other."""

    def __init__(self) -> None:
        self.next: int | None = None
        self.rest = b""
        self.is_over = False


class ControlStreams:
    """Of the segments of a capture, in its order."""

    def __init__(self) -> None:
        self._directions: dict[tuple[str, int, str, int], _Direction] = {}

    def read(self, frame: bytes) -> Fields | None:
        """The frames that this one completes; FormatError where it breaks the format (CTL-5)."""
        packet = Ether(frame)
        if packet.type != 0x0800 or not isinstance(packet.payload.payload, TCP):
            return None
        ip, segment = packet[IP], packet[TCP]
        if layer.PORT not in (segment.sport, segment.dport):
            return None
        key = (ip.src, segment.sport, ip.dst, segment.dport)
        if segment.flags.S or key not in self._directions:
            self._directions[key] = _Direction()
        direction = self._directions[key]
        start = 4 * (ip.ihl + segment.dataofs)
        text = bytes(frame[14 + start : 14 + ip.len])
        begin = (segment.seq + (1 if segment.flags.S else 0)) % 2**32
        if direction.is_over or direction.next not in (None, begin):
            return None
        direction.next = (begin + len(text)) % 2**32
        try:
            frames, direction.rest = layer.take_frames(direction.rest + text)
            return _fields_of(frames) or None
        except layer.FormatError:
            direction.is_over = True
            raise


def _fields_of(frames: list[bytes]) -> Fields:
    fields: dict[str, list[int | str]] = {}
    for octets in frames:
        for name, value in _named(octets):
            fields.setdefault(name, []).append(value)
    return fields  # type: ignore[return-value]


def _named(octets: bytes) -> Iterator[tuple[str, int | str]]:
    frame = layer.ShuntControl(octets)
    end = len(octets)
    if frame.flags.trailer:
        end -= layer.TRAILER_BYTES
        if end < 4 + layer.LENGTH_MIN:
            raise layer.FormatError("no room for the trailer")
    for name in ("length", "kind", "transaction"):
        yield f"control.{name}", frame.getfieldval(name)
    yield "control.flags", int(frame.flags)
    yield "control.body", octets[16:end].hex()
    body = layer.body_of(frame.kind, octets[16:end])
    if body is None:
        return
    if frame.kind == layer.HELLO:
        for name in ("server", "boot", "profiles"):
            yield f"hello.{name}", body.getfieldval(name)
        yield "hello.name", _shown(body.server_name)
    elif frame.kind == layer.ERROR:
        yield "error.code", body.code
        yield "error.text", _shown(body.text)
    else:
        yield from _state(body)


def _shown(text: bytes) -> str:
    """Printable ASCII, and a dot for any other byte."""
    return "".join(chr(octet) if 0x20 <= octet <= 0x7E else "." for octet in text)


def _state(body: layer.ShuntServerState) -> Iterator[tuple[str, int | str]]:
    for name in ("server", "connections", "cpu_per_mille", "memory", "bandwidth"):
        yield f"state.{name}", body.getfieldval(name)
    for row in body.listening:
        yield "state.listening", f"{row.address}:{row.port} {row.process}"
    for row in body.applications:
        yield "state.applications", f"{row.process} {row.memory} {row.cpu_per_mille}"
