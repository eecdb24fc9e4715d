#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A stock UDP socket's flow moves between two nodes at an operator's word (EP-50 to EP-52)."""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

from farmkit import plan, privilege, test_farms
from farmkit.farm import Farm, Settings
from farmkit.trouble import Trouble

WAIT_SECONDS = 10

# What the client runs: one connected socket; each line of stdin is a datagram, of that many bytes
# more if a number stands behind it; each answer a line of stdout, its filling left out.
CLIENT = """
import socket, sys
talk = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
talk.settimeout(5)
talk.connect(("10.7.1.1", 7))
for line in sys.stdin:
    word, _, fill = line.strip().partition(" ")
    sent = word.encode() + b"x" * int(fill or 0)
    talk.send(sent)
    answer = talk.recv(65535)
    server, _, text = answer.partition(b" ")
    print(server.decode(), word if text == sent else "NOT WHAT WAS SAID", flush=True)
"""


class Client:
    """Python in the client's namespace, which says a datagram at a time."""

    def __init__(self, farm: Farm) -> None:
        command = farm.network.command("client", "/usr/bin/python3", "-c", CLIENT)
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def say(self, line: str) -> str:
        """The server that answers, and the word if it is the same."""
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def end(self) -> None:
        """Its input ends, and so does it."""
        self.process.communicate(timeout=WAIT_SECONDS)


def ask(ctl: Path, farm: Farm, server: str, *words: str) -> dict[str, object]:
    """What the node answers to a command of shuntctl."""
    command = [str(ctl), "--control", str(farm.control_socket(server)), "--json", *words]
    answer = subprocess.run(command, capture_output=True, text=True, check=True)
    result: dict[str, object] = json.loads(answer.stdout)
    return result


def run(farm: Farm, ctl: Path) -> list[str]:
    """What was not as it should be."""
    faults: list[str] = []

    def expect(what: str, got: object, wanted: object) -> None:
        print(f"{what}: {got}")
        if got != wanted:
            faults.append(f"{what}: {got}, not {wanted}")

    client = Client(farm)
    try:
        expect("before the move", client.say("one"), "s1 one")
        expect("in fragments", client.say("long 4000"), "s1 long")
        rows = ask(ctl, farm, "s1", "tables", "local")["local"]
        assert isinstance(rows, list)
        flow = next(row["connection"] for row in rows if row["protocol"] == "udp")
        ask(ctl, farm, "s1", "migrate", flow, "s2")
        expect("behind the move", client.say("two"), "s2 two")
        expect("in fragments", client.say("long 4000"), "s2 long")
        moved = ask(ctl, farm, "s2", "tables", "forward_connect")["forward_connect"]
        assert isinstance(moved, list)
        expect("moved in", [row["connection"] for row in moved], [flow])
    finally:
        client.end()
    return faults


def main() -> int:
    """Exit 0 if everything was as it should be."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--node", type=Path, required=True)
    parser.add_argument("--ctl", type=Path, required=True)
    parser.add_argument("--binding", default="ethernet")
    parser.add_argument("--vnet", action="store_true")
    options = parser.parse_args()
    if privilege.missing_capabilities():
        print("needs CAP_NET_ADMIN and CAP_SYS_ADMIN")
        return test_farms.SKIPPED
    folder = Path(tempfile.mkdtemp(prefix="shunt-udp-"))
    test_farms.remove_orphans(folder)
    farm = Farm(folder / "farm", test_farms.own_prefix())
    try:
        wanted = plan.Options(2, binding=options.binding)
        farm.up(Settings(options.node.resolve(), wanted, has_vnet_header=options.vnet))
        faults = run(farm, options.ctl.resolve())
    except Trouble as trouble:
        faults = [str(trouble)]
    finally:
        farm.down()
    for fault in faults:
        print(f"FAILED: {fault}")
    shutil.rmtree(folder)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
