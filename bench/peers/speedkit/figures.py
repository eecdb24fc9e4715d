# SPDX-License-Identifier: Apache-2.0
"""The figures: in each round every contender has its turn, and a ratio is of one round."""

from __future__ import annotations

import statistics
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable

from . import places
from .loads import Client
from .servers import SMALL_PATH, TEXT_PATH, UPLOAD_PATH, Servers

CONNECTIONS = 64
PINGS = 5_000
_BYTES_PLAIN = 1_000_000_000
_BYTES_LARGE = 4_000_000_000


@dataclass(frozen=True)
class Setting:
    """How it is measured."""

    programs: Path
    prefix: str
    client_core: int
    server_core: int
    seconds: float
    rounds: int


@dataclass(frozen=True)
class Stage:
    """Everything that is up while figures are taken."""

    client: Client
    kernel: places.Place
    plain: places.Place
    vnet: places.Place
    blind: places.Place
    source: places.Place


Measurement = Callable[[Stage], float]


@dataclass(frozen=True)
class Figure:
    """A ratio of two measurements, and the limit of its median: `least`, or `most`."""

    unit: str
    named: str
    measure_named: Measurement
    measure_ours: Measurement
    least: float | None = None
    most: float | None = None


@dataclass
class Result:
    """All rounds of one figure."""

    name: str
    figure: Figure
    ours: list[float] = field(default_factory=list)
    named: list[float] = field(default_factory=list)

    @property
    def ratios(self) -> list[float]:
        """Ours to the named, round by round."""
        return [ours / named for ours, named in zip(self.ours, self.named)]

    @property
    def is_met(self) -> bool:
        """Whether the median keeps the limit; true where there is none."""
        median = statistics.median(self.ratios)
        least, most = self.figure.least, self.figure.most
        return (least is None or median >= least) and (most is None or median <= most)


def _small(place: str, path: str = SMALL_PATH) -> Measurement:
    return lambda stage: stage.client.requests(getattr(stage, place), CONNECTIONS, path)


def _ping(place: str) -> Measurement:
    return lambda stage: stage.client.ping(getattr(stage, place), PINGS)["p99_us"]


def _iperf(is_download: bool) -> Measurement:
    return lambda stage: stage.client.iperf(stage.kernel, is_download=is_download)


def _up(place: str, size: int) -> Measurement:
    return lambda stage: stage.client.upload(getattr(stage, place), UPLOAD_PATH, size)


def _down(place: str, path: str) -> Measurement:
    return lambda stage: stage.client.download(getattr(stage, place), path)


_OBJECT = "/object"
_PLAIN = f"/bytes/{_BYTES_PLAIN}"
_LARGE = f"/bytes/{_BYTES_LARGE}"
_NGINX = "nginx, veth"
_IPERF = "iperf3, veth"
_BLIND = "blind sink, tap"
_SOURCE = "blind source, tap"

FIGURES: dict[str, Figure] = {
    "requests": Figure("1/s", "nginx file, veth", _small("kernel"), _small("plain"), least=2.0),
    "requests-vnet": Figure("1/s", "nginx file, veth", _small("kernel"), _small("vnet"), least=2.0),
    "requests-text": Figure(
        "1/s", "nginx return, veth", _small("kernel", TEXT_PATH), _small("plain")
    ),
    "up": Figure(
        "Gbit/s", _NGINX, _up("kernel", _BYTES_LARGE), _up("vnet", _BYTES_LARGE), least=0.6
    ),
    "up-iperf": Figure("Gbit/s", _IPERF, _iperf(False), _up("vnet", _BYTES_LARGE), least=0.6),
    "down": Figure("Gbit/s", _NGINX, _down("kernel", _OBJECT), _down("vnet", _LARGE), least=1.5),
    "down-blind": Figure("Gbit/s", _SOURCE, _down("source", _LARGE), _down("vnet", _LARGE)),
    "down-iperf": Figure("Gbit/s", _IPERF, _iperf(True), _down("vnet", _LARGE)),
    "up-plain": Figure(
        "Gbit/s", _BLIND, _up("blind", _BYTES_PLAIN), _up("plain", _BYTES_PLAIN), least=0.75
    ),
    "down-plain": Figure("Gbit/s", _NGINX, _down("kernel", _OBJECT), _down("plain", _PLAIN)),
    "ping": Figure("us p99", _NGINX, _ping("kernel"), _ping("plain"), most=1.2),
    "ping-vnet": Figure("us p99", _NGINX, _ping("kernel"), _ping("vnet"), most=1.2),
}


