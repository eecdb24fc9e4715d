# SPDX-License-Identifier: Apache-2.0
"""shunt-sim as its users start it: options, report, exit codes.

usage: shunt_sim_program.py PROGRAM [unittest options]
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from typing import Any

PROGRAM = ""


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs the program to its end."""
    command = [PROGRAM, *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)


def report(*arguments: str) -> dict[str, Any]:
    """The JSON that a clean run prints."""
    done = run(*arguments, "--json", "-")
    assert done.returncode == 0, done.stdout + done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


class ShuntSim(unittest.TestCase):
    """Each test is one thing that a user does."""

    def test_lists_scenarios(self) -> None:
        done = run("--list")
        self.assertEqual(done.returncode, 0)
        names = [line.split()[0] for line in done.stdout.splitlines()]
        self.assertEqual(len(set(names)), len(names))
        self.assertLessEqual({"move-once", "move-faults", "flow-faults", "tcp-pair"}, set(names))

    def test_reports_figures_and_no_violations(self) -> None:
        found = report("--scenario", "move-once", "--connections", "10", "--seed", "3")
        self.assertRegex(found["trace_hash"], "^[0-9a-f]{16}$")
        self.assertEqual(found["connections"], 10)
        self.assertGreater(found["packets"], 100)
        self.assertGreater(found["migrations"], 5)
        self.assertEqual(found["violations"], [])

    def test_same_seed_same_trace_whatever_the_number_of_jobs(self) -> None:
        world = ("--scenario", "move-once-base", "--connections", "5", "--seeds", "1..4")
        self.assertEqual(report(*world), report(*world, "--jobs", "3"))
        other = report("--scenario", "move-once-base", "--connections", "5", "--seeds", "2..5")
        self.assertNotEqual(report(*world)["trace_hash"], other["trace_hash"])

    def test_violation_exits_1_and_prints_the_line_that_repeats_it(self) -> None:
        world = ("--scenario", "move-once", "--connections", "2", "--loss", "1/1")
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "report.json"
            done = run(*world, "--seeds", "6..6", "--json", str(path))
            found = json.loads(path.read_text())
        self.assertEqual(done.returncode, 1)
        line = "shunt-sim --scenario move-once --seed 6 --connections 2 --loss 1/1"
        self.assertIn(line, done.stderr)
        self.assertEqual(found["violation_count"], len(found["violations"]))
        for violation in found["violations"]:
            self.assertEqual(violation["seed"], 6)
            self.assertEqual(set(violation), {"time_ns", "rule", "text", "seed"})

    def test_failing_world_is_recorded_once_and_fails_when_replayed(self) -> None:
        world = ("--scenario", "move-once", "--connections", "2", "--loss", "1/1")
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "seeds.txt"
            path.write_text("# none yet\n")
            self.assertEqual(run("--replay-seeds", str(path)).returncode, 0)
            for _ in range(2):
                done = run(*world, "--seed", "6", "--record-seeds", str(path))
                self.assertEqual(done.returncode, 1)
            line = "--scenario move-once --seed 6 --connections 2 --loss 1/1"
            self.assertEqual(path.read_text(), f"# none yet\n{line}\n")
            done = run("--replay-seeds", str(path))
            self.assertEqual(done.returncode, 1)
            self.assertIn(f"shunt-sim {line}", done.stderr)

    def test_pair_takes_its_options(self) -> None:
        options = ("--pattern", "download", "--size", "100000", "--rtt-us", "20000")
        found = report("--scenario", "tcp-pair", "--seed", "5", *options)
        self.assertEqual(found["bytes"], 100_000)
        self.assertEqual(found["violations"], [])

    def test_crashes_are_counted_and_each_is_repeated_by_its_line(self) -> None:
        done = run("--crashes", "unbound-base", "--jobs", "2", "--every", "5", "--json", "-")
        self.assertEqual(done.returncode, 0, done.stderr)
        (script,) = json.loads(done.stdout)["scripts"]
        ends = sum(script[end] for end in ("served", "reset", "gone", "limit", "failed"))
        self.assertEqual(ends, script["crashes"])
        self.assertGreater(script["served"], 0)
        self.assertEqual(script["failed"], 0)
        done = run("--crashes", "unbound-base", "--list")
        self.assertIn("none > forward-connect/unreleased; sends 0x03", done.stdout)
        point = next(line.split()[0] for line in done.stdout.splitlines() if "sends 0x03" in line)
        done = run("--crashes", "unbound-base", "--crash", point + ".frames.short")
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn("1 crashes, limit", done.stdout)

    def test_speed_is_said_on_standard_error(self) -> None:
        done = run("--scenario", "tcp-pair", "--seeds", "1..100", "--speed")
        self.assertEqual(done.returncode, 0)
        self.assertRegex(done.stderr, r"\d+ packets delivered per second of processor time")
        self.assertIn("50 of 100 worlds", done.stderr)

    def test_watch_prints_the_frames_of_one_connection(self) -> None:
        done = run("--scenario", "move-once", "--connections", "3", "--watch", "10001")
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn("10.7.0.9:10001 > 10.7.1.1:80", done.stdout)
        self.assertNotIn(":10002", done.stdout)

    def test_other_trace_than_expected_exits_1(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "traces.txt"
            path.write_text("# one world\nmove-once 3 1 0000000000000000\n")
            done = run("--expect-traces", str(path))
            self.assertEqual(done.returncode, 1)
            self.assertIn("move-once 3 1: expected 0000000000000000, got ", done.stdout)
            self.assertEqual(run("--update-traces", str(path)).returncode, 0)
            self.assertEqual(run("--expect-traces", str(path)).returncode, 0)

    def test_other_table_than_expected_exits_1(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "table.txt"
            self.assertEqual(run("--update-table", str(path)).returncode, 0)
            self.assertEqual(run("--expect-table", str(path)).returncode, 0)
            lines = path.read_text().splitlines()
            lines[-1] += "0"
            path.write_text("\n".join(lines) + "\n")
            done = run("--expect-table", str(path))
            self.assertEqual(done.returncode, 1)
            self.assertIn("expected " + lines[-1], done.stdout)

    def test_a_result_that_cannot_be_printed_is_no_success(self) -> None:
        for arguments in (("--list",), ("--scenario", "tcp-pair"), ("--help",)):
            with self.subTest(arguments=arguments), open("/dev/full", "w") as full:
                done = subprocess.run(
                    [PROGRAM, *arguments],
                    stdout=full,
                    stderr=subprocess.PIPE,
                    text=True,
                    timeout=100,
                    check=False,
                )
                self.assertEqual(done.returncode, 3)
                self.assertIn("standard output: No space left", done.stderr)

    def test_bad_usage_exits_2_and_says_what_is_wrong(self) -> None:
        for arguments, text in (
            ((), "--scenario"),
            (("--scenario", "nonsense"), "nonsense"),
            (("--scenario", "move-once", "--seed", "x"), "--seed"),
            (("--expect-traces", "/nonexistent"), "/nonexistent"),
            (("--crashes", "nonsense"), "unbound"),
            (("--crash", "s1.1.state.short"), "--crashes"),
            (("--crashes", "unbound", "--crash", "s1.1.state"), "short|long|never"),
            (("--scenario", "crash-twice", "--loss", "1/2"), "--loss"),
            (("--scenario", "tcp-pair", "--connections", "3"), "--connections"),
            (("--scenario", "tcp-pair", "--json", "/nonexistent/a"), "/nonexistent/a"),
            (("--scenario", "tcp-pair", "--record-seeds", "/nonexistent/a"), "/nonexistent/a"),
        ):
            with self.subTest(arguments=arguments):
                done = run(*arguments)
                self.assertEqual(done.returncode, 2)
                self.assertIn(text, done.stderr)


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    unittest.main()
