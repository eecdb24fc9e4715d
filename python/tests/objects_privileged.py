# SPDX-License-Identifier: Apache-2.0
"""Objects in a farm of three: a class of C++ and one of Python are called from another node, then
the process of the one is killed, then the node of the other.

usage: objects_privileged.py SHUNT-NODE [unittest options]
       objects_privileged.py serve CONTROL
"""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import threading
import time
import unittest
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

from farmkit.plan import server_text
from farmkit.test_farms import farm_of
from shunt.objects import Client, Object, ObjectError, ObjectGoneError, serve

NODE = ""
PATIENCE_SECONDS = 20.0
# A channel is lost 3 s after the last byte (CTL-3).
LOSS_SECONDS = 6.0
FARM = "[farm]\nid = 1\nextensions = true\n" + "".join(map(server_text, (1, 2, 3)))


class Echo:
    """Says where it runs by what it was made of."""

    def __init__(self, arguments: bytes) -> None:
        self.arguments = arguments

    def call(self, data: bytes) -> bytes:
        """Its arguments and the data; `sleep` takes a while."""
        if data == b"sleep":
            time.sleep(60)
        return self.arguments + data


class ThreeNodes(unittest.TestCase):
    """Objects of s2 and s3, asked for at s1."""

    def setUp(self) -> None:
        self.farm = farm_of(self, Path(NODE), FARM)
        self.wait_for_channels()

    def wait_for_channels(self) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as operator:
            operator.connect(str(self.farm.control_socket("s1")))
            with operator.makefile("rw") as lines:
                while True:
                    lines.write('{"do":"members"}\n')
                    lines.flush()
                    members = json.loads(lines.readline())["result"]["members"]
                    if [row["channel"] for row in members] == ["self", "open", "open"]:
                        return
                    self.assertLess(time.monotonic(), deadline, members)
                    time.sleep(0.05)

    def start_process(self, client: Client) -> tuple[subprocess.Popen[bytes], Object]:
        """A process that serves `echo` at s3, and an object of it."""
        command = [sys.executable, __file__, "serve", str(self.farm.control_socket("s3"))]
        process = subprocess.Popen(command)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                return process, client.create("echo", b"<")
            except ObjectError as error:
                self.assertEqual(error.code, "unknown-class")
                self.assertLess(time.monotonic(), deadline, "the process does not serve")
                time.sleep(0.05)

    def expect_gone(self, within: float, call: Callable[[], object]) -> str:
        """What the error says; it comes in time."""
        begin = time.monotonic()
        with self.assertRaises(ObjectGoneError) as gone:
            while time.monotonic() - begin < within:
                call()
        self.assertLess(time.monotonic() - begin, within)
        return gone.exception.text

    def test_a_process_and_a_node_are_killed(self) -> None:
        with Client(self.farm.control_socket("s1")) as client:
            counter = client.create("counter", b"5", server="s2")
            self.assertEqual(counter.call(b"2"), b"7")
            process, echo = self.start_process(client)
            self.assertEqual(echo.call(b"a" * 500_000), b"<" + b"a" * 500_000)
            killer = threading.Timer(0.5, process.kill)
            killer.start()
            text = self.expect_gone(3.0, lambda: echo.call(b"sleep"))
            killer.join()
            self.assertEqual(text, "the object has ended: the process of its class has ended")
            self.expect_gone(1.0, echo.call)
            self.assertEqual(counter.call(b"1"), b"8")
            self.farm.nodes()["s2"].signal(signal.SIGKILL)
            text = self.expect_gone(LOSS_SECONDS, counter.call)
            self.assertIn("the object's server s2 is lost", text)
            self.expect_gone(1.0, counter.call)
            with self.assertRaises(ObjectError) as nobody:
                client.create("counter", server="s2")
            self.assertEqual(nobody.exception.code, "no-server")

    def test_an_askers_node_is_killed(self) -> None:
        with Client(self.farm.control_socket("s1")) as client:
            client.create("counter", server="s2", keep=True)
            self.assertEqual(len(self.hosted("s2")), 1)
            self.farm.nodes()["s1"].signal(signal.SIGKILL)
            with self.assertRaises(ConnectionError):
                client.create("counter")
        deadline = time.monotonic() + LOSS_SECONDS
        while self.hosted("s2"):
            self.assertLess(time.monotonic(), deadline, "its objects end")
            time.sleep(0.05)

    def hosted(self, server: str) -> list[dict[str, str]]:
        """The objects that live there."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as operator:
            operator.connect(str(self.farm.control_socket(server)))
            operator.sendall(b'{"do":"objects"}\n')
            with operator.makefile() as lines:
                rows: list[dict[str, str]] = json.loads(lines.readline())["result"]["hosted"]
                return rows


def main() -> None:
    """The process that serves, or the test."""
    global NODE  # pylint: disable=global-statement
    if sys.argv[1] == "serve":
        serve(sys.argv[2], {"echo": Echo})
        return
    NODE = sys.argv[1]
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]], verbosity=2)


if __name__ == "__main__":
    main()
