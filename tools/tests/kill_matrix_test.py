#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The kill matrix puts farms together rightly, and complains of cases, reasons and pages."""

from __future__ import annotations

import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "conformance" / "tests")]

from matrixkit import page, picture
from matrixkit.matrix import Matrix, Report
from matrixkit.reasons import Reason, matches

CASES = ["a/b/one", "a/b/two", "a/c/three"]
WHY = Reason("twin", "Shows that the service is alive.", ("a/c/*",))


def report(**killers: list[str]) -> Report:
    rows = [
        {"name": name, "requirement": "EP-1", "killed_by": ids, "mapped": ids[:1]}
        for name, ids in killers.items()
    ]
    return {"mutants": rows}


def matrix() -> Matrix:
    """`first` has one killer in the one farm and another in the other, `second` one in both."""
    made = Matrix(CASES)
    made.add("base", report(first=["a/b/one"], second=["a/b/two"], third=["a/b/one"]))
    made.add("extensions", report(first=["a/b/two"], second=["a/b/two"]))
    return made


class KillMatrix(unittest.TestCase):
    """With a suite of three cases and three mutants."""

    def found(self, *reasons: Reason) -> list[str]:
        rows = page.rows_of(matrix(), list(reasons))
        return page.complaints(rows, ["first", "second", "third"], list(reasons))

    def test_who_kills_alone_does_so_in_every_farm(self) -> None:
        self.assertEqual(matrix().only_killer_of("a/b/one"), ["third"])
        self.assertEqual(matrix().only_killer_of("a/b/two"), ["second"])
        self.assertEqual(matrix().only_killer_of("a/c/three"), [])
        self.assertEqual([matrix().kills(case) for case in CASES], [2, 2, 0])

    def test_a_body_that_is_run_twice_kills_as_one(self) -> None:
        cases = ["tcp/closing/fin", "tcp/after-migration/fin", "tcp/closing/reset"]
        made = Matrix(cases)
        made.add("base", report(one=cases[:2], two=cases[1:], three=cases[1:2]))
        self.assertEqual(made.only_killer_of(cases[0]), ["one"])
        self.assertEqual(made.only_killer_of(cases[1]), ["one", "three"])
        self.assertEqual(made.only_killer_of(cases[2]), [])

    def test_a_case_without_a_reason_is_complained_of(self) -> None:
        self.assertEqual(self.found(WHY), [])
        expected = "a/c/three is the only killer of no mutant, and has no reason"
        self.assertEqual(self.found(), [expected])

    def test_a_stale_reason_is_complained_of(self) -> None:
        gone = Reason("gone", "..", ("a/d/**",))
        unneeded = "gone: no case needs that reason"
        self.assertEqual(self.found(WHY, gone), ["gone: no case is called a/d/**", unneeded])
        both = Reason("both", "..", ("a/b/two",))
        expected = "a/b/two is the only killer of second, and has a reason besides: both"
        self.assertEqual(self.found(WHY, both), ["both: no case needs that reason", expected])

    def test_a_selector_is_an_id_or_a_glob(self) -> None:
        self.assertTrue(matches("a/**", "a/b/one"))
        self.assertTrue(matches("a/b/o*", "a/b/one"))
        self.assertFalse(matches("a/*", "a/b/one"))
        self.assertFalse(matches("a/b", "a/b/one"))
        self.assertFalse(matches("a.b/one", "a/b/one"))

    def page_of(self, text: str, cases: list[str], *reasons: Reason) -> list[str]:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "page.md"
            path.write_text(text)
            mutants = ["first", "second", "third"]
            return page.page_complaints(path, cases, mutants, list(reasons))

    def test_a_page_is_of_this_suite(self) -> None:
        text = page.render(matrix(), [WHY])
        self.assertEqual(self.page_of(text, CASES, WHY), [])
        counts = "the counts at the top of the page are of something else"
        more, fewer = [*CASES, "x/y"], CASES[1:]
        self.assertEqual(self.page_of(text, more, WHY), ["x/y is not on the page", counts])
        expected = ["a/b/one is on the page, but no case", counts]
        self.assertEqual(self.page_of(text, fewer, WHY), expected)

    def test_a_page_is_of_these_mutants_and_reasons(self) -> None:
        text = page.render(matrix(), [WHY])
        renamed = text.replace("`second`", "`last`")
        expected = [
            "the mutant second is not on the page",
            "last is on the page, but no mutant",
            "a/b/two: no mutant is called last",
        ]
        self.assertEqual(self.page_of(renamed, CASES, WHY), expected)
        counted = text.replace("3 mutants", "999 mutants")
        expected = ["the counts at the top of the page are of something else"]
        self.assertEqual(self.page_of(counted, CASES, WHY), expected)
        other = Reason("other", "..", WHY.selectors)
        expected = ["a/c/three: the page has the reason 'twin', the file another"]
        self.assertEqual(self.page_of(text, CASES, other), expected)

    def test_the_picture_has_a_dot_for_each_kill(self) -> None:
        drawn = picture.draw(matrix())
        self.assertEqual(drawn.count("<rect"), 4)
        self.assertEqual(drawn.count(picture.COLORS["only"] + '"><title>'), 2)
        self.assertIn("a/b/two kills second EP-1", drawn)


if __name__ == "__main__":
    unittest.main(verbosity=2)
