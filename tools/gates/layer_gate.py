#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Which layer may use what: the table of docs/architecture.md, held against every #include."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path

from source_tree import Finding, SourceFile, run_gate, walk, without_comments_and_strings

_PURE = ("base", "wire", "ip", "tcp", "stack", "farm", "migrate", "node", "link")


@dataclass(frozen=True)
class Rule:
    """What one layer may include."""

    layers: frozenset[str]
    third_party: frozenset[str]
    floating_point: bool
    operating_system: bool
    never: tuple[str, ...]  # single headers of an allowed layer that are still forbidden
    single: tuple[str, ...]  # single headers of a forbidden layer that are still allowed


def _rule(
    layers: str,
    third_party: str = "",
    *,
    floating_point: bool = True,
    operating_system: bool = False,
    never: tuple[str, ...] = (),
    single: tuple[str, ...] = (),
) -> Rule:
    return Rule(
        frozenset(layers.split()),
        frozenset(third_party.split()),
        floating_point,
        operating_system,
        never,
        single,
    )


_STACKED = "base wire ip tcp stack"
_EVERYTHING = "absl boost fmt nlohmann openssl pcap seccomp.h spdlog toml.hpp toml++"
RULES = {
    # The processor's own instructions are no I/O: base has them beside what any machine does.
    "base": _rule("", "emmintrin.h isa-l", floating_point=False),
    "wire": _rule(
        "base", "fmt", never=("shunt/base/time.hh", "shunt/base/rng.hh", "shunt/base/deadline.hh")
    ),
    "ip": _rule("base wire", "absl", floating_point=False),
    "tcp": _rule("base wire", "absl", floating_point=False),
    "stack": _rule("base wire ip tcp", "absl"),
    "farm": _rule(_STACKED, "absl boost fmt openssl"),
    "migrate": _rule(_STACKED + " farm", "absl boost fmt openssl"),
    # LinkId, the name of a link, lives beside the abstract device.
    "node": _rule(
        _STACKED + " farm migrate", "absl boost fmt openssl", single=("shunt/link/frame_port.hh",)
    ),
    "link": _rule("base"),
    "sim": _rule(" ".join(_PURE), "absl fmt", floating_point=False),
    "runtime": _rule(" ".join(_PURE), _EVERYTHING, operating_system=True),
    "app": _rule(" ".join(_PURE) + " sim runtime", _EVERYTHING, operating_system=True),
}
_TEST_LIBRARIES = {"gtest", "gmock"}
_OUTSIDE_PARTS = ("fuzz", "bench", "python")  # may use the pure layers and sim
_BEAST_FILES_MAX = 2

# No clock, chance, threads, files: those are arguments of the pure layers or matter of runtime.
_FORBIDDEN_STANDARD = set(
    "chrono ctime random thread mutex shared_mutex condition_variable future semaphore barrier "
    "latch stop_token filesystem fstream iostream csignal clocale locale coroutine".split()
)
_ALLOWED_STANDARD = set(
    "algorithm any array atomic bit bitset cassert cctype cerrno charconv climits cmath compare "
    "concepts cstddef cstdint cstdio cstdlib cstring cwchar deque exception forward_list "
    "functional initializer_list iomanip iterator limits list map memory memory_resource new "
    "numeric optional ostream queue ratio ranges set span sstream stack stdexcept string "
    "string_view tuple type_traits typeindex typeinfo unordered_map unordered_set utility "
    "variant vector version".split()
)
_FLOATING_HEADERS = {"cmath", "cfloat"}
_FLOATING_WORDS = re.compile(r"\b(?:float|double)\b|(?<![\w.])\d[\d_]*\.\d*(?!\.)")
_CLOCK_AND_CHANCE = re.compile(
    r"\b(?:std::chrono|std::this_thread|std::thread|std::rand|std::random_device|srand|rand|"
    r"gettimeofday|clock_gettime|getrandom|std::getenv|getenv)\b"
)
_INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
_SHUNT_TARGET = re.compile(r"\bshunt_(?:" + "|".join(RULES) + r")\b|ref-impl")


def includes(source: SourceFile) -> list[tuple[int, bool, str]]:
    """Line, whether quoted, and name of every include."""
    found = []
    for number, line in enumerate(source.lines, 1):
        match = _INCLUDE.match(line)
        if match:
            found.append((number, match.group(1) == '"', match.group(2)))
    return found


def _own_include_problem(layer: str, rule: Rule, header: str, is_test: bool) -> str | None:
    parts = header.split("/")
    if parts[0] != "shunt" or len(parts) < 3:
        return f'"{header}" is not below shunt/<layer>/'
    if header in rule.never and not is_test:  # a test draws its inputs
        return f"{layer} must not know {header}"
    if parts[1] == layer or parts[1] in rule.layers or header in rule.single:
        return None
    return f"{layer} must not use {parts[1]} ({header})"


