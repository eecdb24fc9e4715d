# SPDX-License-Identifier: Apache-2.0
"""What can go wrong beside misuse, which is a TypeError or a ValueError of Python's own."""

from __future__ import annotations


class ParseError(ValueError):
    """Bytes that the reference implementation drops.

    `counter` is the dotted name of the counter that a node would increment (docs/counters.md),
    `sentence` what that counter means.
    """

    def __init__(self, counter: str, sentence: str) -> None:
        super().__init__(counter, sentence)
        self.counter = counter
        self.sentence = sentence

    def __str__(self) -> str:
        return f"{self.counter}: {self.sentence}"


class MigrateError(RuntimeError):
    """A move that a server does not start.

    `reason` is "unknown-connection", "unknown-server" or "not-movable", `text` says more.
    """

    def __init__(self, reason: str, text: str) -> None:
        super().__init__(reason, text)
        self.reason = reason
        self.text = text

    def __str__(self) -> str:
        return f"{self.reason}: {self.text}"


class UsageError(ValueError):
    """What the judge was given makes no run: the text names file and line, or what was expected."""


class HarnessError(RuntimeError):
    """The judge could not do its part: evidence that cannot be written, a machine without means."""
