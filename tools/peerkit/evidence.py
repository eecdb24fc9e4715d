# SPDX-License-Identifier: Apache-2.0
"""That a feature was in play: claims about the captured path, without which no row could fail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable

from .segments import ACK, CONGESTION_EXPERIENCED, CWR, ECE, FIN, RST, SYN, Segment


@dataclass(frozen=True)
class Evidence:
    """What a cell leaves: segments at both ends, and the counts of the impairment."""

    segments: list[Segment]
    path: dict[str, Any]

    def sent(self, by_kernel: bool) -> list[Segment]:
        """As they left their sender."""
        return [one for one in self.segments if one.from_kernel is by_kernel is one.at_kernel]

    def arrived(self, from_kernel: bool) -> list[Segment]:
        """As they came to their receiver."""
        return [
            one
            for one in self.segments
            if one.from_kernel is from_kernel and one.at_kernel is not from_kernel
        ]

    def happened(self, what: str) -> dict[str, int]:
        """Counts of the impairment by direction."""
        return {way: int(self.path[way][what]) for way in ("to_right", "to_left")}


@dataclass(frozen=True)
class Claim:
    """A sentence, and whether it is so."""

    sentence: str
    holds: Callable[[Evidence], bool]


KERNEL, ENGINE = True, False
_NAMES = {KERNEL: "the kernel", ENGINE: "the engine"}


def handshake(by: bool, what: str, holds: Callable[[Segment], bool]) -> Claim:
    """Of every SYN or SYN/ACK that one side sends; there has to be one."""

    def check(evidence: Evidence) -> bool:
        found = [one for one in evidence.sent(by) if one.has(SYN)]
        return bool(found) and all(map(holds, found))

    return Claim(f"{_NAMES[by]}'s SYN {what}", check)


def some(by: bool, what: str, holds: Callable[[Segment], bool]) -> Claim:
    """One side sends such a segment."""
    return Claim(f"{_NAMES[by]} sends {what}", lambda e: any(map(holds, e.sent(by))))


def none(by: bool, what: str, holds: Callable[[Segment], bool]) -> Claim:
    """One side sends segments, and none of these."""
    return Claim(
        f"{_NAMES[by]} sends no {what}",
        lambda e: bool(e.sent(by)) and not any(map(holds, e.sent(by))),
    )


def path_did(what: str) -> Claim:
    """The impairment happened, in both directions."""
    return Claim(f"frames are {what} both ways", lambda e: min(e.happened(what).values()) > 0)


def repeats(by: bool) -> Claim:
    """One side sends some of its text again."""

    def check(evidence: Evidence) -> bool:
        text = [one for one in evidence.sent(by) if one.text > 0]
        return len({(one.ports, one.sequence) for one in text}) < len(text)

    return Claim(f"{_NAMES[by]} retransmits", check)


def closes_window(by: bool) -> Claim:
    """One side's window closes, and the other side asks about it until it opens."""

    def check(evidence: Evidence) -> bool:
        here = [one for one in evidence.segments if one.at_kernel is by]
        closed = next(
            (i for i, one in enumerate(here) if one.from_kernel is by and _is_closed(one)), None
        )
        if closed is None:
            return False
        opened = next(
            (
                i
                for i, one in enumerate(here)
                if i > closed and one.from_kernel is by and one.window > 0
            ),
            len(here),
        )
        return any(one.from_kernel is not by for one in here[closed:opened])

    return Claim(f"{_NAMES[by]} closes its window and is asked about it", check)


def _is_closed(segment: Segment) -> bool:
    return segment.window == 0 and segment.has(ACK) and not segment.has(RST)


def finishes_first(by: bool) -> Claim:
    """One side's FIN is followed by text of the other one."""

    def check(evidence: Evidence) -> bool:
        here = [one for one in evidence.segments if one.at_kernel]
        at = next((i for i, one in enumerate(here) if one.from_kernel is by and one.has(FIN)), None)
        if at is None:
            return False
        return any(one.text > 0 and one.from_kernel is not by for one in here[at:])

    return Claim(f"text comes behind the FIN of {_NAMES[by]}", check)


def full_segments(by: bool, most: int) -> Claim:
    """The longest text that one side sends is just below the limit (options take some of it)."""

    def check(evidence: Evidence) -> bool:
        longest = max((one.text for one in evidence.sent(by)), default=0)
        return most - 40 <= longest <= most

    return Claim(f"{_NAMES[by]} fills segments of {most} bytes and none is longer", check)


def overtaken(of: bool) -> Claim:
    """Text of one side arrives behind text that it sent later."""

    def check(evidence: Evidence) -> bool:
        highest: dict[tuple[int, int], int] = {}
        for one in evidence.arrived(of):
            if one.text == 0:
                continue
            before = highest.get(one.ports)
            if before is not None and 0 < (before - one.sequence) % 2**32 < 2**31:
                return True
            highest[one.ports] = one.sequence
        return False

    return Claim(f"segments of {_NAMES[of]} are overtaken", check)


def is_marked_and_told(sender: bool) -> list[Claim]:
    """RFC 3168 6.1: marks on the sender's text are echoed, and the echo is answered with CWR."""
    marked = Claim(
        f"segments of {_NAMES[sender]} are marked",
        lambda e: any(one.ecn == CONGESTION_EXPERIENCED for one in e.arrived(sender)),
    )
    return [
        marked,
        some(not sender, "ECE", lambda one: one.has(ECE) and not one.has(SYN)),
        some(sender, "CWR", lambda one: one.has(CWR) and not one.has(SYN)),
    ]


def resets(by: bool) -> Claim:
    """One side sends a RST."""
    return some(by, "RST", lambda one: one.has(RST))


def carries(by: bool, size: int) -> Claim:
    """So much text leaves one side."""
    return Claim(
        f"{_NAMES[by]} sends {size} bytes of text",
        lambda e: sum(one.text for one in e.sent(by)) >= size,
    )
