# SPDX-License-Identifier: Apache-2.0
"""The rows of the matrix: a feature each, how it comes into play, and what shows that it did."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Callable

from . import exchanges
from .evidence import (
    ENGINE,
    KERNEL,
    Claim,
    Evidence,
    closes_window,
    finishes_first,
    full_segments,
    handshake,
    is_marked_and_told,
    none,
    overtaken,
    path_did,
    repeats,
    resets,
    some,
)
from .exchanges import Sizes
from .roles import Role
from .segments import SYN, Segment

_WIDE = 2**29  # bytes: the buffer that makes the kernel announce a scale of 14
_SCALE_OF_WIDE = 14
_SMALL_SEGMENT = 536


@dataclass(frozen=True)
class Row:
    """`plan` is for both directions; `sysctl` is the kernel's, below /proc/sys/net."""

    name: str
    exchange: Callable[[Role, Sizes], None]
    claims: list[Claim]
    plan: str = ""
    sysctl: dict[str, str] = field(default_factory=dict)
    sysctl_without: dict[str, str] = field(default_factory=dict)  # takes the feature away
    limits: dict[str, int] = field(default_factory=dict)
    largest_segment: int | None = None
    roles: tuple[str, ...] = ("server", "client")

    @property
    def is_brought_about(self) -> bool:
        """The feature is in play because of a plan or a setting, and would be absent without it."""
        return bool(self.plan or self.sysctl or self.largest_segment)

    def stripped(self) -> "Row":
        """The same without what brings the feature into play: its claims must not hold. Where that
        is the kernel's setting, the path stays as bad as it is."""
        if self.sysctl or self.largest_segment:
            return replace(self, sysctl=self.sysctl_without, largest_segment=None)
        return replace(self, plan="")


def _text(by: bool) -> Claim:
    return some(by, "text", lambda one: one.text > 0)


def _full(by: bool) -> Claim:
    return some(by, "full segments", lambda one: one.text >= 1_400)


def _sack(by: bool) -> Claim:
    return some(by, "SACK blocks", lambda one: one.options.sack_blocks > 0)


def _many_ports(evidence: Evidence) -> bool:
    opened = {one.ports for one in evidence.sent(KERNEL) if one.has(SYN)}
    opened |= {one.ports for one in evidence.sent(ENGINE) if one.has(SYN)}
    return len({min(ports) if max(ports) < 1_024 else max(ports) for ports in opened}) >= 50


def _has_widest_scale(one: Segment) -> bool:
    return one.options.window_scale == _SCALE_OF_WIDE


_BOTH = (KERNEL, ENGINE)

ROWS = [
    Row("bulk-up", exchanges.up, [_full(KERNEL)]),
    Row("bulk-down", exchanges.down, [_full(ENGINE)]),
    Row("ping-pong", exchanges.ping_pong, [_text(KERNEL), _text(ENGINE)]),
    Row("half-close-by-kernel", exchanges.half_close_by_kernel, [finishes_first(KERNEL)]),
    Row("half-close-by-engine", exchanges.half_close_by_engine, [finishes_first(ENGINE)]),
    Row("zero-window-of-kernel", exchanges.kernel_stalls, [closes_window(KERNEL)]),
    Row(
        "zero-window-of-engine",
        exchanges.engine_stalls,
        [closes_window(ENGINE)],
        limits={"tcp_receive_buffer_bytes": 65_536},
    ),
    Row(
        "out-of-order",
        exchanges.both_ways,
        [*map(overtaken, _BOTH), *map(_sack, _BOTH)],
        plan="late=1/20 late-by=3ms hold=3,7",
    ),
    Row(
        "third-and-fourth-lost",
        exchanges.both_ways,
        [path_did("dropped"), *map(repeats, _BOTH), *map(_sack, _BOTH)],
        plan="drop=3,4 delay=1ms",
    ),
    Row(
        "first-lost-three-times",
        exchanges.ping_pong,
        [path_did("dropped"), *map(repeats, _BOTH)],
        plan="drop=1,2,3",  # nothing follows that could be acknowledged: only time helps
    ),
    Row(
        "loss",
        exchanges.both_ways,
        [path_did("lost"), *map(repeats, _BOTH)],
        plan="loss=1/40 delay=1ms",
    ),
    Row("repetition", exchanges.both_ways, [path_did("repeated")], plan="repeat=1/10"),
    Row(
        "corruption",
        exchanges.both_ways,
        [path_did("corrupted"), *map(repeats, _BOTH)],
        plan="corrupt=1/40 delay=1ms",
    ),
    Row(
        "long-thin-line",
        exchanges.both_ways,
        [path_did("overflowed"), *map(overtaken, _BOTH)],
        plan="rate=20M queue=20 delay=5ms jitter=1ms",
    ),
    Row(
        "ecn",
        exchanges.both_ways,
        [
            *is_marked_and_told(KERNEL),
            *is_marked_and_told(ENGINE),
        ],
        plan="mark=1/20 delay=1ms",
        sysctl={"ipv4/tcp_ecn": "1"},
        sysctl_without={"ipv4/tcp_ecn": "0"},  # left alone, the kernel agrees where it is asked
    ),
    Row(
        "sack-off",
        exchanges.both_ways,
        [
            handshake(KERNEL, "permits no SACK", lambda one: not one.options.permits_sack),
            *(none(by, "SACK blocks", lambda one: one.options.sack_blocks > 0) for by in _BOTH),
            path_did("lost"),
            *map(repeats, _BOTH),
        ],
        plan="loss=1/100 delay=1ms drop=9",
        sysctl={"ipv4/tcp_sack": "0"},
    ),
    Row(
        "timestamps-off",
        exchanges.both_ways,
        [
            handshake(KERNEL, "has no timestamp", lambda one: not one.options.has_timestamp),
            *(
                none(by, "timestamp", lambda one: one.options.has_timestamp and not one.has(SYN))
                for by in _BOTH
            ),
            path_did("dropped"),
        ],
        plan="drop=5 delay=1ms",
        sysctl={"ipv4/tcp_timestamps": "0"},
    ),
    Row(
        "window-scale-off",
        exchanges.both_ways,
        [handshake(KERNEL, "has no scale", lambda one: one.options.window_scale is None)],
        sysctl={"ipv4/tcp_window_scaling": "0"},
    ),
    Row(
        "window-scale-0",
        exchanges.both_ways_small_buffer,
        [handshake(KERNEL, "has scale 0", lambda one: one.options.window_scale == 0)],
    ),
    Row(
        "window-scale-14",
        exchanges.both_ways,
        [handshake(KERNEL, "has scale 14", _has_widest_scale)],
        sysctl={"ipv4/tcp_rmem": f"4096 131072 {_WIDE}"},
    ),
    Row(
        "mss-536",
        exchanges.both_ways,
        [
            handshake(
                KERNEL,
                "says 536",
                lambda one: one.options.largest_segment == _SMALL_SEGMENT,
            ),
            full_segments(ENGINE, _SMALL_SEGMENT),
        ],
        largest_segment=_SMALL_SEGMENT,
    ),
    Row("reset-by-kernel", exchanges.reset_by_kernel, [resets(KERNEL)]),
    Row("reset-by-engine", exchanges.reset_by_engine, [resets(ENGINE)]),
    Row("refused", exchanges.refused, []),
    Row(
        "many-connections",
        exchanges.many,
        [Claim("they have ports of their own", _many_ports)],
    ),
]
