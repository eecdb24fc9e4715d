#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""tools/bench judges by the median of the rounds' ratios, and its exit code says what it found."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

from benchkit import figures, table

_PROGRAM = """#!/usr/bin/python3
import json, sys
FIGURES = {figures!r}
if "--list" in sys.argv:
    names = [{{"name": name}} for name in FIGURES]
    print(json.dumps({{"compiler": "none", "figures": names}}))
else:
    text = FIGURES[sys.argv[-1]]
    if text is None:
        sys.exit("it broke")
    print(json.dumps(text))
"""


def measured(limit: float | None, ours: list[float], named: list[float]) -> dict[str, object]:
    return {
        "name": "some",
        "ours": "what",
        "named": "beside",
        "unit": "ns",
        "limit": limit,
        "samples": {"ours": ours, "named": named},
        "details": [{"text": "bytes", "value": 7.0}],
    }


class Figures(unittest.TestCase):
    def test_ratios_are_of_rounds_and_the_median_decides(self) -> None:
        figure = figures.parse(measured(2.0, [10, 40, 300], [10, 20, 100]))
        self.assertEqual(figure.ratio, figures.Ratio(1.0, 2.0, 3.0))
        self.assertTrue(figure.is_met(1))
        self.assertIs(figures.parse(measured(1.99, [10, 40, 300], [10, 20, 100])).is_met(1), False)
        self.assertIs(figures.parse(measured(1.0, [10, 40, 300], [10, 20, 100])).is_met(2), True)

    def test_without_a_limit_nothing_is_judged(self) -> None:
        self.assertIsNone(figures.parse(measured(None, [10], [1])).is_met(1))

    def test_what_has_no_samples_is_no_figure(self) -> None:
        samples: list[tuple[list[float], list[float]]] = [([], []), ([1.0], []), ([1.0], [0.0])]
        for ours, named in samples:
            with self.assertRaises(ValueError):
                figures.parse(measured(1.0, ours, named))

    def test_the_table_says_what_is_missed(self) -> None:
        rows = table.rows([figures.parse(measured(1.0, [30], [20]))], 1)
        self.assertEqual(rows[1].split(), "some 30.0 20.0 ns 1.50 1.50 1.50 1 NO".split())


class Command(unittest.TestCase):
    def run_with(
        self, texts: dict[str, object], *arguments: str
    ) -> subprocess.CompletedProcess[str]:
        with tempfile.TemporaryDirectory() as folder:
            program = Path(folder) / "shunt-bench"
            program.write_text(_PROGRAM.format(figures=texts), encoding="utf-8")
            program.chmod(0o755)
            command = [sys.executable, str(ROOT / "tools/bench"), "--program", str(program)]
            json_file = Path(folder) / "out.json"
            run = subprocess.run(
                [*command, "--json", str(json_file), *arguments],
                capture_output=True,
                text=True,
                check=False,
            )
            self.json = json.loads(json_file.read_text()) if json_file.exists() else None
            return run

    def test_0_if_all_is_kept(self) -> None:
        run = self.run_with({"some": measured(2.0, [10], [10]), "more": measured(None, [9], [1])})
        self.assertEqual((run.returncode, run.stderr), (0, ""))
        self.assertEqual([figure["met"] for figure in self.json["figures"]], [True, None])

    def test_1_if_one_is_missed(self) -> None:
        texts: dict[str, object] = {"some": measured(0.5, [10], [10])}
        run = self.run_with(texts)
        self.assertEqual(run.returncode, 1)
        self.assertIn("missed: some", run.stdout)
        self.assertEqual(self.run_with(texts, "--tolerance", "2").returncode, 0)

    def test_2_for_a_name_that_is_not_there(self) -> None:
        run = self.run_with({"some": measured(2.0, [10], [10])}, "sone")
        self.assertEqual(run.returncode, 2)
        self.assertIn("did you mean some?", run.stderr)
        self.assertEqual(self.run_with({}, "--tolerance", "0.5").returncode, 2)

    def test_3_if_a_figure_breaks(self) -> None:
        run = self.run_with({"some": None})
        self.assertEqual(run.returncode, 3)
        self.assertIn("it broke", run.stderr)


if __name__ == "__main__":
    unittest.main()
