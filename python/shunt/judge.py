# SPDX-License-Identifier: Apache-2.0
"""The judge: which cases there are, and what a device makes of them (docs/conformance.md)."""

from __future__ import annotations

import os
from typing import Callable, Sequence

from shunt import _conform


def _strings(name: str, values: Sequence[str]) -> list[str]:
    # A str is a sequence of str too: of its characters.
    if isinstance(values, (str, bytes)) or not all(isinstance(value, str) for value in values):
        raise TypeError(f"{name}: expected a sequence of str, got {values!r:.80}")
    return list(values)


def cases(selectors: Sequence[str] = ()) -> list[_conform.CaseInfo]:
    """The cases that `selectors` (ids, globs, `^not`) mean, all without any; in the suite's order.

    UsageError if none matches.
    """
    return _conform.cases(_strings("selectors", selectors))


def judge(
    iut: str | os.PathLike[str],
    selectors: Sequence[str] = (),
    *,
    command: Sequence[str | os.PathLike[str]] = (),
    seed: int | None = None,
    time: str | None = None,
    out: str | os.PathLike[str] | None = None,
    strict: bool = False,
    on_case: Callable[[_conform.CaseResult], object] | None = None,
) -> _conform.RunResult:
    """Runs the selected cases against the device that the file `iut` describes.

    `command` starts the device, which is ended after the run; without it the device must be
    running. `time` is "virtual" or "wall"; None chooses virtual where one unix: socket carries both
    links. `seed` (0 to 2^64 - 1) is 1 in virtual time, else chance. `out` is a new or empty folder
    for one pcapng for each case. With `strict`, SHOULD counts as MUST. `on_case` is called with
    each result as it comes. What a device does wrong is a verdict, never an exception.

    UsageError: a file or a selector that makes no run. HarnessError: evidence cannot be written.
    Other threads run meanwhile; Ctrl-C ends the run behind the current case.
    """
    if isinstance(command, (str, bytes)):
        raise TypeError(f"command: expected a sequence of words, got {command!r:.80}")
    if seed is not None and not 0 <= seed < 2**64:
        raise ValueError(f"seed: expected 0 to 2^64 - 1, got {seed}")
    return _conform.run(
        iut=os.fspath(iut),
        selectors=_strings("selectors", selectors),
        command=[os.fspath(word) for word in command],
        seed=seed,
        time=time,
        out="" if out is None else os.fspath(out),
        is_strict=strict,
        on_case=on_case,
    )
