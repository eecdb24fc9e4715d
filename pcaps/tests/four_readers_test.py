# SPDX-License-Identifier: Apache-2.0
"""The comparison itself can fail: what it says of readings that differ."""

from __future__ import annotations

from support import PCAPS

# pylint: disable=wrong-import-order
import captures
import expectations
from four_readers import compare
from reading import Reading


def _columns(**readings: Reading) -> dict[str, list[Reading]]:
    return {name: [reading] for name, reading in readings.items()}


def test_a_difference_names_capture_frame_field_and_all_values() -> None:
    outcome = compare(
        "move-base",
        _columns(
            expected=Reading(5, {"copy": 1}), judge=Reading(5, {"copy": 2}), scapy=Reading(5, {})
        ),
    )
    assert outcome.differences == ["move-base frame 5 copy: expected 1, judge 2, scapy absent"]


def test_a_field_that_is_not_expected_is_a_difference() -> None:
    outcome = compare("c", _columns(expected=Reading(1), judge=Reading(1, {"copy": 0})))
    assert outcome.differences == ["c frame 1 copy: expected absent, judge 0"]


def test_a_fault_and_fields_differ() -> None:
    outcome = compare(
        "c", _columns(expected=Reading(1, fault="length"), judge=Reading(1, {"copy": 0}))
    )
    assert len(outcome.differences) == 2


def test_a_missing_frame_is_a_difference() -> None:
    outcome = compare("c", {"expected": [Reading(1), Reading(2)], "judge": [Reading(1)]})
    assert outcome.differences == ["c: numbers of frames differ: {'expected': 2, 'judge': 1}"]


def test_the_table_has_every_capture() -> None:
    named = {capture.name for capture in expectations.load(PCAPS / "expectations.toml")}
    assert named == {*captures.CAPTURES, "golden"}
