# SPDX-License-Identifier: Apache-2.0
"""Formats against literal bytes, written out by hand from docs/protocol/endpoint.md."""

from __future__ import annotations

import copy
import pickle
from fractions import Fraction

import pytest

import shunt

HEADER = shunt.EncapsulationHeader(
    source="10.7.0.9",
    source_port=4711,
    destination="10.8.1.2",
    destination_port=80,
    type=shunt.EncapsulationType.ACKNOWLEDGEMENT,
    protocol=shunt.TransportProtocol.TCP,
)
ID = shunt.MigrationId(
    service="10.7.1.1", service_port=80, initial_send_sequence=0xFFFFFF00, epoch=1
)
ID_BYTES = bytes.fromhex("0A070101 0050 FFFFFF00 00000001")
ACKNOWLEDGEMENT = bytes.fromhex("0A070009 1267 0A080102 0050 03 01 D52D")
FORWARDED = bytes.fromhex(
    "0A070009 1267 0A080102 0050 02 01 D62D"
    "45000018 00010000 4006 65C8 0A070009 0A070101 12670050"
)
# Every field holds its own offset, so that a field at a wrong place shows.
BLOCK = bytes(range(140))
# Offset and size of fields at the edges of the table, and where sizes change.
PLACES = {
    "timestamp_value": (0, 4),
    "state": (8, 2),
    "time_wait_timer": (16, 2),
    "mss": (24, 2),
    "out_of_order_ranges": (30, 2),
    "send_queue": (32, 4),
    "send_unacknowledged": (40, 4),
    "receive_next": (72, 4),
    "slow_start_threshold": (96, 4),
    "path_mtu": (102, 2),
    "recover": (104, 4),
    "sack_ranges": (114, 2),
    "send_scale": (124, 1),
    "receive_scale": (125, 1),
    "recent_timestamp": (128, 4),
    "last_acknowledgment_sent": (136, 4),
}


def test_a_header_is_its_16_bytes() -> None:
    assert shunt.Encapsulated(header=HEADER).to_bytes() == ACKNOWLEDGEMENT
    frame = shunt.Encapsulated.parse(ACKNOWLEDGEMENT + b"padding")
    assert (frame.header, frame.payload, frame.body()) == (HEADER, b"", None)
    assert frame.to_bytes() == ACKNOWLEDGEMENT


def test_a_forwarded_packet_is_the_clients() -> None:
    frame = shunt.Encapsulated.parse(memoryview(FORWARDED))
    body = frame.body()
    assert isinstance(body, shunt.ForwardedPacket)
    assert body.packet == FORWARDED[16:]
    assert body.connection == "10.7.0.9:4711>10.7.1.1:80/tcp"
    assert not body.is_icmp_error
    assert frame.to_bytes() == FORWARDED


@pytest.mark.parametrize("field", PLACES)
def test_a_field_of_the_block_is_at_its_offset(field: str) -> None:
    offset, size = PLACES[field]
    block = shunt.ControlBlock.parse(BLOCK)
    assert getattr(block, field) == int.from_bytes(BLOCK[offset : offset + size], "big")


def test_a_block_is_its_140_bytes_but_for_the_reserved_ones() -> None:
    block = shunt.ControlBlock.parse(BLOCK)
    assert block.to_bytes() == BLOCK[:126] + bytes(2) + BLOCK[128:]
    assert shunt.ControlBlock.parse(block.to_bytes()) == block
    assert block.fault == "t_state is none that can move"
    assert block.replace(state=shunt.BlockState.LAST_ACK).fault != block.fault
    assert shunt.ControlBlock(mss=1_444).fault is None
    assert shunt.ControlBlock(mss=0).fault == "t_maxseg is 0"


