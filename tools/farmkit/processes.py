# SPDX-License-Identifier: Apache-2.0
"""Processes that outlive the command which started them, told from later ones with the same id."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

_GRACE_SECONDS = 3.0
_POLL_SECONDS = 0.02


def _stat_fields(pid: int) -> list[str] | None:
    """Fields of /proc/PID/stat behind the name, from the state on (proc(5))."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    return text.rpartition(")")[2].split()


def start_time(pid: int) -> int | None:
    """Clock ticks since boot at which the process began; None if there is none (or a zombie)."""
    fields = _stat_fields(pid)
    return int(fields[19]) if fields and fields[0] != "Z" else None


@dataclass(frozen=True)
class Process:
    """An id is reused; an id and the time of its start are not."""

    pid: int
    started: int

    @property
    def is_alive(self) -> bool:
        """True while just this process runs."""
        return start_time(self.pid) == self.started

    def signal(self, number: int) -> None:
        """Nothing happens if it is gone."""
        if self.is_alive:
            try:
                os.kill(self.pid, number)
            except ProcessLookupError:
                pass


def end_as_interrupted() -> None:
    """Being asked to end is handled like Ctrl-C: what was made is taken down first."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)


def spawn(command: list[str], stdout: Path, stderr: Path) -> Process:
    """Starts a process in a session of its own, so that a terminal's Ctrl-C is not for it."""
    with stdout.open("wb") as out, stderr.open("wb") as err:
        child = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=err, start_new_session=True
        )
    return Process(child.pid, start_time(child.pid) or 0)


def adopt(pid: int) -> Process | None:
    """A process that is known by its id alone, as it is now."""
    started = start_time(pid)
    return None if started is None else Process(pid, started)


def stop(processes: list[Process]) -> None:
    """Asks all to end, and ends those that have not within the grace period."""
    for process in processes:
        process.signal(signal.SIGTERM)
    if not _wait_until_gone(processes):
        for process in processes:
            process.signal(signal.SIGKILL)
        _wait_until_gone(processes)


def _wait_until_gone(processes: list[Process]) -> bool:
    deadline = time.monotonic() + _GRACE_SECONDS
    while any(process.is_alive for process in processes):
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_SECONDS)
    return True
