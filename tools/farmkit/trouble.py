# SPDX-License-Identifier: Apache-2.0
"""What ends a command with a message for its user, and the exit code that goes with it."""

from __future__ import annotations

# docs/interfaces.md, "Exit codes".
OK = 0
NEGATIVE = 1
USAGE = 2
HARNESS = 3
INTERRUPTED = 130


class Trouble(Exception):
    """A sentence for the user, and the exit code."""

    def __init__(self, text: str, code: int) -> None:
        super().__init__(text)
        self.code = code
