# SPDX-License-Identifier: Apache-2.0
"""What a reader says of one frame, and the text form that all four readers share.

One JSON object a line: {"frame": 7, "fault": "checksum"} or {"frame": 7, "fields": {..}}; a frame
that is not encapsulated, and completes no frame of a control channel, has neither. Numbers are
numbers, addresses dotted, octets hex.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Union

Value = Union[int, str, list[int], list[str]]


@dataclass
class Reading:
    """One frame as one reader sees it. `frame` counts from 1, as tshark and Wireshark do."""

    frame: int
    fields: dict[str, Value] = field(default_factory=dict)
    fault: str | None = None

    def to_json(self) -> str:
        parts: dict[str, object] = {"frame": self.frame}
        if self.fault:
            parts["fault"] = self.fault
        elif self.fields:
            parts["fields"] = self.fields
        return json.dumps(parts)

    @classmethod
    def from_json(cls, line: str) -> Reading:
        parts = json.loads(line)
        return cls(parts["frame"], parts.get("fields", {}), parts.get("fault"))


class ReaderError(Exception):
    """A capture that cannot be read to its end: the message names file and offset."""
