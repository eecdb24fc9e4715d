#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Limits that keep files readable: lengths, columns, licence line, opening sentence."""

from __future__ import annotations

import ast
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from source_tree import Finding, SourceFile, run_gate, walk, without_comments_and_strings

FUNCTION_LINES_MAX = 70
COLUMNS_MAX = 100
HEADER_LINES_MAX = 300
SOURCE_LINES_MAX = 500
TEST_LINES_MAX = 800

SPDX = "SPDX-License-Identifier: Apache-2.0"
# A block of this head is no function: a namespace, a type, `extern "C" {`.
_NO_FUNCTION = re.compile(
    r"\s*(?:template\s*<.*>\s*)?(?:inline\s+)?"
    r"(?:(?:namespace|class|struct|union|enum)\b|extern\s*$)",
    re.DOTALL,
)


@dataclass(frozen=True)
class Function:
    """A function's first line (where its signature starts) and last line."""

    line: int
    end: int

    @property
    def length(self) -> int:
        return self.end - self.line + 1


def _blank_directives(code: str) -> str:
    """Preprocessor lines, continued ones too, are not code for the brace count."""
    return re.sub(
        r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*",
        lambda match: re.sub(r"[^\n]", " ", match.group(0)),
        code,
        flags=re.MULTILINE,
    )


def cpp_functions(text: str) -> list[Function]:
    """Functions (tests and lambdas too) of a C++ text, by matching braces.

    A block's head is what stands between it and the brace or semicolon before it: a function's
    has a parameter list or is what is left behind the braces of a constructor's initializers.
    """
    code = _blank_directives(without_comments_and_strings(text))
    functions: list[Function] = []
    opened: list[tuple[bool, int]] = []  # is a function's, first line of its head
    head_start = 0
    for match in re.finditer(r"[{};]", code):
        head = code[head_start : match.start()]
        if match.group() == ";" and head.count("(") > head.count(")"):
            continue  # for (;;)
        if match.group() == "{":
            behind_initializer = code[head_start - 1 : head_start] == "}" and (
                not head.strip() or head.lstrip().startswith(",")
            )
            is_function = ")" in head or behind_initializer
            is_function = is_function and not _NO_FUNCTION.match(head)
            first = head_start + len(head) - len(head.lstrip())
            opened.append((is_function, code.count("\n", 0, first) + 1))
        elif match.group() == "}" and opened:
            is_function, line = opened.pop()
            if is_function:
                functions.append(Function(line, code.count("\n", 0, match.start()) + 1))
        head_start = match.end()
    return functions


def python_functions(source: SourceFile) -> list[Function]:
    """Functions and methods of a Python text."""
    return [
        Function(node.lineno, node.end_lineno or node.lineno)
        for node in ast.walk(ast.parse(source.text))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    ]


def shell_functions(source: SourceFile) -> list[Function]:
    """Functions of a shell text: `name() {` up to the first brace in column one."""
    functions = []
    first = 0
    for number, line in enumerate(source.lines, 1):
        if re.match(r"^\w[\w-]*\(\)\s*\{", line):
            first = number
        elif first and line.startswith("}"):
            functions.append(Function(first, number))
            first = 0
    return functions


def _functions(source: SourceFile) -> list[Function]:
    if source.kind == "cpp":
        return cpp_functions(source.text)
    if source.kind == "python":
        return python_functions(source)
    if source.kind == "shell":
        return shell_functions(source)
    return []


def _lines_max(source: SourceFile) -> int:
    if source.is_test:
        return TEST_LINES_MAX
    return HEADER_LINES_MAX if source.path.suffix == ".hh" else SOURCE_LINES_MAX


def _has_opening_sentence(source: SourceFile, first: int) -> bool:
    """A comment or docstring right behind the licence line; x.cc and x_test.cc have x.hh's."""
    opening = " ".join(source.lines[first : first + 8]).strip()
    mark = {"cpp": "//", "cmake": "#", "shell": "#", "python": '"""'}[source.kind]
    if opening.startswith(mark):
        return re.match(r"\W*\w.*[.:]", opening) is not None
    if source.kind != "cpp" or source.path.suffix != ".cc":
        return False
    stem = re.sub(r"_test$", "", source.path.stem)
    return source.path.with_name(stem + ".hh").is_file()


def _check_file(source: SourceFile) -> list[Finding]:
    findings = []
    first = 1 if source.lines and source.lines[0].startswith("#!") else 0
    if first >= len(source.lines) or SPDX not in source.lines[first]:
        return [source.finding(first + 1, f"the licence line is missing: {SPDX}")]
    if source.path.name != "CMakeLists.txt" and not _has_opening_sentence(source, first + 1):
        findings.append(source.finding(first + 2, "the file does not open with a sentence"))
    if len(source.lines) > _lines_max(source):
        findings.append(
            source.finding(1, f"{len(source.lines)} lines, at most {_lines_max(source)}")
        )
    for number, line in enumerate(source.lines, 1):
        if len(line) > COLUMNS_MAX:
            findings.append(source.finding(number, f"{len(line)} columns, at most {COLUMNS_MAX}"))
    for function in _functions(source):
        if function.length > FUNCTION_LINES_MAX:
            findings.append(
                source.finding(
                    function.line,
                    f"function of {function.length} lines, at most {FUNCTION_LINES_MAX}",
                )
            )
    return findings


def check(root: Path) -> list[Finding]:
    """All violations below `root`."""
    findings = []
    for source in walk(root):
        if source.kind != "other":
            findings += _check_file(source)
    return findings


if __name__ == "__main__":
    sys.exit(run_gate("size_gate", check))
