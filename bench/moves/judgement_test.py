#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A figure that does not keep its limit is told, of each kind; and whose wait belongs to a move."""

from __future__ import annotations

import sys
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "bench/moves")]

from movekit import loads
from movekit.judgement import Figure, Kind, Result


def _result(kind: Kind, ours: list[float], named: list[float], **limits: float) -> Result:
    figure = Figure("it", "us", "other", kind, **limits)
    return Result(figure, ours, named)


class Judgement(unittest.TestCase):
    def test_the_median_of_ratios_is_judged(self) -> None:
        kept = _result(Kind.RATIO, [3.0, 1.0, 9.0], [10.0, 10.0, 10.0], most=0.3)
        self.assertTrue(kept.is_met)
        missed = _result(Kind.RATIO, [3.1, 1.0, 9.0], [10.0, 10.0, 10.0], most=0.3)
        self.assertFalse(missed.is_met)

    def test_a_ratio_may_have_a_floor(self) -> None:
        self.assertTrue(_result(Kind.RATIO, [0.95], [1.0], least=0.95).is_met)
        self.assertFalse(_result(Kind.RATIO, [0.94], [1.0], least=0.95).is_met)

    def test_of_counts_the_worst_round_is_judged(self) -> None:
        self.assertTrue(_result(Kind.COUNT, [0.0, 0.0, 0.0], [], most=0).is_met)
        self.assertFalse(_result(Kind.COUNT, [0.0, 1.0, 0.0], [], most=0).is_met)

    def test_no_more_than_the_control(self) -> None:
        self.assertTrue(_result(Kind.EXCESS, [2.0, 0.0], [1.0, 1.0]).is_met)
        self.assertFalse(_result(Kind.EXCESS, [2.0, 1.0], [1.0, 1.0]).is_met)

    def test_the_request_under_way_when_a_move_begins_counts(self) -> None:
        millisecond = 1_000_000
        samples = [(0, 40), (50, 5 * millisecond), (6 * millisecond, 60), (90 * millisecond, 70)]
        self.assertEqual(loads.worst([100], samples), [5 * millisecond])
        self.assertEqual(loads.worst([5 * millisecond + 60], samples), [60])
        self.assertEqual(loads.worst([200 * millisecond], samples), [])


if __name__ == "__main__":
    unittest.main()
