#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The engine as a client: a host on a tap, and Unix sockets whose connections it carries on.

Each connection to a Unix socket becomes one of the engine to the address behind its name. Bytes
wait where they are when the other side takes no more; what ends at one side ends at the other.
"""

from __future__ import annotations

import argparse
import errno
import fcntl
import json
import os
import selectors
import signal
import socket
import struct
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from shunt import Host

_CHUNK = 65_536
_FRAME_MAX = 9_216
_FRAMES_PER_TURN = 128
_BACKLOG = 1_024
# linux/if_tun.h
_TUNSETIFF = 0x400454CA
_IFF_TAP, _IFF_NO_PI = 0x0002, 0x1000


def _open_tap(name: str) -> int:
    tap = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(tap, _TUNSETIFF, struct.pack("16sH22x", name.encode(), _IFF_TAP | _IFF_NO_PI))
    return tap


@dataclass
class _Pair:
    """A Unix connection and the engine's, and what is on its way between them."""

    near: socket.socket
    far: int
    to_far: bytes = b""
    to_near: bytes = b""
    near_is_over: bool = False  # it has no more to say
    far_is_over: bool = False
    far_is_told: bool = False
    near_is_told: bool = False
    is_connected: bool = False


class Outbound:
    """One host and its pairs, in wall time."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._host = Host(address=options.address, prefix_length=16, seed=options.seed)
        self._receive_buffer: int | None = options.receive_buffer_bytes
        self._tap = _open_tap(options.tap)
        self._began = time.monotonic_ns()
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._tap, selectors.EVENT_READ)
        self._pairs: dict[int, _Pair] = {}
        for text in options.ways:
            path, _, target = text.partition("=")
            address, _, port = target.rpartition(":")
            listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            listener.bind(path)
            listener.listen(_BACKLOG)
            listener.setblocking(False)
            self._selector.register(listener, selectors.EVENT_READ, (address, int(port)))

    def run(self) -> None:
        """Until it is interrupted."""
        while True:
            for key, _ in self._selector.select(self._seconds_to_wait()):
                if isinstance(key.data, tuple):
                    self._accept(key.fileobj, key.data)  # type: ignore[arg-type]
            self._receive_frames()
            self._host.handle_deadline(self._now())
            for pair in list(self._pairs.values()):
                self._advance(pair)
            self._send_frames()

    def counters(self) -> dict[str, int]:
        """Those of the host that are not zero."""
        return {name: value for name, value in self._host.counters().items() if value}

    def _now(self) -> int:
        return (time.monotonic_ns() - self._began) // 1_000

    def _seconds_to_wait(self) -> float | None:
        deadline = self._host.deadline_us
        return None if deadline is None else max(0, deadline - self._now()) / 1_000_000

    def _accept(self, listener: socket.socket, target: tuple[str, int]) -> None:
        near, _ = listener.accept()
        near.setblocking(False)
        far = self._host.open("tcp")
        self._host.set_option(far, "no_delay", True, self._now())
        self._host.set_option(far, "congestion_control", "reno", self._now())
        self._host.set_option(far, "explicit_congestion_notification", True, self._now())
        if self._receive_buffer is not None:
            self._host.set_option(far, "receive_buffer", self._receive_buffer, self._now())
        self._host.connect(far, *target, self._now())
        self._pairs[far] = _Pair(near, far)

    def _receive_frames(self) -> None:
        for _ in range(_FRAMES_PER_TURN):
            try:
                frame = os.read(self._tap, _FRAME_MAX)
            except BlockingIOError:
                return
            self._host.handle_frame(frame, self._now())

    def _send_frames(self) -> None:
        while (frame := self._host.poll_transmit(self._now())) is not None:
            try:
                os.write(self._tap, frame)
            except OSError as error:
                if error.errno not in (errno.EAGAIN, errno.ENOBUFS, errno.EIO):
                    raise

    def _advance(self, pair: _Pair) -> None:
        readiness = self._host.readiness(pair.far)
        if readiness.has_error:
            self._host.take_error(pair.far)
            self._end(pair)
            return
        pair.is_connected = pair.is_connected or readiness.is_writable
        if not pair.is_connected:
            return
        try:
            self._carry_out(pair)
            self._carry_in(pair)
        except (ConnectionError, TimeoutError):
            self._host.abort(pair.far, self._now())
            self._forget(pair)
            return
        if pair.far_is_told and pair.near_is_told:
            self._end(pair)
        else:
            self._watch(pair)

    def _carry_out(self, pair: _Pair) -> None:
        while True:
            if not pair.to_far and not pair.near_is_over:
                try:
                    pair.to_far = pair.near.recv(_CHUNK)
                except BlockingIOError:
                    return
                pair.near_is_over = not pair.to_far
            if not pair.to_far:
                break
            try:
                taken = self._host.send(pair.far, pair.to_far, self._now())
            except BlockingIOError:
                return
            pair.to_far = pair.to_far[taken:]
        if not pair.far_is_told:
            self._host.shutdown(pair.far, "write", self._now())
            pair.far_is_told = True

    def _carry_in(self, pair: _Pair) -> None:
        while True:
            if not pair.to_near and not pair.far_is_over:
                try:
                    pair.to_near = self._host.receive(pair.far, _CHUNK, self._now())
                except BlockingIOError:
                    return
                pair.far_is_over = not pair.to_near
            if not pair.to_near:
                break
            try:
                taken = pair.near.send(pair.to_near)
            except BlockingIOError:
                return
            pair.to_near = pair.to_near[taken:]
        if not pair.near_is_told:
            pair.near.shutdown(socket.SHUT_WR)
            pair.near_is_told = True

    def _watch(self, pair: _Pair) -> None:
        """Readable while the engine could take it, writable while something waits for it."""
        events = 0
        if not pair.to_far and not pair.near_is_over:
            events |= selectors.EVENT_READ
        if pair.to_near:
            events |= selectors.EVENT_WRITE
        is_watched = pair.near.fileno() in self._selector.get_map()
        if events and is_watched:
            self._selector.modify(pair.near, events)
        elif events:
            self._selector.register(pair.near, events)
        elif is_watched:
            self._selector.unregister(pair.near)

    def _end(self, pair: _Pair) -> None:
        self._host.close(pair.far, self._now())
        self._forget(pair)

    def _forget(self, pair: _Pair) -> None:
        if pair.near.fileno() in self._selector.get_map():
            self._selector.unregister(pair.near)
        pair.near.close()
        del self._pairs[pair.far]


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tap", required=True, help="a tap that nobody is attached to")
    parser.add_argument("--address", required=True, help="of the host, in a network of 16 bits")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--receive-buffer-bytes", type=int)
    parser.add_argument("--counters", type=Path, help="where they go at the end")
    parser.add_argument("ways", nargs="+", metavar="PATH=ADDRESS:PORT")
    return parser.parse_args()


def main() -> int:
    """Prints a line when it serves; ends when it is interrupted."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    options = _parse()
    outbound = Outbound(options)
    print(json.dumps({"event": "ready", "pid": os.getpid()}), flush=True)
    try:
        outbound.run()
    except KeyboardInterrupt:
        pass
    if options.counters:
        options.counters.write_text(json.dumps(outbound.counters()) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
