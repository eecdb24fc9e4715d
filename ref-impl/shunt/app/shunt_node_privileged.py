# SPDX-License-Identifier: Apache-2.0
"""shunt-node serves the kernel's TCP through every kind of device, in a network namespace of its
own (CTest starts this under unshare).

usage: shunt_node_privileged.py PROGRAM [unittest options]
"""

from __future__ import annotations

import http.client
import json
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "tools"))

from farmkit.plan import listen_text, server_text

PROGRAM = ""
WAIT_SECONDS = 20.0
SERVICE = "10.7.1.1"


def member(number: int) -> str:
    """s<number> with a folder of its own objects."""
    return server_text(number) + listen_text(number, 80, "http", select="request", directory="www")


URLS = """
[[url]]
prefix = "/bytes/"
servers = ["s2"]
"""


def generated(count: int) -> bytes:
    """The object /bytes/N: every 16 bytes name their own offset."""
    blocks = (b"%015x\n" % offset for offset in range(0, count, 16))
    return b"".join(blocks)[:count]


def frame_lengths(capture: bytes) -> list[int]:
    """Of every enhanced packet block of a little-endian pcapng file."""
    lengths = []
    at = 0
    while at < len(capture):
        kind, size = struct.unpack_from("<II", capture, at)
        if kind == 6:
            lengths.append(struct.unpack_from("<I", capture, at + 20)[0])
        at += size
    return lengths


def run(command: str) -> None:
    subprocess.run(command.split(), check=True)