def _system_include_problem(layer: str, rule: Rule, header: str, is_test: bool) -> str | None:
    library = header.split("/")[0]
    if library in rule.third_party or (is_test and library in _TEST_LIBRARIES | {"fmt"}):
        return None
    if header in _FLOATING_HEADERS and not rule.floating_point:
        return f"{layer} has no floating point (<{header}>)"
    if rule.operating_system or header in _ALLOWED_STANDARD or header in _FLOATING_HEADERS:
        return None if library not in _EVERYTHING.split() else f"{layer} must not use <{header}>"
    if header in _FORBIDDEN_STANDARD:
        return f"{layer} is pure: time, chance, threads and I/O are arguments (<{header}>)"
    return f"{layer} must not use <{header}>"


def _check_layer_file(source: SourceFile, layer: str) -> list[Finding]:
    rule = RULES[layer]
    findings = []
    for line, quoted, header in includes(source):
        if quoted:
            problem = _own_include_problem(layer, rule, header, source.is_test)
        else:
            problem = _system_include_problem(layer, rule, header, source.is_test)
        if problem:
            findings.append(source.finding(line, problem))
    if rule.operating_system:
        return findings
    for number, line_text in enumerate(without_comments_and_strings(source.text).split("\n"), 1):
        if _CLOCK_AND_CHANCE.search(line_text):
            findings.append(source.finding(number, f"{layer} must not ask for time or chance"))
        if not rule.floating_point and _FLOATING_WORDS.search(line_text):
            findings.append(source.finding(number, f"{layer} has no floating point"))
    return findings


def _check_judge_file(source: SourceFile) -> list[Finding]:
    """The judge shares no code with the judged."""
    findings = []
    for line, _, header in includes(source):
        if header.startswith("shunt/") or "ref-impl" in header:
            findings.append(source.finding(line, f"the judge must not include {header}"))
    code = without_comments_and_strings(source.text)
    for number, line_text in enumerate(code.split("\n"), 1):
        if re.search(r"\bnamespace\s+shunt\b|\bshunt::", line_text):
            findings.append(source.finding(number, "the judge must not name shunt::"))
    return findings


def _check_judge_build(source: SourceFile) -> list[Finding]:
    return [
        source.finding(number, "the judge must not link or see the reference implementation")
        for number, line in enumerate(source.lines, 1)
        if _SHUNT_TARGET.search(line.split("#")[0])
    ]


def _check_outside_file(source: SourceFile) -> list[Finding]:
    return [
        source.finding(line, f"{header}: pure layers and sim only")
        for line, _, header in includes(source)
        if header.startswith(("shunt/runtime/", "shunt/app/"))
    ]


def _check_beast(sources: list[SourceFile]) -> list[Finding]:
    """Beast costs seconds and 450 MB per file, so only a few sources, and no header, see it."""
    users = [
        (source, line)
        for source in sources
        for line, _, header in includes(source)
        if header.startswith("boost/beast")
    ]
    findings = [
        source.finding(line, "Beast is included by sources only, not by headers")
        for source, line in users
        if source.path.suffix == ".hh"
    ]
    names = sorted({source.name for source, _ in users})
    if len(names) > _BEAST_FILES_MAX:
        findings.append(
            Finding(names[-1], 1, f"Beast in {len(names)} files, at most {_BEAST_FILES_MAX}")
        )
    return findings


def check(root: Path) -> list[Finding]:
    """All violations below `root`."""
    findings: list[Finding] = []
    reference: list[SourceFile] = []
    for source in walk(root):
        parts = source.name.split("/")
        if source.kind == "cpp" and parts[:2] == ["ref-impl", "shunt"] and len(parts) > 3:
            reference.append(source)
            if parts[2] in RULES:
                findings += _check_layer_file(source, parts[2])
            else:
                findings.append(source.finding(1, f"{parts[2]} is no layer: see layer_gate.py"))
        elif source.kind == "cpp" and (
            parts[0] == "conformance" or parts[:2] == ["python", "conform"]
        ):
            findings += _check_judge_file(source)
        elif parts[0] == "conformance" and source.kind == "cmake":
            findings += _check_judge_build(source)
        elif parts[0] in _OUTSIDE_PARTS and source.kind == "cpp":
            findings += _check_outside_file(source)
    return findings + _check_beast(reference)


if __name__ == "__main__":
    sys.exit(run_gate("layer_gate", check))
