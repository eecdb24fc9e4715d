# SPDX-License-Identifier: Apache-2.0
"""Who opens the connection: the kernel (the engine is the server, shunt-node), or the engine (it is
the client, a stack::Host on a tap)."""

from __future__ import annotations

import socket
import sys
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from farmkit.plan import listen_text, server_text

from .ends import WAIT_SECONDS, Ends
from .lab import KERNEL_ADDRESS, SERVICE_ADDRESS, TAP, Lab
from .programs import Program, ask_node

HTTP_PORT, BYTES_PORT, IPERF_PORT, NGINX_PORT, CLOSED_PORT = 80, 81, 5201, 83, 9
_BACKLOG = 1024
_RENO = b"reno"
_TCP_CONGESTION = 13  # linux/tcp.h; not in every version of the socket module's types


@dataclass(frozen=True)
class Build:
    """Where the programs and the Python package are."""

    node: Path
    impair: Path
    python: Path


class Role(Protocol):
    """One column of the matrix. A role lives for one cell."""

    def __init__(self, lab: Lab, build: Build, folder: Path, limits: dict[str, int]) -> None:
        ...

    def start(self) -> None:
        """The engine, and who listens."""

    def connect(self, receive_buffer: int | None = None) -> Ends:
        """One connection. `receive_buffer` is the kernel's, set before the handshake."""

    def refused(self) -> str:
        """What happens to a connection to a port where nobody listens: "" is a refusal."""

    def counters(self) -> dict[str, int]:
        """The engine's."""

    def stop(self) -> None:
        """All of it."""


def _kernel_socket(lab: Lab, receive_buffer: int | None) -> socket.socket:
    with lab.inside_kernel():
        made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    made.settimeout(WAIT_SECONDS)
    made.setsockopt(socket.IPPROTO_TCP, _TCP_CONGESTION, _RENO)
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if receive_buffer is not None:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    return made


def _accept(listener: socket.socket) -> socket.socket:
    accepted, _ = listener.accept()
    accepted.settimeout(WAIT_SECONDS)
    return accepted


class EngineServes:
    """shunt-node; its gateway hands each connection to a Unix socket of ours."""

    def __init__(self, lab: Lab, build: Build, folder: Path, limits: dict[str, int]) -> None:
        self._lab = lab
        self._build = build
        self._folder = folder
        self._control = folder / "s1.sock"
        self._far = folder / "far.sock"
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._node: Program | None = None
        text = server_text(1) + listen_text(1, HTTP_PORT, "http")
        for port, backend in (
            (BYTES_PORT, "unix:far.sock"),
            (IPERF_PORT, f"tcp:127.0.0.1:{IPERF_PORT}"),
            (NGINX_PORT, "unix:nginx.sock"),
        ):
            text += listen_text(1, port, "gateway", backend=backend)
        text += "\n[limits]\n" + "".join(f"{name} = {value}\n" for name, value in limits.items())
        (folder / "farm.toml").write_text(text)

    def start(self) -> None:
        """Listens as the backend before the node could ask for it."""
        self._listener.bind(str(self._far))
        self._listener.listen(_BACKLOG)
        self._listener.settimeout(WAIT_SECONDS)
        command = [str(self._build.node), "--config", str(self._folder / "farm.toml")]
        command += ["--name", "s1", "--front", f"tap:{TAP}", "--control", str(self._control)]
        self._node = Program(self._lab.in_engine(*command), self._folder / "node.log")
        self._node.wait_ready()

    def connect(self, receive_buffer: int | None = None) -> Ends:
        """The kernel connects; the gateway connects to us."""
        kernel = _kernel_socket(self._lab, receive_buffer)
        try:
            kernel.connect((SERVICE_ADDRESS, BYTES_PORT))
            return Ends(kernel, _accept(self._listener))
        except OSError:
            kernel.close()
            raise

    def refused(self) -> str:
        """The kernel hears the engine's reset."""
        with _kernel_socket(self._lab, None) as kernel:
            try:
                kernel.connect((SERVICE_ADDRESS, CLOSED_PORT))
            except ConnectionRefusedError:
                return ""
            except OSError as error:
                return str(error)
        return "a connection to a port where nobody listens"

    def counters(self) -> dict[str, int]:
        """Of the node."""
        counters: dict[str, int] = ask_node(self._control, "counters")
        return counters

    def stop(self) -> None:
        """The node, and our ear."""
        self._listener.close()
        if self._node is not None:
            self._node.stop()


class EngineConnects:
    """A stack::Host; what connects to a Unix socket of it is carried to the kernel's server."""

    def __init__(self, lab: Lab, build: Build, folder: Path, limits: dict[str, int]) -> None:
        self._lab = lab
        self._build = build
        self._folder = folder
        self._limits = limits
        self._host: Program | None = None
        self._listeners: dict[int | None, socket.socket] = {}

    def unix_socket(self, port: int) -> Path:
        """Connections to it go to that port of the kernel's side."""
        return self._folder / f"to-{port}.sock"

    def start(self) -> None:
        """The host; the kernel listens when its buffer is known."""
        program = Path(__file__).parent / "outbound.py"
        command = [sys.executable, str(program), "--tap", TAP, "--address", SERVICE_ADDRESS]
        command += ["--counters", str(self._folder / "host.json")]
        # Ports of its own in each cell: the kernel may still have connections of the one before.
        command += ["--seed", str(zlib.crc32(self._folder.name.encode()))]
        for name, value in self._limits.items():
            command += ["--" + name.removeprefix("tcp_").replace("_", "-"), str(value)]
        for port in (BYTES_PORT, NGINX_PORT, CLOSED_PORT):
            command.append(f"{self.unix_socket(port)}={KERNEL_ADDRESS}:{port}")
        where = f"PYTHONPATH={self._build.python}"
        inside = self._lab.in_engine("env", where, "PYTHONDONTWRITEBYTECODE=1", *command)
        self._host = Program(inside, self._folder / "host.log")
        self._host.wait_ready()

    def connect(self, receive_buffer: int | None = None) -> Ends:
        """We connect to the host, which connects to the kernel."""
        listener = self._listeners.get(receive_buffer) or self._listen(receive_buffer)
        engine = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        engine.settimeout(WAIT_SECONDS)
        try:
            engine.connect(str(self.unix_socket(BYTES_PORT)))
            return Ends(_accept(listener), engine)
        except OSError:
            engine.close()
            raise

    def _listen(self, receive_buffer: int | None) -> socket.socket:
        listener = _kernel_socket(self._lab, receive_buffer)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((KERNEL_ADDRESS, BYTES_PORT))
        listener.listen(_BACKLOG)
        self._listeners[receive_buffer] = listener
        return listener

    def refused(self) -> str:
        """The host hears the kernel's reset, and hangs up on us."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as engine:
            engine.settimeout(WAIT_SECONDS)
            engine.connect(str(self.unix_socket(CLOSED_PORT)))
            try:
                return "bytes from nobody" if engine.recv(1) else ""
            except ConnectionResetError:
                return ""
            except OSError as error:
                return str(error)

    def counters(self) -> dict[str, int]:
        """Of the host; it writes them when it ends."""
        return {}

    def stop(self) -> None:
        """The host, and the kernel's ear."""
        for listener in self._listeners.values():
            listener.close()
        if self._host is not None:
            self._host.stop()


ROLES: dict[str, Any] = {"server": EngineServes, "client": EngineConnects}
