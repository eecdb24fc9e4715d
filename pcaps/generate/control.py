# SPDX-License-Identifier: Apache-2.0
"""A control channel between s1 and s2: greetings, what is asked and told, frames cut anyhow, and
what breaks the format (system page, "Control channel")."""

from __future__ import annotations

import farm
import shunt_control as shunt
from scapy.layers.inet import IP, TCP
from scapy.layers.l2 import Ether
from scapy.packet import Packet

Frames = list[Packet | bytes]

_S1, _S2 = "10.8.0.1", "10.8.0.2"
_PORT_S1 = 40000
_UNKNOWN_KIND = 0x77
_COMMIT, _SESSION = 0x15, 0x31
_TRAILER = bytes.fromhex("53484154 01 01 0001 1122334455667788 0000000000000001") + b"T" * 16


class _Ends:
    """Both directions: what was sent so far."""

    def __init__(self) -> None:
        self.frames: Frames = []
        self._next = {_S1: 100, _S2: 900}
        self._identification = 0

    def say(self, flags: str, source: str, text: bytes = b"", *, is_repeated: bool = False) -> None:
        """A segment; a repeated one has the numbers of the one before."""
        other = _S2 if source == _S1 else _S1
        ports = (_PORT_S1, shunt.PORT) if source == _S1 else (shunt.PORT, _PORT_S1)
        macs = (farm.BACK_S1, farm.BACK_S2) if source == _S1 else (farm.BACK_S2, farm.BACK_S1)
        self._identification += 1
        if is_repeated:
            self._next[source] -= len(text)
        segment = IP(src=source, dst=other, id=self._identification, flags="DF", ttl=64) / TCP(
            sport=ports[0],
            dport=ports[1],
            flags=flags,
            seq=self._next[source],
            ack=self._next[other] if "A" in flags else 0,
            window=64000,
        )
        octets = bytes(Ether(src=macs[0], dst=macs[1]) / segment / text)
        self.frames.append(octets.ljust(60, b"\0"))
        self._next[source] += len(text) + (1 if "S" in flags else 0)


def _frame(kind: int, transaction: int, body: Packet | bytes = b"", flags: int = 0) -> bytes:
    return bytes(shunt.ShuntControl(kind=kind, transaction=transaction, flags=flags) / body)


def _state() -> shunt.ShuntServerState:
    return shunt.ShuntServerState(
        server=2,
        connections=1000,
        cpu_per_mille=250,
        memory=1 << 40,
        bandwidth=2**64 - 1,
        listening=[
            shunt.ShuntListening(address="10.7.1.2", port=80, process=17),
            shunt.ShuntListening(address="10.7.1.2", port=7, process=0xFFFFFFFF),
        ],
        applications=[shunt.ShuntApplication(process=17, memory=1 << 33, cpu_per_mille=12)],
    )


def control_channel() -> Frames:
    ends = _Ends()
    ends.say("S", _S1)
    ends.say("SA", _S2)
    ends.say("A", _S1)
    boot = 0x1122334455667788
    hello = shunt.ShuntHello(server=1, boot=boot, profiles=9, server_name=b"s1")
    ends.say("PA", _S1, _frame(shunt.HELLO, 0, hello))
    ends.say("PA", _S2, _frame(shunt.HELLO, 0, shunt.ShuntHello(server=2, boot=2**64 - 1)))
    ends.say("PA", _S1, _frame(shunt.PING, 1))
    ends.say("PA", _S2, _frame(shunt.PONG, 1))
    ends.say("PA", _S2, _frame(shunt.SERVER_STATE, 0, _state()))
    ends.say("PA", _S1, _frame(_UNKNOWN_KIND, 2**64 - 1, b"\x01\x02\x03"))
    error = shunt.ShuntError(code=1, text=b"unknown kind")
    ends.say("PA", _S2, _frame(shunt.ERROR, 2**64 - 1, error))
    _cut_anyhow(ends)
    _peculiar(ends)
    # Nothing behind a broken frame is one; the other direction goes on.
    ends.say("PA", _S2, bytes.fromhex("0000000b 01 02 0000 0000000000000001"))
    ends.say("PA", _S2, _frame(shunt.PING, 20))
    ends.say("PA", _S1, _frame(shunt.PING, 21))
    ends.say("PA", _S1, bytes.fromhex("0000000c 02 02 0000 0000000000000001"))
    return ends.frames


def _cut_anyhow(ends: _Ends) -> None:
    """Two frames and the begin of a third; the same again; its end, and one more."""
    state = _frame(shunt.SERVER_STATE, 0, shunt.ShuntServerState(server=1))
    first = _frame(shunt.PING, 2) + _frame(shunt.PING, 3) + state[:3]
    ends.say("PA", _S1, first)
    ends.say("PA", _S1, first, is_repeated=True)
    ends.say("PA", _S1, state[3:20])
    ends.say("PA", _S1, state[20:] + _frame(shunt.PING, 4))


def _peculiar(ends: _Ends) -> None:
    """A trailer, a flag, bodies that are not as long as they say, a kind without a body's layer."""
    ends.say("PA", _S2, _frame(shunt.PONG, 4, _TRAILER, flags=1))
    ends.say("PA", _S2, _frame(_COMMIT, 9, b"\0\0\0\x07", flags=4))
    short = bytes(shunt.ShuntHello(server=2, name_length=3, server_name=b"s2"))
    ends.say("PA", _S2, _frame(shunt.HELLO, 0, short))
    ends.say("PA", _S1, _frame(shunt.ERROR, 0, shunt.ShuntError(code=2)))
    ends.say("PA", _S1, _frame(_SESSION, 0, b"\x01\x02ab\0\0\0\x01\0\0\x0e\x10"))
