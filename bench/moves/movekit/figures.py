# SPDX-License-Identifier: Apache-2.0
"""The figures of issue "moves": which load gives each, and the rounds."""

from __future__ import annotations

from typing import Callable

from . import loads
from .judgement import Figure, Kind, Result
from .loads import Round, Scale
from .stage import Stage

_REPAIR = "kernel, TCP_REPAIR"
_UNMOVED = "the same unmoved"
_BARE = "bare read and write"
QUEUED_KIB = (0, 16, 64, 128)

Load = Callable[[Stage, Scale, int], Round]


def _freeze(queued_kib: int) -> tuple[Load, list[Figure]]:
    def load(stage: Stage, _: Scale, number: int) -> Round:
        return loads.freeze(stage, queued_kib, ours_first=number % 2 == 1)

    return load, [
        Figure(f"host-{queued_kib}", "us", _REPAIR, most=0.3),
        Figure(f"freeze-{queued_kib}", "us", _REPAIR, most=0.3),
        Figure(f"wire-{queued_kib}", "us", _REPAIR),
    ]


def _bulk(verb: str) -> tuple[Load, list[Figure]]:
    def load(stage: Stage, scale: Scale, number: int) -> Round:
        return loads.bulk(stage, scale, verb, ours_first=number % 2 == 1)

    return load, [
        Figure(verb, "Gbit/s", _UNMOVED, least=0.95),
        Figure(f"{verb}-timeouts", "timeouts", "-", Kind.COUNT, most=0),
    ]


def _forward(text: int) -> tuple[Load, list[Figure]]:
    def load(stage: Stage, scale: Scale, number: int) -> Round:
        return loads.forward(stage, scale, text, ours_first=number % 2 == 1)

    return load, [Figure(f"forward-{text}", "frames/s", _BARE, least=0.85)]


LOADS: dict[str, tuple[Load, list[Figure]]] = {
    **{f"freeze-{size}": _freeze(size) for size in QUEUED_KIB},
    "ping": (
        lambda stage, scale, number: loads.ping(stage, scale, ours_first=number % 2 == 1),
        [
            Figure("gap-p50", "us", "unmoved p50", most=3),
            Figure("gap-p99", "us", "unmoved p50", most=10),
        ],
    ),
    "both": (
        lambda stage, scale, _: loads.both(stage, scale),
        [
            Figure("both-moves", "moves", "-", Kind.COUNT),
            Figure("both-wrong", "pieces", "-", Kind.COUNT, most=0),
            Figure("both-lost", "lost", "-", Kind.COUNT, most=0),
            Figure("both-long-gaps", "> 100 ms", _UNMOVED, Kind.EXCESS),
        ],
    ),
    "down": _bulk("down"),
    "up": _bulk("up"),
    "forward-0": _forward(0),
    "forward-1404": _forward(1404),
    "drain": (
        lambda stage, scale, _: loads.drain(stage, scale),
        [Figure("drain-lost", "lost", "-", Kind.COUNT, most=0)],
    ),
    "download": (
        loads.download,
        [Figure("download-wrong", "digests", "-", Kind.COUNT, most=0)],
    ),
}


def bounds(names: list[str]) -> list[int]:
    """Send queues that the farms beside the first one have: a freeze's application wants to write
    more than that, so that it does not read."""
    return [size * 1024 for size in QUEUED_KIB if size > 0 and f"freeze-{size}" in names]


def measure(
    stage: Stage, scale: Scale, names: list[str], rounds: int, progress: Callable[[str], None]
) -> list[Result]:
    """All rounds; of ours and what it is measured against, who begins alternates."""
    results = {figure.name: Result(figure) for name in names for figure in LOADS[name][1]}
    for number in range(rounds):
        for name in names:
            progress(f"round {number + 1} of {rounds}: {name}")
            for figure, (ours, named, details) in LOADS[name][0](stage, scale, number).items():
                result = results[figure]
                result.ours.append(ours)
                if named is not None:
                    result.named.append(named)
                result.details.append(details)
    return list(results.values())