class ServesTheKernel(unittest.TestCase):
    def setUp(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="shunt-")
        self.addCleanup(self._folder.cleanup)
        self.folder = Path(self._folder.name)
        (self.folder / "farm.toml").write_text(member(1))
        (self.folder / "www").mkdir()
        (self.folder / "www" / "hello.txt").write_text("hello\n")

    def start(self, front: str, *options: str, name: str = "s1") -> subprocess.Popen[str]:
        command = [PROGRAM, "--config", str(self.folder / "farm.toml"), "--name", name]
        command += ["--front", front, "--control", str(self.folder / name), *options]
        node = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.addCleanup(self.finish, node)
        assert node.stdout is not None
        self.assertEqual(json.loads(node.stdout.readline())["event"], "ready")
        return node

    def finish(self, node: subprocess.Popen[str]) -> int:
        if node.poll() is None:
            node.send_signal(signal.SIGINT)
        try:
            node.communicate(timeout=WAIT_SECONDS)
        except subprocess.TimeoutExpired:
            node.kill()
            node.communicate()
        return node.returncode

    def give_address(self, interface: str) -> None:
        run(f"ip addr add 10.7.0.9/16 dev {interface}")
        run(f"ip link set {interface} up")

    def get(self, target: str) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection(SERVICE, 80, timeout=WAIT_SECONDS)
        connection.request("GET", target)
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return answer.status, body

    def upload(self, target: str, count: int) -> int:
        """The status of the answer; the node verifies the body where the target says so."""
        connection = http.client.HTTPConnection(SERVICE, 80, timeout=WAIT_SECONDS)
        connection.request("POST", target, body=generated(count))
        status = connection.getresponse().status
        connection.close()
        return status

    def ask(self, verb: str, name: str = "s1") -> Any:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as operator:
            operator.settimeout(WAIT_SECONDS)
            operator.connect(str(self.folder / name))
            operator.sendall(json.dumps({"id": 1, "do": verb}).encode() + b"\n")
            with operator.makefile() as lines:
                answer = json.loads(lines.readline())
        self.assertTrue(answer["ok"], answer)
        return answer["result"]

    def exchange(self) -> None:
        for count in (0, 1, 1_460, 1_461, 300_001):
            status, body = self.get(f"/bytes/{count}")
            self.assertEqual((status, len(body)), (200, count))
            self.assertEqual(body, generated(count))
        self.assertEqual(self.get("/hello.txt"), (200, b"hello\n"))
        self.assertEqual(self.get("/../farm.toml")[0], 404)
        counters = self.ask("counters")
        for name in ("drop.tcp.checksum", "drop.ipv4.checksum", "drop.device.segmented"):
            self.assertNotIn(name, counters)

    def test_through_a_plain_tap(self) -> None:
        node = self.start("tap:shunt-front")
        self.give_address("shunt-front")
        self.exchange()
        self.assertEqual(self.finish(node), 130)

    def test_through_a_tap_with_vnet_header(self) -> None:
        self.start("tap:shunt-front,vnet")
        self.give_address("shunt-front")
        self.exchange()

    def test_trains_of_segments_pass_a_tap_with_vnet_header(self) -> None:
        capture = self.folder / "front.pcapng"
        node = self.start("tap:shunt-front,vnet", "--capture", str(capture))
        self.give_address("shunt-front")
        count = 3_000_000
        self.assertEqual(self.upload("/bytes/1?verify", count), 200)
        self.assertEqual(self.get(f"/bytes/{count}"), (200, generated(count)))
        self.exchange()
        shown = subprocess.run(
            "ip -json -statistics link show shunt-front".split(), capture_output=True, check=True
        )
        for direction, statistics in json.loads(shown.stdout)[0]["stats64"].items():
            self.assertLess(statistics["packets"], count / 1_448, direction)
        self.finish(node)
        lengths = frame_lengths(capture.read_bytes())
        self.assertEqual(max(lengths), 1_514)
        self.assertGreater(len(lengths), 2 * count / 1_448)

    def test_through_a_packet_socket(self) -> None:
        run("ip link add shunt-v0 type veth peer name shunt-v1")
        self.addCleanup(run, "ip link del shunt-v0")
        run("ip link set shunt-v1 up")
        self.start("packet:shunt-v1")
        self.give_address("shunt-v0")
        self.exchange()
        self.assertEqual(self.upload("/bytes/1?verify", 1_000_000), 200)
        self.assertNotIn("drop.device.segmented", self.ask("counters"))

    def test_records_what_it_sees(self) -> None:
        capture = self.folder / "front.pcapng"
        node = self.start("tap:shunt-front", "--capture", str(capture))
        self.give_address("shunt-front")
        self.assertEqual(self.get("/bytes/5000")[0], 200)
        self.finish(node)
        content = capture.read_bytes()
        self.assertEqual(content[:4], bytes.fromhex("0a0d0d0a"))
        self.assertIn(b"GET /bytes/5000", content)
        self.assertIn(generated(1_000), content)

    def test_two_nodes_move_a_connection(self) -> None:
        for link in ("front", "back"):
            run(f"ip link add {link} type bridge")
            self.addCleanup(run, f"ip link del {link}")
            run(f"ip link set {link} up")
        self.give_address("front")
        for ethertype in (0x88B5, 0x0007):
            with self.subTest(ethertype=hex(ethertype)):
                self.move_a_connection(ethertype)

    def move_a_connection(self, ethertype: int) -> None:
        servers = "".join(member(n) for n in (1, 2))
        farm = f"[farm]\nethertype = {ethertype}\n" + servers + URLS
        (self.folder / "farm.toml").write_text(farm)
        nodes = []
        for name in ("s1", "s2"):
            nodes.append(
                self.start(f"tap:{name}-front,vnet", "--back", f"tap:{name}-back", name=name)
            )
            for link in ("front", "back"):
                run(f"ip link set {name}-{link} master {link}")
        self.assertEqual(self.get("/bytes/200001"), (200, generated(200_001)))
        self.assertEqual(self.upload("/bytes/1?verify", 1_000_000), 200)
        self.assertEqual(self.get("/hello.txt"), (200, b"hello\n"))
        self.assertEqual(self.ask("counters", "s1")["move.done"], 2)
        self.assertEqual(self.ask("tables", "s1")["forward"][0]["peer"], "s2")
        self.assertNotIn("drop.forward.mtu", self.ask("counters", "s1"))
        for node in nodes:
            self.assertEqual(self.finish(node), 130)

    def test_a_lost_device_ends_the_node_with_3(self) -> None:
        node = self.start("tap:shunt-front")
        run("ip link del shunt-front")
        node.wait(WAIT_SECONDS)
        self.assertEqual(node.returncode, 3)

    def test_answers_control_while_links_are_busy(self) -> None:
        self.start("tap:shunt-front")
        self.give_address("shunt-front")
        self.assertEqual(self.ask("tables")["local"], [])
        connection = http.client.HTTPConnection(SERVICE, 80, timeout=WAIT_SECONDS)
        connection.request("GET", "/bytes/50000000")
        answer = connection.getresponse()
        answer.read(1_000)
        started = time.monotonic()
        tables = self.ask("tables")
        self.assertLess(time.monotonic() - started, 2)
        self.assertEqual(len(tables["local"]), 1)
        self.assertEqual(tables["local"][0]["protocol"], "tcp")
        connection.close()


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    unittest.main()
