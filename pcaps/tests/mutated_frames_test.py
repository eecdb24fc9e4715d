# SPDX-License-Identifier: Apache-2.0
"""The four readers see the same in frames that nobody thought of.

SHUNT_MUTATED_FRAMES and SHUNT_MUTATION_SEED ask for more and others than the test's own.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from support import PCAPS, programs

# pylint: disable=wrong-import-order
from capture import write_frames
from four_readers import compare, read_all, readers
from mutations import encapsulated_frames, mutated_frames

COUNT = int(os.environ.get("SHUNT_MUTATED_FRAMES", "1500"))
SEED = int(os.environ.get("SHUNT_MUTATION_SEED", "1"))


@pytest.mark.parametrize("extensions", [True, False])
def test_all_readers_agree_on_mutated_frames(extensions: bool, tmp_path: Path) -> None:
    file = tmp_path / "mutated.pcap"
    write_frames(file, mutated_frames(encapsulated_frames(PCAPS), SEED, COUNT))
    columns = read_all(readers(*programs()), file, extensions=extensions)
    outcome = compare(f"seed {SEED}", columns)
    assert outcome.differences == []
    assert outcome.frames == COUNT
    judged = columns["judge"]
    # Enough of each kind, or the mutations do not reach what they are for.
    assert len({reading.fault for reading in judged if reading.fault}) >= 10
    assert sum(not reading.fault for reading in judged) > COUNT // 10
