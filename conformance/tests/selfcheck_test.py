#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The suite notices every mutant of the reference node, minds no variant, praises no device that
does nothing; and selfcheck notices when it does not."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

from junitparser import JUnitXml  # type: ignore[import]

import reports_test
from reference_farm import IUT, OBJECTS, left_out, with_blobs

DEAD_DEVICE = Path(__file__).resolve().parent / "dead_device.py"


class Programs:
    """Where they are: from the command line."""

    judge: Path
    node: Path
    mutants: Path


class Selfcheck(unittest.TestCase):
    """One folder for each test; the device's socket is in it."""

    def setUp(self) -> None:
        self.holder = tempfile.TemporaryDirectory()
        self.folder = Path(self.holder.name)
        (self.folder / "out").mkdir()

    def tearDown(self) -> None:
        self.holder.cleanup()

    def device(self, *program: str, farm: Path = IUT / "farm.toml") -> list[str]:
        """The command of a device that begins with `program`."""
        words = [*program, "--config", str(farm), "--name", "s1"]
        words += ["--front", "unix:out/s1.sock", "--back", "unix:out/s1.sock"]
        return [*words, "--time", "virtual"]

    def run_judge(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Runs the judge in the test's folder."""
        command = [str(Programs.judge), *words]
        return subprocess.run(
            command, cwd=self.folder, check=False, capture_output=True, text=True, timeout=240
        )

    def place_farm(self, settings: str, options: list[str]) -> tuple[Path, Path]:
        """The farm's and the device's file of a farm with `settings`, which claims `options`."""
        farm, iut = self.folder / "farm.toml", self.folder / "iut.toml"
        text = (IUT / "farm.toml").read_text()
        device = (IUT / "shunt-node.toml").read_text()
        if "control-channel" in options:
            text, device = with_blobs(text, device)
        farm.write_text(text.replace("id = 1\n", f"id = 1\n{settings}\n", 1))
        iut.write_text(device.replace("options = []", f"options = {json.dumps(options)}"))
        return farm, iut

    def selfcheck(
        self,
        mutants: str,
        device: list[str],
        *words: str,
        iut: Path = IUT / "shunt-node.toml",
        part: str = "mutants",
    ) -> tuple[subprocess.CompletedProcess[str], dict[str, object]]:
        """What selfcheck printed, and its report."""
        done = self.run_judge(
            *("selfcheck", *left_out(), *words, "--iut", str(iut)),
            *("--mutants", mutants, "--part", part),
            *("--json", "report.json", "--", *device),
        )
        report = self.folder / "report.json"
        reports_test.check_schema(report, "selfcheck")
        self.assertEqual(reports_test.complaints, [])
        return done, json.loads(report.read_text())

    def fake_mutants(self, lines: str, program: str) -> str:
        """A program that lists `lines`, and is `program` whatever mutant it is asked for."""
        path = self.folder / "mutants"
        path.write_text(
            f'#!/bin/sh\nif [ "$1" = --list-mutants ]; then\n'
            f"cat <<'END'\n{lines}END\nexit 0\nfi\n"
            f'shift 2\nexec {program} "$@"\n'
        )
        os.chmod(path, 0o755)
        return str(path)

    def test_every_mutant_of_the_reference_node_is_killed(self) -> None:
        device = self.device(str(Programs.node))
        self.check_all_killed(193, *self.selfcheck(str(Programs.mutants), device, "--mapped"))

    def test_every_mutant_is_killed_in_a_farm_with_extensions(self) -> None:
        farm, iut = self.place_farm("extensions = true", ["ext", "control-channel", "objects"])
        iut.write_text(iut.read_text() + OBJECTS)
        device = self.device(str(Programs.node), farm=farm)
        words = ["--mapped"]
        self.check_all_killed(320, *self.selfcheck(str(Programs.mutants), device, *words, iut=iut))

    def test_every_mutant_of_the_routed_binding_is_killed(self) -> None:
        farm, iut = self.place_farm('binding = "udp"', ["routed-binding"])
        device = self.device(str(Programs.node), farm=farm)
        words = ["--mapped", "--needs", "routed-binding"]
        self.check_all_killed(8, *self.selfcheck(str(Programs.mutants), device, *words, iut=iut))

    def place_sessions(self, mode: str) -> tuple[Path, Path]:
        """The two files of a farm with extensions and sessions in this mode."""
        options = ["ext", "control-channel", "sessions", "tls-sessions"]
        options += ["session-redirect"] if mode == "redirect" else []
        settings = 'extensions = true\nsecret_file = "farm.secret"'
        farm, iut = self.place_farm(settings, options)
        session = f'\n[session]\nmode = "{mode}"\nlifetime_s = 20\n'
        farm.write_text(farm.read_text() + session)
        session = '\n[ixit.session]\nsecret_file = "farm.secret"\nlifetime_s = 20\n'
        iut.write_text(iut.read_text() + session)
        secret = self.folder / "farm.secret"
        secret.write_text("the secret of the farm that is judged\n")
        os.chmod(secret, 0o600)
        return farm, iut

    def test_every_mutant_of_sessions_is_killed(self) -> None:
        farm, iut = self.place_sessions("cookie")
        device = self.device(str(Programs.node), farm=farm)
        for word, least in (("sessions", 19), ("tls-sessions", 4)):
            words = ["system/**", "--mapped", "--needs", word]
            self.check_all_killed(
                least, *self.selfcheck(str(Programs.mutants), device, *words, iut=iut)
            )

    def test_every_mutant_of_redirects_is_killed(self) -> None:
        farm, iut = self.place_sessions("redirect")
        device = self.device(str(Programs.node), farm=farm)
        # Where a target redirects, cases of addresses get no response from it.
        words = ["system/**", "^system/addresses/**", "--mapped", "--needs", "session-redirect"]
        self.check_all_killed(3, *self.selfcheck(str(Programs.mutants), device, *words, iut=iut))

    def test_no_case_minds_a_variant(self) -> None:
        device = self.device(str(Programs.node))
        self.check_nobody_minds(*self.selfcheck(str(Programs.mutants), device, part="variants"))

    def test_no_case_minds_a_variant_in_a_farm_with_extensions(self) -> None:
        farm, iut = self.place_sessions("cookie")
        device = self.device(str(Programs.node), farm=farm)
        self.check_nobody_minds(
            *self.selfcheck(str(Programs.mutants), device, iut=iut, part="variants")
        )

    def check_nobody_minds(
        self, done: subprocess.CompletedProcess[str], report: dict[str, object]
    ) -> None:
        """Of a selfcheck of the reference node's variants."""
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        variants = report["variants"]
        assert isinstance(variants, list)
        self.assertGreaterEqual(len(variants), 9)
        for variant in variants:
            self.assertEqual(variant["minded_by"], [], variant["name"])

    def test_fails_on_a_variant_that_is_none(self) -> None:
        path = self.folder / "mutants"
        defect = f"{Programs.mutants} --mutant ignores-checksum"
        path.write_text(
            '#!/bin/sh\nif [ "$1" = --list-variants ]; then\n'
            'echo \'{"name":"wrong","text":"Has a defect."}\'; exit 0\nfi\n'
            f'shift 2\nexec {defect} "$@"\n'
        )
        os.chmod(path, 0o755)
        device = self.device(str(Programs.node))
        done, report = self.selfcheck(str(path), device, "endpoint/framing/**", part="variants")
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("the variant wrong breaks nothing, but is minded by", done.stdout)
        self.assertFalse(report["passed"])

    def test_nothing_passes_on_an_empty_device(self) -> None:
        farm, iut = self.place_sessions("cookie")
        places = [(IUT / "farm.toml", IUT / "shunt-node.toml"), (farm, iut)]
        for farm_path, iut_path in places:
            device = self.device(str(Programs.node), farm=farm_path)
            done, report = self.selfcheck(
                str(Programs.mutants), device, iut=iut_path, part="empty-devices"
            )
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            devices = report["empty_devices"]
            assert isinstance(devices, list)
            names = [each["name"] for each in devices]
            self.assertEqual(names, ["silent", "echo", "reset", "unsupported", "random"])
            for each in devices:
                self.assertEqual(each["passed"], [], each["name"])

    def test_a_part_that_is_none_is_usage(self) -> None:
        done = self.run_judge(
            *("selfcheck", "--part", "variant", "--iut", str(IUT / "shunt-node.toml")),
            *("--", *self.device(str(Programs.node))),
        )
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn("--part: expected mutants, variants or empty-devices", done.stderr)

    def check_all_killed(
        self, least: int, done: subprocess.CompletedProcess[str], report: dict[str, object]
    ) -> None:
        """Of a selfcheck of the reference node with `least` mutants."""
        print(done.stdout)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(report["baseline"], "CONFORMANT")
        mutants = report["mutants"]
        assert isinstance(mutants, list)
        self.assertGreaterEqual(len(mutants), least)
        for mutant in mutants:
            self.assertTrue(mutant["killed_by"], mutant["name"])
            self.assertLessEqual(set(mutant["mapped"]), set(mutant["killed_by"]))

    def test_fails_on_a_survivor(self) -> None:
        line = '{"name":"does-nothing","requirement":"EP-9","text":"Nothing is wrong."}\n'
        fake = self.fake_mutants(line, str(Programs.node))
        done, report = self.selfcheck(fake, self.device(str(Programs.node)))
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("does-nothing survives: no case notices that it breaks EP-9", done.stdout)
        self.assertFalse(report["passed"])

    def test_fails_on_a_mutant_that_only_cases_of_others_notice(self) -> None:
        line = '{"name":"misnamed","requirement":"CTL-1","text":"Breaks EP-9 in truth."}\n'
        real = f"{Programs.mutants} --mutant believes-any-acknowledgement"
        done, _ = self.selfcheck(self.fake_mutants(line, real), self.device(str(Programs.node)))
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("misnamed breaks CTL-1, but no case of it finds that", done.stdout)
        self.assertIn("endpoint/acknowledgement/wrong-member-ignored", done.stdout)

    def test_a_device_that_is_only_dead_kills_no_mutant(self) -> None:
        """One that answers echoes, and one that answers nothing: every case fails or hangs."""
        listed = subprocess.run(
            [str(Programs.mutants), "--list-mutants"], check=True, capture_output=True, text=True
        ).stdout
        mutants = [json.loads(line) for line in listed.splitlines()]
        names = [each["name"] for each in mutants if each["needs"] in ("", "base")]
        fake = self.fake_mutants(listed, f"/usr/bin/python3 {DEAD_DEVICE}")
        done, report = self.selfcheck(fake, self.device(str(Programs.node)), "endpoint/framing/**")
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertFalse(report["passed"])
        for name in names:
            self.assertIn(f"{name}: no case passes, so one defect is not what it has", done.stdout)

    def test_a_mutant_that_cannot_be_started_is_trouble_of_the_harness(self) -> None:
        line = '{"name":"stillborn","requirement":"EP-9","text":"Is not there."}\n'
        fake = self.fake_mutants(line, "false")
        done = self.run_judge(
            *("selfcheck", "endpoint/handshake", "--iut", str(IUT / "shunt-node.toml")),
            *("--part", "mutants"),
            *("--mutants", fake, "--", *self.device(str(Programs.node))),
        )
        self.assertEqual(done.returncode, 3, done.stdout)
        self.assertIn("mutant stillborn cannot be started: the device ended with", done.stderr)

    def test_fails_on_an_empty_list(self) -> None:
        fake = self.fake_mutants("", str(Programs.node))
        done, _ = self.selfcheck(fake, self.device(str(Programs.node)))
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("the list of mutants is empty", done.stdout)

    def test_fails_on_a_base_line_that_is_not_conformant(self) -> None:
        red = self.device(str(Programs.mutants), "--mutant", "never-repeats-offer")
        done, report = self.selfcheck(str(Programs.mutants), red)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("the base line is NOT-CONFORMANT", done.stdout)
        self.assertEqual(report["mutants"], [])

    def test_a_list_that_is_none_is_trouble_of_the_harness(self) -> None:
        for lines in ("no JSON\n", '{"name":"x"}\n', "[]\n"):
            fake = self.fake_mutants(lines, str(Programs.node))
            done = self.run_judge("mutants", "--mutants", fake)
            self.assertEqual(done.returncode, 3, lines)
            self.assertIn("--list-mutants: line 1: expected an object with", done.stderr)
        self.assertEqual(self.run_judge("mutants", "--mutants", "/nowhere").returncode, 3)

    def test_junit_is_read_by_who_reads_junit(self) -> None:
        device = self.device(str(Programs.mutants), "--mutant", "never-repeats-offer")
        done = self.run_judge(
            *("run", "--iut", str(IUT / "shunt-node.toml"), "--junit", "junit.xml"),
            *("--json", "report.json", "--", *device),
        )
        self.assertEqual(done.returncode, 1, done.stderr)
        report = json.loads((self.folder / "report.json").read_text())
        suite = next(iter(JUnitXml.fromfile(str(self.folder / "junit.xml"))))
        self.assertEqual(suite.tests, len(report["cases"]))
        self.assertEqual(suite.failures, report["counts"]["FAIL"])
        failed = {
            f"{case.classname.replace('.', '/')}/{case.name}"
            for case in suite
            if any(type(result).__name__ == "Failure" for result in case.result)
        }
        expected = {case["id"] for case in report["cases"] if case["verdict"] == "FAIL"}
        self.assertEqual(failed, expected)

    def test_a_name_that_is_none_is_usage_with_a_suggestion(self) -> None:
        for words, suggestion in (
            (("list", "endpoint/framing/cheksum-verified"), "endpoint/framing/checksum-verified"),
            (("list", "^endpoint/targt/**"), "endpoint/target?"),
            (("explain", "EP-333"), "EP-33"),
            (("selfchek",), "selfcheck"),
        ):
            done = self.run_judge(*words)
            self.assertEqual(done.returncode, 2, words)
            self.assertIn(f"did you mean {suggestion}", done.stderr)

    def test_explain_and_coverage_agree(self) -> None:
        self.assertEqual(self.run_judge("coverage", "--json", "coverage.json").returncode, 0)
        coverage = json.loads((self.folder / "coverage.json").read_text())
        for requirement in coverage["requirements"]:
            if requirement["state"] == "none":
                self.assertTrue(requirement["reason"], requirement["id"])
        tested = [each for each in coverage["requirements"] if each["state"] == "tested"]
        self.assertGreater(len(tested), 30)
        for requirement in tested[:5]:
            shown = self.run_judge("explain", requirement["id"]).stdout
            for case in requirement["cases"]:
                self.assertIn(case, shown)
                self.assertIn(requirement["id"], self.run_judge("explain", case).stdout)


def main() -> None:
    """Arguments: the three programs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--judge", type=Path, required=True)
    parser.add_argument("--node", type=Path, required=True)
    parser.add_argument("--mutants", type=Path, required=True)
    parser.parse_args(namespace=Programs)
    unittest.main(argv=["selfcheck_test"], verbosity=2)


if __name__ == "__main__":
    main()
