# SPDX-License-Identifier: Apache-2.0
"""
shunt: encapsulation of endpoint migration, base and extended set

docs/protocol/endpoint.md (framing, control block) and security.md (trailer). Bound to the two
EtherTypes 0x88B5 and 0x0007 and to UDP port 7007. Whether a farm has extensions cannot be seen in
a frame, so that it is a setting: conf.contribs["shunt"]["extensions"], on unless told.

Test-time only: no program of the project is linked with or imports Scapy.
"""

# scapy.contrib.description = shunt encapsulation (endpoint migration)
# scapy.contrib.status = loads

from __future__ import annotations

import struct
from typing import Any

from scapy.config import conf
from scapy.fields import (
    ByteEnumField,
    ByteField,
    FlagsField,
    IntField,
    IPField,
    LongField,
    PacketListField,
    ShortEnumField,
    ShortField,
    StrFixedLenField,
    StrLenField,
    XIntField,
    XShortField,
)
from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import Dot3, Ether
from scapy.packet import Packet, Padding, bind_layers

ETHERTYPE_DEFAULT = 0x88B5
ETHERTYPE_OF_THE_FIGURES = 0x0007  # FRM-2: below 0x0600, looks like an 802.3 length
ROUTED_PORT = 7007
HEADER_BYTES = 16
CONTROL_BLOCK_BYTES = 140
TRAILER_BYTES = 40
TRAILER_MAGIC = 0x53484154

TCP = 1
UDP_FLOW = 2
PROTOCOLS = {TCP: "TCP", UDP_FLOW: "UDP"}

CONNECTION = 0x01
FORWARDED = 0x02
ACKNOWLEDGEMENT = 0x03
REJECT = 0x10
RELEASE = 0x11
DATA = 0x12
CHALLENGE = 0x13
GO = 0x14
MISSING = 0x15
TYPES = {
    CONNECTION: "connection",
    FORWARDED: "forwarded packet",
    ACKNOWLEDGEMENT: "migration acknowledgement",
    REJECT: "reject",
    RELEASE: "release",
    DATA: "endpoint data",
    CHALLENGE: "challenge",
    GO: "go",
    MISSING: "missing",
}
REASONS = {
    1: "no listener",
    2: "full",
    3: "unknown endpoint",
    4: "draining",
    5: "malformed state",
    6: "tuple in use",
    7: "void",
}
QUEUES = {
    1: "send",
    2: "receive",
    3: "out-of-order",
    4: "SACK scoreboard",
    5: "fine state",
    6: "application context",
}
STATES = {
    4: "ESTABLISHED",
    5: "CLOSE-WAIT",
    6: "FIN-WAIT-1",
    7: "CLOSING",
    8: "LAST-ACK",
    9: "FIN-WAIT-2",
}
# t_flags from bit 0 on; bits 3 and 15 have no name.
CONTROL_BLOCK_FLAGS = (
    "ACKNOW DELACK NODELAY bit3 SENTFIN REQ_SCALE RCVD_SCALE REQ_TSTMP RCVD_TSTMP SACK_PERMIT "
    "ECN ECE_PENDING CWR_PENDING FIN_OOO CONTEXT bit15"
).split()

conf.contribs.setdefault("shunt", {"extensions": True})


def set_extensions(value: bool) -> None:
    """Reads and writes frames as in a farm with extensions, or in one without."""
    conf.contribs["shunt"]["extensions"] = value


def extensions() -> bool:
    """Whether frames are read and written as in a farm with extensions (FRM-5, FRM-8)."""
    return bool(conf.contribs["shunt"]["extensions"])


def internet_checksum(octets: bytes) -> int:
    """RFC 1071: complement of the sum of 16 bit words, an odd end padded with a zero byte."""
    if len(octets) % 2:
        octets += b"\0"
    total: int = sum(struct.unpack(f"!{len(octets) // 2}H", octets))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


class _ShuntPayload(Packet):
    """What follows the header: its length is its own, bytes past it are trailer or padding."""

    name = "shunt payload"
    fields_desc: list[Any] = []

    def extract_padding(self, s: bytes) -> tuple[bytes, bytes]:
        if ShuntTrailer.is_at(s):
            return s[:TRAILER_BYTES], s[TRAILER_BYTES:]
        return b"", s

    def guess_payload_class(self, payload: bytes) -> Any:
        return ShuntTrailer


class _ShuntCounted(_ShuntPayload):
    """A payload of the extended set: it opens with the length of what follows the length."""

    def post_build(self, p: bytes, pay: bytes) -> bytes:
        if self.length is None:
            p = struct.pack("!H", len(p) - 2) + p[2:]
        return p + pay


