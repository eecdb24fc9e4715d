# SPDX-License-Identifier: Apache-2.0
"""A bounded run of one fuzz target: where its files are, how it is built, what is printed of it."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from farmkit.trouble import HARNESS, NEGATIVE, OK, USAGE, Trouble

# Which sources a target is about: line coverage is counted in these.
TARGETS = {
    "encapsulation": (
        "wire/encapsulation.cc",
        "wire/connection_information.cc",
        "wire/forwarded_packet.cc",
        "wire/migration_copy.cc",
        "wire/migration_id.cc",
        "wire/quoted_packet.cc",
        "wire/reject.cc",
        "migrate/farm_link.cc",
        "migrate/endpoint/arrivals.cc",
        "migrate/endpoint/departures.cc",
        "migrate/endpoint/forwarded_packets.cc",
        "migrate/endpoint/forwards.cc",
        "migrate/endpoint/home_side.cc",
        "migrate/endpoint/messages.cc",
        "migrate/endpoint/target_side.cc",
        "node/back_packets.cc",
    ),
    "blob": (
        "base/crc32c.cc",
        "migrate/blob/snapshot_blob.cc",
        "wire/blob.cc",
        "wire/congestion_state.cc",
        "tcp/snapshot.cc",
        "tcp/snapshot_queues.cc",
    ),
    "control_block": (
        "wire/control_block.cc",
        "tcp/explicit_congestion.cc",
        "tcp/fine_state.cc",
        "tcp/flight.cc",
        "tcp/loss_recovery.cc",
        "tcp/out_of_order.cc",
        "tcp/output.cc",
        "tcp/output_header.cc",
        "tcp/rack.cc",
        "tcp/rate_reduction.cc",
        "tcp/receive_buffer.cc",
        "tcp/sack_reader.cc",
        "tcp/segment_arrives.cc",
        "tcp/segment_arrives_acknowledgment.cc",
        "tcp/segment_arrives_checks.cc",
        "tcp/segment_arrives_text.cc",
        "tcp/sent_segments.cc",
        "tcp/snapshot.cc",
        "tcp/snapshot_block.cc",
        "tcp/snapshot_queues.cc",
        "tcp/tail_loss_probe.cc",
        "tcp/timeouts.cc",
        "tcp/urgent.cc",
        "tcp/user_calls.cc",
    ),
    "control_frame": (
        "farm/channel/channel.cc",
        "farm/channel/channel_frames.cc",
        "farm/channel/control_channels.cc",
        "farm/channel/frame_reader.cc",
        "farm/server_states.cc",
        "wire/control_frame.cc",
        "wire/control_messages.cc",
        "wire/server_state.cc",
    ),
    "session_start": (
        "farm/http_request.cc",
        "farm/request_start.cc",
        "farm/session/session_cookie.cc",
        "farm/session/session_map.cc",
        "farm/session/tls_hello.cc",
        "node/sessions.cc",
        "node/stream_session.cc",
    ),
}


@dataclass(frozen=True)
class Request:
    """What the command line asks for."""

    root: Path
    target: str  # with the prefix fuzz_
    seconds: int
    jobs: int

    @property
    def corpus(self) -> Path:
        return self.root / "fuzz" / "corpus" / self.target

    @property
    def regressions(self) -> Path:
        return self.root / "fuzz" / "regressions" / self.target

    @property
    def dictionary(self) -> Path:
        return self.root / "fuzz" / "dictionaries" / f"{self.target}.dict"

    @property
    def sources(self) -> list[Path]:
        names = TARGETS[self.target.removeprefix("fuzz_")]
        return [self.root / "ref-impl" / "shunt" / name for name in names]

    def out(self, engine: str) -> Path:
        """Where an engine keeps what it found, from run to run."""
        folder = self.root / "out" / "fuzz" / engine / self.target
        folder.mkdir(parents=True, exist_ok=True)
        return folder


@dataclass
class Outcome:
    """What an engine says of its run."""

    engine: str
    executions: int
    seconds: float
    coverage: str
    new_inputs: Path
    crashes: list[Path] = field(default_factory=list)
    line_coverage: list[str] = field(default_factory=list)


def tool(name: str, package: str) -> str:
    """Path of a program; exit 2 with its package if it is missing."""
    found = shutil.which(name)
    if found is None:
        raise Trouble(f"{name} is missing: apt-get install {package}", USAGE)
    return found


def build(root: Path, preset: str, targets: list[str]) -> Path:
    """Configures and builds targets of a preset; returns the folder of its programs."""
    folder = {"release": "build"}.get(preset, f"build-{preset}")
    log = root / "out" / "fuzz" / f"build-{preset}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    commands = (
        ["cmake", "--preset", preset],
        ["cmake", "--build", "--preset", preset, "--target", *targets],
    )
    with log.open("w", encoding="utf-8") as stream:
        for command in commands:
            run = subprocess.run(command, cwd=root, stdout=stream, stderr=stream, check=False)
            if run.returncode != 0:
                raise Trouble(f"the build failed, see {log.relative_to(root)}", HARNESS)
    return root / folder / "bin"


def report(request: Request, outcome: Outcome) -> int:
    """Prints the outcome; 1 if something crashed."""
    rate = outcome.executions / max(outcome.seconds, 0.001)
    print(f"{request.target}: {outcome.engine}, {outcome.seconds:.0f} s, {request.jobs} jobs")
    print(f"  executions    {outcome.executions} ({rate:.0f}/s)")
    print(f"  coverage      {outcome.coverage}")
    for line in outcome.line_coverage:
        print(f"  {line}")
    found = sum(1 for entry in outcome.new_inputs.iterdir() if entry.is_file())
    print(f"  new inputs    {found}, minimized, in {outcome.new_inputs.relative_to(request.root)}")
    print(f"  crashes       {len(outcome.crashes)}")
    for crash in outcome.crashes:
        print(f"    {crash.relative_to(request.root)}")
    return NEGATIVE if outcome.crashes else OK


def fresh(folder: Path) -> Path:
    """An empty folder of that name."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def files_in(folder: Path, prefix: str = "") -> list[Path]:
    """Inputs in a folder, in order."""
    if not folder.is_dir():
        return []
    return sorted(
        entry
        for entry in folder.iterdir()
        if entry.is_file() and entry.name.startswith(prefix) and entry.name != "README.txt"
    )
