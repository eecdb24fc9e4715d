#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""`shunt-conform fuzz` against the reference node and a mutant of it.

Nothing is found in the node; a resumed run, an interrupted one and one on two devices come to what
a whole one does; a mutant is found, and what is promoted of it fails there and passes here. A
device that ends, stands still or talks nonsense is a finding, and takes no other with it.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import reports_test
from reference_farm import Setting, place_files

CASES = 5_120
HALF = 2_560
# The header's checksum is what most mutations break.
MUTANT = "ignores-checksum"
TIMEOUT_S = 120
SPOILED = Path(__file__).with_name("spoiled_device.py")
# The first case of seed 1 that sends a Type which nobody knows.
SPOILING = 51


def expect(is_so: bool, what: str) -> None:
    if not is_so:
        sys.exit(f"fuzz_test: {what}")


class Fuzz:
    """Runs in one folder, with a farm of one kind."""

    def __init__(self, arguments: argparse.Namespace, folder: Path, is_ext: bool) -> None:
        self.folder = folder
        folder.mkdir()
        (folder / "out").mkdir()
        self.judge = str(arguments.judge)
        self.node = [str(arguments.node)]
        self.mutant = [str(arguments.mutants), "--mutant", MUTANT]
        # Many cases at once need a table that takes them.
        self.farm, self.iut = place_files(Setting(ext=is_ext, jobs=64), folder)

    def device(self, program: list[str], place: str = "unix:out/s1.sock") -> list[str]:
        words = [*program, "--config", str(self.farm), "--name", "s1"]
        return words + ["--front", place, "--back", place, "--time", "virtual"]

    def run(
        self, words: list[str], device: list[str], expected: int, iut: Path | None = None
    ) -> str:
        command = [self.judge, *words, "--iut", str(iut or self.iut)]
        command += ["--", *device] if device else []
        done = subprocess.run(
            command, cwd=self.folder, capture_output=True, text=True, timeout=TIMEOUT_S
        )
        expect(
            done.returncode == expected,
            f"{' '.join(words)}: exit {done.returncode}, not {expected}\n"
            + done.stdout[-2000:]
            + done.stderr[-2000:],
        )
        return done.stdout + done.stderr

    def fuzz(self, words: list[str], program: list[str], expected: int) -> dict[str, object]:
        self.run(["fuzz", *words, "--json", "f.json"], self.device(program), expected)
        return self.report()

    def fuzz_spoiled(self, mode: str, count: int, expected: int) -> dict[str, object]:
        """A device of that mode (spoiled_device.py), which minds what case 51 sends."""
        program = [sys.executable, str(SPOILED), mode, *self.node]
        return self.fuzz(["--count", str(count)], program, expected)

    def report(self) -> dict[str, object]:
        reports_test.check_schema(self.folder / "f.json", "fuzz")
        report: dict[str, object] = json.loads((self.folder / "f.json").read_text())
        return report


def fingerprint(*reports: dict[str, object]) -> int:
    return sum(int(str(report["fingerprint"]), 16) for report in reports) % 2**64


def check_reference(fuzz: Fuzz) -> None:
    whole = fuzz.fuzz(["--count", str(CASES)], fuzz.node, 0)
    expect(whole["findings"] == [] and whole["cases"] == CASES, f"found {whole['findings']}")
    expect(whole["next"] == CASES, f"next is {whole['next']}")
    first = fuzz.fuzz(["--count", str(HALF)], fuzz.node, 0)
    second = fuzz.fuzz(["--from", str(HALF), "--count", str(CASES - HALF)], fuzz.node, 0)
    expect(fingerprint(first, second) == fingerprint(whole), "a resumed run is another one")
    other = fuzz.fuzz(["--count", str(CASES), "--seed", "2"], fuzz.node, 0)
    expect(fingerprint(other) != fingerprint(whole), "another seed is the same run")
    several = fuzz.iut.with_name("several.toml")
    several.write_text(fuzz.iut.read_text().replace("out/s1.sock", "out/s{n}.sock"))
    words = ["fuzz", "--count", str(CASES), "--jobs", "2", "--json", "f.json"]
    fuzz.run(words, fuzz.device(fuzz.node, "unix:out/s{n}.sock"), 0, several)
    expect(fingerprint(fuzz.report()) == fingerprint(whole), "two devices make another run")


