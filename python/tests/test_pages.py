# SPDX-License-Identifier: Apache-2.0
"""Every Python example of these pages runs as it stands there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGES = {name: (DOCS / name).read_text() for name in ("python.md", "sockets.md")}
EXAMPLE = re.compile(
    r"^## (?P<title>[^\n]+)\n(?:(?!^## ).)*?^```python\n(?P<code>.*?)^```", re.M | re.S
)
EXAMPLES = [
    (f"{page}: {match['title']}", match["code"])
    for page, text in PAGES.items()
    for match in EXAMPLE.finditer(text)
]


def test_no_example_is_left_out() -> None:
    assert len(EXAMPLES) == sum(text.count("```python") for text in PAGES.values()) >= 5


@pytest.mark.parametrize(("title", "code"), EXAMPLES, ids=[title for title, _ in EXAMPLES])
def test_an_example_runs(title: str, code: str, checkout: Path) -> None:
    assert "assert" in code
    exec(compile(code, title, "exec"), {"__name__": "example"})
