#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""bench/peers: what makes no measurement is refused before anything is made, and runs that would
share namespaces do not begin."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))
sys.path.insert(0, str(ROOT / "bench/peers"))

from speedkit import places
from speedkit.trouble import Trouble

USAGE = 2


class CommandLine(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory(prefix="shunt-")
        self.addCleanup(folder.cleanup)
        self.programs = Path(folder.name)
        for name in ("shunt-node", "load-client"):
            (self.programs / name).touch()

    def expect_refusal(self, text: str, *options: str) -> None:
        for program in ("speed", "table"):
            command = [str(ROOT / "bench/peers" / program), "--bin", str(self.programs), *options]
            done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
            self.assertEqual(done.returncode, USAGE, done.stderr)
            self.assertIn(text, done.stderr)

    def test_what_makes_no_measurement_is_refused(self) -> None:
        for rounds in ("0", "-1"):
            self.expect_refusal("--rounds: expected 1 at least", "--rounds", rounds)
        for seconds in ("0", "-1", "nan", "inf"):
            self.expect_refusal("--seconds: expected more than 0", f"--seconds={seconds}")
        for cores in ("0", "a,b", "0,0,0", "0,9999", ""):
            self.expect_refusal("--cores: expected two of", f"--cores={cores}")
        for prefix in ("", "-x", "a b", "../x"):
            self.expect_refusal("--prefix: expected letters", f"--prefix={prefix}")
        self.expect_refusal("is no directory", "--json", "/no/such/folder/x.json")
        self.expect_refusal("is not built", "--bin", "/no/such/folder")

    def test_a_prefix_has_one_run_at_a_time(self) -> None:
        prefix = f"shunt-t{os.getpid()}"
        with places.claimed(prefix):
            with self.assertRaisesRegex(Trouble, "another run has the prefix"):
                with places.claimed(prefix):
                    self.fail("two runs began")
        with places.claimed(prefix):
            pass


if __name__ == "__main__":
    unittest.main()
