# SPDX-License-Identifier: Apache-2.0
"""shunt-node as its users start it: options, messages, exit codes, the unix: attachment.

usage: shunt_node_program.py PROGRAM [unittest options]
"""

from __future__ import annotations

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
WAIT_SECONDS = 10.0

FARM = server_text(1) + listen_text(1, 80, "http")

FRAME, ADVANCE, QUIET, HELLO, CONTROL = range(5)
NEVER = 2**64 - 1

ARP_REQUEST = bytes.fromhex(
    "ffffffffffff 020700000009 0806"  # from 10.7.0.9: who has 10.7.1.1?
    "0001 0800 06 04 0001 020700000009 0a070009 000000000000 0a070101"
)


def checksum(content: bytes) -> int:
    """RFC 1071."""
    padded = content + b"\0" * (len(content) % 2)
    total: int = sum(struct.unpack(f">{len(padded) // 2}H", padded))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def syn() -> bytes:
    """The first segment of 10.7.0.9:4711 to 10.7.1.1:80, with its Ethernet header."""
    addresses = bytes([10, 7, 0, 9, 10, 7, 1, 1])
    tcp = bytearray(struct.pack(">HHIIBBHHH", 4711, 80, 1000, 0, 5 << 4, 2, 65535, 0, 0))
    tcp[16:18] = checksum(addresses + struct.pack(">HH", 6, len(tcp)) + tcp).to_bytes(2, "big")
    ip = bytearray(struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(tcp), 1, 0, 64, 6, 0) + addresses)
    ip[10:12] = checksum(bytes(ip)).to_bytes(2, "big")
    return bytes.fromhex("020700000001 020700000009 0800") + bytes(ip + tcp)


def connect(path: Path, kind: int) -> socket.socket:
    """Connects as soon as the node listens."""
    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        peer = socket.socket(socket.AF_UNIX, kind)
        peer.settimeout(WAIT_SECONDS)
        try:
            peer.connect(str(path))
            return peer
        except OSError:
            peer.close()
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)


