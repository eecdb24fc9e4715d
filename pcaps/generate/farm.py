# SPDX-License-Identifier: Apache-2.0
"""The farm of the captures: who is in it, and frames between them, by the Scapy layer.

s1 is home of 10.7.1.1:80, s2 the target; the client's connection is the same in every capture.
Front and back are recorded as one link, so that a capture reads from the SYN on.
"""

from __future__ import annotations

import struct
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "scapy"))

# pylint: disable=wrong-import-position
import shunt_encapsulation as shunt
from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.l2 import Ether
from scapy.packet import Packet
from scapy.utils import PcapWriter

CLIENT, CLIENT_PORT = "10.7.0.9", 4711
SERVICE, SERVICE_PORT = "10.7.1.1", 80
FORWARD_S1, FORWARD_S2 = "10.8.1.1", "10.8.1.2"
CLIENT_MAC = "02:07:00:00:00:09"
FRONT_S1, FRONT_S2 = "02:07:00:00:00:01", "02:07:00:00:00:02"
BACK_S1, BACK_S2 = "02:08:00:00:00:01", "02:08:00:00:00:02"

CLIENT_START = 1000
SERVER_START = 5000
REQUEST = b"GET /bytes/16 HTTP/1.1\r\nHost: s\r\n\r\n"
RESPONSE = b"HTTP/1.1 200 OK\r\nContent-Length: 16\r\n\r\n000000000000000\n"
CLIENT_NEXT = CLIENT_START + 1 + len(REQUEST)
SERVER_NEXT = SERVER_START + 1 + len(RESPONSE)

EPOCH = 7
COPY = 0xC0FFEE01
ID: dict[str, int | str] = {
    "service_ip": SERVICE,
    "service_port": SERVICE_PORT,
    "iss": SERVER_START,
    "epoch": EPOCH,
}

# 2026-11-21 00:00:00 UTC; frames are a millisecond apart.
_START_SECONDS = 1795219200
_identification = 0


def fresh(extensions: bool) -> None:
    """What every capture starts with: the setting of its farm, and identifications from 1."""
    global _identification
    _identification = 0
    shunt.set_extensions(extensions)


def _next_identification() -> int:
    global _identification
    _identification += 1
    return _identification


def from_client(flags: str, sequence: int, acknowledgment: int, data: bytes = b"") -> Packet:
    """The client's own IPv4 packet."""
    return _segment(
        (CLIENT, SERVICE), (CLIENT_PORT, SERVICE_PORT), flags, sequence, acknowledgment
    ) / (data)


def from_service(flags: str, sequence: int, acknowledgment: int, data: bytes = b"") -> Packet:
    """What the client gets: the service address is its source, whoever sends it."""
    return _segment(
        (SERVICE, CLIENT), (SERVICE_PORT, CLIENT_PORT), flags, sequence, acknowledgment
    ) / (data)


def _segment(
    addresses: tuple[str, str],
    ports: tuple[int, int],
    flags: str,
    sequence: int,
    acknowledgment: int,
) -> Packet:
    options = [("MSS", 1460 if addresses[0] == CLIENT else 1444)] if "S" in flags else []
    return IP(
        src=addresses[0], dst=addresses[1], id=_next_identification(), flags="DF", ttl=64
    ) / TCP(
        sport=ports[0],
        dport=ports[1],
        flags=flags,
        seq=sequence,
        ack=acknowledgment,
        window=64000,
        options=options,
    )


def front(source: str, destination: str, packet: Packet) -> Packet:
    """A frame on the front link."""
    return Ether(src=source, dst=destination) / packet


def to_target(kind: int, payload: Packet | None = None, **header: Any) -> Packet:
    """From the encapsulation header on, home to target."""
    return _encapsulated(FORWARD_S2, kind, payload, header)


def to_home(kind: int, payload: Packet | None = None, **header: Any) -> Packet:
    """From the encapsulation header on, target to home."""
    return _encapsulated(FORWARD_S1, kind, payload, header)