class ShuntTrailer(Packet):
    """Authentication trailer (security.md); takes its 40 bytes, the rest is padding."""

    name = "shunt authentication trailer"
    fields_desc = [
        XIntField("magic", TRAILER_MAGIC),
        ByteField("version", 1),
        ByteEnumField("algorithm", 1, {1: "HMAC-SHA-256-128", 2: "AES-256-GMAC"}),
        ShortField("key_id", 1),
        LongField("boot_index", 0),
        LongField("counter", 1),
        StrFixedLenField("tag", bytes(16), 16),
    ]

    @staticmethod
    def is_at(octets: bytes) -> bool:
        """Whether a trailer begins here: 40 bytes with the magic in front."""
        return len(octets) >= TRAILER_BYTES and octets[:4] == struct.pack("!I", TRAILER_MAGIC)

    def extract_padding(self, s: bytes) -> tuple[bytes, bytes]:
        return b"", s


class ShuntControlBlock(Packet):
    """TCP control block, 140 bytes: endpoint.md, 4.4BSD names."""

    name = "shunt TCP control block"
    fields_desc = [
        IntField("ts_val", 0),
        IntField("epoch", 1),
        ShortEnumField("t_state", 4, STATES),
        ShortField("t_timer_retransmit", 0),
        ShortField("t_timer_persist", 0),
        ShortField("t_timer_keep_alive", 0),
        ShortField("t_timer_2msl", 0),
        ShortField("t_rxtshift", 0),
        ShortField("t_rxtcur", 1000),
        ShortField("t_dupacks", 0),
        ShortField("t_maxseg", 536),
        ShortField("version", 1),
        FlagsField("t_flags", 0, 16, CONTROL_BLOCK_FLAGS),
        ShortField("ooo_ranges", 0),
        IntField("snd_queue", 0),
        IntField("rcv_queue", 0),
        IntField("snd_una", 0),
        IntField("snd_nxt", 0),
        IntField("snd_up", 0),
        IntField("snd_wl1", 0),
        IntField("snd_wl2", 0),
        IntField("iss", 0),
        IntField("snd_wnd", 0),
        IntField("rcv_wnd", 0),
        IntField("rcv_nxt", 0),
        IntField("rcv_up", 0),
        IntField("irs", 0),
        IntField("rcv_adv", 0),
        IntField("snd_max", 0),
        IntField("snd_cwnd", 0),
        IntField("snd_ssthresh", 0),
        ShortField("t_idle", 0),
        ShortField("path_mtu", 0),
        IntField("recover", 0),
        ShortField("t_srtt", 0),
        ShortField("t_rttvar", 0),
        ShortField("t_rttmin", 0),
        ShortField("sack_ranges", 0),
        IntField("max_sndwnd", 0),
        IntField("ooo_bytes", 0),
        ByteField("snd_scale", 0),
        ByteField("rcv_scale", 0),
        XShortField("reserved", 0),
        IntField("ts_recent", 0),
        IntField("ts_recent_age", 0),
        IntField("last_ack_sent", 0),
    ]

    def extract_padding(self, s: bytes) -> tuple[bytes, bytes]:
        return b"", s


class ShuntConnection(_ShuntPayload):
    """0x01 of an unknown Protocol in its shortest form: the service address alone."""

    name = "shunt connection"
    fields_desc = [IPField("server_ip", "0.0.0.0"), ShortField("server_port", 0)]


class ShuntTcpConnection(_ShuntPayload):
    """0x01, Protocol 1: service address and control block."""

    name = "shunt TCP connection"
    fields_desc = [
        *ShuntConnection.fields_desc,
        *ShuntControlBlock.fields_desc,
    ]


class ShuntUdpFlow(_ShuntPayload):
    """0x01, Protocol 2, in a farm with extensions: service address and flow number."""

    name = "shunt UDP flow"
    fields_desc = [*ShuntConnection.fields_desc, IntField("flow_number", 0)]


_IDENTIFIED = [
    ShortField("length", None),
    IPField("service_ip", "0.0.0.0"),
    ShortField("service_port", 0),
    IntField("iss", 0),
    IntField("epoch", 1),
]


class ShuntAcknowledgement(_ShuntCounted):
    """Ext payload of 0x03: which attempt, and the copy that was made of it."""

    name = "shunt acknowledgement"
    fields_desc = [*_IDENTIFIED, XIntField("copy", 0)]


class ShuntRelease(ShuntAcknowledgement):
    """0x11."""

    name = "shunt release"


class ShuntGo(ShuntAcknowledgement):
    """0x14."""

    name = "shunt go"


class ShuntReject(_ShuntCounted):
    """0x10."""

    name = "shunt reject"
    fields_desc = [*_IDENTIFIED, ShortEnumField("reason", 1, REASONS)]


class ShuntData(_ShuntCounted):
    """0x12: bytes of one queue of the endpoint."""

    name = "shunt endpoint data"
    fields_desc = [
        *_IDENTIFIED,
        ByteEnumField("queue", 1, QUEUES),
        ByteField("reserved", 0),
        IntField("offset", 0),
        StrLenField("bytes", b"", length_from=lambda packet: max(packet.length - 20, 0)),
    ]


