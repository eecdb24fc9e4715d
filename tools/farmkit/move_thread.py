# SPDX-License-Identifier: Apache-2.0
"""A download that moves while it runs: an operator takes it from server to server by shuntctl, and
in the end lets its home drain. The client is curl and notices nothing."""

from __future__ import annotations

import hashlib
import itertools
import json
import subprocess
import time
from pathlib import Path

from . import plan
from .claims import Claim
from .farm import Farm
from .trouble import HARNESS, Trouble

OBJECT_BYTES = 128 * 1024 * 1024
MOVES = 12
_RATE = "48M"
_CLIENT_PORT = 40_001
_SECONDS = 60
_PATIENCE_SECONDS = 10.0
_LOOK_SECONDS = 0.005
_HOME = "s1"
_SERVICE = "10.7.1.1"


def farm_text(profile: str) -> str:
    """farm.toml of three servers with extensions; s1 serves first what comes to it."""
    text = "[farm]\nid = 1\nextensions = true\n"
    for number in (1, 2, 3):
        listen = plan.listen_text(number, 80, "http", profile=profile, select="request")
        text += plan.server_text(number) + listen
    return text + f'\n[[url]]\nprefix = "/bytes/"\nservers = ["{_HOME}"]\n'


class Operator:
    """Types shuntctl, and keeps what it printed."""

    def __init__(self, farm: Farm, program: Path, log: Path) -> None:
        self._farm, self._program, self._log = farm, program, log
        log.unlink(missing_ok=True)

    def ask(self, server: str, *words: str) -> bool:
        """True if the node did it."""
        return self._type(server, *words).returncode == 0

    def wait_until_home(self, connection: str) -> bool:
        """Until its home serves it."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while time.monotonic() < deadline:
            tables = json.loads(self._type(_HOME, "tables", "--json").stdout)
            if any(row["connection"] == connection for row in tables["local"]):
                return True
            time.sleep(_LOOK_SECONDS)
        return False

    def _type(self, server: str, *words: str) -> "subprocess.CompletedProcess[str]":
        command = [str(self._program), "--control", str(self._farm.control_socket(server)), *words]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        with self._log.open("a") as log:
            log.write(f"$ shuntctl {server}: {' '.join(words)}\n{done.stdout}{done.stderr}\n")
        if done.returncode not in (0, 1):
            raise Trouble(f"shuntctl {' '.join(words)}: {done.stderr.strip()}", HARNESS)
        return done

    def move(self, connection: str, at: str, to: str) -> bool:
        """Asks until the move before is over, which the node says."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not self.ask(at, "migrate", connection, to):
            if time.monotonic() > deadline:
                return False
            time.sleep(_LOOK_SECONDS)
        return True


def _move_about(operator: Operator, connection: str) -> tuple[int, str]:
    """Away from home, back, on to the next one; how often, and who has it in the end."""
    place = _HOME
    others = itertools.cycle(("s2", "s3"))
    for moved in range(MOVES):
        to = next(others) if place == _HOME else _HOME
        if not operator.move(connection, place, to):
            return moved, place
        place = to
    return MOVES, place


def _curl(farm: Farm, url: str, to: Path, *options: str) -> "subprocess.Popen[str]":
    command = ["curl", "--silent", "--show-error", "--max-time", str(_SECONDS), *options]
    command += ["--output", str(to), url]
    return subprocess.Popen(
        farm.network.command("client", *command), stderr=subprocess.PIPE, text=True
    )


def _digest(file: Path) -> str:
    """SHA-256 of what was fetched, which is not kept."""
    if not file.exists():
        return "nothing"
    with file.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    file.unlink()
    return digest


def run(farm: Farm, shuntctl: Path, folder: Path) -> tuple[list[Claim], list[Path]]:
    """Downloads through the home while the connection moves about; what held, and the evidence."""
    folder.mkdir(parents=True, exist_ok=True)
    log, fetched = folder / "shuntctl.log", folder / "object"
    operator = Operator(farm, shuntctl, log)
    url = f"http://{_SERVICE}/bytes/{OBJECT_BYTES}"
    with _curl(farm, url, fetched) as unmoved:
        unmoved.communicate()
    expected = _digest(fetched)
    connection = f"{plan.CLIENT_ADDRESS.split('/')[0]}:{_CLIENT_PORT}>{_SERVICE}:80/tcp"
    options = ("--limit-rate", _RATE, "--local-port", str(_CLIENT_PORT))
    with _curl(farm, url, fetched, *options) as client:
        moved, place = _move_about(operator, connection)
        is_home = operator.wait_until_home(connection)
        was_running = client.poll() is None
        drained = operator.ask(_HOME, "drain", "--wait", "10")
        operator.ask(_HOME, "tables")
        complaint = (client.communicate()[1] or "").strip()
    digest = _digest(fetched)
    return [
        Claim(
            f"one response moved {MOVES} times while it was sent",
            moved == MOVES and is_home and was_running,
            f"{moved} moves, then at {place}",
        ),
        Claim(f"then {_HOME} drained", drained, "nothing left" if drained else "something left"),
        Claim(
            "curl has what it has without a move",
            client.returncode == 0 and digest == expected,
            complaint or f"{OBJECT_BYTES} bytes, sha256 {digest[:16]}..",
        ),
    ], [log]
