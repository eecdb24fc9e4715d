# SPDX-License-Identifier: Apache-2.0
"""Everybody who could stand where the node stands, by the same loads, in turns."""

from __future__ import annotations

import statistics
import tempfile
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, Iterator

from . import places
from .figures import CONNECTIONS, PINGS, Setting
from .loads import Client
from .servers import UPLOAD_PATH, Servers

_BYTES_PLAIN = 200_000_000
_BYTES_LARGE = 1_000_000_000


@dataclass(frozen=True)
class Contender:
    """Where its clients run, and what they ask it for."""

    name: str
    place: places.Place
    upload_bytes: int = _BYTES_LARGE
    object_path: str = "/object"


@dataclass(frozen=True)
class Load:
    """One column of the table."""

    name: str
    unit: str
    is_better_high: bool
    measure: Callable[[Client, Contender], float]


LOADS = (
    Load("requests", "1/s", True, lambda client, who: client.requests(who.place, CONNECTIONS)),
    Load(
        "up",
        "Gbit/s",
        True,
        lambda client, who: client.upload(who.place, UPLOAD_PATH, who.upload_bytes),
    ),
    Load("down", "Gbit/s", True, lambda client, who: client.download(who.place, who.object_path)),
    Load("ping", "us p99", False, lambda client, who: client.ping(who.place, PINGS)["p99_us"]),
)

Values = dict[str, dict[str, list[float]]]


def _proxies(setting: Setting, servers: Servers) -> Iterator[Contender]:
    for name, key, start in (
        ("nftables DNAT, nginx", "dnat", servers.dnat),
        ("HAProxy tcp, nginx", "haproxy", servers.haproxy),
        ("nginx stream, nginx", "stream", servers.nginx_stream),
    ):
        place = places.proxy_place(setting.prefix, key)
        servers.nginx(place, _BYTES_LARGE, f"nginx-{key}")
        start(place)
        yield Contender(name, place)


def _on_taps(setting: Setting, servers: Servers) -> Iterator[Contender]:
    plain = {"upload_bytes": _BYTES_PLAIN}
    path = f"/bytes/{_BYTES_PLAIN}"
    lwip = places.tap_place(setting.prefix, "lwip", has_vnet_header=False)
    servers.lwip(lwip, setting.programs / "lwip-server")
    yield Contender("lwIP, tap", lwip, object_path=path, **plain)
    node = setting.programs / "shunt-node"
    tap = places.tap_place(setting.prefix, "plain", has_vnet_header=False)
    servers.node(tap, "node-plain", node, f"tap:{places.TAP}")
    yield Contender("shunt-node, tap", tap, object_path=path, **plain)
    vnet = places.tap_place(setting.prefix, "vnet", has_vnet_header=True)
    servers.node(vnet, "node-vnet", node, f"tap:{places.TAP},vnet")
    yield Contender("shunt-node, tap with TSO", vnet, object_path=f"/bytes/{_BYTES_LARGE}")


def _contenders(setting: Setting, servers: Servers) -> list[Contender]:
    """The first is what the others are measured against."""
    kernel = places.kernel_place(setting.prefix)
    servers.nginx(kernel, _BYTES_LARGE)
    direct = Contender("nginx, kernel over veth", kernel)
    return [direct, *_proxies(setting, servers), *_on_taps(setting, servers)]


def measure(setting: Setting, progress: Callable[[str], None]) -> Values:
    """By contender and load, a value for each round; the order turns with the rounds."""
    values: Values = defaultdict(lambda: defaultdict(list))
    with (
        tempfile.TemporaryDirectory(prefix="shunt-contest-") as folder,
        places.claimed(setting.prefix),
    ):
        servers = Servers(Path(folder), setting.server_core)
        try:
            contenders = _contenders(setting, servers)
            client = Client(setting.programs / "load-client", setting.client_core, setting.seconds)
            for number in range(setting.rounds):
                progress(f"round {number + 1} of {setting.rounds}")
                shift = number % len(contenders)
                for load in LOADS:
                    for who in contenders[shift:] + contenders[:shift]:
                        values[who.name][load.name].append(load.measure(client, who))
            return {who.name: values[who.name] for who in contenders}
        finally:
            servers.stop()


def ratios(values: Values, name: str, load: str) -> list[float]:
    """To the first contender, round by round."""
    first = next(iter(values.values()))[load]
    return [mine / others for mine, others in zip(values[name][load], first)]


def table(values: Values) -> list[str]:
    """For people: a contender a line, a load a column; medians, and ratios as min/median/max."""
    head = "".join(f"{f'{load.name} {load.unit}':>38}" for load in LOADS)
    lines = [f"{'':26}{head}"]
    for name, loads in values.items():
        cells = []
        for load in LOADS:
            found = ratios(values, name, load.name)
            spread = f"{min(found):.2f}/{statistics.median(found):.2f}/{max(found):.2f}"
            cells.append(f"{statistics.median(loads[load.name]):16.1f} = {spread:>18} x")
        lines.append(f"{name:26}{''.join(cells)}")
    return lines


def as_json(values: Values) -> dict[str, Any]:
    """Every round, and the ratios."""
    return {
        "loads": [
            {
                "name": load.name,
                "unit": load.unit,
                "better": "high" if load.is_better_high else "low",
            }
            for load in LOADS
        ],
        "contenders": [
            {
                "name": name,
                "values": dict(loads),
                "ratios": {load.name: ratios(values, name, load.name) for load in LOADS},
            }
            for name, loads in values.items()
        ],
    }