@pytest.mark.parametrize(
    ("payload", "data"),
    [
        (ID, ID_BYTES),
        (
            shunt.MigrationCopy(id=ID, copy=0xDEADBEEF),
            bytes.fromhex("0012") + ID_BYTES + bytes.fromhex("DEADBEEF"),
        ),
        (
            shunt.RejectMessage(id=ID, reason=shunt.RejectReason.DRAINING),
            bytes.fromhex("0010") + ID_BYTES + bytes.fromhex("0004"),
        ),
        (
            shunt.ConnectionInformation(
                service="10.7.1.1", service_port=80, block=shunt.ControlBlock.parse(BLOCK)
            ),
            bytes.fromhex("0A070101 0050") + BLOCK[:126] + bytes(2) + BLOCK[128:],
        ),
        (
            shunt.ConnectionInformation(service="10.7.1.1", service_port=53, flow_number=7),
            bytes.fromhex("0A070101 0035 00000007"),
        ),
        (
            shunt.ConnectionInformation(service="10.7.1.1", service_port=53),
            bytes.fromhex("0A070101 0035"),
        ),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_payload_is_its_bytes(payload: shunt.MigrationId, data: bytes) -> None:
    assert payload.to_bytes() == data
    assert type(payload).parse(data) == payload
    assert hash(type(payload).parse(data)) == hash(payload)
    for wrong in (data[:-1], data + b"\0", b""):
        with pytest.raises(shunt.ParseError, match=r"drop\.frame\.length"):
            type(payload).parse(wrong)


@pytest.mark.parametrize(
    ("data", "counter"),
    [
        (ACKNOWLEDGEMENT[:15], "truncated"),
        (ACKNOWLEDGEMENT[:12] + b"\x77" + ACKNOWLEDGEMENT[13:], "type"),
        (FORWARDED[:-1], "length"),
        (ACKNOWLEDGEMENT[:15] + b"\x2e", "checksum"),
        (bytes.fromhex("0A070009 1267 0A080102 0050 03 09 D525"), "protocol"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_a_node_drops_names_the_counter(data: bytes, counter: str) -> None:
    with pytest.raises(shunt.ParseError) as error:
        shunt.Encapsulated.parse(data)
    assert error.value.counter == f"drop.frame.{counter}"
    assert str(error.value) == f"{error.value.counter}: {error.value.sentence}"


def test_a_body_is_checked_when_it_is_asked_for() -> None:
    header = HEADER.replace(type=shunt.EncapsulationType.REJECT)
    data = bytes.fromhex("0010") + ID_BYTES + bytes.fromhex("0008")
    frame = shunt.Encapsulated(header=header, payload=data, extended=True)
    assert shunt.Encapsulated.parse(frame.to_bytes(), extended=True) == frame
    with pytest.raises(shunt.ParseError, match=r"drop\.frame\.payload"):
        frame.body()
    with pytest.raises(shunt.ParseError, match=r"drop\.frame\.type"):
        shunt.Encapsulated.parse(frame.to_bytes())


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_value_is_pickled_and_copied_whole(protocol: int) -> None:
    forwarded = shunt.Encapsulated.parse(FORWARDED).body()
    block = shunt.ControlBlock.parse(BLOCK)
    information = shunt.ConnectionInformation(service="10.7.1.1", service_port=80, block=block)
    faults = shunt.Faults(loss=Fraction(1, 3))
    for value in (HEADER, ID, block, information, forwarded, faults, shunt.Plan(sizes=[1, 2])):
        assert pickle.loads(pickle.dumps(value, protocol)) == value
        assert copy.copy(value) == copy.deepcopy(value) == value
    assert pickle.loads(pickle.dumps(forwarded)).connection == "10.7.0.9:4711>10.7.1.1:80/tcp"


def test_values_are_values() -> None:
    changed = HEADER.replace(source_port=1)
    assert (changed == HEADER, changed.replace(source_port=4_711) == HEADER) == (False, True)
    other: object = ID
    assert HEADER != other
    assert len({HEADER, changed, changed.replace()}) == 2
    assert repr(ID) == (
        "MigrationId(service='10.7.1.1', service_port=80, "
        "initial_send_sequence=4294967040, epoch=1)"
    )
    with pytest.raises(AttributeError):
        HEADER.source_port = 1  # type: ignore[misc]
