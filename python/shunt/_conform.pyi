# SPDX-License-Identifier: Apache-2.0
"""The judge: its cases, and runs of them against a device."""

from typing import Callable, final

@final
class CaseInfo:
    """A case of the suite."""

    @property
    def id(self) -> str:
        """profile/section/claim-in-words; never changes."""
    @property
    def claim(self) -> str:
        """One sentence."""
    @property
    def requirements(self) -> tuple[str, ...]:
        """Ids of what it judges."""
    @property
    def profile(self) -> str:
        """What a device must claim for it."""
    @property
    def role(self) -> str:
        """What the device is in it: home or target."""

@final
class Finding:
    """What a device did otherwise than a requirement says."""

    @property
    def requirement(self) -> str:
        """Its id."""
    @property
    def expected(self) -> str:
        """What should have come."""
    @property
    def actual(self) -> str:
        """What came."""
    @property
    def frame(self) -> int | None:
        """Number in the capture, from 1; None: one is missing."""
    @property
    def is_must(self) -> bool:
        """False: it is a SHOULD."""

@final
class CaseResult:
    """What came of a case."""

    @property
    def id(self) -> str:
        """The case's."""
    @property
    def requirements(self) -> tuple[str, ...]:
        """Ids of what was judged."""
    @property
    def verdict(self) -> str:
        """PASS, FAIL, HANG, CRASH, NON-STRICT, NOT-RUN, .. (docs/conformance.md)"""
    @property
    def reason(self) -> str:
        """Empty for PASS."""
    @property
    def findings(self) -> list[Finding]:
        """The first one decides."""
    @property
    def pcapng(self) -> str:
        """Path of the evidence; empty without out."""
    @property
    def rerun(self) -> str:
        """The command that runs this case again."""

@final
class RunResult:
    """What came of a run."""

    @property
    def suite(self) -> str:
        """The judge and its version."""
    @property
    def iut(self) -> str:
        """The device's name."""
    @property
    def seed(self) -> int:
        """Makes the same run again, in virtual time."""
    @property
    def verdict(self) -> str:
        """CONFORMANT, NOT-CONFORMANT or INCONCLUSIVE."""
    @property
    def cases(self) -> list[CaseResult]:
        """One CaseResult for each selected case, in order."""
    def to_json(self) -> str:
        """The verdict report (docs/interfaces.md)."""

def cases(selectors: list[str]) -> list[CaseInfo]:
    """The selected cases in the order of the protocol's pages; UsageError if there is none."""

def run(
    *,
    iut: str,
    selectors: list[str],
    command: list[str],
    seed: int | None,
    time: str | None,
    out: str,
    is_strict: bool,
    on_case: Callable[[CaseResult], object] | None,
) -> RunResult:
    """shunt.judge() is its face."""
