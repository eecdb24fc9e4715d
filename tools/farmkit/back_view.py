# SPDX-License-Identifier: Apache-2.0
"""What a back-link capture shows of one migration: 0x01, 0x03, then client packets as 0x02."""

from __future__ import annotations

import ipaddress
import itertools
from pathlib import Path

from . import encapsulation
from .capture import frames
from .claims import Claim
from .encapsulation import ACKNOWLEDGEMENT, CONNECTION, FORWARDED, Message
from .plan import CLIENT_ADDRESS, CLIENT_MAC, Member, Options

_ETHERNET = 14
_STATE_OFFSET = 6 + 8  # behind the service address, t_state in the control block
_ESTABLISHED = 4
_CLIENT = CLIENT_ADDRESS.split("/")[0]


def messages(file: Path, ethertype: int, binding: str) -> list[Message]:
    """The endpoint profile's messages on a back link, in order."""
    parsed = (encapsulation.parse(frame, ethertype, binding) for frame in frames(file))
    return [message for message in parsed if message is not None]


def client_packets(front: Path) -> list[bytes]:
    """The IPv4 packets that the client sent, exactly total length bytes."""
    return [
        frame[_ETHERNET : _ETHERNET + int.from_bytes(frame[16:18], "big")]
        for frame in frames(front)
        if frame[6:12].hex(":") == CLIENT_MAC and frame[12:14] == b"\x08\x00"
    ]


def _order(seen: list[Message]) -> str:
    runs = [(kind, len(list(run))) for kind, run in itertools.groupby(m.type for m in seen)]
    return ", ".join(f"{kind:#04x} x{count}" for kind, count in runs) or "nothing"


def _connection_claim(seen: list[Message], home: Member, target: Member) -> Claim:
    offers = [message for message in seen if message.type == CONNECTION]
    service = ipaddress.IPv4Address(home.services[0]).packed + (80).to_bytes(2, "big")
    held = bool(offers) and all(
        offer.source_mac == home.back_mac
        and offer.destination in target.forward_ips
        and offer.content[:6] == service
        and len(offer.content) == 6 + 140
        and int.from_bytes(offer.content[_STATE_OFFSET : _STATE_OFFSET + 2], "big") == _ESTABLISHED
        for offer in offers
    )
    return Claim("0x01: service address and control block", held, f"{len(offers)} frames")


def _acknowledgement_claim(seen: list[Message], home: Member, target: Member) -> Claim:
    answers = [message for message in seen if message.type == ACKNOWLEDGEMENT]
    held = bool(answers) and all(
        answer.source_mac == target.back_mac and answer.destination == home.forward_ips[0]
        for answer in answers
    )
    return Claim("0x03: to the forward IP of the service", held, f"{len(answers)} frames")


def without_tcp_checksum(packet: bytes) -> bytes:
    """For a client that leaves it to the card: its own capture shows it before it is complete."""
    at = (packet[0] & 0x0F) * 4 + 16
    return packet[:at] + b"\0\0" + packet[at + 2 :]


def _forwarded_claim(forwarded: list[bytes], packets: list[bytes]) -> Claim:
    """EP-21. Their order is not judged here: between the client's capture and the home's tap two
    processors may swap two packets. The suite judges it, in virtual time."""
    foreign = sum(packet not in packets for packet in forwarded)
    repeated = len(forwarded) - len(set(forwarded))
    has_request = any(b"GET " in packet for packet in forwarded)
    return Claim(
        "0x02: the client's packets, unchanged, each once",
        has_request and not foreign and not repeated,
        f"{len(forwarded)} frames, {foreign} changed, {repeated} repeated",
    )


def claims(
    back: Path,
    front: Path,
    home: Member,
    target: Member,
    options: Options,
    *,
    client_offloads: bool = False,
) -> list[Claim]:
    """What has to hold for a connection that moved once from `home` to `target`."""
    seen = messages(back, options.ethertype, options.binding)
    forwarded = [
        message.content
        for message in seen
        if message.type == FORWARDED and message.source_mac == home.back_mac
    ]
    packets = client_packets(front)
    if client_offloads:
        forwarded = [without_tcp_checksum(packet) for packet in forwarded]
        packets = [without_tcp_checksum(packet) for packet in packets]
    order = [message.type for message in seen]
    in_order = order[:3] == [CONNECTION, ACKNOWLEDGEMENT, FORWARDED]
    odd = [
        f"message {number}"
        for number, message in enumerate(seen, 1)
        if not message.has_good_checksum
        or (message.protocol, message.source, message.destination_port) != (1, _CLIENT, 80)
    ]
    return [
        Claim("the home offers, the target takes, the home forwards", in_order, _order(seen)),
        Claim(
            "every header names the client's connection, every checksum is right",
            bool(seen) and not odd,
            f"{len(seen)} messages, wrong: {', '.join(odd[:5]) or 'none'}",
        ),
        _connection_claim(seen, home, target),
        _acknowledgement_claim(seen, home, target),
        _forwarded_claim(forwarded, packets),
    ]
