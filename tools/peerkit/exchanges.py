# SPDX-License-Identifier: Apache-2.0
"""What the two ends do. Each exchange is the same for both roles, and raises Broken."""

from __future__ import annotations

import socket
import struct
import time
from dataclasses import dataclass

from .ends import Broken, Ends, Sending, at_once, content, expect, expect_end, transfer
from .roles import Role

_SMALL_BUFFER = 32_768
_STALL_SECONDS = 1.5
_PING_BYTES = 64
_LINGER_ZERO = struct.pack("ii", 1, 0)


@dataclass(frozen=True)
class Sizes:
    """How much is moved."""

    bulk: int = 8_000_000
    impaired: int = 1_000_000
    pings: int = 2_000
    connections: int = 400


QUICK = Sizes(bulk=1_000_000, impaired=300_000, pings=200, connections=60)


def up(role: Role, sizes: Sizes) -> None:
    """The kernel sends."""
    ends = role.connect()
    transfer(ends.kernel, ends.engine, content(sizes.bulk))
    _end_well(ends)


def down(role: Role, sizes: Sizes) -> None:
    """The engine sends."""
    ends = role.connect()
    transfer(ends.engine, ends.kernel, content(sizes.bulk))
    _end_well(ends)


def _both(ends: Ends, size: int) -> None:
    at_once(
        lambda: transfer(ends.kernel, ends.engine, content(size, 1)),
        lambda: transfer(ends.engine, ends.kernel, content(size, 2)),
    )
    _end_well(ends)


def both_ways(role: Role, sizes: Sizes) -> None:
    """Both send at once."""
    _both(role.connect(), sizes.impaired)


def both_ways_small_buffer(role: Role, sizes: Sizes) -> None:
    """The kernel's receive buffer is so small that its window needs no scale."""
    _both(role.connect(_SMALL_BUFFER), sizes.impaired)


def ping_pong(role: Role, sizes: Sizes) -> None:
    """One asks, the other answers, again and again."""
    ends = role.connect()
    for number in range(sizes.pings):
        question = content(_PING_BYTES, number)
        ends.kernel.sendall(question)
        expect(ends.engine, question)
        ends.engine.sendall(question[::-1])
        expect(ends.kernel, question[::-1])
    _end_well(ends)


def _half_close(first: socket.socket, second: socket.socket, size: int) -> None:
    transfer(first, second, content(size, 1))
    first.shutdown(socket.SHUT_WR)
    expect_end(second)
    transfer(second, first, content(size, 2))
    second.shutdown(socket.SHUT_WR)
    expect_end(first)


def half_close_by_kernel(role: Role, sizes: Sizes) -> None:
    """The kernel finishes first, and the engine goes on sending."""
    ends = role.connect()
    _half_close(ends.kernel, ends.engine, sizes.impaired)
    ends.close()


def half_close_by_engine(role: Role, sizes: Sizes) -> None:
    """The other way round."""
    ends = role.connect()
    _half_close(ends.engine, ends.kernel, sizes.impaired)
    ends.close()


def _stall(sender: socket.socket, reader: socket.socket, size: int) -> None:
    data = content(size)
    with Sending(sender, data):
        time.sleep(_STALL_SECONDS)  # nobody reads: what fits anywhere is full, and is asked about
        expect(reader, data)


def kernel_stalls(role: Role, sizes: Sizes) -> None:
    """Nobody reads at the kernel's end for a while."""
    ends = role.connect(_SMALL_BUFFER)
    _stall(ends.engine, ends.kernel, sizes.bulk)
    _end_well(ends)


def engine_stalls(role: Role, sizes: Sizes) -> None:
    """Nobody reads at the engine's end for a while; it holds back 1 MB at most on the way."""
    ends = role.connect()
    _stall(ends.kernel, ends.engine, sizes.bulk)
    _end_well(ends)


def reset_by_kernel(role: Role, _: Sizes) -> None:
    """The engine's application hears that the connection is gone."""
    ends = role.connect()
    transfer(ends.kernel, ends.engine, content(1_000))
    ends.kernel.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_ZERO)
    ends.kernel.close()
    _expect_gone(ends.engine)
    ends.engine.close()


def reset_by_engine(role: Role, _: Sizes) -> None:
    """The engine's application leaves with bytes that it has not read."""
    ends = role.connect()
    transfer(ends.engine, ends.kernel, content(1_000))
    ends.kernel.sendall(content(1_000))
    _wait_for_bytes(ends.engine)
    ends.engine.close()
    try:
        if ends.kernel.recv(1):
            raise Broken("bytes after a reset")
        raise Broken("the end of the stream instead of a reset")
    except ConnectionResetError:
        pass
    ends.kernel.close()


def refused(role: Role, _: Sizes) -> None:
    """Nobody listens there."""
    trouble = role.refused()
    if trouble:
        raise Broken(f"expected a refusal, got: {trouble}")


def many(role: Role, sizes: Sizes) -> None:
    """Many connections that are open at once, each with bytes of its own."""
    pairs = [role.connect() for _ in range(sizes.connections)]
    for number, ends in enumerate(pairs):
        ends.kernel.sendall(content(3_000, number))
        ends.engine.sendall(content(5_000, number))
    for number, ends in enumerate(pairs):
        expect(ends.engine, content(3_000, number))
        expect(ends.kernel, content(5_000, number))
    for ends in pairs:
        _end_well(ends)


def _end_well(ends: Ends) -> None:
    """Both finish, and nothing comes behind the last byte."""
    ends.kernel.shutdown(socket.SHUT_WR)
    expect_end(ends.engine)
    ends.engine.shutdown(socket.SHUT_WR)
    expect_end(ends.kernel)
    ends.close()


def _expect_gone(end: socket.socket) -> None:
    try:
        if end.recv(1):
            raise Broken("bytes after a reset")
    except ConnectionResetError:
        pass
    except OSError as error:
        raise Broken(f"nobody said that the connection is gone: {error}") from None


def _wait_for_bytes(end: socket.socket) -> None:
    if not end.recv(1, socket.MSG_PEEK):
        raise Broken("the end of the stream instead of bytes")
