#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes every capture; with --check DIRECTORY nothing is written and differences are named.

usage: captures.py DIRECTORY | captures.py --check DIRECTORY
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import control
import control_blocks
import farm
import malformed
import messages
import moves
import returns

CAPTURES = {
    "move-base": moves.move_base,
    "move-ext": moves.move_ext,
    "move-type-0x0007": moves.move_type_0x0007,
    "move-routed": moves.move_routed,
    "repeated-offer": moves.repeated_offer,
    "late-acknowledgement-reset": moves.late_acknowledgement_reset,
    "held-packets-order": moves.held_packets_order,
    "in-use-ext": moves.in_use_ext,
    "return-ext": returns.return_ext,
    "control-channel": control.control_channel,
    "rejects-and-challenges": messages.rejects_and_challenges,
    "udp-flows": messages.udp_flows,
    "inner-packets": messages.inner_packets,
    "malformed-lengths": malformed.malformed_lengths,
    "bad-checksums": malformed.bad_checksums,
    "control-block-extremes": control_blocks.control_block_extremes,
}


def write_all(directory: Path) -> None:
    """The captures as DIRECTORY/<name>.pcap."""
    for name, frames in CAPTURES.items():
        farm.write(directory / f"{name}.pcap", frames())


def differences(directory: Path) -> list[str]:
    """Captures of the directory that are not what would be written, and ones that nobody writes."""
    found = []
    with tempfile.TemporaryDirectory() as fresh:
        write_all(Path(fresh))
        for name in CAPTURES:
            file = directory / f"{name}.pcap"
            if not file.is_file():
                found.append(f"{file}: is not there")
            elif file.read_bytes() != (Path(fresh) / file.name).read_bytes():
                found.append(f"{file}: is not what pcaps/generate writes")
    written = {f"{name}.pcap" for name in CAPTURES}
    found += [f"{f}: nobody writes it" for f in directory.glob("*.pcap*") if f.name not in written]
    return found


def main(arguments: list[str]) -> int:
    if len(arguments) == 2 and arguments[0] == "--check":
        found = differences(Path(arguments[1]))
        print("\n".join(found) or f"{len(CAPTURES)} captures are as written")
        return 1 if found else 0
    if len(arguments) != 1 or arguments[0].startswith("-"):
        print(__doc__, file=sys.stderr)
        return 2
    write_all(Path(arguments[0]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
