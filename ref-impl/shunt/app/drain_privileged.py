# SPDX-License-Identifier: Apache-2.0
"""A farm of three in network namespaces: 1,000 connections of the kernel's TCP ask and are answered
all the time, while `shuntctl drain` empties their home, and then a server that they have gone to.

usage: drain_privileged.py SHUNT-NODE SHUNTCTL [unittest options]
       drain_privileged.py client COUNT
"""

from __future__ import annotations

import asyncio
import json
import resource
import subprocess
import sys
import unittest
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "tools"))

from farmkit.plan import listen_text, server_text
from farmkit.test_farms import farm_of

NODE = ""
CTL = ""
CONNECTIONS = 1_000
SERVICE = "10.7.1.1"
BODY = 8_192
PAUSE_SECONDS = 0.5
WAIT_SECONDS = 60
PATIENCE_SECONDS = 100.0

# Whatever the load, a new connection stays at its home.
FARM = "[farm]\nid = 1\nextensions = true\n\n[selection]\nhysteresis = 1000\n" + "".join(
    server_text(number) + listen_text(number, 80, "http", select="request") for number in (1, 2, 3)
)


class Client:
    """Connections that ask again and again until they are told to end, and then once more."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.served = 0  # connections that have got an answer
        self.responses = 0
        self.trouble: list[str] = []
        self.ends = asyncio.Event()
        self.all_served = asyncio.Event()
        blocks = (b"%015x\n" % offset for offset in range(0, BODY, 16))
        self.expected = b"".join(blocks)[:BODY]

    async def converse(self, number: int) -> None:
        """One connection, from its first request to the last."""
        await asyncio.sleep(number * PAUSE_SECONDS / self.count)
        reader, writer = await asyncio.open_connection(SERVICE, 80)
        is_first, is_last = True, False
        while not is_last:
            is_last = self.ends.is_set()
            writer.write(f"GET /bytes/{BODY} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            head = await reader.readuntil(b"\r\n\r\n")
            body = await reader.readexactly(BODY)
            if not head.startswith(b"HTTP/1.1 200") or body != self.expected:
                raise ValueError("a wrong answer")
            self.responses += 1
            if is_first:
                is_first = False
                self.served += 1
                if self.served == self.count:
                    self.all_served.set()
            await asyncio.sleep(PAUSE_SECONDS)
        writer.close()

    async def guard(self, number: int) -> None:
        """What ends a connection is noted, not thrown."""
        try:
            await asyncio.wait_for(self.converse(number), PATIENCE_SECONDS)
        except (OSError, EOFError, ValueError, asyncio.TimeoutError) as error:
            self.trouble.append(f"{number}: {type(error).__name__}: {error}")
            self.all_served.set()

    async def run(self) -> None:
        """Says when all are served, and in the end what came of them."""
        tasks = [asyncio.create_task(self.guard(number)) for number in range(self.count)]
        await self.all_served.wait()
        print(json.dumps({"served": self.served}), flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
        self.ends.set()
        await asyncio.gather(*tasks)
        outcome = {"responses": self.responses, "lost": len(self.trouble)}
        print(json.dumps({**outcome, "trouble": self.trouble[:5]}), flush=True)


class DrainsAServer(unittest.TestCase):
    def setUp(self) -> None:
        self.farm = farm_of(self, Path(NODE), FARM)

    def ctl(self, server: str, *words: str) -> tuple[int, list[dict[str, Any]]]:
        """The exit code, and each line of the answer."""
        command = [CTL, "--control", str(self.farm.control_socket(server)), "--json", *words]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]

    def rows(self, server: str) -> dict[str, int]:
        counts: dict[str, int] = self.ctl(server, "state")[1][0]["tables"]
        return counts

    def start_client(self) -> subprocess.Popen[str]:
        command = [sys.executable, __file__, "client", str(CONNECTIONS)]
        client = subprocess.Popen(
            self.farm.network.command("client", *command),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.addCleanup(client.kill)
        assert client.stdout is not None
        self.assertEqual(json.loads(client.stdout.readline()), {"served": CONNECTIONS})
        return client

    def drain(self, server: str) -> dict[str, Any]:
        """What is said when it is over; it comes to its end."""
        code, lines = self.ctl(server, "drain", "--wait", str(WAIT_SECONDS))
        self.assertEqual(code, 0, lines[-1:])
        self.assertEqual(lines[-1]["left"], 0)
        return lines[-1]

    def test_loses_none_of_1000_connections(self) -> None:
        client = self.start_client()
        self.assertEqual(self.rows("s1")["local"], CONNECTIONS)
        self.assertEqual(self.drain("s1")["moved"], CONNECTIONS)
        self.assertEqual(self.rows("s1")["forward"], CONNECTIONS)
        moved_in = [self.rows(server)["forward_connect"] for server in ("s2", "s3")]
        self.assertEqual(sum(moved_in), CONNECTIONS)
        self.assertGreater(min(moved_in), CONNECTIONS // 10, "spread over both")
        # What s2 gives back to s1, which is draining still, goes on to s3 (EP-45, EP-47).
        self.drain("s2")
        self.drain("s1")
        self.assertEqual(self.rows("s3")["forward_connect"], CONNECTIONS)
        self.ctl("s1", "drain", "--stop")
        self.ctl("s2", "drain", "--stop")
        out, _ = client.communicate("", timeout=PATIENCE_SECONDS)
        outcome = json.loads(out)
        self.assertEqual(outcome["lost"], 0, outcome)
        self.assertGreaterEqual(outcome["responses"], 2 * CONNECTIONS, "before and after")


def main() -> None:
    """The client's side, or the test."""
    global NODE, CTL  # pylint: disable=global-statement
    if sys.argv[1] == "client":
        resource.setrlimit(resource.RLIMIT_NOFILE, (8_192, 8_192))
        asyncio.run(Client(int(sys.argv[2])).run())
        return
    NODE, CTL = sys.argv[1:3]
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]], verbosity=2)


if __name__ == "__main__":
    main()
