# SPDX-License-Identifier: Apache-2.0
"""What a back-link capture shows of one move as a blob: 0x10, 0x11 and 0x15 by the control channel,
then the client's packets between two forward IPs, not one byte longer (docs/protocol/blob.md)."""

from __future__ import annotations

import ipaddress
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
_ABOUT_MOVES = (_BLOB, _ACKNOWLEDGEMENT, 0x12, 0x14, _COMMIT)  # 0x13 ends what the client ends
_CRC_SIZE = 4
_MAGIC = b"SHBL"
# Behind the frame's head: magic, version, number of sections; kind, flags, length; the flow.
_FLOW_OFFSET = _FRAME_HEAD.size + 8 + 8


@dataclass(frozen=True)
class _Segment:
    """A TCP packet of the back link, exactly total length bytes, and what stood around it."""

    number: int  # of the frame in its capture, from 1 on
    source_mac: str
    destination_mac: str
    packet: bytes
    excess: int  # bytes of the frame behind the packet

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
    def has_good_checksums(self) -> bool:
        """IP's and TCP's."""
        at = self.transport
        pseudo = self.packet[12:20] + struct.pack("!HH", _TCP, len(self.packet) - at)
        return (
            internet_checksum(self.packet[:at]) == 0xFFFF
            and internet_checksum(pseudo + self.packet[at:]) == 0xFFFF
        )

    @property
    def text(self) -> bytes:
        """What the segment carries."""
        return self.packet[self.transport + (self.packet[self.transport + 12] >> 4) * 4 :]


def _segments(file: Path) -> list[_Segment]:
    found = []
    for number, frame in enumerate(frames(file), 1):
        if frame[12:14] != _IPV4 or frame[_ETHERNET + 9] != _TCP:
            continue
        packet = frame[_ETHERNET : _ETHERNET + int.from_bytes(frame[16:18], "big")]
        source, destination = frame[6:12].hex(":"), frame[:6].hex(":")
        excess = len(frame) - _ETHERNET - len(packet)
        found.append(_Segment(number, source, destination, packet, excess))
    return found


def _said(segments: list[_Segment]) -> list[tuple[int, _Segment]]:
    """What is said of moves in segments of a control channel that begin with a frame, each once:
    a segment may come again."""
    found = []
    seen = set()
    for segment in segments:
        place = segment.packet[12:20] + segment.packet[segment.transport : segment.transport + 8]
        if place in seen:
            continue
        seen.add(place)
        is_channel = _CONTROL_PORT in struct.unpack("!HH", segment.ports)
        if not is_channel or len(segment.text) < _FRAME_HEAD.size:
            continue
        _, version, kind, _, _ = _FRAME_HEAD.unpack_from(segment.text)
        if version == 1 and kind in _ABOUT_MOVES:
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


def crc32c(data: bytes) -> int:
    """That of iSCSI: 0xE3069283 of "123456789"."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def _content_claim(said: list[tuple[int, _Segment]], first: bytes | None) -> Claim:
    """Of a connection in which nothing has been served the blob is one segment long."""
    text = "the blob's CRC is right, and its mapping names the client's connection"
    if not said or first is None:
        return Claim(text, False, "no blob, or no packet of the client")
    segment = said[0][1].text
    size = int.from_bytes(segment[:4], "big") + 4
    blob = segment[_FRAME_HEAD.size : size]
    crc = int.from_bytes(blob[-_CRC_SIZE:], "big")
    at = (first[0] & 0x0F) * 4
    # As in the packet: addresses and ports of client and service.
    mapping = first[12:16] + first[at : at + 2] + first[16:20] + first[at + 2 : at + 4]
    offset = _FLOW_OFFSET - _FRAME_HEAD.size + 4
    is_right = crc == crc32c(blob[:-_CRC_SIZE]) and blob[offset : offset + 12] == mapping
    return Claim(text, len(segment) >= size and is_right, f"{crc:#010x}")


def _blob_claim(
    said: list[tuple[int, _Segment]], forwarded: list[_Segment], home: Member, target: Member
) -> Claim:
    """The target answers the commit with one, and nothing is said beside that."""
    kinds = [kind for kind, _ in said]
    by = [segment.source_mac for _, segment in said]
    held = (
        kinds == [_BLOB, _ACKNOWLEDGEMENT, _COMMIT, _COMMIT]
        and by == [home.back_mac, target.back_mac] * 2
        and said[0][1].text[_FRAME_HEAD.size :].startswith(_MAGIC)
        and all(segment.number > said[1][1].number for segment in forwarded)
    )
    size = int.from_bytes(said[0][1].text[:4], "big") if said else 0
    order = ", ".join(f"{kind:#04x}" for kind in kinds) or "nothing"
    text = "a blob, its acknowledgment, a commit and its answer; packets behind the acknowledgment"
    return Claim(text, held, f"{order}; {size} bytes of blob")


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
    behind = packets[next(i for i, packet in enumerate(packets) if b"GET " in packet) :]
    missing = len(set(behind) - set(restored))
    broken = 0 if client_offloads else sum(not each.has_good_checksums for each in forwarded)
    own = sum(len(packet) for packet in set(packets) & set(restored))
    carried = sum(len(segment.packet) + segment.excess for segment in forwarded)
    return [
        Claim(
            "with its own addresses and ports each is a packet of the client, each once",
            not foreign and not repeated and not missing and not broken,
            f"{len(restored)} packets, {foreign} changed, {repeated} repeated, {missing} missing, "
            f"{broken} with a wrong checksum",
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
        if (segment.source_mac, segment.destination_mac) == (home.back_mac, target.back_mac)
        and segment.ends[0] in home.forward_ips
        and segment.ends[1] in target.forward_ips
    ]
    packets = client_packets(front)
    encapsulated = sum(frame[12:14] == ethertype.to_bytes(2, "big") for frame in frames(back))
    return [
        _blob_claim(said, forwarded, home, target),
        _content_claim(said, next(iter(packets), None)),
        _flow_claim(forwarded, said),
        *_packets_claims(forwarded, packets, client_offloads),
        Claim("nothing is encapsulated", encapsulated == 0, f"{encapsulated} frames"),
    ]
