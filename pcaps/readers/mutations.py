# SPDX-License-Identifier: Apache-2.0
"""Frames that nobody thought of: those of the captures, changed at random from a seed.

Most get a checksum that is right again for some length, so that the checks behind it are reached.
"""

from __future__ import annotations

import random
import struct
from pathlib import Path

from capture import read_frames
from shunt_encapsulation import FORWARDED, TYPES, internet_checksum

_ETHERNET_BYTES = 14
_TYPE = 12
_PROTOCOL = 13
_CHECKSUM = 14
_INNER = 16
_OUR_TYPES = (b"\x88\xb5", b"\0\x07")
# Numbers that mean something somewhere: Types, protocols, versions, lengths, edges.
_NUMBERS = (0, 1, 2, 3, 4, 6, 7, 17, 18, 20, 0x40, 0x45, 0x46, 0x7F, 0xFF)
_LENGTHS = (16, 22, 26, 34, 35, 36, 162)


def encapsulated_frames(directory: Path) -> list[bytes]:
    """From the encapsulation header on: what the captures of a directory hold, without UDP."""
    return [
        frame[_ETHERNET_BYTES:]
        for file in sorted(directory.glob("*.pcap"))
        for frame in read_frames(file)
        if frame[12:14] in _OUR_TYPES and len(frame) > _ETHERNET_BYTES
    ]


def mutated_frames(seeds: list[bytes], seed: int, count: int) -> list[bytes]:
    """`count` Ethernet frames; equal for equal arguments."""
    chance = random.Random(seed)
    header = bytes.fromhex("020800000002 020800000001 88b5")
    return [header + _mutated(chance, chance.choice(seeds)) for _ in range(count)]


def _mutated(chance: random.Random, octets: bytes) -> bytes:
    changed = bytearray(octets)
    for _ in range(chance.randrange(4)):
        _change(chance, changed)
    if len(changed) > _INNER and changed[_TYPE] == FORWARDED and chance.random() < 0.7:
        _repair_inner(changed)
    if len(changed) >= _INNER and chance.random() < 0.85:
        _repair(chance, changed)
    return bytes(changed)


def _change(chance: random.Random, octets: bytearray) -> None:
    kind = chance.randrange(5)
    if kind == 0:
        octets[chance.randrange(len(octets))] = chance.randrange(256)
    elif kind == 1:
        octets[chance.randrange(min(len(octets), 60))] = chance.choice(_NUMBERS)
    elif kind == 2:
        del octets[chance.randrange(1, len(octets) + 1) :]
    elif kind == 3:
        octets += chance.randbytes(chance.randrange(50))
    elif len(octets) > _PROTOCOL:
        octets[_TYPE] = chance.choice(list(TYPES))
        octets[_PROTOCOL] = chance.choice((1, 1, 1, 2, 3))


def _repair_inner(octets: bytearray) -> None:
    end = _INNER + 4 * (octets[_INNER] & 15)
    if end >= _INNER + 20 and end <= len(octets):
        octets[_INNER + 10 : _INNER + 12] = b"\0\0"
        checksum = internet_checksum(bytes(octets[_INNER:end]))
        octets[_INNER + 10 : _INNER + 12] = struct.pack("!H", checksum)


def _repair(chance: random.Random, octets: bytearray) -> None:
    """Right for what the Type most likely covers, or for another length that is one."""
    octets[_CHECKSUM : _CHECKSUM + 2] = b"\0\0"
    covered = chance.choice(_LENGTHS)
    if octets[_TYPE] == FORWARDED:
        covered = _INNER
    elif octets[_TYPE] == 1:
        covered = 162 if octets[_PROTOCOL] == 1 else chance.choice((22, 26))
    elif len(octets) >= _INNER + 2 and octets[_TYPE] >= 0x10:
        covered = _INNER + 2 + int.from_bytes(octets[_INNER : _INNER + 2], "big")
    checksum = internet_checksum(bytes(octets[:covered]))
    octets[_CHECKSUM : _CHECKSUM + 2] = struct.pack("!H", checksum)
