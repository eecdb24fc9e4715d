# SPDX-License-Identifier: Apache-2.0
"""The judge against the reference node over one unix: socket in virtual time."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

import shunt

IUT = "conformance/iut/shunt-node.toml"


def node_command(node: str = "build/bin/shunt-node") -> list[str]:
    socket = "unix:out/s1.sock"
    command = [node, "--config", "conformance/iut/farm.toml", "--name", "s1"]
    return [*command, "--front", socket, "--back", socket, "--time", "virtual"]


def two_cases() -> list[str]:
    """The first of the home's cases and the first of the target's, in the suite's order."""
    first = {info.role: info.id for info in reversed(shunt.cases())}
    return [info.id for info in shunt.cases([first["home"], first["target"]])]


def test_cases_say_what_they_are() -> None:
    infos = shunt.cases()
    assert len({info.id for info in infos}) == len(infos) >= 5
    for info in infos:
        # What a farm's member alone has to do about TCP is of the endpoint profile.
        folders = [f"{info.profile}/", "system/"] + ["tcp/"] * (info.profile == "endpoint")
        assert info.id.startswith(tuple(folders))
        # Any TCP server can be tested by what the profile tcp demands.
        roles = {"tcp": {""}, "blob": {"forwarder", "host"}}
        assert info.role in roles.get(info.profile, {"home", "target"})
        assert info.claim.endswith(".") and info.requirements
    handshake = shunt.cases(["endpoint/handshake"])
    assert handshake and all(info.id.startswith("endpoint/handshake/") for info in handshake)


def test_the_reference_node_passes_two_cases(checkout: Path) -> None:
    seen: list[str] = []
    selected = two_cases()
    result = shunt.judge(
        IUT,
        selected,
        command=node_command(),
        out="out/verdict",
        on_case=lambda case: seen.append(case.id),
    )
    assert [(case.id, case.verdict, case.reason) for case in result.cases] == [
        (name, "PASS", "") for name in selected
    ]
    assert (result.verdict, result.iut, result.seed, seen) == (
        "CONFORMANT",
        "shunt-node",
        1,
        selected,
    )
    assert all(Path(case.pcapng).stat().st_size > 0 for case in result.cases)
    report = json.loads(result.to_json())
    assert (report["schema"], report["verdict"]) == (1, "CONFORMANT")


def test_the_same_seed_is_the_same_evidence(checkout: Path) -> None:
    def evidence(out: str) -> bytes:
        [case] = shunt.judge(IUT, two_cases()[:1], command=node_command(), out=out, seed=5).cases
        content = Path(case.pcapng).read_bytes()
        return content[int.from_bytes(content[4:8], "big") :]  # its first block names the folder

    assert evidence("out/one") == evidence("out/other")


def test_a_defect_is_a_finding(checkout: Path) -> None:
    program, *options = node_command("build/bin/shunt-node-mutants")
    assert os.access(program, os.X_OK), "the build makes shunt-node-mutants"
    command = [program, "--mutant", "touches-forwarded-packet", *options]
    result = shunt.judge(IUT, ["endpoint/forward/client-packet-unchanged"], command=command)
    assert result.verdict == "NOT-CONFORMANT"
    [failed] = [case for case in result.cases if case.verdict == "FAIL"]
    assert "EP-21" in {finding.requirement for finding in failed.findings}
    assert failed.findings[0].is_must and failed.findings[0].frame is not None
    [reported] = [case for case in json.loads(result.to_json())["cases"] if case["frame"]]
    assert failed.findings[0].frame == reported["frame"] >= 1


def test_a_device_that_does_not_start_is_a_verdict(checkout: Path) -> None:
    result = shunt.judge(IUT, two_cases()[:1], command=["build/bin/no-such-program"])
    assert result.cases[0].verdict == "ERROR"
    assert "no-such-program" in result.cases[0].reason
    assert result.verdict == "INCONCLUSIVE"


def test_a_file_that_is_wrong_is_named_with_its_line(checkout: Path) -> None:
    Path("iut.toml").write_text(Path(IUT).read_text().replace("02:07:00:00:00:01", "02:07", 1))
    with pytest.raises(shunt.UsageError, match=r"iut\.toml:\d+: ixit\.addresses\.front_mac"):
        shunt.judge("iut.toml")


def test_evidence_is_not_overwritten(checkout: Path) -> None:
    Path("out/verdict").mkdir()
    Path("out/verdict/mine").touch()
    with pytest.raises(shunt.UsageError, match="not empty, and is not overwritten"):
        shunt.judge(IUT, two_cases(), command=node_command(), out="out/verdict")


def test_an_exception_between_cases_ends_the_run_and_the_device(checkout: Path) -> None:
    def stop(case: shunt.CaseResult) -> None:
        raise LookupError("of the script")

    with pytest.raises(LookupError, match="of the script"):
        shunt.judge(IUT, two_cases(), command=node_command(), on_case=stop)
    result = shunt.judge(IUT, two_cases()[:1], command=node_command())
    assert result.verdict == "CONFORMANT"
