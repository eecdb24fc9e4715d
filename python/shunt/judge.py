# SPDX-License-Identifier: Apache-2.0
"""The judge: which cases there are, and what a device makes of them (docs/conformance.md)."""

from __future__ import annotations

import os
from typing import Callable, Sequence

from shunt import _conform


def _text(name: str, value: str | os.PathLike[str]) -> str:
    if not isinstance(value, (str, os.PathLike)):
        raise TypeError(f"{name}: expected a str or a path, got {value!r:.80}")
    text = os.fspath(value)
    try:
        is_text = "\0" not in text and text.encode() is not None
    except UnicodeEncodeError:
        is_text = False
    if not is_text:
        raise ValueError(f"{name}: expected text without NUL that is UTF-8, got {text!r:.80}")
    return text


def _texts(name: str, values: Sequence[str | os.PathLike[str]]) -> list[str]:
    # A str is a sequence of str too: of its characters.
    if isinstance(values, (str, bytes)) or not isinstance(values, Sequence):
        raise TypeError(f"{name}: expected a sequence of str, got {values!r:.80}")
    return [_text(name, value) for value in values]


def _check_options(seed: object, time: object, strict: object, on_case: object) -> None:
    if seed is not None and not isinstance(seed, int):
        raise TypeError(f"seed: expected an int or None, got {seed!r:.80}")
    if seed is not None and not 0 <= seed < 2**64:
        raise ValueError(f"seed: expected 0 to 2^64 - 1, got {seed}")
    if time is not None and not isinstance(time, str):
        raise TypeError(f"time: expected 'virtual', 'wall' or None, got {time!r:.80}")
    if not isinstance(strict, bool):
        raise TypeError(f"strict: expected a bool, got {strict!r:.80}")
    if on_case is not None and not callable(on_case):
        raise TypeError(f"on_case: expected a callable or None, got {on_case!r:.80}")


def cases(selectors: Sequence[str] = ()) -> list[_conform.CaseInfo]:
    """The cases that `selectors` (ids, globs, `^not`) mean, all without any; in the suite's order.

    UsageError if none matches.
    """
    return _conform.cases(_texts("selectors", selectors))


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
    _check_options(seed, time, strict, on_case)
    return _conform.run(
        iut=_text("iut", iut),
        selectors=_texts("selectors", selectors),
        command=_texts("command", command),
        seed=seed,
        time=time,
        out="" if out is None else _text("out", out),
        is_strict=strict,
        on_case=on_case,
    )