def start(fuzz: Fuzz, program: list[str], screen: int = subprocess.PIPE) -> subprocess.Popen[str]:
    command = [fuzz.judge, "fuzz", "--minutes", "5", "--json", "f.json", "--iut", str(fuzz.iut)]
    return subprocess.Popen(
        [*command, "--", *fuzz.device(program)],
        cwd=fuzz.folder,
        stdout=screen,
        text=True,
        # Whoever starts this in the background has SIGINT ignored, which children inherit.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def read_screen(screen: int, until: str | None) -> str:
    """What a terminal shows up to that word, or to its end."""
    shown = b""
    deadline = time.monotonic() + TIMEOUT_S
    while until is None or until.encode() not in shown:
        is_there, _, _ = select.select([screen], [], [], max(deadline - time.monotonic(), 0))
        expect(bool(is_there), f"the screen stands still: {shown[-500:]!r}")
        try:
            read = os.read(screen, 4096)
        except OSError:  # nobody writes any more
            read = b""
        if not read:
            expect(until is None, f"it has ended before it shows {until}: {shown[-500:]!r}")
            break
        shown += read
    return shown.decode(errors="replace")


def check_interrupted(fuzz: Fuzz) -> None:
    screen, writer = os.openpty()
    process = start(fuzz, fuzz.node, writer)
    os.close(writer)
    # To a terminal it says when a batch has ended: there is where to go on from.
    read_screen(screen, " findings, next ")
    process.send_signal(signal.SIGINT)
    text = read_screen(screen, None)
    os.close(screen)
    process.wait(timeout=TIMEOUT_S)
    expect(process.returncode == 130, f"interrupted: exit {process.returncode}")
    part = fuzz.report()
    expect(part["interrupted"] is True and part["cases"] == part["next"], f"{part}")
    expect(f"--from {part['next']}" in text, f"no index to go on from: {text}")
    again = fuzz.fuzz(["--count", str(part["next"])], fuzz.node, 0)
    expect(fingerprint(again) == fingerprint(part), "what was interrupted was another run")


def check_interrupted_finding(fuzz: Fuzz) -> None:
    """What has been found by then is told as it was drawn."""
    process = start(fuzz, fuzz.mutant)
    assert process.stdout
    while not process.stdout.readline().startswith("found in"):
        expect(process.poll() is None, "nothing was found in the mutant")
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=TIMEOUT_S)
    expect(process.returncode == 130, f"interrupted: exit {process.returncode}")
    findings = fuzz.report()["findings"]
    assert isinstance(findings, list)
    expect(len(findings) >= 1, "no finding is told")
    for each in findings:
        is_whole = each["verdict"] == "FAIL" and f"--only {each['index']}" in each["rerun"]
        expect(is_whole and each["expected"], f"an interrupted run tells {each}")


def check_spoiled(fuzz: Fuzz) -> None:
    """A device that ends in the middle, or says nonsense."""
    signatures = {
        "dies": "CRASH: the device ended with exit code 5",
        "dies-late": "CRASH: the device ended with exit code 5",
        "babbles": "the device sent what is no message: HEX",
        "floods": "IP-1: expected IPv4 with lengths inside the frame",
    }
    for mode, signature in signatures.items():
        # A process that dies late is waited for behind each case of its batch.
        count = 64 if mode == "dies-late" else 256
        report = fuzz.fuzz_spoiled(mode, count, 1)
        findings = report["findings"]
        assert isinstance(findings, list)
        expect([each["signature"] for each in findings] == [signature], f"{mode}: {findings}")
        expect(findings[0]["index"] == SPOILING, f"{mode}: another case: {findings}")
        expect(findings[0]["case"].count("add type 1") == 1, f"{mode}: not small: {findings}")
    # It does not start again: what it has shown is told, and why there is no more.
    report = fuzz.fuzz_spoiled("never-again", 64, 3)
    expect(report["trouble"] is not None and report["next"] == 0, f"never-again: {report}")
    findings = report["findings"]
    assert isinstance(findings, list)
    expect(len(findings) == 1 and "CRASH" in findings[0]["signature"], f"never-again: {findings}")
    expect(len(findings[0]["company"]) == 64, f"never-again: {findings}")


def check_hanging(fuzz: Fuzz) -> None:
    """Made small in few tries: each takes the 10 s that an answer is waited for."""
    findings = fuzz.fuzz_spoiled("hangs", 64, 1)["findings"]
    assert isinstance(findings, list)
    expect([each["signature"] for each in findings] == ["HANG"], f"hangs: {findings}")
    expect(findings[0]["index"] == SPOILING, f"hangs: another case: {findings}")


def check_mutant(fuzz: Fuzz) -> None:
    words = ["--count", "1024", "--out", "found", "--promote", "kept"]
    report = fuzz.fuzz(words, fuzz.mutant, 1)
    findings = report["findings"]
    assert isinstance(findings, list)
    expect(len(findings) >= 1, "nothing is found in the mutant")
    alone = [each for each in findings if each["promoted"]]
    expect(any("FRM-4" in each["requirements"] for each in alone), f"not FRM-4: {findings}")
    for each in alone:
        expect((fuzz.folder / each["pcapng"]).is_file(), f"no evidence: {each}")
        expect((fuzz.folder / each["promoted"]).is_file(), f"no case: {each}")
    first = alone[0]
    fuzz.run(["fuzz", "--only", str(first["index"])], fuzz.device(fuzz.mutant), 1)
    fuzz.run(["fuzz", "--only", str(first["index"])], fuzz.device(fuzz.node), 0)
    # A mutation or two are left of it, and the suite has it from now on.
    text = (fuzz.folder / first["promoted"]).read_text()
    expect(text.count("[[frame]]") == 1, f"not small: {text}")
    run = ["run", "endpoint/promoted/**", "--cases", "kept", "--no-qualify"]
    told = fuzz.run(run, fuzz.device(fuzz.mutant), 1)
    expect(told.count("FAIL  ") >= len(alone), f"a promoted case does not fail: {told}")
    fuzz.run(run, fuzz.device(fuzz.node), 0)
    fuzz.run(["judge", str(first["pcapng"]), "--cases", "kept"], [], 1)


