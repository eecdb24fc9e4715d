# SPDX-License-Identifier: Apache-2.0
"""shunt for Python: formats and farms of the reference implementation, and the judge.

Formats are values: `ControlBlock.parse(data)`, `.to_bytes()`, `.replace(mss=1400)`. A `World` is a
farm in virtual time. `judge()` runs conformance cases against a device. Misuse is a TypeError or a
ValueError that says what was expected; bytes that a node would drop are a `ParseError`.
"""

from __future__ import annotations

from shunt import objects
from shunt._conform import CaseInfo, CaseResult, Finding, RunResult
from shunt._ref import (
    BlockState,
    ConnectionInformation,
    ConnectionRow,
    ControlBlock,
    Encapsulated,
    EncapsulationHeader,
    EncapsulationType,
    Faults,
    ForwardedPacket,
    Host,
    MigrationCopy,
    MigrationId,
    Plan,
    Readiness,
    RejectMessage,
    RejectReason,
    Tables,
    TransportProtocol,
    Violation,
    WorldResult,
    generated_content,
    run_scenario,
    scenarios,
)
from shunt.errors import HarnessError, MigrateError, ParseError, UsageError
from shunt.http import Response
from shunt.judge import cases, judge
from shunt.link import Link
from shunt.world import Connection, Node, World

__all__ = [
    "BlockState",
    "CaseInfo",
    "CaseResult",
    "Connection",
    "ConnectionInformation",
    "ConnectionRow",
    "ControlBlock",
    "Encapsulated",
    "EncapsulationHeader",
    "EncapsulationType",
    "Faults",
    "Finding",
    "ForwardedPacket",
    "HarnessError",
    "Host",
    "Link",
    "MigrateError",
    "MigrationCopy",
    "MigrationId",
    "Node",
    "ParseError",
    "Plan",
    "Readiness",
    "RejectMessage",
    "RejectReason",
    "Response",
    "RunResult",
    "Tables",
    "TransportProtocol",
    "UsageError",
    "Violation",
    "World",
    "WorldResult",
    "cases",
    "generated_content",
    "judge",
    "objects",
    "run_scenario",
    "scenarios",
]
