# SPDX-License-Identifier: Apache-2.0
"""The fields of an encapsulated frame by the Scapy layer, and the first of FRM-6's checks to fail.

Only what a frame says of itself is checked; members, forward addresses and endpoints are the
farm's to know.
"""

from __future__ import annotations

import struct
from typing import Iterator

import shunt_encapsulation as layer
from reading import Value
from scapy.layers.inet import ICMP, IP, TCP, UDP, IPerror
from scapy.packet import Packet

_IDENTIFICATION = ("service_ip", "service_port", "iss", "epoch")
_LENGTHS = {
    layer.REJECT: 16,
    layer.RELEASE: 18,
    layer.GO: 18,
    layer.CHALLENGE: 17,
}
_IP_PROTOCOLS = {layer.TCP: 6, layer.UDP_FLOW: 17}
_ICMP_ERRORS = (3, 11, 12)
MISSING_RANGES_MAX = 32


class Fault(Exception):
    """Why a receiver drops the frame: the last part of its drop.frame counter."""


def fields_of(octets: bytes) -> dict[str, Value]:
    """All fields of what begins with an encapsulation header; Fault names the first fault."""
    if len(octets) < layer.HEADER_BYTES:
        raise Fault("truncated")
    header = layer.ShuntEncapsulation(octets)
    payload = octets[layer.HEADER_BYTES :]
    _check_type(header)
    length = _payload_length(header, payload)
    _check_checksum(octets, header, length)
    if header.protocol not in layer.PROTOCOLS:
        raise Fault("protocol")
    _check_payload(header, payload[:length])
    fields = {field.name: header.getfieldval(field.name) for field in header.fields_desc}
    fields.update(_payload_fields(header, payload[:length]))
    fields["excess"] = len(payload) - length
    return fields


def _check_type(header: Packet) -> None:
    known = header.type in layer.TYPES
    if not known or (header.type >= layer.REJECT and not layer.extensions()):
        raise Fault("type")


def _payload_length(header: Packet, payload: bytes) -> int:
    """FRM-5."""
    if header.type == layer.CONNECTION:
        length = len(layer.connection_class(header.protocol, len(payload))())
    elif header.type == layer.FORWARDED:
        if len(payload) < 20:
            raise Fault("length")
        length = _word(payload, 2)
    elif header.type == layer.ACKNOWLEDGEMENT:
        length = 20 if isinstance(header.payload, layer.ShuntAcknowledgement) else 0
    else:
        length = 2 + _word(payload, 0)
        if not _is_length_of(header.type, length - 2):
            raise Fault("length")
    if length > len(payload):
        raise Fault("length")
    return length


def _word(payload: bytes, offset: int) -> int:
    if len(payload) < offset + 2:
        raise Fault("length")
    return int(struct.unpack_from("!H", payload, offset)[0])


def _is_length_of(kind: int, counted: int) -> bool:
    if kind == layer.DATA:
        return counted >= 20
    if kind == layer.MISSING:
        ranges, rest = divmod(counted - 14, 9)
        return rest == 0 and 1 <= ranges <= MISSING_RANGES_MAX
    return counted == _LENGTHS[kind]


def _check_checksum(octets: bytes, header: Packet, length: int) -> None:
    """FRM-4: the sum over all that is covered is 0xFFFF, that is its complement 0."""
    covered = [layer.HEADER_BYTES + length]
    if header.type == layer.FORWARDED:
        covered = [layer.HEADER_BYTES]
    elif header.type == layer.ACKNOWLEDGEMENT:
        covered.append(layer.HEADER_BYTES)
    if all(layer.internet_checksum(octets[:end]) != 0 for end in covered):
        raise Fault("checksum")


def _check_payload(header: Packet, payload: bytes) -> None:
    if header.type == layer.CONNECTION:
        if header.payload.server_port != header.destination_port:
            raise Fault("payload")
    elif header.type == layer.FORWARDED:
        _check_inner(header, payload)
    elif not _has_known_numbers(header):
        raise Fault("payload")


def _has_known_numbers(header: Packet) -> bool:
    body = header.payload
    if header.type == layer.REJECT:
        return body.reason in layer.REASONS
    if header.type == layer.DATA:
        return body.queue in layer.QUEUES
    if header.type == layer.MISSING:
        return all(entry.queue in layer.QUEUES for entry in body.ranges)
    return header.type != layer.CHALLENGE or body.kind in (1, 2)


def _check_inner(header: Packet, payload: bytes) -> None:
    """FRM-6: the inner packet, in the order of the page."""
    if len(payload) < 20 or payload[0] >> 4 != 4 or payload[0] & 15 < 5:
        raise Fault("inner-header")
    inner_header = payload[: 4 * (payload[0] & 15)]
    if len(inner_header) < 4 * (payload[0] & 15) or layer.internet_checksum(inner_header):
        raise Fault("inner-header")
    inner = IP(payload)
    _check_claims(header, inner)
    _check_client_address(inner.src)
    if inner.src == inner.dst:
        raise Fault("inner-source")


