# SPDX-License-Identifier: Apache-2.0
"""Two network namespaces: one whose TCP is the kernel's, and one with the tap of the engine.

    client: eth0 10.7.0.9 ---- cable :s1: front0, a tap

What joins cable and tap is shunt-impair, so that every frame passes it. The namespaces are named
as those of farms are, so that what a killed run leaves behind is recognized.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
from pathlib import Path
from typing import Iterator

from farmkit.network import TAP_QUEUE_FRAMES, Network, run
from farmkit.trouble import HARNESS, Trouble

KERNEL_ADDRESS = "10.7.0.9"
SERVICE_ADDRESS = "10.7.1.1"
TAP = "front0"
CABLE = "cable"

_KERNEL, _ENGINE = "client", "s1"
_PREFIX_LENGTH = 16
_CLONE_NEWNET = 0x40000000
_LIBC = ctypes.CDLL(None, use_errno=True)
# The machine's default may be another algorithm, and without it figures cannot be compared.
_SETTINGS = {"ipv4/tcp_congestion_control": "reno", "ipv4/tcp_no_metrics_save": "1"}


@contextlib.contextmanager
def _inside(namespace: str) -> Iterator[None]:
    """This thread is in the namespace; a socket made here stays there."""
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    there = os.open(f"/run/netns/{namespace}", os.O_RDONLY)
    try:
        if _LIBC.setns(there, _CLONE_NEWNET) != 0:
            raise Trouble(f"{namespace}: {os.strerror(ctypes.get_errno())}", HARNESS)
        yield
    finally:
        _LIBC.setns(home, _CLONE_NEWNET)
        os.close(home)
        os.close(there)


class Lab:
    """The namespaces of one run; `prefix` keeps runs on one machine apart."""

    def __init__(self, prefix: str) -> None:
        self._network = Network(prefix)

    def __enter__(self) -> "Lab":
        self.remove()
        try:
            self._build()
        except BaseException:
            self.remove()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.remove()

    def remove(self) -> None:
        """Deletes what there is of it, also of a run that was killed."""
        self._network.remove(self._network.existing())

    def in_kernel(self, *command: str) -> list[str]:
        """How to run a command where the kernel's TCP is."""
        return self._network.command(_KERNEL, *command)

    def in_engine(self, *command: str) -> list[str]:
        """How to run a command where the engine's tap is."""
        return self._network.command(_ENGINE, *command)

    def inside_kernel(self) -> contextlib.AbstractContextManager[None]:
        """Sockets made in the context are of the kernel's side."""
        return _inside(self._network.namespace(_KERNEL))

    def forget_neighbours(self) -> None:
        """Two engines have one address, and each a MAC address of its own."""
        self._ip(_KERNEL, "neighbour", "flush", "dev", "eth0")

    @contextlib.contextmanager
    def settings(self, values: dict[str, str], largest_segment: int | None) -> Iterator[None]:
        """sysctls of the kernel's side (below /proc/sys/net), and the MSS that it announces."""
        before = {name: self._swap(name, value) for name, value in values.items()}
        if largest_segment is not None:
            self._route("advmss", str(largest_segment))
        try:
            yield
        finally:
            for name, value in before.items():
                self._swap(name, value)
            if largest_segment is not None:
                self._route()

    def _swap(self, name: str, value: str) -> str:
        file = Path("/proc/sys/net") / name
        with self.inside_kernel():
            before = file.read_text().strip()
            file.write_text(value)
            now = file.read_text().split()
        if now != value.split():
            raise Trouble(f"{file}: {value} became {' '.join(now)}", HARNESS)
        return before

    def _ip(self, node: str, *arguments: str) -> None:
        run("ip", "-netns", self._network.namespace(node), *arguments)

    def _route(self, *metrics: str) -> None:
        self._ip(_KERNEL, "route", "replace", "10.7.0.0/16", "dev", "eth0", *metrics)

    def _build(self) -> None:
        for node in (_KERNEL, _ENGINE):
            run("ip", "netns", "add", self._network.namespace(node))
            with _inside(self._network.namespace(node)):
                # Neither router solicitations nor neighbour discovery among the frames.
                for scope in ("all", "default"):
                    Path(f"/proc/sys/net/ipv6/conf/{scope}/disable_ipv6").write_text("1")
            self._ip(node, "link", "set", "lo", "up")
        peer = ("peer", "name", "eth0", "netns", self._network.namespace(_KERNEL))
        self._ip(_ENGINE, "link", "add", "name", CABLE, "type", "veth", *peer)
        self._ip(_ENGINE, "link", "set", CABLE, "txqueuelen", str(TAP_QUEUE_FRAMES), "up")
        self._ip(_ENGINE, "tuntap", "add", "dev", TAP, "mode", "tap")
        self._ip(_ENGINE, "link", "set", TAP, "txqueuelen", str(TAP_QUEUE_FRAMES), "up")
        address = f"{KERNEL_ADDRESS}/{_PREFIX_LENGTH}"
        self._ip(_KERNEL, "address", "add", address, "dev", "eth0")
        # Whole checksums and segments, as on a wire; else the card's work would be missing.
        run(*self.in_kernel("ethtool", "-K", "eth0", "tx", "off", "tso", "off", "gso", "off"))
        self._ip(_KERNEL, "link", "set", "eth0", "txqueuelen", str(TAP_QUEUE_FRAMES), "up")
        for name, value in _SETTINGS.items():
            self._swap(name, value)
