# SPDX-License-Identifier: Apache-2.0
"""Farms in virtual time: servers, clients, connections that a script steers, and their judges."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Callable, Mapping, Sequence

from shunt import _ref
from shunt.http import Response, ResponseReader

_US_PER_SECOND = 1_000_000
_SPAN_S_MAX = 3_600


def _span_us(name: str, seconds: float) -> int:
    if not isinstance(seconds, (int, float, Fraction, Decimal)):
        raise TypeError(f"{name}: expected a number of seconds, got {seconds!r:.80}")
    # A comparison, so that nan is refused too.
    if not 0 <= seconds <= _SPAN_S_MAX:
        raise ValueError(f"{name}: expected 0 to {_SPAN_S_MAX} seconds, got {seconds!r}")
    return round(seconds * _US_PER_SECOND)


def _request(target: str) -> bytes:
    if not isinstance(target, str):
        raise TypeError(f"target: expected a str, got {target!r:.80}")
    # As a request line holds it (RFC 9112 3.2.1); a line end would begin a header.
    if not target.startswith("/") or not all("!" <= character <= "~" for character in target):
        raise ValueError(f"target: expected /.. of ASCII without spaces, got {target!r:.80}")
    return f"GET {target} HTTP/1.1\r\nHost: service\r\n\r\n".encode("ascii")


class Node:
    """A server of a world."""

    def __init__(self, world: _ref.World, name: str) -> None:
        self._world = world
        self.name = name

    @property
    def tables(self) -> _ref.Tables:
        """Its connection tables as they are now."""
        return self._world.tables(self.name)

    @property
    def counters(self) -> dict[str, int]:
        """All counters by their dotted names (docs/counters.md)."""
        return self._world.counters(self.name)

    def migrate(self, connection: Connection | str, to: str) -> int:
        """Starts to move a connection that no application has yet; returns the attempt's epoch.

        MigrateError says why a move does not start.
        """
        name = connection.name if isinstance(connection, Connection) else connection
        return self._world.migrate(self.name, name, to)


class Connection:
    """A TCP connection of the script to a service; `World.connect()` makes it."""

    def __init__(self, world: World, core: _ref.World, number: int) -> None:
        self._world = world
        self._core = core
        self._number = number
        self._read = 0

    @property
    def name(self) -> str:
        """As tables show it: 10.7.0.10:20000>10.7.1.1:80/tcp."""
        return self._core.connection_name(self._number)

    @property
    def state(self) -> str:
        """Of the client's side, in the words of RFC 9293: SYN-SENT, ESTABLISHED, .."""
        return self._core.connection_state(self._number)

    @property
    def fate(self) -> str:
        """reset, timed-out, finished (the server closed its side), or empty."""
        return self._core.connection_fate(self._number)

    @property
    def received(self) -> bytes:
        """All that has come since the connection was opened."""
        return self._core.received(self._number)

    def send(self, data: bytes) -> None:
        """Sends, once the world runs. ValueError behind close(), or beyond 64 MiB that wait."""
        self._core.send(self._number, data)

    def close(self) -> None:
        """Finishes the client's side behind all that was sent; reading goes on."""
        self._core.close(self._number)

    def abort(self) -> None:
        """Resets the connection."""
        self._core.abort(self._number)

    def get(self, target: str, *, limit_s: float = 60) -> Response:
        """Asks for `target` and runs the world until the response is here.

        ConnectionError if the connection ends before; TimeoutError after `limit_s` seconds of
        virtual time; ValueError if what comes is no HTTP response.
        """
        span_us = _span_us("limit_s", limit_s)
        self.send(_request(target))
        reader = ResponseReader(self._read)
        response: Response | None = None

        def is_over() -> bool:
            nonlocal response
            if self._core.received_size(self._number) >= reader.needed:
                response = reader.read(self.received)
            return response is not None or self.fate != "" or self.state == "CLOSED"

        ended = self._core.run(span_us, is_over)
        if response is not None:
            self._read = reader.needed
            return response
        if ended:
            raise ConnectionError(f"{self.name}: {self.fate or 'closed'} before the response")
        raise TimeoutError(f"{self.name}: no whole response to {target} within {limit_s} s")


class World:
    """A farm of the standard plan (docs/farm-toml.md) in virtual time, watched by every checker.

    `nodes` servers (1 to 99) are called s1, s2, ..; s<n> serves 10.7.1.n:80, chooses by the first
    request, and answers /bytes/N with `generated_content(N)`. `urls` maps prefixes of targets to
    the servers that requests for them move to. `extensions` switches the extended set on. `faults`
    are those of both links; `front` and `back` are one link's own. `plans` are connections that act
    by themselves, from another machine, to s1. The same `seed` gives the same world, byte for byte.
    With `extensions` it is a second old when it is there: the control channels of its servers have
    opened, on links without faults.

    A world has one thread and keeps the interpreter's lock while it runs; Ctrl-C ends run().
    """

    def __init__(
        self,
        nodes: int = 2,
        *,
        seed: int = 1,
        extensions: bool = True,
        faults: _ref.Faults | None = None,
        front: _ref.Faults | None = None,
        back: _ref.Faults | None = None,
        urls: Mapping[str, Sequence[str]] | None = None,
        plans: Sequence[_ref.Plan] = (),
    ) -> None:
        if urls is not None and not isinstance(urls, Mapping):
            raise TypeError(f"urls: expected a dict of prefix: servers, got {urls!r:.80}")
        both = _ref.Faults() if faults is None else faults
        self._core = _ref.World(
            nodes=nodes,
            seed=seed,
            extensions=extensions,
            front=both if front is None else front,
            back=both if back is None else back,
            urls=dict(urls or {}),
            plans=plans,
        )
        self.nodes = {name: Node(self._core, name) for name in self._core.names}
        """The servers by name."""

    @property
    def now_s(self) -> float:
        """Virtual time since the world began, in seconds."""
        return self._core.now_us / _US_PER_SECOND

    @property
    def is_plan_finished(self) -> bool:
        """True if every planned connection has all that it asked for and is closed."""
        return self._core.is_plan_finished

    @property
    def lost_frames(self) -> int:
        """Frames that both links have lost so far."""
        return self._core.lost_frames

    def connect(self, server: str = "s1", port: int = 80) -> Connection:
        """Opens a connection to the server's service; the handshake comes once the world runs."""
        return Connection(self, self._core, self._core.connect(server, port))

    def run(self, seconds: float, *, until: Callable[[], bool] | None = None) -> bool:
        """Lets `seconds` (0 to 3,600) pass, or less: until `until()` is true, asked before each
        event. True: it was. Ends early if nothing is left to happen.
        """
        return self._core.run(_span_us("seconds", seconds), until)

    def run_plans(self, limit_s: float = 600) -> bool:
        """Runs until every planned connection has what it wants; False: not within `limit_s`."""
        return self._core.run(_span_us("limit_s", limit_s), lambda: self._core.is_plan_finished)

    def result(self) -> _ref.WorldResult:
        """What has come of the world so far: violations of the protocol, and the trace's hash."""
        return self._core.result()
