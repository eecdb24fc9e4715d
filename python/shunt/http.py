# SPDX-License-Identifier: Apache-2.0
"""HTTP/1.1 responses with Content-Length (RFC 9112), as the node's application sends them."""

from __future__ import annotations

from dataclasses import dataclass

_HEAD_END = b"\r\n\r\n"


@dataclass(frozen=True)
class Response:
    """A whole response; header names are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


class ResponseReader:
    """One response out of the bytes of a connection, of which the first `start` are not its own."""

    def __init__(self, start: int) -> None:
        self.start = start
        self._head: tuple[int, dict[str, str]] | None = None
        self.needed = start + 1
        """Bytes of the connection without which it makes no sense to look again."""

    def read(self, received: bytes) -> Response | None:
        """The response if all of it is in `received`; ValueError if it is none."""
        if self._head is None:
            end = received.find(_HEAD_END, self.start)
            if end < 0:
                self.needed = len(received) + 1
                return None
            self._head = _parse_head(received[self.start : end])
            self._body_start = end + len(_HEAD_END)
            self.needed = self._body_start + int(self._head[1].get("content-length", "0"))
        if len(received) < self.needed:
            return None
        status, headers = self._head
        return Response(status, headers, received[self._body_start : self.needed])


def _parse_head(head: bytes) -> tuple[int, dict[str, str]]:
    first, *rest = head.decode("latin-1").split("\r\n")
    version, _, status = first.partition(" ")
    if not version.startswith("HTTP/1.") or not status[:3].isdigit():
        raise ValueError(f"response: expected HTTP/1.x and a status, got {first!r:.80}")
    headers = {}
    for line in rest:
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    return int(status[:3]), headers