def _check_claims(header: Packet, inner: Packet) -> None:
    if inner.proto == 1 and inner.frag == 0 and not inner.flags.MF:
        _check_inner_error(header, inner)
        return
    if inner.proto != _IP_PROTOCOLS[header.protocol]:
        raise Fault("inner-protocol")
    is_fragment = inner.frag != 0 or inner.flags.MF
    if inner.src != header.source_ip:
        raise Fault("inner-source")
    if is_fragment:
        return
    ports = _ports(inner)
    if ports is None or ports[0] != header.source_port:
        raise Fault("inner-source")
    if ports[1] != header.destination_port:
        raise Fault("inner-destination")


def _ports(inner: Packet) -> tuple[int, int] | None:
    data = bytes(inner.payload)
    if len(data) < 4:
        return None
    source, destination = struct.unpack("!HH", data[:4])
    return source, destination


def _check_inner_error(header: Packet, inner: Packet) -> None:
    """EP-26: an ICMP error is judged by the packet that it quotes, which went the other way."""
    message = bytes(inner.payload)
    if len(message) < 8 or message[0] not in _ICMP_ERRORS:
        raise Fault("inner-protocol")
    quote = message[8:]
    if not quote or len(quote) < max(20, 4 * (quote[0] & 15)) + 8 or quote[0] >> 4 != 4:
        raise Fault("inner-header")
    quoted = IPerror(message[8:])
    if quoted.frag:
        raise Fault("inner-header")
    if quoted.proto != _IP_PROTOCOLS[header.protocol]:
        raise Fault("inner-protocol")
    start = 8 + 4 * quoted.ihl
    source_port, destination_port = struct.unpack_from("!HH", message, start)
    if (quoted.dst, destination_port) != (header.source_ip, header.source_port):
        raise Fault("inner-source")
    if source_port != header.destination_port:
        raise Fault("inner-destination")


def _check_client_address(address: str) -> None:
    """SEC-2, as far as an address tells by itself."""
    first = int(address.split(".", maxsplit=1)[0])
    if first == 127 or 224 <= first < 240 or address in ("0.0.0.0", "255.255.255.255"):
        raise Fault("inner-source")


def _payload_fields(header: Packet, payload: bytes) -> Iterator[tuple[str, Value]]:
    if header.type == layer.FORWARDED:
        yield from _inner_fields(IP(payload))
        return
    if header.type == layer.ACKNOWLEDGEMENT and not payload:
        return
    body = header.payload
    for field in body.fields_desc:
        if field.name == "reserved":
            continue
        if field.name == "ranges":
            yield from _missing_fields(body.ranges)
            continue
        yield _name(header.type, field.name), _plain(body.getfieldval(field.name))


def _name(kind: int, name: str) -> str:
    if kind == layer.CONNECTION:
        return name if name in ("server_ip", "server_port", "flow_number") else f"tcb.{name}"
    if kind == layer.CHALLENGE and name != "length":
        return f"challenge.{name}"
    if name in _IDENTIFICATION:
        return f"id.{name}"
    return name


def _plain(value: object) -> Value:
    if isinstance(value, bytes):
        return value.hex()
    return value if isinstance(value, str) else int(value)  # type: ignore[call-overload]


def _missing_fields(ranges: list[Packet]) -> Iterator[tuple[str, Value]]:
    for name in ("queue", "offset", "length"):
        if ranges:
            yield f"missing.{name}", [int(getattr(entry, name)) for entry in ranges]


def _inner_fields(inner: Packet) -> Iterator[tuple[str, Value]]:
    yield "inner.total_length", inner.len
    yield "inner.identification", inner.id
    yield "inner.ttl", inner.ttl
    yield "inner.protocol", inner.proto
    yield "inner.source_ip", inner.src
    yield "inner.destination_ip", inner.dst
    if inner.frag or inner.flags.MF:
        yield "inner.fragment_offset", 8 * inner.frag
        return
    if ICMP in inner:
        yield "inner.icmp_type", inner[ICMP].type
        yield "inner.icmp_code", inner[ICMP].code
    for transport in (TCP, UDP):
        if isinstance(inner.payload, transport):
            yield "inner.source_port", inner[transport].sport
            yield "inner.destination_port", inner[transport].dport
    if isinstance(inner.payload, TCP):
        yield "inner.sequence", inner[TCP].seq
        yield "inner.acknowledgment", inner[TCP].ack
        yield "inner.flags", int(inner[TCP].flags) & 0xFF
