#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Breaks a small tree in every way that a gate must notice, and demands that it does."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import format_gate
import judge_gate
import layer_gate
import python_gate
import size_gate
from source_tree import ROOT, Finding

LICENCE = "// SPDX-License-Identifier: Apache-2.0\n"
HEADER = LICENCE + "// A window of bytes.\n#pragma once\n\n"
TCP = "ref-impl/shunt/tcp/window.hh"
SIM = "ref-impl/shunt/sim/world.cc"
WIRE = "ref-impl/shunt/wire/tuple.cc"
APP = "ref-impl/shunt/app/main.cc"
FARM = "ref-impl/shunt/farm/"
JUDGE = "conformance/engine/frame.hh"
JUDGE_BUILD = "conformance/CMakeLists.txt"

GOOD_TREE = {
    TCP: HEADER
    + '#include <cstdint>\n\n#include "shunt/wire/tuple.hh"\n\n'
    + "namespace shunt::tcp {\n\n// A double check at 1.5.\n"
    + "inline int scale() {\n    return 65'535;\n}\n\n}  // namespace shunt::tcp\n",
    WIRE: LICENCE + "// Tuples.\n#include <fmt/format.h>\n",
    SIM: LICENCE + '// The world.\n#include "shunt/node/node.hh"\n',
    APP: LICENCE + "// The program.\n#include <sys/socket.h>\n\n#include <chrono>\n",
    FARM + "http_request.cc": LICENCE + "// A request.\n#include <boost/beast/http.hpp>\n",
    JUDGE: HEADER + "namespace conform {}\n",
    JUDGE_BUILD: "# SPDX-License-Identifier: Apache-2.0\nshunt_tests(engine_test SOURCES x.cc)\n",
    "tools/farm.py": "# SPDX-License-Identifier: Apache-2.0\n" + '"""The farm."""\n',
}


def long_function(lines: int) -> str:
    """A function of exactly that many lines."""
    return "void drain() {\n" + "    step();\n" * (lines - 2) + "}\n"


