# SPDX-License-Identifier: Apache-2.0
"""A link in virtual time that joins hosts, and loses or repeats frames as its seed says."""

from __future__ import annotations

import heapq
import random
from typing import Callable, Sequence

from shunt._ref import Host

_SPAN_S_MAX = 366 * 24 * 60 * 60  # a year


class Link:
    """Every frame reaches every other host after the delay, in order."""

    def __init__(
        self,
        hosts: Sequence[Host],
        *,
        loss: float = 0.0,
        repetition: float = 0.0,
        delay_us: int = 1_000,
        seed: int = 1,
    ) -> None:
        if not all(isinstance(host, Host) for host in hosts):
            raise TypeError("hosts: expected a sequence of Host")
        for name, share in (("loss", loss), ("repetition", repetition)):
            if not 0 <= share <= 1:
                raise ValueError(f"{name}: expected 0 to 1, got {share}")
        if not isinstance(delay_us, int):
            raise TypeError(f"delay_us: expected an int, got {delay_us!r:.80}")
        if delay_us < 0:
            raise ValueError(f"delay_us: expected 0 or more, got {delay_us}")
        self.now_us = 0
        self.lost_frames = 0
        self._hosts = list(hosts)
        self._loss = loss
        self._repetition = repetition
        self._delay_us = delay_us
        self._chance = random.Random(seed)
        self._under_way: list[tuple[int, int, int, bytes]] = []
        self._sent = 0

    def run(self, seconds: float, until: Callable[[], bool] | None = None) -> bool:
        """Lets happen what happens within the time, or until `until()`; True: it was so."""
        if not isinstance(seconds, (int, float)):
            raise TypeError(f"seconds: expected a number of seconds, got {seconds!r:.80}")
        # A comparison, so that nan is refused too; time never goes back.
        if not 0 <= seconds <= _SPAN_S_MAX:
            raise ValueError(f"seconds: expected 0 to {_SPAN_S_MAX} seconds, got {seconds!r:.80}")
        end = self.now_us + round(seconds * 1_000_000)
        while True:
            self._collect()
            if until is not None and until():
                return True
            next_us = self._next_us()
            if next_us is None or next_us > end:
                self.now_us = end
                return False
            self.now_us = max(self.now_us, next_us)
            self._deliver()

    def _next_us(self) -> int | None:
        times = [host.deadline_us for host in self._hosts]
        if self._under_way:
            times.append(self._under_way[0][0])
        return min((time for time in times if time is not None), default=None)

    def _collect(self) -> None:
        for number, host in enumerate(self._hosts):
            while (frame := host.poll_transmit(self.now_us)) is not None:
                if self._chance.random() < self._loss:
                    self.lost_frames += 1
                    continue
                for _ in range(2 if self._chance.random() < self._repetition else 1):
                    self._sent += 1
                    at = self.now_us + self._delay_us
                    heapq.heappush(self._under_way, (at, self._sent, number, frame))

    def _deliver(self) -> None:
        while self._under_way and self._under_way[0][0] <= self.now_us:
            _, _, sender, frame = heapq.heappop(self._under_way)
            for number, host in enumerate(self._hosts):
                if number != sender:
                    host.handle_frame(frame, self.now_us)
        for host in self._hosts:
            host.handle_deadline(self.now_us)
