# SPDX-License-Identifier: Apache-2.0
"""Every example of docs/python.md runs as it stands there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PAGE = Path(__file__).resolve().parents[2] / "docs/python.md"
EXAMPLE = re.compile(
    r"^## (?P<title>[^\n]+)\n(?:(?!^## ).)*?^```python\n(?P<code>.*?)^```", re.M | re.S
)
EXAMPLES = [(match["title"], match["code"]) for match in EXAMPLE.finditer(PAGE.read_text())]


def test_no_example_is_left_out() -> None:
    assert len(EXAMPLES) == PAGE.read_text().count("```python") >= 4


@pytest.mark.parametrize(("title", "code"), EXAMPLES, ids=[title for title, _ in EXAMPLES])
def test_an_example_runs(title: str, code: str, checkout: Path) -> None:
    assert "assert" in code
    exec(compile(code, f"{PAGE.name}: {title}", "exec"), {"__name__": "example"})
