# SPDX-License-Identifier: Apache-2.0
"""Single messages: every reason of 0x10, challenges, UDP flows, kinds of inner packets."""

from __future__ import annotations

import farm
import shunt_encapsulation as shunt
from scapy.layers.inet import ICMP, IP, UDP, fragment
from scapy.packet import Packet, Raw

Frames = list[Packet | bytes]


def rejects_and_challenges() -> Frames:
    farm.fresh(extensions=True)
    frames: Frames = [
        farm.back(farm.to_home(shunt.REJECT, shunt.ShuntReject(**farm.ID, reason=reason)))
        for reason in shunt.REASONS
    ]
    nobody = {"source_ip": "0.0.0.0", "source_port": 0, "destination_port": 0}
    for kind in (1, 2):
        challenge = shunt.ShuntChallenge(
            kind=kind, nonce=bytes(range(1, 9)), boot_index=0x1122334455667788
        )
        trailer = shunt.ShuntTrailer(boot_index=0x1122334455667788, counter=kind, tag=b"T" * 16)
        frames.append(farm.back(farm.to_target(shunt.CHALLENGE, challenge / trailer, **nobody)))
    return frames


def udp_flows() -> Frames:
    """0x01 of a UDP flow with its number, 0x03 in both forms, datagrams (EP-50 to EP-52)."""
    farm.fresh(extensions=True)
    udp = {"protocol": shunt.UDP_FLOW, "destination_port": 53}
    service = {"server_ip": farm.SERVICE, "server_port": 53}
    flow = {"service_ip": farm.SERVICE, "service_port": 53, "iss": 0, "epoch": 0xFFFFFFFF}
    connection = shunt.ShuntUdpFlow(**service, flow_number=0xFFFFFFFF)
    acknowledged = shunt.ShuntAcknowledgement(**flow, copy=1)
    datagram = IP(src=farm.CLIENT, dst=farm.SERVICE, id=1, ttl=64) / UDP(
        sport=farm.CLIENT_PORT, dport=53
    )
    return [
        farm.back(farm.to_target(shunt.CONNECTION, connection, **udp)),
        farm.back(farm.to_home(shunt.ACKNOWLEDGEMENT, acknowledged, **udp)),
        farm.back(farm.to_home(shunt.ACKNOWLEDGEMENT, **udp)),
        farm.back(farm.to_target(shunt.FORWARDED, datagram / b"query", **udp)),
        farm.back(farm.to_target(shunt.FORWARDED, datagram, **udp)),
    ]


def inner_packets() -> Frames:
    """What an 0x02 may hold, and each fault that FRM-6 names for it."""
    farm.fresh(extensions=False)
    request = bytes(farm.from_client("PA", 1001, 5001, b"data"))
    large = IP(src=farm.CLIENT, dst=farm.SERVICE, id=9, ttl=64, proto=6) / Raw(bytes(40))
    quoted = bytes(farm.from_service("A", 5001, 1001))[:28]
    error = IP(src="10.7.0.1", dst=farm.SERVICE, id=3, ttl=64)
    packets: list[Packet | bytes] = [request, _ip_options(request)]
    packets += [bytes(part) for part in fragment(large, 24)]
    packets += [error / ICMP(type=3, code=4) / quoted, error / ICMP(type=11, code=0) / quoted]
    packets += [
        _repaired(b"\x55" + request[1:]),
        _repaired(b"\x44" + request[1:]),
        farm.with_bytes(request, 10, b"\x12\x34"),
        _repaired(farm.with_bytes(request, 2, b"\0\x13")),
        _repaired(farm.with_bytes(request, 9, b"\x11")),
        error / ICMP(type=8) / quoted,
        _repaired(farm.with_bytes(request, 12, b"\x0a\x07\0\x0a")),
        farm.with_bytes(request, 20, b"\x12\x68"),
        farm.with_bytes(request, 22, b"\0\x51"),
        error / ICMP(type=3, code=1) / quoted[:27],
        _repaired(farm.with_bytes(request[:20], 2, b"\0\x14")),
        error / ICMP(type=3, code=1) / farm.with_bytes(quoted, 9, b"\x11"),
        error / ICMP(type=3, code=1) / farm.with_bytes(quoted, 16, b"\x0a\x07\0\x0a"),
        error / ICMP(type=3, code=1) / farm.with_bytes(quoted, 20, b"\0\x51"),
        error / ICMP(type=3, code=1) / farm.with_bytes(quoted, 6, b"\0\x01"),
        error / ICMP(type=3, code=1) / farm.with_bytes(quoted, 6, b"\x20\0"),
        farm.with_bytes(request, 32, b"\x5f"),
    ]
    frames: Frames = [farm.back(farm.to_target(shunt.FORWARDED) / Raw(bytes(p))) for p in packets]
    return frames + [_from(request, source) for source in _SOURCES]


# Not a client's: 0.0.0.0, loopback, multicast at both ends, broadcast, the destination itself. What
# lies between them is.
_SOURCES = [
    "0.0.0.0",
    "0.0.0.1",
    "127.0.0.1",
    "223.255.255.255",
    "224.0.0.0",
    "239.255.255.255",
    "240.0.0.0",
    "255.255.255.255",
    farm.SERVICE,
]


def _from(request: bytes, source: str) -> bytes:
    """An 0x02 whose inner source and header source are this address."""
    address = bytes(map(int, source.split(".")))
    inner = _repaired(farm.with_bytes(request, 12, address))
    return farm.back(farm.to_target(shunt.FORWARDED, source_ip=source) / Raw(inner))


def _ip_options(packet: bytes) -> bytes:
    """The packet with four bytes of IP options (no-operation) in front of TCP."""
    length = len(packet) + 4
    header = b"\x46" + packet[1:2] + length.to_bytes(2, "big") + packet[4:20] + b"\x01\x01\x01\0"
    return _repaired(header + packet[20:])


def _repaired(packet: bytes) -> bytes:
    """The packet with a header checksum that is right for the header length it states."""
    blank = packet[:10] + b"\0\0" + packet[12:]
    size = 4 * (packet[0] & 15)
    return farm.with_bytes(packet, 10, shunt.internet_checksum(blank[:size]).to_bytes(2, "big"))
