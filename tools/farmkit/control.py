# SPDX-License-Identifier: Apache-2.0
"""A node's control socket (docs/interfaces.md): one JSON object a line, and one back."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

from .trouble import HARNESS, Trouble

_ANSWER_SECONDS = 5.0


class Control:
    """One node's control socket."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(_ANSWER_SECONDS)
        self._socket.connect(str(path))
        self._answers = self._socket.makefile("r")

    def __enter__(self) -> "Control":
        return self

    def __exit__(self, *_: object) -> None:
        self._answers.close()
        self._socket.close()

    def ask(self, verb: str, **fields: Any) -> dict[str, Any]:
        """The answer to one request, right or refused."""
        line = json.dumps({"id": 1, "do": verb, **fields}) + "\n"
        self._socket.sendall(line.encode())
        answer: dict[str, Any] = json.loads(self._answers.readline())
        return answer

    def result(self, verb: str, **fields: Any) -> dict[str, Any]:
        """What a request that has to succeed gives."""
        answer = self.ask(verb, **fields)
        if not answer["ok"]:
            raise Trouble(f"{verb}: {answer['error']}: {answer['text']}", HARNESS)
        result: dict[str, Any] = answer["result"]
        return result