class TreeTest(unittest.TestCase):
    """A good tree in a temporary folder, broken by one edit at a time."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory(prefix="shunt-gates-")
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        for name, text in GOOD_TREE.items():
            self.write(name, text)
        shutil.copy(ROOT / ".clang-format", self.root)

    def write(self, name: str, text: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def append(self, name: str, text: str) -> None:
        self.write(name, GOOD_TREE[name] + text)

    def expect_one(self, findings: list[Finding], name: str, text: str) -> None:
        self.assertEqual(len(findings), 1, [str(finding) for finding in findings])
        self.assertEqual(findings[0].path, name)
        self.assertIn(text, findings[0].text)


class LayerGate(TreeTest):
    """Every row of the layer table is enforced."""

    def refuses(self, name: str, line: str, text: str) -> None:
        self.append(name, line + "\n")
        self.expect_one(layer_gate.check(self.root), name, text)

    def test_passes_a_tree_that_obeys(self) -> None:
        self.assertEqual(layer_gate.check(self.root), [])

    def test_refuses_an_upper_layer(self) -> None:
        self.refuses(TCP, '#include "shunt/stack/interface.hh"', "tcp must not use stack")

    def test_refuses_a_sibling(self) -> None:
        self.refuses(TCP, '#include "shunt/ip/reassembly.hh"', "tcp must not use ip")

    def test_refuses_the_clock(self) -> None:
        self.refuses(TCP, "#include <chrono>", "is pure")

    def test_refuses_chance(self) -> None:
        self.refuses(TCP, "#include <random>", "is pure")

    def test_refuses_threads(self) -> None:
        self.refuses(TCP, "#include <thread>", "is pure")

    def test_refuses_the_operating_system(self) -> None:
        self.refuses(TCP, "#include <sys/socket.h>", "must not use <sys/socket.h>")

    def test_refuses_floating_point(self) -> None:
        self.refuses(TCP, "inline double rate();", "no floating point")

    def test_refuses_floating_literals(self) -> None:
        self.refuses(SIM, "auto loss = 0.05;", "no floating point")

    def test_refuses_environment_and_chance_by_call(self) -> None:
        self.refuses(SIM, "int draw() { return rand(); }", "time or chance")

    def test_refuses_time_in_formats(self) -> None:
        self.refuses(WIRE, '#include "shunt/base/time.hh"', "must not know")

    def test_refuses_libraries_of_other_layers(self) -> None:
        self.refuses(TCP, "#include <fmt/format.h>", "must not use <fmt/format.h>")

    def test_refuses_runtime_in_sim(self) -> None:
        self.refuses(SIM, '#include "shunt/runtime/clock.hh"', "sim must not use runtime")

    def test_refuses_an_unknown_layer(self) -> None:
        self.write("ref-impl/shunt/misc/x.hh", HEADER)
        self.expect_one(layer_gate.check(self.root), "ref-impl/shunt/misc/x.hh", "is no layer")

    def test_refuses_the_judged_in_the_judge(self) -> None:
        self.refuses(JUDGE, '#include "shunt/wire/tuple.hh"', "the judge must not include")

    def test_refuses_the_judged_namespace_in_the_judge(self) -> None:
        self.refuses(JUDGE, "using shunt::wire::Tuple;", "must not name shunt::")

    def test_refuses_linking_the_judge_with_the_judged(self) -> None:
        self.refuses(JUDGE_BUILD, "target_link_libraries(x shunt_wire)", "must not link")

    def test_refuses_a_third_file_with_beast(self) -> None:
        for name in ("a.cc", "b.cc"):
            self.write(FARM + name, GOOD_TREE[FARM + "http_request.cc"])
        self.expect_one(layer_gate.check(self.root), FARM + "http_request.cc", "Beast in 3")

    def test_refuses_beast_in_a_header(self) -> None:
        self.write(FARM + "url.hh", HEADER + "#include <boost/beast/http.hpp>\n")
        self.expect_one(layer_gate.check(self.root), FARM + "url.hh", "sources only")


class SizeGate(TreeTest):
    """Each limit at its last good and first bad value."""

    def expect(self, text: str, name: str = TCP) -> None:
        self.expect_one(size_gate.check(self.root), name, text)

    def test_passes_a_tree_that_obeys(self) -> None:
        self.assertEqual(size_gate.check(self.root), [])

    def test_function_of_70_and_71_lines(self) -> None:
        self.append(TCP, long_function(70))
        self.assertEqual(size_gate.check(self.root), [])
        self.append(TCP, long_function(71))
        self.expect("function of 71 lines")

    def test_constructor_with_braced_initializers(self) -> None:
        body = "    step();\n" * 71
        self.append(
            TCP, "Window::Window(int size)\n    : size_{size}, right_{0} {\n" + body + "}\n"
        )
        self.expect("function of 7")

    def test_long_table_is_no_function(self) -> None:
        self.append(TCP, "constexpr int kTable[] = {\n" + "    1,\n" * 80 + "};\n")
        self.assertEqual(size_gate.check(self.root), [])

    def test_python_function_of_71_lines(self) -> None:
        self.append("tools/farm.py", "def up() -> None:\n" + "    pass\n" * 70)
        self.expect("function of 71 lines", "tools/farm.py")

    def test_header_of_300_and_301_lines(self) -> None:
        missing = 300 - GOOD_TREE[TCP].count("\n")
        self.append(TCP, "\n" * missing)
        self.assertEqual(size_gate.check(self.root), [])
        self.append(TCP, "\n" * (missing + 1))
        self.expect("301 lines, at most 300")

    def test_source_of_501_lines(self) -> None:
        self.append(SIM, "\n" * (501 - GOOD_TREE[SIM].count("\n")))
        self.expect("501 lines, at most 500", SIM)

    def test_test_of_801_lines(self) -> None:
        name = "ref-impl/shunt/tcp/window_test.cc"
        self.write(name, LICENCE + "// Tests.\n" + "\n" * 799)
        self.expect("801 lines, at most 800", name)

    def test_line_of_100_and_101_columns(self) -> None:
        self.append(TCP, "//" + "x" * 98 + "\n")
        self.assertEqual(size_gate.check(self.root), [])
        self.append(TCP, "//" + "x" * 99 + "\n")
        self.expect("101 columns")

    def test_missing_licence(self) -> None:
        self.write(TCP, GOOD_TREE[TCP].removeprefix(LICENCE))
        self.expect("licence line")

    def test_missing_sentence(self) -> None:
        self.write(TCP, LICENCE + "#pragma once\n")
        self.expect("does not open with a sentence")


class FormatGate(TreeTest):
    """One space too many is noticed."""

    def test_passes_formatted_files(self) -> None:
        self.assertEqual(format_gate.check(self.root), [])

    def test_refuses_unformatted_files(self) -> None:
        self.append(TCP, "int  a;\n")
        findings = format_gate.check(self.root)
        self.assertEqual({finding.path for finding in findings}, {TCP})


class PythonGate(TreeTest):
    """Format and types."""

    def test_passes_typed_and_formatted_files(self) -> None:
        self.assertEqual(python_gate.check(self.root), [])

    def test_refuses_unformatted_files(self) -> None:
        self.append("tools/farm.py", "nodes  = 2\n")
        self.expect_one(python_gate.check(self.root), "tools/farm.py", "not formatted")

    def test_refuses_untyped_functions(self) -> None:
        self.append("tools/farm.py", "\n\ndef up(nodes):\n    return nodes\n")
        self.expect_one(python_gate.check(self.root), "tools/farm.py", "missing a type annotation")


class ToolGates(TreeTest):
    """The gates that are programs of others: the linter, the linker's view, the compiler."""

    def compile(self, text: str) -> Path:
        source = self.root / "judge.cc"
        source.write_text(text)
        binary = self.root / "judge"
        subprocess.run(["g++", str(source), "-o", str(binary)], check=True)
        return binary

    def test_judge_without_shunt_passes(self) -> None:
        binary = self.compile("namespace conform { int f() { return 0; } }\nint main() {}\n")
        self.assertEqual(judge_gate.problems(binary), [])

    def test_judge_with_shunt_fails(self) -> None:
        both = "namespace shunt { int f() { return 0; } }\nnamespace conform { int g() "
        binary = self.compile(both + "{ return shunt::f(); } }\nint main() {}\n")
        self.assertEqual(judge_gate.problems(binary), [f"{binary}: shares shunt::f()"])

    def test_judged_with_judge_fails(self) -> None:
        both = "namespace conform { int g() { return 0; } }\nnamespace shunt { int f() "
        binary = self.compile(both + "{ return conform::g(); } }\nint main() {}\n")
        found = judge_gate.problems(binary, is_judged=True)
        self.assertEqual(found, [f"{binary}: shares conform::g()"])

    def test_judge_without_symbols_fails(self) -> None:
        binary = self.compile("namespace conform { int f() { return 0; } }\nint main() {}\n")
        subprocess.run(["strip", str(binary)], check=True)
        self.assertEqual(len(judge_gate.problems(binary)), 1)

    def lint(self, text: str) -> subprocess.CompletedProcess[str]:
        shutil.copy(ROOT / ".clang-tidy", self.root)
        (self.root / "probe.cc").write_text(text)
        command = ["clang-tidy-14", "--quiet", "probe.cc", "--", "-std=c++20"]
        return subprocess.run(command, cwd=self.root, capture_output=True, text=True, check=False)

    def test_linter_passes_good_code(self) -> None:
        run = self.lint("int next_value(int value) { return value + 1; }\n")
        self.assertEqual(run.returncode, 0, run.stdout)

    def test_linter_refuses_a_use_after_move(self) -> None:
        run = self.lint(
            "#include <string>\n#include <utility>\nstd::size_t f(std::string text) {\n"
            "    const std::string taken = std::move(text);\n    return text.size();\n}\n"
        )
        self.assertNotEqual(run.returncode, 0)
        self.assertIn("bugprone-use-after-move", run.stdout)

    def verify_headers(self, header: str) -> subprocess.CompletedProcess[str]:
        """Configures the real build functions around one layer of one header, compiles it alone."""
        shutil.copytree(ROOT / "cmake", self.root / "cmake")
        layer = self.root / "ref-impl/shunt/base"
        layer.mkdir()
        (layer / "window.hh").write_text(header)
        (layer / "window.cc").write_text('#include <cstdint>\n#include "shunt/base/window.hh"\n')
        (layer / "CMakeLists.txt").write_text("shunt_layer(base)\n")
        (self.root / "CMakeLists.txt").write_text(
            "cmake_minimum_required(VERSION 3.25)\nproject(probe CXX)\n"
            'list(APPEND CMAKE_MODULE_PATH "${CMAKE_SOURCE_DIR}/cmake")\n'
            "include(ShuntOptions)\ninclude(ShuntTargets)\nadd_subdirectory(ref-impl/shunt/base)\n"
        )
        build = str(self.root / "build")
        subprocess.run(
            ["cmake", "-G", "Ninja", "-S", str(self.root), "-B", build],
            check=True,
            capture_output=True,
        )
        targets = ["shunt_base", "all_verify_interface_header_sets"]
        return subprocess.run(
            ["cmake", "--build", build, "--target", *targets],
            capture_output=True,
            text=True,
            check=False,
        )

    def test_header_that_stands_alone_passes(self) -> None:
        run = self.verify_headers(HEADER + "#include <cstdint>\nstd::uint8_t first();\n")
        self.assertEqual(run.returncode, 0, run.stdout)

    def test_header_that_leans_on_its_includer_fails(self) -> None:
        run = self.verify_headers(HEADER + "std::uint8_t first();\n")
        self.assertNotEqual(run.returncode, 0)
        self.assertIn("verify_interface_header_sets", run.stdout)


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    unittest.main(verbosity=2)
