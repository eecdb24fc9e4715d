# SPDX-License-Identifier: Apache-2.0
"""Namespaces, bridges, cables and taps of a farm, made with iproute2.

Each link is a bridge in a namespace of its own, with a cable (veth pair) to every member. The
namespace of a server joins the cable's end and the node's tap by a small bridge without addresses:
the node, a process in that namespace, is on the link with its own MAC address, the kernel is not.
"""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from typing import Iterable

from .plan import CLIENT_ADDRESS, CLIENT_MAC
from .trouble import HARNESS, Trouble

LINKS = ("front", "back")
ETHERNET_MTU = 1500
TAP_QUEUE_FRAMES = 4096  # a queue of 1,000 drops bursts of a large window


def run(*command: str) -> str:
    """Standard output of a command that has to succeed."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Trouble(f"{' '.join(command)}: {done.stderr.strip()}", HARNESS)
    return done.stdout


@dataclass(frozen=True)
class Network:
    """The namespaces of one farm; `prefix` keeps farms on one machine apart."""

    prefix: str

    def namespace(self, node: str) -> str:
        """Of a server, of the client, or of a link."""
        return f"{self.prefix}-{node}"

    def existing(self, servers: Iterable[str] = ()) -> list[str]:
        """Namespaces that are there and are a farm's of this prefix: by plan, or of `servers`."""
        planned = re.compile(rf"{re.escape(self.prefix)}-(?:client|front|back|s\d+)")
        named = {self.namespace(server) for server in servers}
        listed = [line.split()[0] for line in run("ip", "netns", "list").splitlines() if line]
        return sorted(name for name in listed if name in named or planned.fullmatch(name))

    def build(
        self, servers: list[str], *, full_checksums: bool, back_mtu: int = ETHERNET_MTU
    ) -> None:
        """Makes everything; the caller removes it, also where this fails half way."""
        for node in (*LINKS, "client", *servers):
            self._add_namespace(node)
        for link in LINKS:
            self._add_bridge(link, link)
        self._add_cable("front", "client", "eth0")
        self._add_client(full_checksums)
        for server in servers:
            for link in LINKS:
                self._add_bridge(server, link)
                self._add_cable(link, server, f"{link}-cable")
                self._ip(server, "link", "set", f"{link}-cable", "master", link, "up")
                self._add_tap(server, link)
        if back_mtu != ETHERNET_MTU:
            self._set_back_mtu(servers, back_mtu)

    def remove(self, namespaces: list[str]) -> None:
        """Deletes namespaces and with them all that is in them."""
        for name in namespaces:
            run("ip", "netns", "delete", name)

    def processes(self, namespaces: list[str]) -> list[int]:
        """Ids of the processes that are in the namespaces."""
        return [
            int(line) for name in namespaces for line in run("ip", "netns", "pids", name).split()
        ]

    def command(self, node: str, *command: str) -> list[str]:
        """How to run a command in a node's namespace; ip replaces itself by it."""
        return ["ip", "netns", "exec", self.namespace(node), *command]

    def _ip(self, node: str, *arguments: str) -> None:
        run("ip", "-netns", self.namespace(node), *arguments)

    def _add_namespace(self, node: str) -> None:
        run("ip", "netns", "add", self.namespace(node))
        # No router solicitations or neighbour discovery in the captures.
        run(*self.command(node, "sh", "-c", _NO_IPV6))
        self._ip(node, "link", "set", "lo", "up")

    def _add_bridge(self, node: str, link: str) -> None:
        options = ("stp_state", "0", "forward_delay", "0", "mcast_snooping", "0")
        self._ip(node, "link", "add", "name", link, "type", "bridge", *options)
        self._ip(node, "link", "set", link, "addrgenmode", "none", "up")

    def _add_cable(self, link: str, node: str, name: str) -> None:
        peer = ("peer", "name", name, "netns", self.namespace(node))
        self._ip(link, "link", "add", "name", node, "type", "veth", *peer)
        self._ip(link, "link", "set", node, "master", link, "addrgenmode", "none", "up")
        self._ip(node, "link", "set", name, "addrgenmode", "none", "up")

    def _add_client(self, full_checksums: bool) -> None:
        self._ip("client", "link", "set", "eth0", "address", CLIENT_MAC)
        self._ip("client", "address", "add", CLIENT_ADDRESS, "dev", "eth0")
        if full_checksums:
            # Else a capture on the cable shows the partial sums that a card would complete.
            run(*self.command("client", "ethtool", "-K", "eth0", "tx", "off"))

    def _add_tap(self, server: str, link: str) -> None:
        tap = f"{link}0"
        self._ip(server, "tuntap", "add", "dev", tap, "mode", "tap")
        self._ip(server, "link", "set", tap, "txqueuelen", str(TAP_QUEUE_FRAMES))
        self._ip(server, "link", "set", tap, "master", link, "addrgenmode", "none", "up")

    def _set_back_mtu(self, servers: list[str], mtu: int) -> None:
        # A bridge's own MTU follows the least of its ports'.
        for server in servers:
            self._ip("back", "link", "set", server, "mtu", str(mtu))
            for port in ("back-cable", "back0"):
                self._ip(server, "link", "set", port, "mtu", str(mtu))


_NO_IPV6 = (
    "for scope in all default; do "
    "file=/proc/sys/net/ipv6/conf/$scope/disable_ipv6; "
    '[ ! -e "$file" ] || echo 1 > "$file"; done'
)
