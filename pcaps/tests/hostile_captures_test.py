# SPDX-License-Identifier: Apache-2.0
"""A damaged capture is an error with file and offset, never a crash and never silence."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from support import PCAPS, commands, record_offsets, run, tshark_command

CAPTURE = PCAPS / "move-base.pcap"
READERS = sorted(commands())


def _spoilt(directory: Path, content: bytes) -> Path:
    file = directory / "spoilt.pcap"
    file.write_bytes(content)
    return file


def _expect_refusal(reader: str, file: Path, offset: int | None, code: int = 3) -> None:
    outcome = run(commands()[reader], file)
    assert outcome.returncode == code, outcome
    assert str(file) in outcome.stderr
    assert "offset" in outcome.stderr
    if offset is not None:
        assert f"offset {offset}:" in outcome.stderr


@pytest.mark.parametrize("reader", READERS)
def test_a_cut_inside_a_record_names_the_record(reader: str, tmp_path: Path) -> None:
    content = CAPTURE.read_bytes()
    starts = record_offsets(content)
    for start, end in list(zip(starts, starts[1:]))[:4]:
        for cut in (start + 1, start + 15, start + 16, end - 1):
            _expect_refusal(reader, _spoilt(tmp_path, content[:cut]), start)


@pytest.mark.parametrize("reader", READERS)
def test_a_cut_between_records_is_a_shorter_capture(reader: str, tmp_path: Path) -> None:
    content = CAPTURE.read_bytes()
    for count, start in list(enumerate(record_offsets(content)))[:4]:
        outcome = run(commands()[reader], _spoilt(tmp_path, content[:start]))
        assert outcome.returncode == 0
        assert len(outcome.stdout.splitlines()) == count


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("length", [262145, 0x7FFFFFFF, 0xFFFFFFFF])
def test_a_huge_record_names_the_record(reader: str, length: int, tmp_path: Path) -> None:
    content = bytearray(CAPTURE.read_bytes())
    start = record_offsets(bytes(content))[2]
    content[start + 8 : start + 12] = length.to_bytes(4, "little")
    _expect_refusal(reader, _spoilt(tmp_path, bytes(content)), start)


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("content", [b"", b"\xd4\xc3\xb2\xa1", b"#!/bin/sh\n" * 10])
def test_what_is_no_capture_is_refused(reader: str, content: bytes, tmp_path: Path) -> None:
    _expect_refusal(reader, _spoilt(tmp_path, content), 0, code=2)


@pytest.mark.parametrize("reader", READERS)
def test_frames_that_are_not_ethernet_are_refused(reader: str, tmp_path: Path) -> None:
    content = bytearray(CAPTURE.read_bytes())
    content[20] = 101  # raw IP
    _expect_refusal(reader, _spoilt(tmp_path, bytes(content)), 20, code=2)


@pytest.mark.parametrize("reader", READERS)
def test_another_version_is_refused_and_nanoseconds_are_read(reader: str, tmp_path: Path) -> None:
    content = bytearray(CAPTURE.read_bytes())
    content[4] = 9
    _expect_refusal(reader, _spoilt(tmp_path, bytes(content)), None, code=2)
    content = bytearray(CAPTURE.read_bytes())
    content[:4] = b"\x4d\x3c\xb2\xa1"
    outcome = run(commands()[reader], _spoilt(tmp_path, bytes(content)))
    assert outcome.stdout == run(commands()[reader], CAPTURE).stdout != ""


def test_the_scapy_reader_says_that_it_reads_no_pcapng(tmp_path: Path) -> None:
    file = _spoilt(tmp_path, b"\x0a\x0d\x0d\x0a" + bytes(24))
    outcome = run(commands()["scapy"], file)
    assert (outcome.returncode, "offset 0: pcapng" in outcome.stderr) == (2, True)


@pytest.mark.parametrize("reader", READERS)
def test_a_file_that_is_not_there_is_named(reader: str, tmp_path: Path) -> None:
    outcome = run(commands()[reader], tmp_path / "nowhere.pcap")
    assert outcome.returncode == 2
    assert "nowhere.pcap: No such file" in outcome.stderr


@pytest.mark.parametrize("reader", ["judge", "ref-impl"])
def test_pcapng_is_read_as_pcap_is(reader: str, tmp_path: Path) -> None:
    converted = tmp_path / "move-base.pcapng"
    subprocess.run(["editcap", "-F", "pcapng", str(CAPTURE), str(converted)], check=True)
    assert run(commands()[reader], converted).stdout == run(commands()[reader], CAPTURE).stdout
    cut = _spoilt(tmp_path, converted.read_bytes()[:-1])
    _expect_refusal(reader, cut, None)


@pytest.mark.parametrize("reader", ["judge", "ref-impl"])
def test_a_pcapng_that_cannot_be_opened_names_the_block(reader: str, tmp_path: Path) -> None:
    def convert(*options: str) -> tuple[bytes, int]:
        converted = tmp_path / "converted.pcapng"
        subprocess.run(
            ["editcap", "-F", "pcapng", *options, str(CAPTURE), str(converted)], check=True
        )
        content = converted.read_bytes()
        return content, int.from_bytes(content[4:8], "little")

    content, interface_block = convert()
    for cut in (12, interface_block - 1):
        _expect_refusal(reader, _spoilt(tmp_path, content[:cut]), 0, code=2)
    for cut in (interface_block + 1, interface_block + 15):
        _expect_refusal(reader, _spoilt(tmp_path, content[:cut]), interface_block, code=2)
    content, interface_block = convert("-T", "rawip")
    _expect_refusal(reader, _spoilt(tmp_path, content), interface_block, code=2)


def test_tshark_refuses_a_cut_file(tmp_path: Path) -> None:
    outcome = run(tshark_command(), _spoilt(tmp_path, CAPTURE.read_bytes()[:-1]))
    assert outcome.returncode == 3
    assert "spoilt.pcap" in outcome.stderr
