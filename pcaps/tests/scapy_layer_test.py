# SPDX-License-Identifier: Apache-2.0
"""The Scapy layer on its own: the golden vectors both ways, and frames that are not ours."""

from __future__ import annotations

from pathlib import Path
from typing import Iterator

import pytest
from support import PCAPS

# pylint: disable=wrong-import-order
import golden
import shunt_encapsulation as shunt
from scapy.layers.l2 import LLC, Dot3, Ether
from scapy.packet import Packet

VECTORS = golden.golden_files(PCAPS / "golden")


@pytest.fixture(autouse=True)
def _extensions() -> Iterator[None]:
    shunt.set_extensions(True)
    yield


def _without_computed(packet: Packet) -> Packet:
    """The same fields, but length and checksum are left to the layer."""
    packet.checksum = None
    if "length" in packet.payload.fields:
        packet.payload.length = None
    return packet


@pytest.mark.parametrize("file", VECTORS, ids=lambda file: str(file.stem))
def test_a_golden_vector_is_built_from_its_fields(file: Path) -> None:
    octets = golden.read_hex(file)
    packet = _without_computed(shunt.ShuntEncapsulation(octets))
    assert bytes(packet).hex() == octets.hex()


def test_there_is_a_vector_for_every_type() -> None:
    assert {golden.read_hex(file)[12] for file in VECTORS} == set(shunt.TYPES)


def test_both_type_values_are_ours() -> None:
    for ethertype in (0x88B5, 0x0007):
        frame = Ether(src="02:08:00:00:00:01", dst="02:08:00:00:00:02", type=ethertype)
        frame /= shunt.ShuntEncapsulation(destination_ip="10.8.1.1")
        assert isinstance(Ether(bytes(frame)).payload, shunt.ShuntEncapsulation)


def test_an_802_3_frame_of_length_7_stays_one() -> None:
    frame = bytes(Dot3(src="02:08:00:00:00:01", dst="02:08:00:00:00:02", len=7) / LLC() / b"data")
    assert isinstance(Ether(frame.ljust(60, b"\0")), Dot3)


def test_in_a_farm_without_extensions_a_copy_is_padding() -> None:
    octets = golden.read_hex(PCAPS / "golden" / "acknowledgement-ext.hex")
    assert shunt.ShuntAcknowledgement in shunt.ShuntEncapsulation(octets)
    shunt.set_extensions(False)
    assert shunt.ShuntAcknowledgement not in shunt.ShuntEncapsulation(octets)


def test_a_trailer_is_no_payload() -> None:
    octets = golden.read_hex(PCAPS / "golden" / "acknowledgement-with-trailer.hex")
    packet = shunt.ShuntEncapsulation(octets)
    assert packet[shunt.ShuntTrailer].counter == 1
    assert packet[shunt.ShuntTrailer].tag.hex() == "c12df2517e3bea6f330db20c29f0b558"
