# SPDX-License-Identifier: Apache-2.0
"""The two ends of a connection as sockets of this process: the kernel's own, and a Unix socket
whose other side is the application of the engine's connection."""

from __future__ import annotations

import hashlib
import random
import socket
import threading
from dataclasses import dataclass
from typing import Callable

WAIT_SECONDS = 60.0
_CHUNK = 65_536


class Broken(Exception):
    """What did not happen as TCP promises."""


@dataclass(frozen=True)
class Ends:
    """Of one connection. `opener` is the one of the two that opened it."""

    kernel: socket.socket
    engine: socket.socket

    def close(self) -> None:
        """Both."""
        self.kernel.close()
        self.engine.close()


def content(size: int, seed: int = 1) -> bytes:
    """Bytes without a pattern that a mistake could hide behind."""
    return random.Random(seed).randbytes(size)


def transfer(sender: socket.socket, receiver: socket.socket, data: bytes) -> None:
    """Sends while somebody reads; what arrives has to be the same, byte for byte."""
    with Sending(sender, data):
        expect(receiver, data)


def expect(receiver: socket.socket, data: bytes) -> None:
    """Reads just as many bytes and compares their SHA-256."""
    digest = hashlib.sha256()
    left = len(data)
    while left > 0:
        try:
            part = receiver.recv(min(left, _CHUNK))
        except OSError as error:
            done = len(data) - left
            raise Broken(f"after {done} of {len(data)} bytes: {error or 'nothing comes'}") from None
        if not part:
            raise Broken(f"the end after {len(data) - left} of {len(data)} bytes")
        digest.update(part)
        left -= len(part)
    if digest.digest() != hashlib.sha256(data).digest():
        raise Broken(f"{len(data)} bytes arrived, and are not those that were sent")


def expect_end(receiver: socket.socket) -> None:
    """No byte more, and the end of the stream."""
    try:
        more = receiver.recv(_CHUNK)
    except OSError as error:
        raise Broken(f"expected the end of the stream, got: {error or 'nothing'}") from None
    if more:
        raise Broken(f"{len(more)} bytes behind the last one that was sent")


class Sending:
    """A thread that sends, so that this one can read; its trouble is raised at the end."""

    def __init__(self, sender: socket.socket, data: bytes) -> None:
        self._trouble: OSError | None = None
        self._thread = threading.Thread(target=self._send, args=(sender, data), daemon=True)

    def _send(self, sender: socket.socket, data: bytes) -> None:
        try:
            sender.sendall(data)
        except OSError as error:
            self._trouble = error

    def __enter__(self) -> "Sending":
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._thread.join(WAIT_SECONDS if kind is None else 0)
        if kind is None and (self._trouble or self._thread.is_alive()):
            raise Broken(f"sending: {self._trouble or 'not all was taken'}")


def at_once(*tasks: Callable[[], None]) -> None:
    """Both directions together; the first trouble is raised."""
    troubles: list[BaseException] = []

    def guarded(task: Callable[[], None]) -> None:
        try:
            task()
        except BaseException as error:  # pylint: disable=broad-except
            troubles.append(error)

    threads = [threading.Thread(target=guarded, args=(task,), daemon=True) for task in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if troubles:
        raise troubles[0]