def _encapsulated(
    destination: str, kind: int, payload: Packet | None, header: dict[str, Any]
) -> Packet:
    fields = {
        "source_ip": CLIENT,
        "source_port": CLIENT_PORT,
        "destination_ip": destination,
        "destination_port": SERVICE_PORT,
        "type": kind,
        "protocol": shunt.TCP,
    }
    packet = shunt.ShuntEncapsulation(**{**fields, **header})
    return packet if payload is None else packet / payload


def back(packet: Packet | bytes, ethertype: int = shunt.ETHERTYPE_DEFAULT) -> bytes:
    """A frame on the back link, in the direction that Dest. IP tells; padded to 60 bytes."""
    octets = bytes(packet)
    is_to_home = octets[6:10] == bytes(map(int, FORWARD_S1.split(".")))
    source, destination = (BACK_S2, BACK_S1) if is_to_home else (BACK_S1, BACK_S2)
    header = bytes(Ether(src=source, dst=destination, type=ethertype))
    return (header + octets).ljust(60, b"\0")


def routed(packet: Packet) -> bytes:
    """The same in the routed binding (FRM-3)."""
    is_to_home = packet.destination_ip == FORWARD_S1
    source, destination = (FORWARD_S2, FORWARD_S1) if is_to_home else (FORWARD_S1, FORWARD_S2)
    macs = (BACK_S2, BACK_S1) if is_to_home else (BACK_S1, BACK_S2)
    datagram = IP(src=source, dst=destination, id=0, flags="DF", ttl=255) / UDP(
        sport=shunt.ROUTED_PORT, dport=shunt.ROUTED_PORT
    )
    return bytes(Ether(src=macs[0], dst=macs[1]) / datagram / packet).ljust(60, b"\0")


def control_block(**changes: int) -> dict[str, int]:
    """The connection right after the handshake, as s1 knows it, but for `changes`."""
    block = {
        "ts_val": 0,
        "epoch": EPOCH,
        "t_state": 4,
        "t_timer_keep_alive": 14400,
        "t_rxtcur": 1000,
        "t_maxseg": 1460,
        "snd_una": SERVER_START + 1,
        "snd_nxt": SERVER_START + 1,
        "snd_up": SERVER_START + 1,
        "snd_wl1": CLIENT_START + 1,
        "snd_wl2": SERVER_START + 1,
        "iss": SERVER_START,
        "snd_wnd": 64000,
        "rcv_wnd": 65535,
        "rcv_nxt": CLIENT_START + 1,
        "rcv_up": CLIENT_START + 1,
        "irs": CLIENT_START,
        "rcv_adv": CLIENT_START + 1 + 65535,
        "snd_max": SERVER_START + 1,
        "snd_cwnd": 14440,
        "snd_ssthresh": 0xFFFFFFFF,
        "path_mtu": 1500,
        "max_sndwnd": 64000,
        "last_ack_sent": CLIENT_START + 1,
    }
    return {**block, **changes}


def offer(**changes: int) -> Packet:
    """0x01 for the connection, to s2."""
    return to_target(
        shunt.CONNECTION,
        shunt.ShuntTcpConnection(
            server_ip=SERVICE, server_port=SERVICE_PORT, **control_block(**changes)
        ),
    )


def with_bytes(packet: Packet | bytes, offset: int, octets: bytes) -> bytes:
    """A copy with other bytes at `offset` of the encapsulation header; no checksum is repaired."""
    whole = bytes(packet)
    return whole[:offset] + octets + whole[offset + len(octets) :]


def with_checksum(octets: bytes, covered: int | None = None) -> bytes:
    """A copy whose checksum is right over its first `covered` bytes (all of them)."""
    blank = octets[:14] + b"\0\0" + octets[16:]
    return with_bytes(octets, 14, struct.pack("!H", shunt.internet_checksum(blank[:covered])))


def write(path: Path, frames: list[Packet | bytes]) -> None:
    """A classic pcap, little-endian, microseconds: the same bytes on every machine."""
    with PcapWriter(str(path), linktype=1, endianness="<", sync=True) as writer:
        writer.write_header(None)
        for index, frame in enumerate(frames):
            writer.write_packet(bytes(frame), sec=_START_SECONDS, usec=1000 * index)
