# SPDX-License-Identifier: Apache-2.0
"""Farms in which the judge judges the reference node: the farm's and the device's file of each."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

IUT = Path(__file__).resolve().parent.parent / "iut"
# A class that every node has, and what its objects do: they add.
OBJECTS = """
[ixit.objects]
class = "counter"
arguments = "5"
call = "37"
result = "42"
"""
# Ports whose connections move as blobs: confirmed, and eager (BL-14).
BLOB_PORTS = {"blob_port": 8080, "eager_port": 8081}
# Where the node has its front and its back link.
PLACES = {
    "unix": ("unix:out/s1.sock", "unix:out/s1.sock"),
    "tap": ("tap:shunt-jf", "tap:shunt-jb"),
    "qemu": ("qemu:out/front.sock", "qemu:out/back.sock"),
}
CONTROL = "out/s1.control"
NOT_YET = IUT / "shunt-node-not-yet.txt"


@dataclass(frozen=True)
class Setting:
    """What is special about a farm, and how its device is attached (options of run_reference)."""

    attach: str = "unix"
    ext: bool = False
    routed: bool = False
    sessions: str | None = None
    jobs: int | None = None
    devices: int | None = None


def numbered(setting: Setting, *places: str) -> list[str]:
    """The same places for each of several devices."""
    number = "{n}" if setting.devices else ""
    return [place + number for place in places]


def place_files(setting: Setting, folder: Path) -> tuple[Path, Path]:
    """The farm's and the device's file, in `folder`."""
    name = "shunt-node.toml" if setting.attach == "unix" else "shunt-node-tap.toml"
    farm, iut = (IUT / "farm.toml").read_text(), (IUT / name).read_text()
    for place, link in zip(PLACES["tap"], numbered(setting, *PLACES[setting.attach])):
        iut = iut.replace(f'"{place}"', f'"{link}"')
    iut = iut.replace(CONTROL, numbered(setting, CONTROL)[0])
    if setting.ext:
        farm = farm.replace("id = 1\n", "id = 1\nextensions = true\nethertype = 0x0007\n", 1)
        iut = iut.replace("0x88B5", "0x0007")
        iut += OBJECTS
        farm, iut = with_blobs(farm, iut)
    if setting.attach != "unix" or setting.jobs:
        # All cases share one device, and what one leaves behind fills a small table.
        farm = farm.replace("forward_connect_entries = 32\n", "forward_connect_entries = 256\n", 1)
        iut = iut.replace("forward_connect = 32\n", "forward_connect = 256\n", 1)
    if setting.attach != "unix":
        iut += "\n[ixit.limits]\nforward_connect = 256\n"
    if setting.routed:
        farm = farm.replace("id = 1\n", 'id = 1\nbinding = "udp"\n', 1)
    if setting.sessions:
        farm = farm.replace("id = 1\n", 'id = 1\nsecret_file = "farm.secret"\n', 1)
        farm += f'\n[session]\nmode = "{setting.sessions}"\nlifetime_s = 20\n'
        iut += '\n[ixit.session]\nsecret_file = "farm.secret"\nlifetime_s = 20\n'
        place_secret(folder / "farm.secret")
    claims = {
        "ext": setting.ext,
        "control-channel": setting.ext,
        "routed-binding": setting.routed,
        "sessions": bool(setting.sessions),
        "session-redirect": setting.sessions == "redirect",
        "tls-sessions": bool(setting.sessions) and setting.ext,
        "objects": setting.ext,
    }
    options = json.dumps([name for name, is_claimed in claims.items() if is_claimed])
    iut = iut.replace("options = []", f"options = {options}").replace("# upper_", "upper_")
    (folder / "farm.toml").write_text(farm)
    (folder / "iut.toml").write_text(iut)
    return folder / "farm.toml", folder / "iut.toml"


def with_blobs(farm: str, iut: str) -> tuple[str, str]:
    """The same farm with services of the blob profile, which needs control channels."""
    for key, port in BLOB_PORTS.items():
        for server in ("s1", "s2", "s3"):
            farm += f'\n[[listen]]\nserver = "{server}"\nport = {port}\napplication = "http"\n'
            farm += 'profile = "blob"\nselect = "request"\n'
            farm += "eager = true\n" if key == "eager_port" else ""
    ports = "".join(f"{key} = {port}\n" for key, port in BLOB_PORTS.items())
    iut = iut.replace("udp_port = 7\n", f"udp_port = 7\n{ports}")
    iut = iut.replace('"endpoint", "tcp"]', '"endpoint", "blob", "tcp"]')
    iut = iut.replace('"home", "target"]', '"home", "target", "forwarder", "host"]')
    return farm, iut


def place_secret(path: Path) -> None:
    """A farm's secret, for the node's user alone to read."""
    if not path.exists():
        descriptor = os.open(path, os.O_CREAT | os.O_WRONLY, 0o600)
        os.write(descriptor, b"the secret of the farm that is judged\n")
        os.close(descriptor)


def left_out() -> list[str]:
    """Selectors of what the reference node does not have yet."""
    lines = [line for line in NOT_YET.read_text().splitlines() if not line.startswith("#")]
    return [f"^{line}" for line in lines]


def node_command(program: Path, farm: Path, setting: Setting) -> list[str]:
    """The reference node, or a mutant of it, as server s1 of `farm`."""
    is_wall = setting.attach != "unix"
    front, back, control = numbered(setting, *PLACES[setting.attach], CONTROL)
    command = [str(program), "--config", str(farm), "--name", "s1"]
    command += ["--front", front, "--back", back, "--time", "wall" if is_wall else "virtual"]
    return command + (["--control", control] if is_wall else [])
