# SPDX-License-Identifier: Apache-2.0
"""The main job, shown: a connection that moves between two nodes, seen from both links."""

from __future__ import annotations

import argparse
import functools
import json
import shlex
import shutil
import subprocess
import sys
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Callable

from . import curl_thread, move_thread, plan, privilege, processes
from .claims import Claim
from .farm import Farm, Settings
from .trouble import HARNESS, INTERRUPTED, NEGATIVE, OK, Trouble

ROOT = Path(__file__).resolve().parents[2]
BIN = ROOT / "build/bin"
OUT = ROOT / "out/demo"
_PROGRAM_SECONDS = 300
_SIMULATION_FIGURES = ("connections", "migrations", "packets", "trace_hash")


@dataclass
class Step:
    """One thing that was tried."""

    name: str
    claims: list[Claim] = field(default_factory=list)
    files: list[Path] = field(default_factory=list)
    seconds: float = 0.0
    again: str = ""  # the command that does it again

    @property
    def held(self) -> bool:
        """True if everything that had to hold did."""
        return bool(self.claims) and all(claim.held for claim in self.claims)

    def as_json(self) -> dict[str, Any]:
        """For --json."""
        return {
            "name": self.name,
            "ok": self.held,
            "seconds": round(self.seconds, 3),
            "claims": [asdict(claim) for claim in self.claims],
            "again": self.again,
            "files": [shown(file) for file in self.files],
        }


def shown(path: Path) -> str:
    """A path as somebody at the top of the tree types it."""
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


def printed(command: list[str]) -> str:
    """A command as somebody at the top of the tree types it."""
    return shlex.join(shown(Path(word)) for word in command)


def program(step: Step, command: list[str], log: Path) -> tuple[bool, str]:
    """Runs one of our programs at the top of the tree: whether it exited 0, and its last line."""
    step.again = printed(command)
    step.files.append(log)
    with log.open("wb") as output:
        try:
            code = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                timeout=_PROGRAM_SECONDS,
                cwd=ROOT,
                check=False,
            ).returncode
        except subprocess.TimeoutExpired:
            raise Trouble(f"no end after {_PROGRAM_SECONDS} s", HARNESS) from None
    lines = log.read_text(errors="replace").strip().splitlines()
    return code == 0, lines[-1] if lines else f"exit {code}, nothing printed"


def curl_step(options: plan.Options, step: Step) -> None:
    """A farm of its own for the demo, up only as long as it is needed."""
    farm = Farm(OUT / "farm", "shunt-demo")
    farm.down()
    try:
        farm.up(Settings(BIN / "shunt-node", options))
        folder = OUT / f"{options.profile}-{options.ethertype:#06x}"
        claims, evidence = curl_thread.run(farm, options, folder)
    finally:
        farm.down()
    step.claims += claims
    step.files += [evidence.front, evidence.back]


def moves_step(profile: str, step: Step) -> None:
    """A farm of three, whose connections may move while they are used."""
    farm = Farm(OUT / "farm", "shunt-demo")
    farm.down()
    config = OUT / f"moves-{profile}.toml"
    config.write_text(move_thread.farm_text(profile))
    try:
        farm.up(Settings(BIN / "shunt-node", config=config))
        claims, evidence = move_thread.run(farm, BIN / "shuntctl", OUT / f"moves-{profile}")
    finally:
        farm.down()
    step.claims += claims
    step.files += evidence


def simulation_step(step: Step) -> None:
    """1,000 connections, each moved once, on bad links."""
    report = OUT / "move-once.json"
    command = [str(BIN / "shunt-sim"), "--scenario", "move-once", "--seed", "1"]
    held, last = program(step, [*command, "--json", str(report)], OUT / "move-once.log")
    step.files.append(report)
    if held:
        seen = json.loads(report.read_text())
        last = ", ".join(f"{key} {seen[key]}" for key in _SIMULATION_FIGURES)
    step.claims.append(Claim("nothing lost, repeated, reordered, no reset", held, last))


