# SPDX-License-Identifier: Apache-2.0
"""What both programs are told, and how they end: exit codes as docs/interfaces.md has them."""

from __future__ import annotations

import argparse
import os
import re
import shlex
import sys
from pathlib import Path
from typing import Callable

from farmkit import privilege, processes
from farmkit.trouble import HARNESS, INTERRUPTED
from farmkit.trouble import Trouble as FarmTrouble

from .figures import Setting
from .trouble import Trouble

_SECONDS_MAX = 3_600.0
_PREFIX = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")


def add_options(parser: argparse.ArgumentParser, *, rounds: int, prefix: str, root: Path) -> None:
    """Those of a setting, and --json."""
    parser.add_argument("--rounds", type=int, default=rounds, help="how often each is measured")
    parser.add_argument("--seconds", type=float, default=1.0, help="of a load that has no end")
    parser.add_argument("--bin", type=Path, default=root / "build/bin", help="our programs")
    parser.add_argument("--prefix", default=prefix, help="of the namespaces")
    parser.add_argument("--cores", default="0,1", help="the client's, and everybody else's")
    parser.add_argument("--json", type=Path, help="writes every round")


def setting_of(parser: argparse.ArgumentParser, options: argparse.Namespace) -> Setting:
    """What was asked for; ends the program (2) where it makes no measurement."""
    if options.rounds < 1:
        parser.error(f"--rounds: expected 1 at least, got {options.rounds}")
    if not 0 < options.seconds <= _SECONDS_MAX:
        parser.error(f"--seconds: expected more than 0, {_SECONDS_MAX:g} at most")
    if not _PREFIX.fullmatch(options.prefix):
        parser.error(f"--prefix: expected letters, digits, - and _, got {options.prefix!r}")
    if options.json and not options.json.absolute().parent.is_dir():
        parser.error(f"--json: {options.json.parent} is no directory")
    for name in ("shunt-node", "load-client"):
        if not (options.bin / name).exists():
            parser.error(f"{options.bin / name} is not built: cmake --workflow --preset release")
    client_core, server_core = _cores(parser, options.cores)
    return Setting(
        programs=options.bin,
        prefix=options.prefix,
        client_core=client_core,
        server_core=server_core,
        seconds=options.seconds,
        rounds=options.rounds,
    )


def _cores(parser: argparse.ArgumentParser, text: str) -> tuple[int, int]:
    there = os.sched_getaffinity(0)
    found = re.fullmatch(r"(\d{1,4}),(\d{1,4})", text)
    if found is None or not {int(found[1]), int(found[2])} <= there:
        parser.error(f"--cores: expected two of {sorted(there)}, such as 0,1, got {text!r}")
    return int(found[1]), int(found[2])


def run(name: str, measure: Callable[[], int]) -> int:
    """The exit code; whatever ends it, what was made is taken down before."""
    processes.end_as_interrupted()
    try:
        privilege.demand(shlex.join([f"bench/peers/{name}", *sys.argv[1:]]))
        return measure()
    except FarmTrouble as trouble:
        print(f"{name}: {trouble}", file=sys.stderr)
        return trouble.code
    except Trouble as trouble:
        print(f"{name}: {trouble}", file=sys.stderr)
        return HARNESS
    except KeyboardInterrupt:
        return INTERRUPTED
