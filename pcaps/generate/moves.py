# SPDX-License-Identifier: Apache-2.0
"""Whole moves: base, with extensions, both Type values, the routed binding, what may go wrong."""

from __future__ import annotations

from typing import Callable

import farm
import shunt_encapsulation as shunt
from scapy.layers.inet import IP
from scapy.packet import Packet

Frames = list[Packet | bytes]


def _handshake() -> Frames:
    """SYN, SYN/ACK, ACK, request: all with the home. The request is the last."""
    start = (farm.CLIENT_START + 1, farm.SERVER_START + 1)
    syn = farm.from_client("S", farm.CLIENT_START, 0)
    answer = farm.from_service("SA", farm.SERVER_START, farm.CLIENT_START + 1)
    return [
        farm.front(farm.CLIENT_MAC, farm.FRONT_S1, syn),
        farm.front(farm.FRONT_S1, farm.CLIENT_MAC, answer),
        farm.front(farm.CLIENT_MAC, farm.FRONT_S1, farm.from_client("A", *start)),
        farm.front(farm.CLIENT_MAC, farm.FRONT_S1, farm.from_client("PA", *start, farm.REQUEST)),
    ]


def _forwarded(packet: Packet) -> Packet:
    """0x02: the client's packet, byte for byte (EP-21)."""
    return farm.to_target(shunt.FORWARDED, packet[IP])


def _copy(kind: type[Packet], copy: int = farm.COPY) -> Packet:
    return kind(**farm.ID, copy=copy)


def _response_and_close(carry: Callable[[Packet], Packet | bytes]) -> Frames:
    """The target answers the client directly; the client's packets come to it as 0x02."""
    response = farm.from_service("PA", farm.SERVER_START + 1, farm.CLIENT_NEXT, farm.RESPONSE)
    fin = farm.from_client("FA", farm.CLIENT_NEXT, farm.SERVER_NEXT)
    last = farm.from_service("FA", farm.SERVER_NEXT, farm.CLIENT_NEXT + 1)
    end = farm.from_client("A", farm.CLIENT_NEXT + 1, farm.SERVER_NEXT + 1)
    return [
        farm.front(farm.FRONT_S2, farm.CLIENT_MAC, response),
        farm.front(farm.CLIENT_MAC, farm.FRONT_S1, fin),
        carry(_forwarded(fin)),
        farm.front(farm.FRONT_S2, farm.CLIENT_MAC, last),
        farm.front(farm.CLIENT_MAC, farm.FRONT_S1, end),
        carry(_forwarded(end)),
    ]


def _move_base(carry: Callable[[Packet], Packet | bytes]) -> Frames:
    frames = _handshake()
    frames += [
        carry(farm.offer()),
        carry(farm.to_home(shunt.ACKNOWLEDGEMENT)),
        carry(_forwarded(frames[-1])),
    ]
    return frames + _response_and_close(carry)


def move_base() -> Frames:
    farm.fresh(extensions=False)
    return _move_base(farm.back)


def move_type_0x0007() -> Frames:
    farm.fresh(extensions=False)
    return _move_base(lambda packet: farm.back(packet, shunt.ETHERTYPE_OF_THE_FIGURES))


def move_routed() -> Frames:
    farm.fresh(extensions=False)
    return _move_base(farm.routed)


def move_ext() -> Frames:
    """0x14 releases, 0x11 ends."""
    farm.fresh(extensions=True)
    frames = _handshake()
    frames += [
        farm.back(farm.offer()),
        farm.back(farm.to_home(shunt.ACKNOWLEDGEMENT, _copy(shunt.ShuntAcknowledgement))),
        farm.back(farm.to_target(shunt.GO, _copy(shunt.ShuntGo))),
        farm.back(_forwarded(frames[-1])),
    ]
    frames += _response_and_close(farm.back)
    frames.append(farm.back(farm.to_home(shunt.RELEASE, _copy(shunt.ShuntRelease))))
    return frames