def suite_step(attachment: str, step: Step) -> None:
    """The suite against s1 of its farm: over a Unix socket in virtual time, or over taps."""
    is_tap = attachment == "tap"
    out = OUT / f"suite-{attachment}"
    shutil.rmtree(out, ignore_errors=True)
    iut = ROOT / "conformance/iut"
    device = [str(BIN / "shunt-node"), "--config", str(iut / "farm.toml"), "--name", "s1"]
    if is_tap:
        device += ["--front", "tap:shunt-jf", "--back", "tap:shunt-jb"]
    else:
        device += ["--front", "unix:out/s1.sock", "--back", "unix:out/s1.sock"]
        device += ["--time", "virtual"]
    file = iut / ("shunt-node-tap.toml" if is_tap else "shunt-node.toml")
    command = [str(BIN / "shunt-conform"), "run", "--iut", shown(file)]
    # The taps are in a network of their own, which dies with the command.
    command = [*(["unshare", "--net"] if is_tap else []), *command]
    log = OUT / f"suite-{attachment}.log"
    held, last = program(step, [*command, "--out", shown(out), "--", *device], log)
    step.again = printed([*command, "--", *device])  # --out would have to be a new folder
    step.files.append(out)
    step.claims.append(Claim("shunt-node is conformant", held, last))


def selfcheck_step(step: Step) -> None:
    """The suite against each seeded defect of the node."""
    iut = ROOT / "conformance/iut"
    command = [str(BIN / "shunt-conform"), "selfcheck", "--iut", shown(iut / "shunt-node.toml")]
    command += ["--", str(BIN / "shunt-node"), "--config", str(iut / "farm.toml"), "--name", "s1"]
    command += ["--front", "unix:out/s1.sock", "--back", "unix:out/s1.sock", "--time", "virtual"]
    held, last = program(step, command, OUT / "selfcheck.log")
    step.claims.append(Claim("the suite notices every seeded defect", held, last))


def steps() -> list[tuple[str, Callable[[Step], None]]]:
    """What there is to show."""
    found: list[tuple[str, Callable[[Step], None]]] = []
    for ethertype in (0x88B5, 0x0007):
        name = f"curl through s1, served by s2 (Type {ethertype:#06x})"
        found.append((name, functools.partial(curl_step, plan.Options(ethertype=ethertype))))
    blob = plan.Options(profile="blob")
    found.append(
        ("curl through s1, served by s2, moved as a blob", functools.partial(curl_step, blob))
    )
    for profile in ("endpoint", "blob"):
        name = f"a download that moves on and on, and a drain (profile {profile})"
        found.append((name, functools.partial(moves_step, profile)))
    found.append(("the same nodes on bad links in virtual time", simulation_step))
    for attachment, how in (("unix", "over unix: in virtual time"), ("tap", "over taps")):
        found.append((f"the suite, {how}", functools.partial(suite_step, attachment)))
    found.append(("the suite against mutants of the node", selfcheck_step))
    return found


def run_step(name: str, action: Callable[[Step], None]) -> Step:
    """Runs and prints one step; trouble in it is a claim that did not hold."""
    step = Step(name)
    began = time.monotonic()
    try:
        action(step)
    except Trouble as trouble:
        step.claims.append(Claim("the harness works", False, str(trouble)))
    step.seconds = time.monotonic() - began
    print(f"\n{name}: {'ok' if step.held else 'FAILED'}, {step.seconds:.1f} s")
    for claim in step.claims:
        print(f"  {claim}")
    if step.again:
        print(f"  again: {step.again}")
    print(f"  look at {' '.join(shown(file) for file in step.files)}", flush=True)
    return step


def main() -> int:
    """Exit 0 if everything held, 1 if not."""
    parser = argparse.ArgumentParser(prog="tools/demo")
    parser.add_argument("--json", type=Path, help="write the verdicts there")
    options = parser.parse_args()
    processes.end_as_interrupted()
    try:
        privilege.demand("tools/demo")
        OUT.mkdir(parents=True, exist_ok=True)
        done = [run_step(name, action) for name, action in steps()]
    except Trouble as trouble:
        print(f"demo: {trouble}", file=sys.stderr)
        return trouble.code
    except KeyboardInterrupt:
        return INTERRUPTED
    held = all(step.held for step in done)
    verdict = "ok" if held else "failed"
    if options.json:
        report = {"schema": 1, "verdict": verdict, "steps": [step.as_json() for step in done]}
        options.json.write_text(json.dumps(report, indent=2) + "\n")
    print(f"\ndemo: {verdict}: {sum(step.held for step in done)} of {len(done)} steps held")
    return OK if held else NEGATIVE


if __name__ == "__main__":
    sys.exit(main())
