#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Holds the protocol pages and docs/requirements.toml together, and the references in docs/ true.

The pages are the source of ids, levels and sentences; the file adds profile, set, source and how
the requirement can be observed. `--write` takes ids, levels and sentences over from the pages.
"""

from __future__ import annotations

import re
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

import breakage
from breakage import Breakage
from source_tree import Finding

PAGES = "docs/protocol"
FILE = "docs/requirements.toml"
LEVELS = {"M": "MUST", "S": "SHOULD", "O": "MAY"}
VALUES = {
    "level": set(LEVELS.values()),
    "profile": {"system", "endpoint", "blob", "handoff", "tcp", "ip", "security"},
    "set": {"base", "ext"},
    "observable": {"wire", "control", "none"},
}
KEYS = ("id", "level", "profile", "set", "text", "source", "observable", "reason")

IDENTIFIER = r"(?:FRM|TCB|EP|BL|HO|SYS|TAB|SEL|SES|OBJ|CTL|TCP|IP|SEC|AT)-\d+"
BULLET = re.compile(rf"^- \*\*({IDENTIFIER})\*\* (\S+) (.*)$")
ROW = re.compile(rf"^\| ({IDENTIFIER}) \| (\S+) \| (.*) \|$")
MENTION = re.compile(rf"\b({IDENTIFIER})\b")
RANGE = re.compile(r"\b([A-Z]+)-\d+(?:\.\.| to )(?:[A-Z]+-)?(\d+)\b")
_CITED = r"(?:c\d+(?:-c\d+)?|F\d+[A-Z]?(?:-(?:F\d+[A-Z]?|[A-Z]))?|RFA|ABS)"
SOURCE = re.compile(rf"decision|S00[0-4] {_CITED}(?:, {_CITED})*")
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
CODE_PATH = re.compile(
    r"`((?:docs|tools|ref-impl|conformance|cmake|pcaps|fuzz|python|bench)/[\w./-]*)"
)
PAGE_NAME = re.compile(r"(?<![\w/.-])([\w./-]+\.md)\b")


@dataclass(frozen=True)
class Requirement:
    """What a page says about one requirement, and where."""

    id: str
    level: str
    text: str
    page: str
    line: int

    def finding(self, text: str) -> Finding:
        return Finding(self.page, self.line, f"{self.id} {text}")


class Entries:
    """The file: its requirements, and where each stands."""

    def __init__(self, root: Path) -> None:
        self._text = (root / FILE).read_text(encoding="utf-8")
        self.all: list[dict[str, str]] = list(tomllib.loads(self._text).get("requirement", []))

    @property
    def head(self) -> str:
        """What stands above the first requirement."""
        return self._text.split("[[requirement]]")[0].rstrip()

    def finding(self, name: str, text: str) -> Finding:
        before = self._text.partition(f'id = "{name}"')[0]
        return Finding(FILE, before.count("\n") + 1, f"{name} {text}")


def plain(text: str) -> str:
    """The sentence without markdown, every run of white space one space."""
    return re.sub(r"\s+", " ", re.sub(r"[*`]", "", text)).strip()


def requirements_of(root: Path, page: Path) -> list[Requirement]:
    """Requirements of a page in its order: bullets `- **ID** M ..`, rows `| ID | M | .. |`."""
    found: list[Requirement] = []
    name = page.relative_to(root).as_posix()
    in_bullet = False
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), start=1):
        if in_bullet and line.startswith("  "):
            last = found.pop()
            text = f"{last.text} {plain(line)}"
            found.append(Requirement(last.id, last.level, text, name, last.line))
            continue
        bullet = BULLET.match(line)
        in_bullet = bullet is not None
        start = bullet or ROW.match(line)
        if start:
            found.append(Requirement(start[1], start[2], plain(start[3]), name, number))
    return found


def pages_requirements(root: Path) -> list[Requirement]:
    """Requirements of all pages, pages in alphabetical order."""
    pages = sorted((root / PAGES).glob("*.md"))
    return [each for page in pages for each in requirements_of(root, page)]


def check_pages(stated: list[Requirement]) -> list[Finding]:
    """The pages by themselves."""
    findings = []
    seen: set[str] = set()
    for each in stated:
        if each.level not in LEVELS:
            findings.append(each.finding(f"has level {each.level!r}, expected M, S or O"))
        if each.id in seen:
            findings.append(each.finding("is defined twice"))
        seen.add(each.id)
    return findings if stated else [Finding(PAGES, 1, "no requirement found")]


def entry_faults(entry: dict[str, str]) -> list[str]:
    """What is wrong with one [[requirement]] by itself."""
    faults = [f"has unknown key {key!r}" for key in entry if key not in KEYS]
    for key, allowed in VALUES.items():
        if entry.get(key) not in allowed:
            faults.append(f"has {key} = {entry.get(key)!r}, expected one of {sorted(allowed)}")
    source = entry.get("source", "")
    if not all(SOURCE.fullmatch(part) for part in source.split("; ")):
        faults.append(f"has source {source!r}, expected citations or 'decision'")
    if (entry.get("observable") == "none") != bool(entry.get("reason", "").strip()):
        faults.append("needs a reason if and only if observable is none")
    return faults


def check_file(stated: list[Requirement], entries: Entries) -> list[Finding]:
    """The file by itself and against the pages."""
    findings: list[Finding] = []
    by_id: dict[str, dict[str, str]] = {}
    on_pages = {each.id for each in stated}
    for entry in entries.all:
        name = entry.get("id", "?")
        faults = entry_faults(entry)
        if name in by_id:
            faults.append("is listed twice")
        if name not in on_pages:
            faults.append("is on no page")
        findings += [entries.finding(name, fault) for fault in faults]
        by_id[name] = entry
    for each in stated:
        if each.id not in by_id:
            findings.append(each.finding(f"is missing in {FILE} (--write adds it)"))
            continue
        if by_id[each.id].get("level") != LEVELS.get(each.level):
            findings.append(each.finding(f"has another level in {FILE}"))
        if plain(by_id[each.id].get("text", "")) != each.text:
            findings.append(each.finding(f"has another text in {FILE} (--write takes this one)"))
    return findings


def mentioned(text: str) -> set[str]:
    """Every requirement id that a text names; of ranges (EP-20..22, EP-40 to EP-49) both ends."""
    names = set(MENTION.findall(text))
    for prefix, last in RANGE.findall(text):
        names.add(f"{prefix}-{last}")
    return names


def missing_paths(root: Path, page: Path, text: str) -> list[str]:
    """Links that lead nowhere, and paths named in the text that do not exist.

    A path may be written as seen from the page, from the protocol pages or from the root."""
    links = {link for link in LINK.findall(text) if "://" not in link}
    missing = [link for link in links if not (page.parent / link).exists()]
    bases = (page.parent, root / PAGES, root)
    for path in (set(CODE_PATH.findall(text)) | set(PAGE_NAME.findall(text))) - links:
        if not any((base / path).exists() for base in bases):
            missing.append(path)
    return sorted(missing)


def check_references(root: Path, known: set[str]) -> list[Finding]:
    """Ids, links and paths that the pages of docs/ name."""
    findings = []
    for page in sorted((root / "docs").rglob("*.md")):
        name = page.relative_to(root).as_posix()
        for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), start=1):
            for unknown in sorted(mentioned(line) - known):
                findings.append(Finding(name, number, f"{unknown} is no requirement"))
            for path in missing_paths(root, page, line):
                findings.append(Finding(name, number, f"{path} does not exist"))
    return findings


def check(root: Path) -> list[Finding]:
    """Pages, file and references."""
    stated = pages_requirements(root)
    try:
        entries = Entries(root)
    except (OSError, tomllib.TOMLDecodeError) as error:
        return [Finding(FILE, 1, str(error))]
    known = {each.id for each in stated}
    return check_pages(stated) + check_file(stated, entries) + check_references(root, known)


def quoted(value: str) -> str:
    """A basic string of TOML."""
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def write(root: Path) -> None:
    """Rewrites the file in the order of the pages, with their ids, levels and sentences."""
    entries = Entries(root)
    known = {entry["id"]: entry for entry in entries.all}
    blocks = [entries.head]
    for each in pages_requirements(root):
        entry = dict(known.get(each.id, {}))
        entry |= {"id": each.id, "level": LEVELS.get(each.level, each.level), "text": each.text}
        lines = [f"{key} = {quoted(entry[key])}" for key in KEYS if key in entry]
        blocks.append("\n".join(["[[requirement]]", *lines]))
    (root / FILE).write_text("\n\n".join(blocks) + "\n", encoding="utf-8")


BREAKAGES = [
    Breakage(FILE, 'id = "FRM-4"', 'id = "FRM-99"', "FRM-4 is missing"),
    Breakage(FILE, 'id = "FRM-4"', 'id = "FRM-99"', "FRM-99 is on no page"),
    Breakage(FILE, 'id = "FRM-5"', 'id = "FRM-4"', "FRM-4 is listed twice"),
    Breakage(FILE, "big-endian", "little-endian", "FRM-1 has another text"),
    Breakage(f"{PAGES}/endpoint.md", "All integers", "Most integers", "FRM-1 has another text"),
    Breakage(f"{PAGES}/endpoint.md", "**FRM-1** M", "**FRM-1** S", "FRM-1 has another level in"),
    Breakage(f"{PAGES}/endpoint.md", "**FRM-1** M", "**FRM-1** X", "expected M, S or O"),
    Breakage(
        f"{PAGES}/security.md",
        "| SEC-1 | M | Farm",
        "| SEC-1 | M | The farm",
        "SEC-1 has another text",
    ),
    Breakage(f"{PAGES}/endpoint.md", "**FRM-8**", "**FRM-7**", "FRM-7 is defined twice"),
    Breakage(f"{PAGES}/endpoint.md", "- **FRM-8** M", "- **FRM-8**, M", "FRM-8 is on no page"),
    Breakage(FILE, "reason = ", "#", "needs a reason if and only if"),
    Breakage(FILE, 'source = "decision"', 'source = ""', "expected citations"),
    Breakage(FILE, 'source = "decision"', 'source = "S009 c1"', "expected citations"),
    Breakage(FILE, 'profile = "tcp"', 'profile = "sctp"', "profile = 'sctp'"),
    Breakage(FILE, 'observable = "wire"', 'observable = "air"', "observable = 'air'"),
    Breakage(FILE, 'set = "base"', 'sets = "base"', "unknown key 'sets'"),
    Breakage(FILE, "[[requirement]]", "[[requirement]", "Expected ']]'"),
    Breakage(
        f"{PAGES}/README.md", "](endpoint.md)", "](end-point.md)", "end-point.md does not exist"
    ),
    Breakage(f"{PAGES}/blob.md", "endpoint.md", "endpoints.md", "endpoints.md does not exist"),
    Breakage("docs/claims.md", "EP-24", "EP-99", "EP-99 is no requirement"),
    Breakage("docs/claims.md", "SEL-1..4", "SEL-1..40", "SEL-40 is no requirement"),
]


if __name__ == "__main__":
    sys.exit(breakage.run("requirements_gate", check, write, ["docs"], BREAKAGES))
