# SPDX-License-Identifier: Apache-2.0
"""The programs of a cell: started when they say that they are ready, ended by their ids."""

from __future__ import annotations

import json
import select
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

from farmkit.trouble import HARNESS, Trouble

from .lab import CABLE, TAP, Lab

_READY_SECONDS = 60.0
_END_SECONDS = 10.0
_POLL_SECONDS = 0.02


class Program:
    """One process; its log is beside what it writes."""

    def __init__(self, command: list[str], log: Path) -> None:
        self._log = log
        with log.open("wb") as errors:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors
            )

    def wait_ready(self) -> None:
        """Until it has printed a line."""
        output = self._process.stdout
        assert output is not None
        ready, _, _ = select.select([output], [], [], _READY_SECONDS)
        if not ready or not output.readline():
            self.stop()
            raise Trouble(f"{self.what} did not start: {self._log.read_text().strip()}", HARNESS)

    def wait_for(self, socket_file: Path) -> None:
        """Until it listens there."""
        deadline = time.monotonic() + _READY_SECONDS
        while not socket_file.exists():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise Trouble(f"{self.what}: {self._log.read_text().strip()}", HARNESS)
            time.sleep(_POLL_SECONDS)

    @property
    def what(self) -> str:
        """Its command."""
        return " ".join(map(str, self._process.args))  # type: ignore[arg-type]

    @property
    def is_running(self) -> bool:
        """False once it has ended, by itself too."""
        return self._process.poll() is None

    def stop(self) -> None:
        """Asks it to end, and ends it if it does not."""
        if self.is_running:
            self._process.send_signal(signal.SIGTERM)  # who runs behind `&` is deaf to SIGINT
        try:
            self._process.communicate(timeout=_END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()


def start_impairment(lab: Lab, program: Path, plans: tuple[str, str], folder: Path) -> Program:
    """shunt-impair with the kernel at its left. `plans`: to the engine, to the kernel."""
    command = [str(program), "--left", f"packet:{CABLE}", "--right", f"packet:{TAP}"]
    command += ["--to-right", plans[0], "--to-left", plans[1]]
    command += ["--json", str(folder / "impair.json"), "--capture", str(folder / "path.pcapng")]
    impairment = Program(lab.in_engine(*command), folder / "impair.log")
    impairment.wait_ready()
    return impairment


def ask_node(control: Path, verb: str) -> Any:
    """The result of a verb of the control socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as operator:
        operator.settimeout(_READY_SECONDS)
        operator.connect(str(control))
        operator.sendall(json.dumps({"id": 1, "do": verb}).encode() + b"\n")
        with operator.makefile() as lines:
            answer = json.loads(lines.readline())
    if not answer["ok"]:
        raise Trouble(f"{verb}: {answer}", HARNESS)
    return answer["result"]
