# SPDX-License-Identifier: Apache-2.0
"""Network namespaces: a pair joined by veth for the kernel, one with a tap for a program."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
from dataclasses import dataclass
from typing import Iterator

from .trouble import Trouble

CLIENT = "10.7.0.9"
SERVICE = "10.7.1.1"
SERVICE_MAC = "02:07:00:00:00:01"
TAP = "tap0"
BACKEND = "10.9.0.2"  # the server behind a proxy
_GATEWAY = "10.9.0.1"
_SINGLE = "plain|vnet|blind|source|lwip"  # places of one namespace
# A queue of 1,000 drops bursts of a large window.
_QUEUE_FRAMES = "4096"
# The machine's default may be another congestion control, and no IPv6 talk in between.
_SETTINGS = (
    "net.ipv4.tcp_congestion_control=reno",
    "net.ipv6.conf.all.disable_ipv6=1",
    "net.ipv6.conf.default.disable_ipv6=1",
)


def run(*command: str) -> str:
    """Standard output of a command that has to succeed."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError as error:
        raise Trouble(f"{command[0]}: {error.strerror}") from None
    if done.returncode != 0:
        raise Trouble(f"{' '.join(command)}: {(done.stderr or done.stdout).strip()}")
    return done.stdout


@dataclass(frozen=True)
class Place:
    """Where the client of one contender runs, and where its server does."""

    client: str
    server: str

    def namespaces(self) -> list[str]:
        """Each once."""
        return sorted({self.client, self.server})


@dataclass(frozen=True)
class ProxyPlace(Place):
    """A client, a server, and the host between them that has the service's address."""

    middle: str


def _add_namespace(name: str) -> None:
    run("ip", "netns", "add", name)
    run("ip", "-netns", name, "link", "set", "lo", "up")
    run("ip", "netns", "exec", name, "sysctl", "-qw", *_SETTINGS)


def kernel_place(prefix: str) -> Place:
    """Two namespaces and a veth pair: the kernel's TCP at both ends."""
    place = Place(f"{prefix}-kernel-client", f"{prefix}-kernel-server")
    for name in (place.client, place.server):
        _add_namespace(name)
    peer = ("peer", "name", "eth0", "netns", place.server)
    run("ip", "-netns", place.client, "link", "add", "eth0", "type", "veth", *peer)
    for name, address in ((place.client, CLIENT), (place.server, SERVICE)):
        run("ip", "-netns", name, "address", "add", f"{address}/16", "dev", "eth0")
        run("ip", "-netns", name, "link", "set", "eth0", "txqueuelen", _QUEUE_FRAMES, "up")
    return place


def proxy_place(prefix: str, name: str) -> ProxyPlace:
    """Three namespaces in a row, joined by veth: what is in the middle answers for the service."""
    place = ProxyPlace(*(f"{prefix}-{name}-{role}" for role in ("client", "server", "middle")))
    for namespace in (place.client, place.server, place.middle):
        _add_namespace(namespace)
    for namespace, device in ((place.client, "eth0"), (place.server, "eth1")):
        peer = ("peer", "name", device, "netns", place.middle)
        run("ip", "-netns", namespace, "link", "add", "eth0", "type", "veth", *peer)
    for namespace, device, address in (
        (place.client, "eth0", f"{CLIENT}/16"),
        (place.middle, "eth0", f"{SERVICE}/16"),
        (place.middle, "eth1", f"{_GATEWAY}/24"),
        (place.server, "eth0", f"{BACKEND}/24"),
    ):
        run("ip", "-netns", namespace, "address", "add", address, "dev", device)
        run("ip", "-netns", namespace, "link", "set", device, "txqueuelen", _QUEUE_FRAMES, "up")
    run("ip", "-netns", place.server, "route", "add", "default", "via", _GATEWAY)
    return place


def tap_place(prefix: str, name: str, *, has_vnet_header: bool) -> Place:
    """One namespace with a tap: the kernel's TCP at its end, a program at the other."""
    namespace = f"{prefix}-{name}"
    _add_namespace(namespace)
    kind = ["vnet_hdr"] if has_vnet_header else []
    run("ip", "-netns", namespace, "tuntap", "add", "dev", TAP, "mode", "tap", *kind)
    run("ip", "-netns", namespace, "link", "set", TAP, "txqueuelen", _QUEUE_FRAMES, "up")
    run("ip", "-netns", namespace, "address", "add", f"{CLIENT}/16", "dev", TAP)
    station = ("lladdr", SERVICE_MAC, "dev", TAP, "nud", "permanent")
    run("ip", "-netns", namespace, "neighbour", "add", SERVICE, *station)
    return Place(namespace, namespace)


@contextlib.contextmanager
def claimed(prefix: str) -> Iterator[None]:
    """Nobody else makes namespaces of this prefix meanwhile. They begin and end as none; what is
    there at the beginning is of a run that was killed."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as claim:
        try:
            claim.bind(f"\0shunt-bench-{prefix}")  # gone with this process, however it ends
        except OSError:
            raise Trouble(f"another run has the prefix {prefix}: give --prefix another") from None
        _remove(prefix)
        try:
            yield
        finally:
            _remove(prefix)


def _remove(prefix: str) -> None:
    """Deletes the namespaces that this program makes with that prefix, and all that is in them."""
    made = re.compile(rf"{re.escape(prefix)}-(?:\w+-(?:client|server|middle)|{_SINGLE})")
    for line in run("ip", "netns", "list").splitlines():
        name = line.split()[0] if line else ""
        if not made.fullmatch(name):
            continue
        for process in run("ip", "netns", "pids", name).split():
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(process), signal.SIGKILL)
        run("ip", "netns", "delete", name)
