#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The reference node behind a wire that some frames do not come through unpunished.

spoiled_device.py MODE NODE [OPTION..] --front unix:PATH ..: a frame of the farm whose Type nobody
knows makes it end (`dies`), end when its tester has hung up (`dies-late`), stand still (`hangs`),
say what is no message (`babbles`) or frames of noise to that connection's client (`floods`);
`never-again`: it ends, and does not start a second time.
"""

from __future__ import annotations

import ctypes
import itertools
import os
import random
import select
import signal
import socket
import subprocess
import sys
import time

MESSAGE_MAX = 80_000
FRAME, ADVANCE = 0, 1
ETHERTYPES = (b"\x88\xb5", b"\x00\x07")
TYPES = {0x01, 0x02, 0x03, 0x10, 0x11, 0x12, 0x13, 0x14, 0x15}
LATE_S = 0.05
EXIT_CODE = 5


def is_of_no_type(frame: bytes) -> bool:
    return len(frame) >= 30 and frame[12:14] in ETHERTYPES and frame[26] not in TYPES


def die_with_parent() -> None:
    """The judge ends the device that it has started, and knows of no node behind it."""
    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)


def end(node: subprocess.Popen[bytes]) -> None:
    node.kill()
    node.wait()
    os._exit(EXIT_CODE)


def spoil(mode: str, tester: socket.socket, message: bytes) -> None:
    """What is said because of that frame."""
    noise = random.Random(len(message))
    if mode == "babbles":
        tester.send(b"\xff" + noise.randbytes(30))
    elif mode == "floods":
        for _ in range(200):
            frame = message[8:14] + message[2:8] + b"\x08\x00" + noise.randbytes(60)
            tester.send(message[:2] + frame)


def relay(
    mode: str, tester: socket.socket, behind: socket.socket, node: subprocess.Popen[bytes]
) -> None:
    """One conversation, to its end."""
    is_spoiled = False
    while True:
        ready, _, _ = select.select([tester, behind], [], [])
        for source, sink in ((tester, behind), (behind, tester)):
            if source not in ready:
                continue
            message = source.recv(MESSAGE_MAX)
            if not message:
                if is_spoiled and mode == "dies-late":
                    tester.close()
                    time.sleep(LATE_S)
                    end(node)
                return
            if source is tester and message[0] == FRAME and is_of_no_type(message[2:]):
                is_spoiled = True
                if mode in ("dies", "never-again"):
                    end(node)
                spoil(mode, tester, message)
            if is_spoiled and mode == "hangs":
                continue
            sink.send(message)


def main() -> None:
    mode, words = sys.argv[1], sys.argv[2:]
    at = words.index("--front") + 1
    path = words[at].removeprefix("unix:")
    behind_path = path + ".behind"
    words = [f"unix:{behind_path}" if word == words[at] else word for word in words]
    mark = path + ".was-there"
    if mode == "never-again":
        if os.path.exists(mark):
            sys.exit(EXIT_CODE)
        with open(mark, "w", encoding="ascii"):
            pass
    with subprocess.Popen(words, stdout=subprocess.PIPE, preexec_fn=die_with_parent) as node:
        assert node.stdout
        node.stdout.readline()  # it is ready
        if os.path.exists(path):
            os.unlink(path)
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
            listener.bind(path)
            listener.listen()
            print('{"event":"ready"}', flush=True)
            for _ in itertools.count():
                tester, _ = listener.accept()
                behind = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
                with tester, behind:
                    behind.connect(behind_path)
                    try:
                        relay(mode, tester, behind, node)
                    except (BrokenPipeError, ConnectionResetError):
                        pass


if __name__ == "__main__":
    main()
