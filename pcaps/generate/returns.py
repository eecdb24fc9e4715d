# SPDX-License-Identifier: Apache-2.0
"""A connection that has moved: the home asks for it, the owner gives it back (EP-31, EP-45)."""

from __future__ import annotations

import farm
import shunt_encapsulation as shunt
from scapy.layers.inet import IP
from scapy.packet import Packet

Frames = list[Packet | bytes]

_REFUSED = farm.EPOCH + 1
_ACCEPTED = farm.EPOCH + 2


def _id(epoch: int) -> dict[str, int | str]:
    return {**farm.ID, "epoch": epoch}


def _returned(epoch: int, **changes: int) -> Packet:
    """0x01 to the home: the owner's block, with the same iss and irs."""
    block = farm.control_block(epoch=epoch, **changes)
    connection = shunt.ShuntTcpConnection(
        server_ip=farm.SERVICE, server_port=farm.SERVICE_PORT, **block
    )
    return farm.to_home(shunt.CONNECTION, connection)


def _data(queue: int, octets: bytes) -> Packet:
    payload = shunt.ShuntData(**_id(_ACCEPTED), queue=queue, offset=0, bytes=octets)
    return farm.to_home(shunt.DATA, payload)


def return_ext() -> Frames:
    """0x14 asks and 0x03 answers; a return is refused, the next one asked for what is missing."""
    farm.fresh(extensions=True)
    own = shunt.ShuntGo(**farm.ID, copy=farm.COPY)
    there = shunt.ShuntAcknowledgement(**farm.ID, copy=farm.COPY)
    full = shunt.ShuntReject(**_id(_REFUSED), reason=2)
    queues = {"snd_queue": 4, "rcv_queue": 2, "rcv_nxt": farm.CLIENT_START + 3}
    queues["rcv_adv"] = queues["rcv_nxt"] + 65535
    missing = shunt.ShuntMissing(
        **_id(_ACCEPTED), ranges=[shunt.ShuntMissingRange(queue=2, offset=0, length=2)]
    )
    taken = shunt.ShuntAcknowledgement(**_id(_ACCEPTED), copy=farm.COPY + 1)
    held = farm.from_client("A", farm.CLIENT_START + 3, farm.SERVER_START + 1)
    packets = [
        farm.to_target(shunt.GO, own),
        farm.to_home(shunt.ACKNOWLEDGEMENT, there),
        _returned(_REFUSED),
        farm.to_target(shunt.REJECT, full),
        _returned(_ACCEPTED, **queues),
        _data(1, b"tail"),
        farm.to_target(shunt.MISSING, missing),
        _data(2, b"GE"),
        farm.to_target(shunt.ACKNOWLEDGEMENT, taken),
        farm.to_home(shunt.FORWARDED, held[IP]),
    ]
    return [farm.back(packet) for packet in packets]
