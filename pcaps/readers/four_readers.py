#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Four independent readers on every capture: equal on every field, and to the expectations.

The reference implementation's codec, the judge's, the Scapy layer and tshark with the dissector.
Exit code 1 names every difference by capture, frame, field and all values.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import expectations
import golden
from reading import Reading, Value

_HERE = Path(__file__).resolve().parent
_PCAPS = _HERE.parent
_ABSENT = "absent"
_RECORDED = ["curl-moves/back"]


@dataclass(frozen=True)
class Reader:
    """A program that prints readings of the file which is its last argument."""

    name: str
    command: list[str]

    def read(self, file: Path, *, extensions: bool) -> list[Reading]:
        command = [*self.command, str(file), *([] if extensions else ["--base"])]
        run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        if run.returncode != 0:
            raise RuntimeError(f"{self.name}: {run.stderr.strip()}")
        return [Reading.from_json(line) for line in run.stdout.splitlines()]


def readers(shunt_pcap: str, conform_read: str) -> list[Reader]:
    """The four."""
    return [
        Reader("ref-impl", [shunt_pcap, "describe", "--json"]),
        Reader("judge", [conform_read]),
        Reader("scapy", [sys.executable, str(_HERE / "scapy_reader.py")]),
        Reader("tshark", [sys.executable, str(_HERE / "tshark_reader.py")]),
    ]


def _cells(reading: Reading) -> dict[str, Value]:
    """A frame as fields; a fault is all that counts of a frame that has one."""
    return {"fault": reading.fault} if reading.fault else reading.fields


def _row(cells: dict[str, Value], name: str) -> str:
    return str(cells.get(name, _ABSENT))


@dataclass
class Outcome:
    """Of one capture: how much was compared, and what differed."""

    frames: int
    fields: int
    differences: list[str]

    def add(self, other: Outcome) -> None:
        self.frames += other.frames
        self.fields += other.fields
        self.differences += other.differences


def compare(name: str, columns: dict[str, list[Reading]]) -> Outcome:
    """`columns`: readings by reader, expectations first."""
    lengths = {who: len(readings) for who, readings in columns.items()}
    if len(set(lengths.values())) != 1:
        return Outcome(0, 0, [f"{name}: numbers of frames differ: {lengths}"])
    differences = []
    count = 0
    frames = list(zip(*columns.values()))
    for frame in frames:
        cells = [_cells(reading) for reading in frame]
        names = sorted(set().union(*cells))
        count += len(names)
        for field in names:
            values = [_row(each, field) for each in cells]
            if len(set(values)) != 1:
                pairs = ", ".join(f"{who} {value}" for who, value in zip(columns, values))
                differences.append(f"{name} frame {frame[0].frame} {field}: {pairs}")
    return Outcome(len(frames), count, differences)


def read_all(programs: list[Reader], file: Path, *, extensions: bool) -> dict[str, list[Reading]]:
    """What each program says of the file, by reader."""
    return {reader.name: reader.read(file, extensions=extensions) for reader in programs}


def _report(name: str, columns: dict[str, list[Reading]], *, extensions: bool) -> Outcome:
    """Prints a capture's line: who agrees with the first column."""
    outcome = compare(name, columns)
    first = [_cells(reading) for reading in next(iter(columns.values()))]
    agreeing = [who for who, readings in columns.items() if list(map(_cells, readings)) == first]
    kind = "ext" if extensions else "base"
    print(f"{name:28} {kind:5} {outcome.frames:6} {outcome.fields:6}  {' '.join(agreeing)}")
    return outcome


def run(programs: list[Reader]) -> list[str]:
    """Prints the table; all differences."""
    total = Outcome(0, 0, [])
    print(f"{'capture':28} {'set':5} {'frames':>6} {'fields':>6}  readers that agree")
    with tempfile.TemporaryDirectory() as directory:
        for capture in expectations.load(_PCAPS / "expectations.toml"):
            file = _PCAPS / f"{capture.name}.pcap"
            if capture.name == "golden":
                file = Path(directory) / "golden.pcap"
                golden.write_capture(_PCAPS / "golden", file)
            columns = {"expected": capture.readings}
            columns |= read_all(programs, file, extensions=capture.extensions)
            total.add(_report(capture.name, columns, extensions=capture.extensions))
    # What the node itself sent: no table, but all must see the same.
    for name in _RECORDED:
        columns = read_all(programs, _PCAPS / f"{name}.pcap", extensions=False)
        total.add(_report(name, columns, extensions=False))
    count = len(total.differences)
    print(f"{'all':28} {'':5} {total.frames:6} {total.fields:6}  {count} differences")
    return total.differences


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shunt-pcap", required=True, help="build/bin/shunt-pcap")
    parser.add_argument("--conform-read", required=True, help="build/conformance/conform-read")
    arguments = parser.parse_args()
    differences = run(readers(arguments.shunt_pcap, arguments.conform_read))
    print("\n".join(differences))
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
