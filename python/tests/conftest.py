# SPDX-License-Identifier: Apache-2.0
"""Where the tests find what was built."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def build() -> Path:
    """The build folder; ctest names it."""
    return Path(os.environ.get("SHUNT_BUILD", ROOT / "build")).resolve()


@pytest.fixture
def checkout(build: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that looks like a built checkout, and is the working folder of the test."""
    (tmp_path / "build").symlink_to(build)
    (tmp_path / "conformance").symlink_to(ROOT / "conformance")
    (tmp_path / "out").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path
