# SPDX-License-Identifier: Apache-2.0
"""The farm that a peer is tried on, what it is asked, and what is written down of it."""

from __future__ import annotations

import json
import secrets
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from farmkit.farm import Farm, Settings
from farmkit.plan import listen_text, server_text
from farmkit.trouble import HARNESS, Trouble

SERVERS = ("s1", "s2", "s3")
HTTPS_PORT = 443
# A name, so that a cookie is for all of the farm's addresses.
HOST = "farm.test"
_COMMAND_SECONDS = 60.0
_POLL_SECONDS = 0.05


def service(server: str) -> str:
    """The address that the server is home of."""
    return f"10.7.1.{server[1:]}"


@dataclass
class Check:
    """Something that has to be so."""

    name: str
    ok: bool
    detail: str


@dataclass
class Transcript:
    """What one peer did, line by line, and what was found."""

    peer: str
    lines: list[str] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    skipped: str = ""  # why nothing was done

    def note(self, line: str) -> None:
        """Printed at once: a peer may take its time."""
        self.lines.append(line)
        print(f"    {line}", flush=True)

    def check(self, name: str, ok: bool, detail: object = "") -> None:
        """One that is not ok makes the peer's whole trial fail."""
        self.checks.append(Check(name, ok, str(detail)))
        shown = f": {detail}" if str(detail) else ""
        print(f"  {'ok  ' if ok else 'FAIL'} {name}{shown}", flush=True)


@dataclass(frozen=True)
class Programs:
    """Of the build that is tried."""

    node: Path
    ctl: Path


class Lab:
    """A farm of three that keeps sessions; made anew for each trial."""

    def __init__(self, programs: Programs, folder: Path, prefix: str, mode: str) -> None:
        self.folder = folder
        self._programs = programs
        self._children: list[subprocess.Popen[str]] = []
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        config = folder / "plan.toml"
        config.write_text(self._farm_text(mode))
        secret = folder / "secret"
        secret.touch(mode=0o600)
        secret.write_text(secrets.token_hex(32) + "\n")
        self.farm = Farm(folder / "farm", prefix)
        self.farm.up(Settings(programs.node, config=config, log_level="warn"))
        self._wait_for_channels()

    def close(self) -> None:
        """Nothing of it is left."""
        for child in self._children:
            child.kill()
            child.wait()
        self.farm.down()

    def directory(self, server: str) -> Path:
        """What that server serves files from."""
        return self.folder / f"www-{server}"

    def _farm_text(self, mode: str) -> str:
        # Whatever the load, who is asked keeps the session, unless a URL names another one.
        text = '[farm]\nid = 1\nextensions = true\nsecret_file = "secret"\n'
        text += f'\n[session]\nmode = "{mode}"\n\n[selection]\nhysteresis = 1000\n'
        for number, server in enumerate(SERVERS, 1):
            directory = self.directory(server)
            for owner in SERVERS:
                (directory / owner).mkdir(parents=True)
                (directory / owner / "who.txt").write_text(f"{server}\n")
            text += server_text(number)
            text += listen_text(number, 80, "http", select="request", directory=str(directory))
            text += listen_text(
                number, HTTPS_PORT, "gateway", select="request", backend="tcp:127.0.0.1:8443"
            )
            text += f'\n[[url]]\nprefix = "/{server}/"\nservers = ["{server}"]\n'
        return text

    def _wait_for_channels(self) -> None:
        deadline = time.monotonic() + 10.0
        while any(
            member["channel"] not in ("self", "open")
            for server in SERVERS
            for member in self.ctl(server, "members")["members"]
        ):
            if time.monotonic() > deadline:
                raise Trouble("the control channels do not open", HARNESS)
            time.sleep(_POLL_SECONDS)

    def ctl(self, server: str, *words: str) -> Any:
        """What shuntctl prints."""
        socket = str(self.farm.control_socket(server))
        command = [str(self._programs.ctl), "--control", socket, "--json", *words]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=20)
        if done.returncode != 0:
            raise Trouble(f"shuntctl {' '.join(words)}: {done.stderr.strip()}", HARNESS)
        return json.loads(done.stdout.splitlines()[-1])

    def kill(self, server: str) -> None:
        """The node ends as by a crash."""
        self.farm.nodes()[server].signal(signal.SIGKILL)

    def resident_kib(self, server: str) -> int:
        """Memory of the node."""
        status = Path(f"/proc/{self.farm.nodes()[server].pid}/status").read_text()
        rows = [line.split() for line in status.splitlines() if line.startswith("VmRSS:")]
        return int(rows[0][1])

    def run(self, node: str, *command: str, seconds: float = _COMMAND_SECONDS) -> str:
        """Both outputs of a command in the namespace of a server or of the client."""
        done = subprocess.run(
            self.farm.network.command(node, *command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
            timeout=seconds,
        )
        return done.stdout

    def start(self, node: str, *command: str) -> None:
        """Runs until close()."""
        name = self.folder / f"{node}-{Path(command[0]).name}.log"
        with name.open("w") as log:
            child = subprocess.Popen(
                self.farm.network.command(node, *command),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                text=True,
            )
        self._children.append(child)
