# SPDX-License-Identifier: Apache-2.0
"""Who is in a farm and at which addresses: the standard plan as farm.toml, or a farm.toml given."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .trouble import USAGE, Trouble

CLIENT_ADDRESS = "10.7.0.9/16"
CLIENT_MAC = "02:07:00:00:ff:09"
NODES_MAX = 99  # the plan's front addresses are 10.7.0.101 to .199
# A server's name is also that of a namespace and of an interface (IFNAMSIZ 16).
_NAME = re.compile(r"(?!client$|front$|back$)[A-Za-z0-9_]{1,15}")


@dataclass(frozen=True)
class Options:
    """What differs between standard farms."""

    nodes: int = 2
    ethertype: int = 0x88B5
    binding: str = "ethernet"
    #: How connections move; blobs need a farm with extensions.
    profile: str = "endpoint"


@dataclass(frozen=True)
class Member:
    """One server as the network needs it."""

    name: str
    front_ip: str
    front_mac: str
    services: list[str]
    forward_ips: list[str]
    back_mac: str


def server_text(number: int) -> str:
    """The [[server]] called s<number> of the standard plan, which listens on nothing yet."""
    return f"""
[[server]]
name = "s{number}"
id = {number}
front_ip = "10.7.0.{100 + number}/16"
front_mac = "02:07:00:00:00:{number:02x}"
service = ["10.7.1.{number}"]
forward_ip = ["10.8.1.{number}"]
control_ip = "10.8.0.{number}/16"
back_mac = "02:08:00:00:00:{number:02x}"
"""


def listen_text(number: int, port: int, application: str, **more: str) -> str:
    """A [[listen]] of s<number>; `more` are further keys with texts."""
    keys = {"application": application, **more}
    lines = [f'server = "s{number}"', f"port = {port}", *(f'{k} = "{v}"' for k, v in keys.items())]
    return "\n[[listen]]\n" + "\n".join(lines) + "\n"


def standard_text(options: Options) -> str:
    """farm.toml of the standard plan. /s<n>/.. is served by s<n>, /bytes/.. by the last one."""
    if not 1 <= options.nodes <= NODES_MAX:
        raise Trouble(f"--nodes {options.nodes}: expected 1 to {NODES_MAX}", USAGE)
    text = f"""# Written by tools/farm: the standard plan of {options.nodes} servers.
[farm]
id = 1
ethertype = {options.ethertype:#06x}
binding = "{options.binding}"
secret_file = "secret"
"""
    if options.profile == "blob":
        text += "extensions = true\n"
    for number in range(1, options.nodes + 1):
        folder = f"www-s{number}"
        text += server_text(number)
        text += listen_text(
            number, 80, "http", profile=options.profile, select="request", directory=folder
        )
        text += listen_text(number, 7, "echo", protocol="udp")
    for number in range(1, options.nodes + 1):
        text += f'\n[[url]]\nprefix = "/s{number}/"\nservers = ["s{number}"]\n'
    return text + f'\n[[url]]\nprefix = "/bytes/"\nservers = ["s{options.nodes}"]\n'


def _member(entry: dict[str, Any], config: Path) -> Member:
    try:
        return Member(
            name=str(entry["name"]),
            front_ip=str(entry["front_ip"]).split("/")[0],
            front_mac=str(entry["front_mac"]),
            services=[str(address) for address in entry.get("service", [])],
            forward_ips=[str(address) for address in entry["forward_ip"]],
            back_mac=str(entry["back_mac"]),
        )
    except KeyError as key:
        raise Trouble(f"{config}: a [[server]] has no {key}", USAGE) from None


def _document(config: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(config.read_text())
    except OSError as error:
        raise Trouble(f"{config}: {error.strerror}", USAGE) from None
    except tomllib.TOMLDecodeError as error:
        raise Trouble(f"{config}: {error}", USAGE) from None


def has_extensions(config: Path) -> bool:
    """Its servers have control channels."""
    return bool(_document(config).get("farm", {}).get("extensions", False))


def members(config: Path) -> list[Member]:
    """The servers that a farm.toml names, in its order."""
    found = [_member(entry, config) for entry in _document(config).get("server", [])]
    if not found:
        raise Trouble(f"{config}: no [[server]], expected at least one", USAGE)
    for member in found:
        if not _NAME.fullmatch(member.name):
            expected = f"{_NAME.pattern}, as it names an interface"
            raise Trouble(f"{config}: server name {member.name!r}: expected {expected}", USAGE)
    return found