def check_subjects(fuzz: Fuzz, mutants: Path, state: str, mutant: str, words: list[str]) -> None:
    """A defect that shows in connections of this state alone; its case is one of the suite."""
    program = [str(mutants), "--mutant", mutant]
    kept = f"kept-{mutant}"
    report = fuzz.fuzz([*words, "--fail-fast", "--promote", kept], program, 1)
    findings = report["findings"]
    assert isinstance(findings, list)
    cases = [each["case"] for each in findings if each["promoted"]]
    expect(any(case.startswith(f"{state}:") for case in cases), f"{mutant}: {findings}")
    run = ["run", f"endpoint/promoted/{state}-*", "--cases", kept, "--no-qualify"]
    told = fuzz.run(run, fuzz.device(program), 1)
    expect("FAIL  " in told, f"{mutant}: a promoted case does not fail: {told}")
    fuzz.run(run, fuzz.device(fuzz.node), 0)


def check_usage(fuzz: Fuzz) -> None:
    device = fuzz.device(fuzz.node)
    for words in (
        ["--only", "1", "--count", "2"],
        ["--only", "1,1"],
        ["--count", "-1"],
        ["--count", "0"],
        ["--from", str(2**64 - 1)],
        ["--from", str(2**64 - 5), "--count", "10"],
        ["--jobs", "2"],
        ["--time", "wall"],
        ["endpoint/**"],
    ):
        fuzz.run(["fuzz", *words], device, 2)
    fuzz.run(["fuzz"], [], 2)
    (fuzz.folder / "wrong").mkdir()
    (fuzz.folder / "wrong" / "a.toml").write_text("claim = 1\n")
    told = fuzz.run(["run", "--cases", "wrong"], device, 2)
    expect("a.toml:1: claim: expected a string" in told, told)
    # What it says steers no terminal.
    (fuzz.folder / "wrong" / "a.toml").write_text(
        'claim = "\\u001b[31m"\nrequirements = ["FRM-4"]\nstate = "absent"\n'
        '[[frame]]\ntype = "forwarded"\n'
    )
    done = subprocess.run(
        [fuzz.judge, "list", "--cases", "wrong"], cwd=fuzz.folder, capture_output=True, check=True
    )
    expect(b"endpoint/promoted/a" in done.stdout and b"\x1b" not in done.stdout, "a raw escape")


def check_hopeless(fuzz: Fuzz) -> None:
    """A device that does nothing right, or all kinds of things: no finding, and an end."""
    program = Path(fuzz.judge).with_name("shunt-empty-device")
    for kind in ("silent", "echo", "reset", "random"):
        device = [str(program), kind, "--iut", str(fuzz.iut), "--front", "unix:out/s1.sock"]
        told = fuzz.run(["fuzz", "--count", "64"], device, 3)
        expect("before any mutated frame" in told, told)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--judge", type=Path, required=True)
    parser.add_argument("--node", type=Path, required=True)
    parser.add_argument("--mutants", type=Path, required=True)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        base = Fuzz(arguments, Path(folder) / "base", False)
        ext = Fuzz(arguments, Path(folder) / "ext", True)
        slow = Fuzz(arguments, Path(folder) / "slow", False)
        # It waits for most of its time.
        hanging = concurrent.futures.ThreadPoolExecutor().submit(check_hanging, slow)
        check_usage(base)
        check_hopeless(base)
        check_interrupted(base)
        check_interrupted_finding(base)
        check_spoiled(base)
        for fuzz in (base, ext):
            check_reference(fuzz)
            check_mutant(fuzz)
        channel = ["--from", "512", "--count", "64"]
        check_subjects(ext, arguments.mutants, "channel", "keeps-broken-channels", channel)
        check_subjects(ext, arguments.mutants, "returning", "resumes-by-go", ["--count", "1024"])
        check_subjects(
            base, arguments.mutants, "flow-here", "ignores-server-port", ["--count", "512"]
        )
        # What cannot be beside others is not asked to be.
        ext.run(["fuzz", "--only", "511,512"], ext.device(ext.node), 2)
        ext.run(["fuzz", "--only", "512,513"], ext.device(ext.node), 0)
        hanging.result()
    return 1 if reports_test.complaints else 0


if __name__ == "__main__":
    sys.exit(main())
