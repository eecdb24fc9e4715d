# SPDX-License-Identifier: Apache-2.0
"""Frames that a receiver drops: lengths, checksums, Types, Protocols, payloads (FRM-4 to FRM-8)."""

from __future__ import annotations

import struct

import farm
import shunt_encapsulation as shunt
from scapy.packet import Packet, Raw

Frames = list[Packet | bytes]


def _short(octets: bytes | Packet, ethertype: int = shunt.ETHERTYPE_DEFAULT) -> bytes:
    """Unpadded: the length is what the test is about."""
    whole = bytes(octets)
    frame: bytes = farm.back(whole, ethertype)
    return frame[: 14 + len(whole)]


def _counted(kind: int, length: int, there: int) -> bytes:
    """A frame of the extended set whose length field says `length` before `there` bytes."""
    body = struct.pack("!H", length) + _body(kind) + bytes(512)
    payload = body[: 2 + there]
    return bytes(farm.to_target(kind) / Raw(payload))


def _body(kind: int) -> bytes:
    identification = bytes(shunt.ShuntAcknowledgement(**farm.ID, copy=farm.COPY))[2:16]
    if kind == shunt.CHALLENGE:
        return b"\x01"
    return identification + b"\x00\x01" if kind == shunt.REJECT else identification + b"\x01"


def _edge(kind: int, length: int) -> list[bytes]:
    """The right length; one byte less there than it says; the length one less and one more."""
    return [
        _short(_counted(kind, length, length)),
        _short(_counted(kind, length, length - 1)),
        _short(_counted(kind, length - 1, length + 4)),
        _short(_counted(kind, length + 1, length + 4)),
    ]


def malformed_lengths() -> Frames:
    """Every length at its edge: the exact one is taken, a byte less is not."""
    farm.fresh(extensions=True)
    acknowledgement = bytes(farm.to_home(shunt.ACKNOWLEDGEMENT))
    offer = bytes(farm.offer())
    request = bytes(farm.from_client("PA", 1001, 5001, b"data"))
    forwarded = bytes(farm.to_target(shunt.FORWARDED) / Raw(request))
    flow = farm.to_target(shunt.CONNECTION, protocol=shunt.UDP_FLOW)
    flow /= shunt.ShuntUdpFlow(server_ip=farm.SERVICE, server_port=80, flow_number=1)
    frames: Frames = [
        _short(acknowledgement),
        _short(acknowledgement[:15]),
        _short(acknowledgement[:15], shunt.ETHERTYPE_OF_THE_FIGURES),
        _short(b""),
        _short(offer),
        _short(offer[:-1]),
        _short(offer[:16]),
        _short(bytes(flow)),
        _short(bytes(flow)[:-1]),
        _short(forwarded),
        _short(forwarded[:-1]),
        _short(forwarded[:35]),
        _short(forwarded[:36]),
        _short(farm.with_bytes(forwarded[:35], 18, b"\0\x13")),
        _short(forwarded[:16]),
        farm.back(acknowledgement) + bytes(1400),
    ]
    for kind, length in (
        (shunt.REJECT, 16),
        (shunt.RELEASE, 18),
        (shunt.CHALLENGE, 17),
        (shunt.GO, 18),
        (shunt.MISSING, 23),
    ):
        frames += _edge(kind, length)
    frames += [_short(_counted(shunt.DATA, length, length)) for length in (19, 20, 21)]
    frames.append(_short(_counted(shunt.DATA, 0xFFFF, 100)))
    full = [shunt.ShuntMissingRange(queue=1, offset=n, length=1) for n in range(33)]
    for count in (0, 32, 33):
        missing = shunt.ShuntMissing(**farm.ID, ranges=full[:count])
        frames.append(_short(farm.to_home(shunt.MISSING, missing)))
    frames.append(_short(bytes(farm.to_target(shunt.GO)) + b"\0"))
    return frames


