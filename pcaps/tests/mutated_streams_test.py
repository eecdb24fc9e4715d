# SPDX-License-Identifier: Apache-2.0
"""The four readers see the same in control channels whose bytes nobody thought of.

SHUNT_MUTATED_STREAMS and SHUNT_MUTATION_SEED ask for more and others than the test's own.
"""

from __future__ import annotations

import os
import random
from pathlib import Path

from support import PCAPS, programs

# pylint: disable=wrong-import-order
from capture import read_frames, write_frames
from four_readers import compare, read_all, readers

COUNT = int(os.environ.get("SHUNT_MUTATED_STREAMS", "60"))
SEED = int(os.environ.get("SHUNT_MUTATION_SEED", "1"))
_TCP = 14 + 20
_TEXT = _TCP + 20
_FIRST_PORT = 41000
_CONTROL_PORT = 7007
_BROKEN = (20, 23)  # frames of the capture that break the format as they are
# Kinds, versions, flags, lengths: what means something somewhere.
_NUMBERS = (0, 1, 2, 3, 11, 12, 13, 0x0F, 0x30, 0x7F, 0x80, 0xFF)


def _text_end(frame: bytes) -> int:
    return 14 + int.from_bytes(frame[16:18], "big")


def _mutated(chance: random.Random, frames: list[bytes], port: int) -> list[bytes]:
    """The same conversation from another port of s1, with other bytes in some of its frames."""
    changed = []
    for frame in frames:
        octets = bytearray(frame)
        at = _TCP if octets[_TCP + 2 : _TCP + 4] == _CONTROL_PORT.to_bytes(2, "big") else _TCP + 2
        octets[at : at + 2] = port.to_bytes(2, "big")
        size = _text_end(frame) - _TEXT
        if size > 0 and chance.random() < 0.12:
            for _ in range(chance.randrange(1, 4)):
                number = chance.choice(_NUMBERS)
                octets[_TEXT + chance.randrange(size)] = number
        changed.append(bytes(octets))
    return changed


def test_all_readers_agree_on_mutated_streams(tmp_path: Path) -> None:
    chance = random.Random(SEED)
    frames = list(read_frames(PCAPS / "control-channel.pcap"))
    streams = [_mutated(chance, frames, _FIRST_PORT + index) for index in range(COUNT)]
    file = tmp_path / "streams.pcap"
    write_frames(file, [frame for stream in streams for frame in stream])
    columns = read_all(readers(*programs()), file, extensions=True)
    outcome = compare(f"seed {SEED}", columns)
    assert outcome.differences == []
    judged = columns["judge"]
    # Faults that the mutations made, and frames that are still read.
    made = {reading.frame for reading in judged if reading.fault == "format"}
    own = {reading.frame for reading in judged if (reading.frame - 1) % len(frames) + 1 in _BROKEN}
    assert len(made - own) > COUNT // 4
    assert sum(bool(reading.fields) for reading in judged) > 5 * COUNT
