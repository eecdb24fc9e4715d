# SPDX-License-Identifier: Apache-2.0
"""One farm on this machine: brought up, described, taken down with nothing left behind."""

from __future__ import annotations

import json
import secrets
import shutil
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from . import plan
from .control import Control
from .network import ETHERNET_MTU, Network
from .processes import Process, adopt, spawn, stop
from .trouble import HARNESS, USAGE, Trouble

_READY_SECONDS = 10.0
_CHANNELS_SECONDS = 20.0
_POLL_SECONDS = 0.02
# sockaddr_un holds 108 bytes (unix(7)).
_SOCKET_PATH_MAX = 107


@dataclass(frozen=True)
class Settings:
    """How a farm is brought up."""

    node_program: Path
    options: plan.Options = plan.Options()
    config: Path | None = None  # instead of the standard plan
    has_vnet_header: bool = False
    back_mtu: int = ETHERNET_MTU
    captures: bool = False  # each node records its frames, see Farm.capture_of
    starts_nodes: bool = True
    log_level: str = "info"


class Farm:
    """`folder` holds what it writes: farm.toml, the secret, logs, sockets, state.json."""

    def __init__(self, folder: Path, prefix: str) -> None:
        self.folder = folder
        self.network = Network(prefix)
        self._state_file = folder / "state.json"

    def up(self, settings: Settings) -> None:
        """Makes network and nodes; what it made is gone again if it fails."""
        if self.namespaces():
            raise Trouble("a farm is up, or one was left behind. Run: tools/farm down", USAGE)
        if settings.starts_nodes and not settings.node_program.is_file():
            raise Trouble(f"{settings.node_program} is not built. Run: tools/check", USAGE)
        self.folder.mkdir(parents=True, exist_ok=True)
        config = settings.config or self._write_standard_plan(settings.options)
        members = plan.members(config)
        try:
            self._save(config, members, {})
            self.network.build(
                [member.name for member in members],
                full_checksums=not settings.has_vnet_header,
                back_mtu=settings.back_mtu,
            )
            if settings.starts_nodes:
                self._start_nodes(settings, config, members)
        except BaseException:
            self.down()
            raise

    def down(self) -> list[str]:
        """Ends the nodes, and whatever else runs in the farm's namespaces, and deletes these."""
        namespaces = self.namespaces()
        others = [adopt(pid) for pid in self.network.processes(namespaces)]
        stop([*self.nodes().values(), *(process for process in others if process)])
        self.network.remove(namespaces)
        for socket in self.folder.glob("*.sock"):
            socket.unlink()
        self._state_file.unlink(missing_ok=True)
        return namespaces

    def namespaces(self) -> list[str]:
        """Those of the farm that are there."""
        return self.network.existing(self._load()["servers"])

    def nodes(self) -> dict[str, Process]:
        """The node processes that were started, by server name."""
        return {name: Process(**entry) for name, entry in self._load()["nodes"].items()}

    def config(self) -> Path | None:
        """farm.toml of the farm that is up."""
        path = self._load()["config"]
        return Path(path) if path else None

    def control_socket(self, server: str) -> Path:
        """Where the node of that server takes commands."""
        return self.folder / f"{server}.sock"

    def status(self) -> list[dict[str, Any]]:
        """One row for each server; nothing if no farm is up."""
        config = self.config()
        if config is None:
            return []
        nodes = self.nodes()
        rows = []
        for member in plan.members(config):
            process = nodes.get(member.name)
            rows.append(
                {
                    "name": member.name,
                    "namespace": self.network.namespace(member.name),
                    "state": _state(process),
                    "pid": process.pid if process else None,
                    "front_ip": member.front_ip,
                    "service": ",".join(member.services),
                    "control": str(self.control_socket(member.name)),
                }
            )
        return rows

    def capture_of(self, name: str) -> Path:
        """Where the node of that name records its frames; whole when it has ended."""
        return self.folder / f"{name}.pcapng"

    def _write_standard_plan(self, options: plan.Options) -> Path:
        config = self.folder / "farm.toml"
        config.write_text(plan.standard_text(options))
        secret = self.folder / "secret"
        secret.touch(mode=0o600)
        secret.write_text(secrets.token_hex(32) + "\n")
        for number in range(1, options.nodes + 1):
            directory = self.folder / f"www-s{number}" / f"s{number}"
            shutil.rmtree(directory, ignore_errors=True)
            directory.mkdir(parents=True)
            (directory / "hello.txt").write_text(f"hello from s{number}\n")
        return config

    def _start_nodes(self, settings: Settings, config: Path, members: list[plan.Member]) -> None:
        nodes: dict[str, Process] = {}
        for member in members:
            nodes[member.name] = self._start_node(settings, config, member.name)
            self._save(config, members, nodes)
        for name, process in nodes.items():
            self._wait_until_ready(name, process)
        if plan.has_extensions(config):
            self._wait_for_channels(list(nodes))

    def _start_node(self, settings: Settings, config: Path, name: str) -> Process:
        control = self.control_socket(name)
        if len(str(control)) > _SOCKET_PATH_MAX:
            raise Trouble(f"{control}: longer than the {_SOCKET_PATH_MAX} of a socket", USAGE)
        suffix = ",vnet" if settings.has_vnet_header else ""
        program = [str(settings.node_program), "--config", str(config), "--name", name]
        program += ["--front", f"tap:front0{suffix}", "--back", f"tap:back0{suffix}"]
        program += ["--control", str(control), "--log-level", settings.log_level]
        program += ["--capture", str(self.capture_of(name))] if settings.captures else []
        return spawn(
            self.network.command(name, *program),
            self.folder / f"{name}.events",
            self.folder / f"{name}.log",
        )

    def _wait_until_ready(self, name: str, process: Process) -> None:
        deadline = time.monotonic() + _READY_SECONDS
        events = self.folder / f"{name}.events"
        while not any(_is_ready(line) for line in events.read_text().splitlines()):
            if not process.is_alive or time.monotonic() > deadline:
                log = (self.folder / f"{name}.log").read_text().strip()
                how = "did not become ready" if process.is_alive else "ended"
                raise Trouble(f"the node of {name} {how}: {log[-2000:]}", HARNESS)
            time.sleep(_POLL_SECONDS)

    def _wait_for_channels(self, names: list[str]) -> None:
        """Without them nothing moves: a first SYN that is lost is repeated a second later."""
        deadline = time.monotonic() + _CHANNELS_SECONDS
        while alone := [name for name in names if not self._has_channels(name)]:
            if time.monotonic() > deadline:
                who = ", ".join(alone)
                raise Trouble(f"channels of {who} do not open; see {self.folder}/*.log", HARNESS)
            time.sleep(_POLL_SECONDS)

    def _has_channels(self, name: str) -> bool:
        try:
            with Control(self.control_socket(name)) as control:
                members = control.result("members")["members"]
        except OSError as error:
            log = self.folder / f"{name}.log"
            raise Trouble(
                f"the node of {name} has ended: {error.strerror}; see {log}", HARNESS
            ) from None
        return all(member["channel"] in ("self", "open") for member in members)

    def _load(self) -> dict[str, Any]:
        if not self._state_file.is_file():
            return {"config": None, "servers": [], "nodes": {}}
        state: dict[str, Any] = json.loads(self._state_file.read_text())
        return state

    def _save(self, config: Path, members: list[plan.Member], nodes: dict[str, Process]) -> None:
        state = {
            "config": str(config),
            "servers": [member.name for member in members],
            "nodes": {name: asdict(process) for name, process in nodes.items()},
        }
        new = self._state_file.with_suffix(".new")
        new.write_text(json.dumps(state, indent=2) + "\n")
        new.replace(self._state_file)


def _state(process: Process | None) -> str:
    if process is None:
        return "no node"
    return "running" if process.is_alive else "ended"


def _is_ready(line: str) -> bool:
    try:
        event = json.loads(line)
    except json.JSONDecodeError:
        return False  # a line that is still being written
    return isinstance(event, dict) and event.get("event") == "ready"
