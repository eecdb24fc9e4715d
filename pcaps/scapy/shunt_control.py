# SPDX-License-Identifier: Apache-2.0
"""
shunt control: frames of the control channel between two servers, TCP port 7007

docs/protocol/system.md, "Control channel". A stream holds frames one behind the other, however TCP
cuts them, so that no layer is bound to the port: take_frames() cuts a stream's bytes into them.

Test-time only: no program of the project is linked with or imports Scapy.
"""

# scapy.contrib.description = shunt control channel
# scapy.contrib.status = loads

from __future__ import annotations

import struct
from typing import Any

from scapy.fields import (
    ByteEnumField,
    ByteField,
    FieldLenField,
    FlagsField,
    IntField,
    IPField,
    LongField,
    PacketListField,
    ShortEnumField,
    ShortField,
    StrLenField,
)
from scapy.packet import Packet, bind_layers

PORT = 7007
VERSION = 1
LENGTH_MIN = 12
LENGTH_MAX = 16 << 20
TRAILER_BYTES = 40

HELLO, PING, PONG, ERROR, SERVER_STATE = 0x01, 0x02, 0x03, 0x0F, 0x30
KINDS = {
    HELLO: "hello",
    PING: "ping",
    PONG: "pong",
    0x04: "challenge",
    ERROR: "error",
    0x10: "blob",
    0x11: "blob ack",
    0x12: "blob reject",
    0x13: "flow closed",
    0x14: "flow unknown",
    0x15: "commit",
    0x16: "ICMP about a moved connection",
    0x20: "handoff request",
    0x21: "handoff ack",
    0x22: "handoff reject",
    0x23: "handoff termination",
    SERVER_STATE: "server state",
    0x31: "session",
    0x40: "object create",
    0x41: "object created",
    0x42: "object call",
    0x43: "object result",
    0x44: "object release",
}
ERRORS = {1: "unknown kind", 2: "body not understood", 3: "not ready"}


class FormatError(Exception):
    """What no frame begins with (CTL-5)."""


class _Part(Packet):
    """What is behind it is none of its payload."""

    def extract_padding(self, s: bytes) -> tuple[bytes, bytes]:
        return b"", s


class ShuntControl(Packet):
    """The 16 bytes in front of a body; the length is computed where it is not given."""

    name = "shunt control"
    fields_desc = [
        IntField("length", None),
        ByteField("version", VERSION),
        ByteEnumField("kind", PING, KINDS),
        FlagsField(
            "flags", 0, 16, ["trailer", "eager", "answer"] + [f"bit{i}" for i in range(3, 16)]
        ),
        LongField("transaction", 0),
    ]

    def post_build(self, pkt: bytes, pay: bytes) -> bytes:
        if self.length is None:
            pkt = (LENGTH_MIN + len(pay)).to_bytes(4, "big") + pkt[4:]
        return pkt + pay


class ShuntHello(_Part):
    """0x01"""

    name = "shunt hello"
    fields_desc = [
        IntField("server", 0),
        LongField("boot", 0),
        IntField("profiles", 0),
        FieldLenField("name_length", None, length_of="server_name", fmt="B"),
        StrLenField("server_name", b"", length_from=lambda packet: packet.name_length),
    ]


class ShuntError(_Part):
    """0x0F"""

    name = "shunt error"
    fields_desc = [
        ShortEnumField("code", 1, ERRORS),
        FieldLenField("text_length", None, length_of="text", fmt="H"),
        StrLenField("text", b"", length_from=lambda packet: packet.text_length),
    ]


class ShuntListening(_Part):
    """A Listening Sockets row."""

    name = "shunt listening socket"
    fields_desc = [IPField("address", "0.0.0.0"), ShortField("port", 0), IntField("process", 0)]


class ShuntApplication(_Part):
    """An Application Information row."""

    name = "shunt application"
    fields_desc = [IntField("process", 0), LongField("memory", 0), ShortField("cpu_per_mille", 0)]


class ShuntServerState(_Part):
    """0x30"""

    name = "shunt server state"
    fields_desc = [
        IntField("server", 0),
        IntField("connections", 0),
        ShortField("cpu_per_mille", 0),
        LongField("memory", 0),
        LongField("bandwidth", 0),
        FieldLenField("listening_count", None, count_of="listening", fmt="H"),
        PacketListField(
            "listening", [], ShuntListening, count_from=lambda packet: packet.listening_count
        ),
        FieldLenField("application_count", None, count_of="applications", fmt="H"),
        PacketListField(
            "applications", [], ShuntApplication, count_from=lambda packet: packet.application_count
        ),
    ]


BODIES: dict[int, Any] = {HELLO: ShuntHello, ERROR: ShuntError, SERVER_STATE: ShuntServerState}
for _kind, _body in BODIES.items():
    bind_layers(ShuntControl, _body, kind=_kind)


def _stated_bytes(kind: int, octets: bytes) -> int | None:
    """How long a body's own counts say that it is; nothing where they are not all there."""
    try:
        if kind == HELLO:
            return 17 + octets[16]
        if kind == ERROR:
            return 4 + int(struct.unpack_from("!H", octets, 2)[0])
        applications = 28 + 10 * int(struct.unpack_from("!H", octets, 26)[0])
        return applications + 2 + 14 * int(struct.unpack_from("!H", octets, applications)[0])
    except (IndexError, struct.error):
        return None


def body_of(kind: int, octets: bytes) -> Packet | None:
    """The body as a layer: nothing where the kind has none, or it is not as long as it says."""
    if kind not in BODIES or _stated_bytes(kind, octets) != len(octets):
        return None
    return BODIES[kind](octets)


def take_frames(stream: bytes) -> tuple[list[bytes], bytes]:
    """Whole frames from the front of a stream, and the rest; FormatError where there is none."""
    frames = []
    while len(stream) >= 4:
        length = int.from_bytes(stream[:4], "big")
        if not LENGTH_MIN <= length <= LENGTH_MAX:
            raise FormatError(f"a length of {length}")
        if len(stream) > 4 and stream[4] != VERSION:
            raise FormatError(f"version {stream[4]}")
        if len(stream) < 4 + length:
            break
        frames.append(stream[: 4 + length])
        stream = stream[4 + length :]
    return frames, stream
