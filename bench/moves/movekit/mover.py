# SPDX-License-Identifier: Apache-2.0
"""Moves connections between the nodes of a farm, by their control sockets."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import Any, Mapping

from farmkit.control import Control
from farmkit.trouble import HARNESS, Trouble

HOME = "s1"
SERVICE = "10.7.1.1:80"
_SUSPICION_SECONDS = 1.0
_PATIENCE_SECONDS = 10.0
_RETRY_SECONDS = 0.0005
# What a node says of a connection that is on its way to it, or not settled yet.
_PASSING = ("unknown-connection", "not-movable")


@dataclass
class Mover:
    """Leads each connection from server to server: away from its home, back, to the next one."""

    controls: Mapping[str, Control]
    _places: dict[str, str] = field(default_factory=dict)
    _before: dict[str, str] = field(default_factory=dict)
    _away: dict[str, int] = field(default_factory=dict)

    def _next_place(self, client: str, place: str) -> str:
        """Where it goes from there: home, or to the next server in turn."""
        if place != HOME:
            return HOME
        others = [name for name in self.controls if name != HOME]
        return others[self._away.get(client, 0) % len(others)]

    def move(self, client: str, is_over: threading.Event | None = None) -> int | None:
        """Begins the connection's next move; when, by time.monotonic_ns(). Waits for the last.
        Nothing if it `is_over` before that: the client has had all it wanted."""
        now = time.monotonic()
        suspicious, deadline = now + _SUSPICION_SECONDS, now + _PATIENCE_SECONDS
        place = self._places.get(client, HOME)
        while True:
            to = self._next_place(client, place)
            begun = time.monotonic_ns()
            connection = f"{client}>{SERVICE}/tcp"
            answer = self.controls[place].ask("migrate", connection=connection, to=to)
            if answer["ok"]:
                self._before[client], self._places[client] = place, to
                if to == HOME:
                    self._away[client] = self._away.get(client, 0) + 1
                return begun
            if is_over is not None and is_over.is_set():
                return None
            if answer["error"] not in _PASSING or time.monotonic() > deadline:
                text = f"{answer['error']}: {answer['text']}"
                raise Trouble(f"{connection} from {place} to {to}: {text}", HARNESS)
            time.sleep(_RETRY_SECONDS)
            if (
                time.monotonic() > suspicious
            ):  # the last move failed, and it is where it was (EP-44)
                ends = (self._places.get(client, HOME), self._before.get(client, HOME))
                place = ends[1] if place == ends[0] else ends[0]

    def counters(self) -> dict[str, int]:
        """Sums over the nodes."""
        sums: dict[str, int] = {}
        for control in self.controls.values():
            for name, value in control.result("counters").items():
                sums[name] = sums.get(name, 0) + value
        return sums


class Moving:
    """Moves connections in turns while the context lasts, or so many times."""

    def __init__(self, mover: Mover, clients: list[str], pause: float, most: int) -> None:
        self.begun: list[int] = []
        self.trouble: Trouble | None = None
        self._mover, self._clients = mover, clients
        self._pause, self._most = pause, most
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> "Moving":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join()

    @property
    def is_running(self) -> bool:
        """False once all moves are begun, or one could not be."""
        return self._thread.is_alive()

    def _run(self) -> None:
        due = time.monotonic()
        try:
            for number in range(self._most):
                due = max(due + self._pause, time.monotonic())
                if self._is_over.wait(max(0.0, due - time.monotonic())):
                    return
                client = self._clients[number % len(self._clients)]
                begun = self._mover.move(client, self._is_over)
                if begun is None:
                    return
                self.begun.append(begun)
        except Trouble as trouble:
            self.trouble = trouble
