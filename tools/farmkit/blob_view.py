# SPDX-License-Identifier: Apache-2.0
"""What a back-link capture shows of one move as a blob: 0x10, 0x11 and 0x15 by the control channel,
then the client's packets between two forward IPs, not one byte longer (docs/protocol/blob.md)."""

from __future__ import annotations

import ipaddress
import itertools
import struct
from dataclasses import dataclass
from pathlib import Path

from .back_view import client_packets, without_tcp_checksum
from .capture import frames
from .claims import Claim
from .encapsulation import internet_checksum
from .plan import Member

_ETHERNET = 14
_IPV4 = b"\x08\x00"
_TCP = 6
_CONTROL_PORT = 7007
_FRAME_HEAD = struct.Struct("!IBBHQ")  # length behind itself, version, kind, flags, transaction
_BLOB, _ACKNOWLEDGEMENT, _COMMIT = 0x10, 0x11, 0x15
_NAMES = {_BLOB: "0x10", _ACKNOWLEDGEMENT: "0x11", _COMMIT: "0x15"}
_MAGIC = b"SHBL"
# Behind the frame's head: magic, version, number of sections; kind, flags, length; the flow.
_FLOW_OFFSET = _FRAME_HEAD.size + 8 + 8


@dataclass(frozen=True)
class _Segment:
    """A TCP packet of the back link, exactly total length bytes."""

    source_mac: str
    packet: bytes

    @property
    def transport(self) -> int:
        """Where TCP begins."""
        return (self.packet[0] & 0x0F) * 4

    @property
    def ends(self) -> tuple[str, str]:
        """Source and destination address."""
        source, destination = struct.unpack_from("!II", self.packet, 12)
        return str(ipaddress.IPv4Address(source)), str(ipaddress.IPv4Address(destination))

    @property
    def ports(self) -> bytes:
        """Both, as they stand there."""
        return self.packet[self.transport : self.transport + 4]

    @property
    def text(self) -> bytes:
        """What the segment carries."""
        return self.packet[self.transport + (self.packet[self.transport + 12] >> 4) * 4 :]


def _segments(file: Path) -> list[_Segment]:
    return [
        _Segment(
            frame[6:12].hex(":"),
            frame[_ETHERNET : _ETHERNET + int.from_bytes(frame[16:18], "big")],
        )
        for frame in frames(file)
        if frame[12:14] == _IPV4 and frame[_ETHERNET + 9] == _TCP
    ]


def _said(segments: list[_Segment]) -> list[tuple[int, _Segment]]:
    """What is said of moves in segments of a control channel that begin with a frame."""
    found = []
    for segment in segments:
        is_channel = _CONTROL_PORT in struct.unpack("!HH", segment.ports)
        if not is_channel or len(segment.text) < _FRAME_HEAD.size:
            continue
        _, version, kind, _, _ = _FRAME_HEAD.unpack_from(segment.text)
        if version == 1 and kind in _NAMES:
            found.append((kind, segment))
    return found


def _restored(segment: _Segment, tuple_bytes: tuple[bytes, bytes]) -> bytes:
    """The packet with the client's addresses and ports, and checksums that are right for it."""
    addresses, ports = tuple_bytes
    at = segment.transport
    packet = bytearray(segment.packet)
    packet[10:12] = b"\0\0"
    packet[12:20] = addresses
    packet[at : at + 4] = ports
    packet[at + 16 : at + 18] = b"\0\0"
    pseudo = addresses + struct.pack("!HH", _TCP, len(packet) - at)
    tcp = internet_checksum(pseudo + bytes(packet[at:])) ^ 0xFFFF
    packet[at + 16 : at + 18] = tcp.to_bytes(2, "big")
    internet = internet_checksum(bytes(packet[:at])) ^ 0xFFFF
    packet[10:12] = internet.to_bytes(2, "big")
    return bytes(packet)


def _blob_claim(said: list[tuple[int, _Segment]], home: Member, target: Member) -> Claim:
    kinds = [kind for kind, _ in itertools.islice(said, 3)]
    by = [segment.source_mac for _, segment in said[:3]]
    held = (
        kinds == [_BLOB, _ACKNOWLEDGEMENT, _COMMIT]
        and by == [home.back_mac, target.back_mac, home.back_mac]
        and said[0][1].text[_FRAME_HEAD.size :].startswith(_MAGIC)
    )
    size = int.from_bytes(said[0][1].text[:4], "big") if said else 0
    order = ", ".join(_NAMES[kind] for kind in kinds) or "nothing"
    return Claim("a blob, its acknowledgment, a commit", held, f"{order}; {size} bytes of blob")


def _flow_claim(forwarded: list[_Segment], said: list[tuple[int, _Segment]]) -> Claim:
    flow = said[0][1].text[_FLOW_OFFSET : _FLOW_OFFSET + 4] if said else b""
    odd = sum(segment.ports != flow for segment in forwarded)
    return Claim(
        "both ports of a forwarded packet are the blob's flow identifier",
        bool(forwarded) and len(flow) == 4 and not odd,
        f"{flow.hex()}, {len(forwarded)} packets, {odd} with others",
    )


def _packets_claims(
    forwarded: list[_Segment], packets: list[bytes], client_offloads: bool
) -> list[Claim]:
    first = next((packet for packet in packets if b"GET " in packet), None)
    if first is None:
        return [Claim("the client has sent a request", False, "none in its capture")]
    at = (first[0] & 0x0F) * 4
    restored = [_restored(each, (first[12:20], first[at : at + 4])) for each in forwarded]
    if client_offloads:
        restored = [without_tcp_checksum(packet) for packet in restored]
        packets = [without_tcp_checksum(packet) for packet in packets]
    foreign = sum(packet not in packets for packet in restored)
    repeated = len(restored) - len(set(restored))
    has_request = any(b"GET " in packet for packet in restored)
    own = sum(len(packet) for packet in set(packets) & set(restored))
    carried = sum(len(segment.packet) for segment in forwarded)
    return [
        Claim(
            "with its own addresses and ports each is a packet of the client, each once",
            has_request and not foreign and not repeated,
            f"{len(restored)} packets, {foreign} changed, {repeated} repeated",
        ),
        Claim(
            "0 bytes added",
            bool(restored) and carried == own,
            f"the client sent {own} bytes in these packets, the back link carried {carried}",
        ),
    ]


def claims(
    back: Path,
    front: Path,
    home: Member,
    target: Member,
    ethertype: int,
    *,
    client_offloads: bool = False,
) -> list[Claim]:
    """What has to hold for a connection that moved once as a blob from `home` to `target`."""
    segments = _segments(back)
    said = _said(segments)
    forwarded = [
        segment
        for segment in segments
        if segment.source_mac == home.back_mac
        and segment.ends[0] in home.forward_ips
        and segment.ends[1] in target.forward_ips
    ]
    encapsulated = sum(frame[12:14] == ethertype.to_bytes(2, "big") for frame in frames(back))
    return [
        _blob_claim(said, home, target),
        _flow_claim(forwarded, said),
        *_packets_claims(forwarded, client_packets(front), client_offloads),
        Claim("nothing is encapsulated", encapsulated == 0, f"{encapsulated} frames"),
    ]
