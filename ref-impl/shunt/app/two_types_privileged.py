# SPDX-License-Identifier: Apache-2.0
"""A farm of applications of two types in network namespaces: curl follows a log and downloads a
file; in mid-response `shuntctl migrate` moves the connection to a server that reads no requests,
and curl's next request on the same connection is answered by the front again.

usage: two_types_privileged.py SHUNT-NODE SHUNTCTL [unittest options]
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "tools"))

from farmkit.farm import Farm, Settings
from farmkit.plan import listen_text, server_text
from farmkit.test_farms import own_prefix, remove_orphans

NODE = ""
CTL = ""
SERVICE = "10.7.1.1"
FILE_BYTES = 24 * 1024 * 1024
RATE = "8M"  # of curl: a response takes seconds
LINES = 300
LINE_PAUSE_SECONDS = 0.01
PATIENCE_SECONDS = 30.0

FARM = "[farm]\nid = 1\nextensions = true\n\n[selection]\nhysteresis = 1000\n" + "".join(
    server_text(number) + listen_text(number, 80, application, select="request", directory="www")
    for number, application in ((1, "http"), (2, "stream"))
)


class MovesResponses(unittest.TestCase):
    def setUp(self) -> None:
        holder = tempfile.TemporaryDirectory(prefix="shunt-")
        self.addCleanup(holder.cleanup)
        self.folder = Path(holder.name)
        self.www = self.folder / "www"
        self.www.mkdir()
        content = random.Random(1).randbytes(FILE_BYTES)
        (self.www / "file").write_bytes(content)
        self.digest = hashlib.sha256(content).hexdigest()
        config = self.folder / "plan.toml"
        config.write_text(FARM)
        remove_orphans(self.folder / "none")
        self.farm = Farm(self.folder / "farm", own_prefix())
        self.farm.up(Settings(Path(NODE), config=config, log_level="warn"))
        self.addCleanup(self.farm.down)
        # Else the client's kernel takes the whole file while curl reads a first piece of it.
        small = ("sysctl", "-qw", "net.ipv4.tcp_rmem=4096 131072 1048576")
        subprocess.run(self.farm.network.command("client", *small), check=True)

    def ctl(self, server: str, *words: str) -> Any:
        command = [CTL, "--control", str(self.farm.control_socket(server)), "--json", *words]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=20)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return json.loads(done.stdout.splitlines()[-1])

    def connection(self, table: str, server: str) -> str:
        """The one that is in that table of the server; it comes there soon."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            rows = self.ctl(server, "tables")[table]
            if rows:
                return str(rows[0]["connection"])
            time.sleep(0.05)
        counts = {name: self.ctl(name, "counters") for name in ("s1", "s2")}
        raise AssertionError(f"nothing is in {table} of {server}: {counts}")

    def curl(self, *targets: str) -> subprocess.Popen[str]:
        """The bodies go to files 0, 1, ..; the heads to standard output."""
        command = ["curl", "-sS", "--limit-rate", RATE, "--max-time", "60", "-D", "-"]
        for number, target in enumerate(targets):
            command += ["-o", str(self.folder / str(number)), f"http://{SERVICE}{target}"]
        command += ["-w", "connects=%{num_connects}\\n"]
        client = subprocess.Popen(
            self.farm.network.command("client", *command), stdout=subprocess.PIPE, text=True
        )
        self.addCleanup(client.wait)
        self.addCleanup(client.kill)
        return client

    def finish(self, client: subprocess.Popen[str], requests: int) -> None:
        """It ends well, all on one connection, and each answer begins at the front."""
        heads, _ = client.communicate(timeout=PATIENCE_SECONDS)
        self.assertEqual(client.returncode, 0, heads)
        self.assertEqual(re.findall(r"Server: (\S+)", heads), ["shunt/s1"] * requests)
        self.assertEqual(
            re.findall(r"connects=(\d)", heads), ["1"] + ["0"] * (requests - 1), "one connection"
        )

    def counter(self, server: str, name: str) -> int:
        return int(self.ctl(server, "counters").get(name, 0))

    def test_a_download_moves_and_the_next_request_comes_home(self) -> None:
        client = self.curl("/file", "/bytes/1000", "/file")
        time.sleep(0.5)
        self.ctl("s1", "migrate", self.connection("local", "s1"), "s2")
        self.connection("forward_connect", "s2")
        self.finish(client, 3)
        for number in (0, 2):
            body = (self.folder / str(number)).read_bytes()
            self.assertEqual(hashlib.sha256(body).hexdigest(), self.digest)
        self.assertEqual(self.counter("s2", "offer.accepted"), 1)
        self.assertEqual(self.counter("s2", "passing.started"), 1)
        self.assertEqual(self.counter("s1", "return.accepted"), 1)

    def test_a_followed_log_moves_there_and_back_and_there(self) -> None:
        log = self.www / "log"
        log.write_text("begin\n")

        def append() -> None:
            for number in range(LINES):
                with log.open("a") as out:
                    out.write(f"line {number} {os.urandom(40).hex()}\n")
                time.sleep(LINE_PAUSE_SECONDS)

        writer = threading.Thread(target=append)
        client = self.curl("/tail/log?quiet_s=1", "/bytes/10")
        tuple_ = self.connection("local", "s1")
        writer.start()
        for source, target, table in (
            ("s1", "s2", "forward_connect"),
            ("s2", "s1", "local"),
            ("s1", "s2", "forward_connect"),
        ):
            time.sleep(0.3)
            self.ctl(source, "migrate", tuple_, target)
            self.connection(table, target)
        writer.join()
        self.finish(client, 2)
        self.assertEqual((self.folder / "0").read_bytes(), log.read_bytes())
        self.assertEqual(self.counter("s2", "passing.started"), 1)


def main() -> None:
    """Runs the tests with the programs that are named."""
    global NODE, CTL  # pylint: disable=global-statement
    NODE, CTL = sys.argv[1:3]
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]], verbosity=2)


if __name__ == "__main__":
    main()
