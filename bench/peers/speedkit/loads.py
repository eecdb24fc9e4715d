# SPDX-License-Identifier: Apache-2.0
"""What the client does: wrk, iperf3, and one connection of our own that moves bytes or asks."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

from .places import SERVICE, Place, run
from .servers import IPERF_PORT, SMALL_PATH
from .trouble import Trouble


@dataclass(frozen=True)
class Client:
    """Runs loads on the client's core, one at a time."""

    load_program: Path
    core: int
    seconds: float

    def _run(self, place: Place, *command: str) -> str:
        inside = ("ip", "netns", "exec", place.client, "taskset", "-c", str(self.core))
        return run(*inside, *command)

    def _load(self, place: Place, verb: str, path: str, count: int) -> dict[str, float]:
        text = self._run(place, str(self.load_program), verb, SERVICE, "80", path, str(count))
        figures: dict[str, float] = json.loads(text)
        return figures

    def requests(self, place: Place, connections: int, path: str = SMALL_PATH) -> float:
        """Requests per second, small objects, kept alive."""
        duration = f"{max(1, round(self.seconds))}s"
        url = f"http://{SERVICE}{path}"
        text = self._run(place, "wrk", "-t1", f"-c{connections}", f"-d{duration}", url)
        found = re.search(r"Requests/sec:\s+([\d.]+)", text)
        if found is None or "Non-2xx" in text or "Socket errors" in text:
            raise Trouble(f"wrk: {text.strip()}")
        return float(found.group(1))

    def download(self, place: Place, path: str) -> float:
        """Gbit/s of one connection."""
        return self._load(place, "down", path, 1)["gigabits_per_second"]

    def upload(self, place: Place, path: str, size: int) -> float:
        """Gbit/s of one connection until the server has it all."""
        return self._load(place, "up", path, size)["gigabits_per_second"]

    def ping(self, place: Place, count: int) -> dict[str, float]:
        """Microseconds from request to answer on one connection: p50_us, p99_us."""
        return self._load(place, "ping", SMALL_PATH, count)

    def iperf(self, place: Place, *, is_download: bool) -> float:
        """Gbit/s of one connection as iperf3's receiver has it."""
        command = ["iperf3", "--client", SERVICE, "--port", str(IPERF_PORT), "--json"]
        command += ["--time", str(max(1, round(self.seconds))), "--congestion", "reno"]
        command += ["--reverse"] if is_download else []
        report = json.loads(self._run(place, *command))
        return float(report["end"]["sum_received"]["bits_per_second"]) / 1e9
