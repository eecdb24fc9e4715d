#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A device that answers echoes and does nothing else: dead_device.py --front unix:PATH [MODE]

MODE is what becomes of the second conversation: --deaf (from then on echoes are not answered
either), --gone (it hangs up, and ends with exit code 5 a moment later) or --late (it ends so when
the tester has hung up); or --fragile: a UDP datagram of any conversation ends it with exit code 5.
"""

from __future__ import annotations

import itertools
import os
import socket
import struct
import sys
import time

FRAME, ADVANCE, QUIET, HELLO, CONTROL = range(5)
NO_DEADLINE = 2**64 - 1
ICMP = 1
ECHO_REQUEST = 8
UDP = 17
LATE_S = 0.1


def checksum(data: bytes) -> int:
    """RFC 1071."""
    padded = data + b"\0" * (len(data) % 2)
    total: int = sum(struct.unpack(f"!{len(padded) // 2}H", padded))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def echo_reply(frame: bytes) -> bytes | None:
    """What an ICMP echo request is answered with."""
    if frame[12:14] != b"\x08\x00" or frame[23] != ICMP or frame[34] != ECHO_REQUEST:
        return None
    packet = bytearray(frame[14:])
    packet[12:16], packet[16:20] = frame[30:34], frame[26:30]
    packet[20] = 0
    packet[22:24] = b"\0\0"
    packet[22:24] = struct.pack("!H", checksum(bytes(packet[20:])))
    return frame[6:12] + frame[:6] + frame[12:14] + bytes(packet)


def is_datagram(frame: bytes) -> bool:
    return frame[12:14] == b"\x08\x00" and frame[23] == UDP


def end_late() -> None:
    """The process outlives its conversation by a moment."""
    time.sleep(LATE_S)
    os._exit(5)


def serve(tester: socket.socket, mode: str) -> None:
    """One conversation, to its end."""
    while message := tester.recv(70_000):
        kind = message[0]
        if kind == HELLO:
            tester.send(message)
        elif kind == FRAME:
            if "--fragile" in sys.argv and is_datagram(message[2:]):
                os._exit(5)
            if mode == "--gone":
                tester.close()
                end_late()
            reply = echo_reply(message[2:])
            if reply and mode != "--deaf":
                tester.send(message[:2] + reply)
        elif kind == ADVANCE:
            tester.send(struct.pack("!BQ", QUIET, NO_DEADLINE))


def main() -> None:
    path = sys.argv[sys.argv.index("--front") + 1].removeprefix("unix:")
    if os.path.exists(path):
        os.unlink(path)
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind(path)
        listener.listen()
        print('{"event":"ready"}', flush=True)
        for number in itertools.count(1):
            tester, _ = listener.accept()
            mode = sys.argv[-1] if number > 1 else ""
            with tester:
                try:
                    serve(tester, mode)
                except (BrokenPipeError, ConnectionResetError):
                    pass
            if mode == "--late":
                os._exit(5)


if __name__ == "__main__":
    main()
