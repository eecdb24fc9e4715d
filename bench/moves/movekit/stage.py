# SPDX-License-Identifier: Apache-2.0
"""Everything that is up while figures are taken: a farm of three, the kernel's two servers."""

from __future__ import annotations

import contextlib
import json
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Iterator

from farmkit import plan
from farmkit.control import Control
from farmkit.farm import Farm, Settings
from farmkit.network import TAP_QUEUE_FRAMES, run
from farmkit.trouble import HARNESS, Trouble

from .mover import Mover

BARE = "bare"  # where the bare forwarder has taps of the names that a node has
SERVERS = ("s1", "s2", "s3")
SERVICE = "10.7.1.1"
CLIENT = "10.7.0.9"
_SERVICE_MAC = "02:07:00:00:00:01"
_CLIENT_MAC = "02:07:00:00:ff:09"
_LOAD_SECONDS = 300.0
# Between servers, as farms have it: EP-41 counts frames.
_BACK_MTU = 9000
_NO_IPV6 = ("net.ipv6.conf.all.disable_ipv6=1", "net.ipv6.conf.default.disable_ipv6=1")

# A window of the client's, as large as it gets here, is held while its connection moves (EP-5).
_HOLDS = "held_packets = 1024\nheld_bytes = 1572864\n"


def farm_text(profile: str, send_buffer_bytes: int | None = None) -> str:
    """farm.toml: whatever state the servers are in, s1 serves first what comes to it."""
    http = {"profile": profile, "select": "request"}
    text = f"[farm]\nid = 1\nextensions = true\n\n[limits]\n{_HOLDS}"
    if send_buffer_bytes is not None:
        text += f"tcp_send_buffer_bytes = {send_buffer_bytes}\n"
    for number in range(1, len(SERVERS) + 1):
        text += plan.server_text(number) + plan.listen_text(number, 80, "http", **http)
    return text + '\n[[url]]\nprefix = "/bytes/"\nservers = ["s1"]\n'


@dataclass
class Load:
    """A client that works while connections are moved."""

    process: "subprocess.Popen[str]"
    clients: list[str]

    def finish(self) -> dict[str, Any]:
        """Tells it to end; what it says it received."""
        return _outcome(self.process, *self.process.communicate("", _LOAD_SECONDS))

    @property
    def is_running(self) -> bool:
        """False once its work is done."""
        return self.process.poll() is None


@dataclass
class Stage:
    """The farm, its nodes' control sockets, and where the kernel's connections are."""

    farm: Farm
    programs: Path
    kernel_prefix: str
    #: By which the farm's connections move.
    profile: str
    controls: dict[str, Control] = field(default_factory=dict)
    #: Farms whose nodes take just so many bytes from their application, by that number.
    bounded: dict[int, Farm] = field(default_factory=dict)

    def mover(self) -> Mover:
        """For connections that are at home."""
        return Mover(self.controls)

    def inside(self, node: str, *command: str) -> list[str]:
        """A program of ours in the namespace of a node of the farm."""
        return self.farm.network.command(node, str(self.programs / command[0]), *command[1:])

    def run_json(self, *command: str) -> dict[str, Any]:
        """What a program of ours measured."""
        text = run(str(self.programs / command[0]), *command[1:])
        figures: dict[str, Any] = json.loads(text)
        return figures

    def start_load(self, *arguments: str) -> Load:
        """Starts move-client; returns when its connections are there."""
        process = subprocess.Popen(
            self.inside("client", "move-client", *arguments),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            _outcome(process, *process.communicate())
        return Load(process, json.loads(line)["connections"])

    def client_timeouts(self) -> int:
        """Retransmission timeouts of the client's kernel so far (snmp_counter.rst, TcpExt)."""
        text = run(*self.farm.network.command("client", "cat", "/proc/net/netstat"))
        names, values = [line.split() for line in text.splitlines() if line.startswith("TcpExt:")]
        return int(values[names.index("TCPTimeouts")])

    def kernel_namespaces(self) -> list[str]:
        """The client's and those of the two servers."""
        return [f"{self.kernel_prefix}-{name}" for name in ("kclient", "kfirst", "ksecond")]


def _outcome(process: "subprocess.Popen[str]", out: str, err: str) -> dict[str, Any]:
    lines = out.splitlines()
    if process.returncode not in (0, 1) or not lines:
        raise Trouble(f"move-client: {err.strip()}", HARNESS)
    outcome: dict[str, Any] = json.loads(lines[-1])
    outcome["complaints"] = err.splitlines()[:10]
    return outcome


def _add_kernel_place(name: str, own: tuple[str, str], other: tuple[str, str]) -> None:
    run("ip", "netns", "add", name)
    run("ip", "netns", "exec", name, "sysctl", "-qw", *_NO_IPV6)
    inside = ("ip", "-netns", name)
    run(*inside, "tuntap", "add", "dev", "tap0", "mode", "tap")
    queue = ("txqueuelen", str(TAP_QUEUE_FRAMES))
    run(*inside, "link", "set", "tap0", "address", own[1], *queue, "up")
    run(*inside, "address", "add", f"{own[0]}/16", "dev", "tap0")
    station = ("lladdr", other[1], "dev", "tap0", "nud", "permanent")
    run(*inside, "neighbour", "add", other[0], *station)


def _add_bare_place(name: str) -> None:
    run("ip", "netns", "add", name)
    run("ip", "netns", "exec", name, "sysctl", "-qw", *_NO_IPV6)
    for tap in ("front0", "back0"):
        run("ip", "-netns", name, "tuntap", "add", "dev", tap, "mode", "tap")
        queue = ("txqueuelen", str(TAP_QUEUE_FRAMES))
        run("ip", "-netns", name, "link", "set", tap, *queue, "up")


def _remove_places(names: list[str]) -> None:
    present = {line.split()[0] for line in run("ip", "netns", "list").splitlines() if line}
    for name in names:
        if name in present:
            run("ip", "netns", "delete", name)


def _farm_up(folder: Path, prefix: str, programs: Path, text: str) -> Farm:
    folder.mkdir()
    config = folder / "farm.toml"
    config.write_text(text)
    farm = Farm(folder / "farm", prefix)
    farm.up(Settings(programs / "shunt-node", config=config, back_mtu=_BACK_MTU, log_level="warn"))
    return farm


@contextlib.contextmanager
def standing(
    folder: Path, prefix: str, programs: Path, profile: str, bounds: list[int]
) -> Iterator[Stage]:
    """Makes it all, with a further farm for each of `bounds`, and takes it down again."""
    stack = contextlib.ExitStack()
    with stack:
        farm = _farm_up(folder / "farm", prefix, programs, farm_text(profile))
        stack.callback(farm.down)
        stage = Stage(farm, programs, prefix, profile)
        for bound in bounds:
            own = f"{prefix}-{bound // 1024}k"
            text = farm_text(profile, bound)
            stage.bounded[bound] = _farm_up(folder / own, own, programs, text)
            stack.callback(stage.bounded[bound].down)
        for server in SERVERS:
            stage.controls[server] = Control(farm.control_socket(server))
        places = [*stage.kernel_namespaces(), farm.network.namespace(BARE)]
        _remove_places(places)  # what a run that was killed left behind
        stack.callback(_remove_places, places)
        client, service = (CLIENT, _CLIENT_MAC), (SERVICE, _SERVICE_MAC)
        _add_kernel_place(places[0], client, service)
        _add_kernel_place(places[1], service, client)
        _add_kernel_place(places[2], service, client)
        _add_bare_place(places[3])
        yield stage