def _stage(setting: Setting, servers: Servers) -> Stage:
    kernel = places.kernel_place(setting.prefix)
    plain = places.tap_place(setting.prefix, "plain", has_vnet_header=False)
    vnet = places.tap_place(setting.prefix, "vnet", has_vnet_header=True)
    blind = places.tap_place(setting.prefix, "blind", has_vnet_header=False)
    node = setting.programs / "shunt-node"
    servers.nginx(kernel, _BYTES_LARGE)
    servers.iperf(kernel)
    servers.node(plain, "node-plain", node, f"tap:{places.TAP}")
    servers.node(vnet, "node-vnet", node, f"tap:{places.TAP},vnet")
    servers.blind_sink(blind, setting.programs / "blind-sink")
    source = places.tap_place(setting.prefix, "source", has_vnet_header=True)
    servers.blind_source(source, setting.programs / "blind-source")
    client = Client(setting.programs / "load-client", setting.client_core, setting.seconds)
    return Stage(client, kernel, plain, vnet, blind, source)


def measure(setting: Setting, names: list[str]) -> list[Result]:
    """All rounds; who begins a round alternates."""
    results = [Result(name, FIGURES[name]) for name in names]
    with (
        tempfile.TemporaryDirectory(prefix="shunt-speed-") as folder,
        places.claimed(setting.prefix),
    ):
        servers = Servers(Path(folder), setting.server_core)
        try:
            stage = _stage(setting, servers)
            for number in range(setting.rounds):
                for result in results:
                    _take_turns(result, stage, ours_first=number % 2 == 1)
        finally:
            servers.stop()
    return results


def _take_turns(result: Result, stage: Stage, *, ours_first: bool) -> None:
    figure = result.figure
    turns = [(result.named, figure.measure_named), (result.ours, figure.measure_ours)]
    for values, measurement in reversed(turns) if ours_first else turns:
        values.append(measurement(stage))


def _limit(figure: Figure) -> str:
    if figure.least is not None:
        return f">= {figure.least:g}"
    return f"<= {figure.most:g}" if figure.most is not None else "-"


def table(results: list[Result]) -> list[str]:
    """Lines for people: medians of both, and the ratios of the rounds."""
    lines = [
        f"{'figure':14}{'ours':>10}{'named':>10}  {'unit':8}{'named is':18}"
        f"{'min':>6}{'median':>8}{'max':>6}  {'limit':8}met"
    ]
    for result in results:
        ratios = result.ratios
        lines.append(
            f"{result.name:14}{statistics.median(result.ours):10.1f}"
            f"{statistics.median(result.named):10.1f}  "
            f"{result.figure.unit:8}{result.figure.named:18}"
            f"{min(ratios):6.2f}{statistics.median(ratios):8.2f}{max(ratios):6.2f}  "
            f"{_limit(result.figure):8}{'yes' if result.is_met else 'NO'}"
        )
    return lines


def as_json(result: Result) -> dict[str, Any]:
    """Every round."""
    return {
        "name": result.name,
        "unit": result.figure.unit,
        "named": result.figure.named,
        "limit": _limit(result.figure),
        "met": result.is_met,
        "ours": result.ours,
        "named_values": result.named,
        "ratios": result.ratios,
    }