class ShuntMissingRange(Packet):
    """What of one queue has not come."""

    name = "shunt missing range"
    fields_desc = [ByteEnumField("queue", 1, QUEUES), IntField("offset", 0), IntField("length", 0)]

    def extract_padding(self, s: bytes) -> tuple[bytes, bytes]:
        return b"", s


class ShuntMissing(_ShuntCounted):
    """0x15."""

    name = "shunt missing"
    fields_desc = [
        *_IDENTIFIED,
        PacketListField(
            "ranges", [], ShuntMissingRange, length_from=lambda packet: max(packet.length - 14, 0)
        ),
    ]


class ShuntChallenge(_ShuntCounted):
    """0x13, about no connection (AT-3)."""

    name = "shunt challenge"
    fields_desc = [
        ShortField("length", None),
        ByteEnumField("kind", 1, {1: "challenge", 2: "answer"}),
        StrFixedLenField("nonce", bytes(8), 8),
        LongField("boot_index", 0),
    ]


_PAYLOADS: dict[int, type[Packet]] = {
    REJECT: ShuntReject,
    RELEASE: ShuntRelease,
    DATA: ShuntData,
    CHALLENGE: ShuntChallenge,
    GO: ShuntGo,
    MISSING: ShuntMissing,
}


def connection_class(protocol: int, octets: int) -> type[Packet]:
    """The form of an 0x01; of an unknown Protocol the longest one that is there (FRM-5)."""
    if protocol == TCP or (protocol != UDP_FLOW and octets >= 6 + CONTROL_BLOCK_BYTES):
        return ShuntTcpConnection
    if extensions() and (protocol == UDP_FLOW or octets >= 10):
        return ShuntUdpFlow
    return ShuntConnection


class ShuntEncapsulation(Packet):
    """The 16 byte header; a checksum that is not given is computed as FRM-4 says."""

    name = "shunt"
    fields_desc = [
        IPField("source_ip", "0.0.0.0"),
        ShortField("source_port", 0),
        IPField("destination_ip", "0.0.0.0"),
        ShortField("destination_port", 0),
        ByteEnumField("type", ACKNOWLEDGEMENT, TYPES),
        ByteEnumField("protocol", TCP, PROTOCOLS),
        XShortField("checksum", None),
    ]

    def post_build(self, p: bytes, pay: bytes) -> bytes:
        if self.checksum is None:
            covered = p[:14] + b"\0\0"
            if self.type != FORWARDED:
                covered += pay[: len(pay) - self._uncovered()]
            p = p[:14] + struct.pack("!H", internet_checksum(covered))
        return p + pay

    def _uncovered(self) -> int:
        return TRAILER_BYTES if self.haslayer(ShuntTrailer) else 0

    def extract_padding(self, s: bytes) -> tuple[bytes, bytes]:
        if self.type == ACKNOWLEDGEMENT and not self._has_copy(s):
            return (s, b"") if ShuntTrailer.is_at(s) else (b"", s)
        return s, b""

    def guess_payload_class(self, payload: bytes) -> Any:
        if self.type == CONNECTION:
            return connection_class(self.protocol, len(payload))
        if self.type == FORWARDED:
            return IP
        if self.type == ACKNOWLEDGEMENT:
            return ShuntAcknowledgement if self._has_copy(payload) else ShuntTrailer
        if extensions():
            return _PAYLOADS.get(self.type, conf.raw_layer)
        return conf.raw_layer

    @staticmethod
    def _has_copy(payload: bytes) -> bool:
        return extensions() and len(payload) >= 20 and payload[:2] == b"\0\x12"

    def mysummary(self) -> Any:
        return self.sprintf(
            "shunt %type% %protocol% %source_ip%:%source_port% > "
            "%destination_ip%:%destination_port%"
        )


def _keep_the_type(other: type[Packet]) -> Any:
    """A dispatch hook that leaves frames of Type 0x0007 to Ether, others to what was there.

    An 802.3 frame of length 7 has zeros behind its 7 bytes; an encapsulation header has its
    destination address there.
    """
    before = other.dispatch_hook

    def dispatch_hook(cls: type[Packet], _pkt: bytes = b"", *args: Any, **kargs: Any) -> Any:
        if _pkt and _pkt[12:14] == b"\0\x07" and any(_pkt[21:30]):
            return Ether
        return before(_pkt, *args, **kargs)

    return classmethod(dispatch_hook)


Ether.dispatch_hook = _keep_the_type(Ether)
Dot3.dispatch_hook = _keep_the_type(Dot3)

bind_layers(Ether, ShuntEncapsulation, type=ETHERTYPE_OF_THE_FIGURES)
bind_layers(Ether, ShuntEncapsulation, type=ETHERTYPE_DEFAULT)
bind_layers(UDP, ShuntEncapsulation, sport=ROUTED_PORT, dport=ROUTED_PORT)