def bad_checksums() -> Frames:
    """FRM-4: what is covered, bits that are not right; what FRM-6 checks before and after."""
    farm.fresh(extensions=True)
    copy = shunt.ShuntAcknowledgement(**farm.ID, copy=farm.COPY)
    acknowledgement = bytes(farm.to_home(shunt.ACKNOWLEDGEMENT, copy))
    offer = bytes(farm.offer())
    forwarded = bytes(farm.to_target(shunt.FORWARDED, farm.from_client("A", 1001, 5001)))
    header_alone = farm.with_checksum(acknowledgement, 16)
    zero = _with_zero_checksum(bytes(farm.to_home(shunt.ACKNOWLEDGEMENT)))
    odd = bytes(
        farm.to_target(shunt.DATA, shunt.ShuntData(**farm.ID, queue=1, offset=0, bytes=b"odd"))
    )
    frames = [
        acknowledgement,
        header_alone,
        _flip(acknowledgement, 15),
        _flip(header_alone, 15),
        offer,
        _flip(offer, 14),
        _flip(offer, 16),
        _flip(offer, 161),
        farm.with_checksum(offer, 16),
        offer + b"padding is not covered",
        forwarded,
        _flip(forwarded, 15),
        _flip(forwarded, 35),
        farm.with_checksum(forwarded),
        zero,
        farm.with_bytes(zero, 14, b"\xff\xff"),
        odd,
        _flip(odd, len(odd) - 1),
        farm.with_checksum(odd, len(odd) - 1),
    ]
    return [farm.back(octets) for octets in frames + _beside_checksums(offer)]


def _beside_checksums(offer: bytes) -> list[bytes]:
    """Type and length fail before the checksum, Protocol and payload after it."""
    copy = shunt.ShuntAcknowledgement(**farm.ID, copy=farm.COPY)
    unknown = [farm.with_bytes(offer, 12, bytes([kind])) for kind in (0, 4, 0x0F, 0x16, 0xFF)]
    protocols = [farm.with_bytes(offer, 13, bytes([number])) for number in (0, 3, 6, 255)]
    short = bytes(farm.to_target(shunt.CONNECTION, protocol=3) / Raw(b"\x0a\x07\x01\x01\0\x50"))
    rejects = [
        bytes(farm.to_home(shunt.REJECT, shunt.ShuntReject(**farm.ID, reason=reason)))
        for reason in (0, 8)
    ]
    queues = [
        bytes(farm.to_target(shunt.DATA, shunt.ShuntData(**farm.ID, queue=queue, bytes=b"x")))
        for queue in (0, 7)
    ]
    ranges = [shunt.ShuntMissingRange(queue=1), shunt.ShuntMissingRange(queue=7)]
    missing = bytes(farm.to_home(shunt.MISSING, shunt.ShuntMissing(**farm.ID, ranges=ranges)))
    challenge = bytes(farm.to_target(shunt.CHALLENGE, shunt.ShuntChallenge(kind=3)))
    other_port = farm.with_checksum(farm.with_bytes(offer, 20, b"\0\x51"))
    return (
        unknown
        + protocols
        + [farm.with_checksum(octets) for octets in protocols]
        + [short, other_port]
        + rejects
        + queues
        + [missing, challenge]
        + [bytes(farm.to_home(shunt.ACKNOWLEDGEMENT, copy, protocol=0))]
    )


def _flip(octets: bytes, offset: int) -> bytes:
    return farm.with_bytes(octets, offset, bytes([octets[offset] ^ 0x01]))


def _with_zero_checksum(acknowledgement: bytes) -> bytes:
    """The client port is chosen so that the checksum comes out as 0, an ordinary value (FRM-4)."""
    (checksum,) = struct.unpack_from("!H", acknowledgement, 14)
    (port,) = struct.unpack_from("!H", acknowledgement, 4)
    total = port + checksum
    chosen = struct.pack("!H", (total & 0xFFFF) + (total >> 16))
    return farm.with_checksum(farm.with_bytes(acknowledgement, 4, chosen))