class Folder(unittest.TestCase):
    """A folder with a farm.toml, and the nodes that were started in it."""

    def setUp(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="shunt-")
        self.addCleanup(self._folder.cleanup)
        self.folder = Path(self._folder.name)
        self.config = self.folder / "farm.toml"
        self.config.write_text(FARM)

    def run_node(self, *options: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [PROGRAM, *options], capture_output=True, text=True, timeout=WAIT_SECONDS, check=False
        )

    def start(self, *options: str) -> subprocess.Popen[str]:
        node = subprocess.Popen(
            [PROGRAM, "--config", str(self.config), "--name", "s1", *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.addCleanup(self.finish, node)
        return node

    def finish(self, node: subprocess.Popen[str]) -> int:
        if node.poll() is None:
            node.send_signal(signal.SIGTERM)
        try:
            node.communicate(timeout=WAIT_SECONDS)
        except subprocess.TimeoutExpired:
            node.kill()
            node.communicate()
        return node.returncode

    def ready(self, node: subprocess.Popen[str]) -> dict[str, Any]:
        assert node.stdout is not None
        event: dict[str, Any] = json.loads(node.stdout.readline())
        return event


class CommandLine(Folder):
    def test_help_and_version_are_asked_for(self) -> None:
        answer = self.run_node("--help")
        self.assertEqual(answer.returncode, 0)
        self.assertIn("Examples:", answer.stdout)
        self.assertEqual(self.run_node("--version").returncode, 0)

    def test_usage_errors_exit_with_2_and_point_at_help(self) -> None:
        answer = self.run_node("--nonsense")
        self.assertEqual((answer.returncode, answer.stdout), (2, ""))
        self.assertIn("unrecognised option '--nonsense'", answer.stderr)
        self.assertIn("--help", answer.stderr)

    def test_configuration_errors_name_file_line_and_key(self) -> None:
        self.config.write_text(FARM.replace("front_mac", "front_mak"))
        answer = self.run_node("--config", str(self.config), "--name", "s1", "--front", "tap:x")
        self.assertEqual(answer.returncode, 2)
        self.assertIn(
            f'{self.config}:6: server[0].front_mak: unknown key; did you mean "front_mac"?',
            answer.stderr,
        )

    def test_an_unknown_server_is_refused_with_a_suggestion(self) -> None:
        answer = self.run_node("--config", str(self.config), "--name", "s2", "--front", "tap:x")
        self.assertEqual(answer.returncode, 2)
        self.assertIn('no server of that name; did you mean "s1"', answer.stderr)

    def test_a_gateway_keeps_no_virtual_time(self) -> None:
        gateway = 'application = "gateway"\nbackend = "unix:backend.sock"'
        self.config.write_text(FARM.replace('application = "http"', gateway))
        node = self.run_node(
            *("--config", str(self.config), "--name", "s1", "--time", "virtual"),
            *("--front", f"unix:{self.folder / 'front'}"),
        )
        self.assertEqual(node.returncode, 2)
        self.assertIn("server s1: expected --time wall: the backend of a gateway", node.stderr)

    def test_a_device_that_is_not_there_is_refused(self) -> None:
        options = ["--config", str(self.config), "--name", "s1", "--front", "packet:shunt-none"]
        answer = self.run_node(*options)
        self.assertEqual((answer.returncode, answer.stdout), (2, ""))
        self.assertIn("packet:shunt-none: no such interface", answer.stderr)


class VirtualTime(Folder):
    def setUp(self) -> None:
        super().setUp()
        self.path = self.folder / "s1"
        link = f"unix:{self.path}"
        self.node = self.start("--front", link, "--back", link, "--time", "virtual")

    def attach(self, seed: int = 7, links: int = 2) -> socket.socket:
        tester = connect(self.path, socket.SOCK_SEQPACKET)
        self.addCleanup(tester.close)
        tester.send(struct.pack(">BHBQ", HELLO, 1, links, seed))
        return tester

    def greeted(self, seed: int = 7) -> socket.socket:
        tester = self.attach(seed)
        self.assertEqual(tester.recv(1 << 20), struct.pack(">BHBQ", HELLO, 1, 2, seed))
        return tester

    def ask(self, tester: socket.socket, **request: object) -> dict[str, Any]:
        tester.send(bytes([CONTROL]) + json.dumps(request).encode())
        message = tester.recv(1 << 20)
        self.assertEqual(message[0], CONTROL)
        answer: dict[str, Any] = json.loads(message[1:])
        return answer

    def test_says_that_it_is_ready(self) -> None:
        event = self.ready(self.node)
        self.assertEqual((event["event"], event["name"], event["time"]), ("ready", "s1", "virtual"))
        self.assertEqual(event["front"], f"unix:{self.path}")

    def test_answers_frames_control_and_advance_in_order(self) -> None:
        tester = self.greeted()
        tester.send(bytes([FRAME, 0]) + ARP_REQUEST)
        reply = tester.recv(1 << 20)
        self.assertEqual(reply[:2], bytes([FRAME, 0]))
        self.assertEqual(reply[2:8], ARP_REQUEST[6:12])  # to who asked
        self.assertEqual(reply[30:34], bytes([10, 7, 1, 1]))  # the service says where it is
        self.assertEqual(self.ask(tester, do="state", id=3)["id"], 3)
        tester.send(struct.pack(">BQ", ADVANCE, 10**9))
        kind, _ = struct.unpack(">BQ", tester.recv(1 << 20))
        self.assertEqual(kind, QUIET)
        self.assertEqual(self.ask(tester, do="state")["result"]["time_ns"], 10**9)

    def handshake(self, seed: int) -> list[bytes]:
        """What a fresh device says to a SYN, and when it wants to be called again."""
        tester = self.greeted(seed)
        tester.send(bytes([FRAME, 0]) + ARP_REQUEST)
        tester.send(bytes([FRAME, 0]) + syn())
        tester.send(struct.pack(">BQ", ADVANCE, 10**10))
        messages = [tester.recv(1 << 16)]
        while messages[-1][0] != QUIET:
            messages.append(tester.recv(1 << 16))
        tester.close()
        return messages

    def test_the_seed_decides_everything(self) -> None:
        first, again, other = (self.handshake(seed) for seed in (7, 7, 8))
        self.assertEqual(first, again)
        self.assertNotEqual(first, other)
        # ARP reply, SYN/ACK, its repetitions in ten seconds, quiet.
        self.assertEqual(len(first), len(other))
        self.assertGreater(len(first), 4)

    def test_each_hello_is_a_fresh_device(self) -> None:
        tester = self.greeted()
        tester.send(bytes([FRAME, 0, 1, 2, 3]))
        self.assertEqual(self.ask(tester, do="counters")["result"], {"drop.ethernet.truncated": 1})
        tester.close()
        self.assertEqual(self.ask(self.greeted(), do="counters")["result"], {})

    def test_a_tester_waits_until_the_one_before_has_left(self) -> None:
        first = self.greeted()
        second = self.attach(seed=9)
        self.assertTrue(self.ask(first, do="hello")["ok"])
        first.close()
        self.assertEqual(second.recv(100), struct.pack(">BHBQ", HELLO, 1, 2, 9))

    def test_disconnects_who_breaks_the_rules(self) -> None:
        for message in (
            bytes([9]),  # no such kind
            bytes([FRAME, 2]),  # no such link
            struct.pack(">BQ", QUIET, 0),  # the device's to say
            struct.pack(">BHBQ", HELLO, 1, 2, 7),  # a second hello
        ):
            with self.subTest(message=message.hex()):
                tester = self.greeted()
                tester.send(message)
                self.assertEqual(tester.recv(100), b"")
                tester.close()
        tester = self.greeted()
        tester.send(struct.pack(">BQ", ADVANCE, 5))
        tester.recv(100)
        tester.send(struct.pack(">BQ", ADVANCE, 4))  # back in time
        self.assertEqual(tester.recv(100), b"")
        self.assertEqual(self.attach(links=1).recv(100), b"")
        silent = connect(self.path, socket.SOCK_SEQPACKET)
        self.addCleanup(silent.close)
        silent.send(struct.pack(">BQ", ADVANCE, 4))  # without hello
        self.assertEqual(silent.recv(100), b"")

    def test_survives_a_tester_that_sends_much_before_it_reads(self) -> None:
        tester = self.greeted()
        tester.setblocking(False)
        sent = 0
        try:
            while sent < 100_000:
                tester.send(bytes([FRAME, 0]) + ARP_REQUEST)
                sent += 1
        except BlockingIOError:
            pass
        self.assertGreater(sent, 100)
        tester.settimeout(WAIT_SECONDS)
        replies = {tester.recv(1 << 20) for _ in range(sent)}
        self.assertEqual(len(replies), 1)

    def test_an_interruption_ends_it_with_130_and_takes_the_socket_along(self) -> None:
        self.ready(self.node)
        self.assertEqual(self.finish(self.node), 130)
        self.assertFalse(self.path.exists())


class WallTime(Folder):
    def test_serves_control_and_a_link_at_unequal_paths(self) -> None:
        control = self.folder / "control"
        front, back = self.folder / "front", self.folder / "back"
        node = self.start(
            "--front", f"unix:{front}", "--back", f"unix:{back}", "--control", str(control)
        )
        self.ready(node)
        with connect(front, socket.SOCK_SEQPACKET) as tester:
            tester.send(struct.pack(">BHBQ", HELLO, 1, 1, 7))
            self.assertEqual(tester.recv(100)[0], HELLO)
            tester.send(bytes([FRAME, 0]) + ARP_REQUEST)
            self.assertEqual(tester.recv(1 << 16)[:2], bytes([FRAME, 0]))
        with connect(control, socket.SOCK_STREAM) as operator, operator.makefile("rw") as lines:
            lines.write('{"id":1,"do":"hello"}\nnonsense\n')
            lines.flush()
            self.assertEqual(json.loads(lines.readline())["result"]["time"], "wall")
            self.assertEqual(json.loads(lines.readline())["error"], "malformed")
        self.assertEqual(self.finish(node), 130)
        self.assertFalse(control.exists())

    def test_a_path_that_another_node_serves_is_refused(self) -> None:
        first = self.start("--front", f"unix:{self.folder / 's1'}")
        self.ready(first)
        second = self.start("--front", f"unix:{self.folder / 's1'}")
        _, complaint = second.communicate(timeout=WAIT_SECONDS)
        self.assertEqual(second.returncode, 2)
        self.assertIn("is there already and is served", complaint)


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    unittest.main()