def repeated_offer() -> Frames:
    """0x01 four times byte for byte (EP-6), 0x03 for those that came (EP-8), a new epoch after."""
    farm.fresh(extensions=True)
    acknowledged = farm.to_home(shunt.ACKNOWLEDGEMENT, _copy(shunt.ShuntAcknowledgement))
    frames: Frames = [farm.back(farm.offer()) for _ in range(3)]
    frames += [farm.back(acknowledged), farm.back(farm.offer()), farm.back(acknowledged)]
    frames.append(farm.back(farm.offer(epoch=farm.EPOCH + 1)))
    identification: dict[str, int | str] = {**farm.ID, "epoch": farm.EPOCH + 1}
    again = shunt.ShuntAcknowledgement(**identification, copy=farm.COPY + 1)
    go = shunt.ShuntGo(**identification, copy=farm.COPY + 1)
    frames += [farm.back(farm.to_home(shunt.ACKNOWLEDGEMENT, again))]
    return frames + [farm.back(farm.to_target(shunt.GO, go))]


def late_acknowledgement_reset() -> Frames:
    """0x03 after the home fell back: base, 0x02 with a RST (EP-10)."""
    farm.fresh(extensions=False)
    reset = farm.from_client("R", farm.CLIENT_START + 1, 0)
    frames: Frames = [farm.back(farm.offer()) for _ in range(4)]
    frames.append(farm.back(farm.to_home(shunt.ACKNOWLEDGEMENT)))
    return frames + [farm.back(_forwarded(reset))]


def held_packets_order() -> Frames:
    """Three packets held during the move leave in arrival order, a later one behind them (EP-9)."""
    farm.fresh(extensions=False)
    start = farm.CLIENT_START + 1
    parts = [farm.REQUEST[:10], farm.REQUEST[10:20], farm.REQUEST[20:]]
    offsets = [0, 10, 20]
    held = [
        farm.from_client("PA", start + offset, farm.SERVER_START + 1, part)
        for offset, part in zip(offsets, parts)
    ]
    later = farm.from_client("A", farm.CLIENT_NEXT, farm.SERVER_START + 1)
    frames: Frames = [farm.back(farm.offer())]
    frames += [farm.front(farm.CLIENT_MAC, farm.FRONT_S1, packet) for packet in held]
    frames.append(farm.back(farm.to_home(shunt.ACKNOWLEDGEMENT)))
    frames += [farm.back(_forwarded(packet)) for packet in held]
    frames.append(farm.front(farm.CLIENT_MAC, farm.FRONT_S1, later))
    return frames + [farm.back(_forwarded(later))]


def in_use_ext() -> Frames:
    """A connection in use moves (EP-41): its queues as 0x12, one lost and asked for by 0x15."""
    farm.fresh(extensions=True)
    block = {
        "ts_val": 123456,
        "t_flags": 0x03E0,
        "ooo_ranges": 1,
        "ooo_bytes": 4,
        "sack_ranges": 1,
        "snd_queue": 9,
        "rcv_queue": 5,
        "snd_nxt": farm.SERVER_START + 10,
        "snd_max": farm.SERVER_START + 10,
        "rcv_nxt": farm.CLIENT_START + 6,
        "rcv_adv": farm.CLIENT_START + 6 + 65535,
        "snd_scale": 7,
        "rcv_scale": 14,
        "ts_recent": 654321,
        "ts_recent_age": 12,
    }
    fine_state = bytes(range(32)) + b"\x01\x00"
    queues = [
        (1, 0, b"response "),
        (2, 0, b"hello"),
        (3, 20, b"late"),
        (4, 0, bytes.fromhex("0000138b 0000138d")),
        (5, 0, fine_state),
        (6, 0, b"\x00\x00\x00\x03ctx"),
    ]
    frames: Frames = [farm.back(farm.offer(**block))]
    frames += [farm.back(_data(queue, offset, octets)) for queue, offset, octets in queues]
    ranges = [
        shunt.ShuntMissingRange(queue=2, offset=0, length=5),
        shunt.ShuntMissingRange(queue=6, offset=0xFFFFFFFF, length=0xFFFFFFFF),
    ]
    frames.append(
        farm.back(farm.to_home(shunt.MISSING, shunt.ShuntMissing(**farm.ID, ranges=ranges)))
    )
    frames.append(farm.back(_data(*queues[1])))
    frames.append(farm.back(_data(1, 9, b"")))
    acknowledged = _copy(shunt.ShuntAcknowledgement, 0)
    frames.append(farm.back(farm.to_home(shunt.ACKNOWLEDGEMENT, acknowledged)))
    return frames + [farm.back(farm.to_target(shunt.GO, _copy(shunt.ShuntGo, 0)))]


def _data(queue: int, offset: int, octets: bytes) -> Packet:
    payload = shunt.ShuntData(**farm.ID, queue=queue, offset=offset, bytes=octets)
    return farm.to_target(shunt.DATA, payload)
