# SPDX-License-Identifier: Apache-2.0
"""Farms of tests: named by the test's process, so that they collide with nothing and, where a test
was killed, are recognized as left over by the next one."""

from __future__ import annotations

import os
import re
import tempfile
import unittest
from pathlib import Path

from .farm import Farm, Settings
from .network import run
from .processes import start_time

SKIPPED = 77  # what a test that lacks the privilege exits with
_PREFIX = re.compile(r"(shunt-t(\d+))-\w+")


def own_prefix() -> str:
    """Of this process's farms."""
    return f"shunt-t{os.getpid()}"


def remove_orphans(folder: Path) -> None:
    """Takes down farms whose test is gone; `folder` is any one without a farm in it."""
    prefixes = set()
    for line in run("ip", "netns", "list").splitlines():
        match = _PREFIX.match(line)
        if match and start_time(int(match[2])) is None:
            prefixes.add(match[1])
    for prefix in sorted(prefixes):
        Farm(folder, prefix).down()


def farm_of(test: unittest.TestCase, node: Path, plan: str) -> Farm:
    """A farm of that plan (farm.toml), which is up until the test has ended."""
    holder = tempfile.TemporaryDirectory(prefix="shunt-")
    test.addCleanup(holder.cleanup)
    folder = Path(holder.name)
    config = folder / "plan.toml"
    config.write_text(plan)
    remove_orphans(folder / "none")
    farm = Farm(folder / "farm", own_prefix())
    test.addCleanup(farm.down)
    farm.up(Settings(node, config=config, log_level="warn"))
    return farm
