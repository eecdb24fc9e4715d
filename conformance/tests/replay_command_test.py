#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""`shunt-conform replay`: captures of other programs are played to the reference node.

Those of pcaps/others are answered as they were; what is changed in them is a finding that names the
field and the packet; what is cut, hostile or no capture gets a clear error and never a crash.
"""

from __future__ import annotations

import argparse
import json
import random
import struct
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import]

ROOT = Path(__file__).resolve().parents[2]
OTHERS = ROOT / "pcaps" / "others"
CONNECTIONS = {"chromium-nginx": 5, "curl-nginx": 1, "linux-half-close": 1}
HOSTILE = 60


class Replay:
    """The command, against a node of its own."""

    def __init__(self, judge: Path, node: Path, folder: Path) -> None:
        self.judge, self.node, self.folder = judge, node, folder
        (folder / "out").mkdir()
        for name in ("farm.toml", "shunt-node.toml"):
            (folder / name).write_text((ROOT / "conformance" / "iut" / name).read_text())

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        node = [str(self.node), "--config", "farm.toml", "--name", "s1", "--time", "virtual"]
        node += ["--front", "unix:out/s1.sock", "--back", "unix:out/s1.sock"]
        command = [str(self.judge), "replay", *words, "--iut", "shunt-node.toml", "--", *node]
        return subprocess.run(
            command, cwd=self.folder, capture_output=True, text=True, timeout=120, check=False
        )

    def report(self, *words: str) -> tuple[int, dict[str, Any]]:
        path = self.folder / "report.json"
        path.unlink(missing_ok=True)
        ended = self.run(*words, "--json", "report.json")
        assert path.exists(), ended.stderr
        report: dict[str, Any] = json.loads(path.read_text())
        return ended.returncode, report

    def altered(self, name: str, content: bytes) -> str:
        path = self.folder / name
        path.write_bytes(content)
        return str(path)


def packets_of(capture: bytes) -> list[tuple[int, int]]:
    """Where the frames of a pcap in this machine's order begin and end."""
    assert capture[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1")
    found, at = [], 24
    while at < len(capture):
        (size,) = struct.unpack_from("=I", capture, at + 8)
        found.append((at + 16, at + 16 + size))
        at += 16 + size
    return found


def reasons(report: dict[str, Any]) -> str:
    texts = [text for case in report["cases"] for text in [case["reason"] or "", *case["findings"]]]
    return "; ".join(texts)


def is_answered_as_it_was(replay: Replay) -> None:
    captures = [str(OTHERS / f"{name}.pcap") for name in CONNECTIONS]
    code, report = replay.report(*captures, "--out", "bundle")
    schema = json.loads((ROOT / "docs" / "schema" / "report.schema.json").read_text())
    jsonschema.validate(report, schema)
    ids = [f"replay/{name}/{n + 1}" for name, count in CONNECTIONS.items() for n in range(count)]
    assert [case["id"] for case in report["cases"]] == ids
    assert code == 0 and all(case["verdict"] == "PASS" for case in report["cases"]), report
    verified = subprocess.run(
        [replay.judge, "verify", "bundle"], cwd=replay.folder, capture_output=True, text=True
    )
    assert verified.returncode == 0, verified.stdout
    # Another capture in its place is not what was played.
    (replay.folder / "bundle" / "curl-nginx.played").write_bytes(
        (OTHERS / "linux-half-close.pcap").read_bytes()
    )
    spoilt = subprocess.run([replay.judge, "verify", "bundle"], cwd=replay.folder, check=False)
    assert spoilt.returncode == 1
    code, report = replay.report(captures[0], "--only", "replay/chromium-nginx/3", "--jobs", "4")
    assert code == 0 and len(report["cases"]) == 1


def what_differs_is_named(replay: Replay) -> None:
    whole = (OTHERS / "curl-nginx.pcap").read_bytes()
    # The last digit of an offset in a body of 5,000 bytes.
    at = whole.index(b"000000000000fa0\n") + 13
    number = 1 + next(i for i, (_, end) in enumerate(packets_of(whole)) if at < end)
    changed = whole[:at] + b"X" + whole[at + 1 :]
    code, report = replay.report(replay.altered("body.pcap", changed))
    assert code == 1 and "http.body of response 4 byte 4013 0x58" in reasons(report), report
    assert f"(packet {number} of the capture), got 0x61" in reasons(report), report
    code, _ = replay.report(str(replay.folder / "body.pcap"), "--payload", "status")
    assert code == 0
    code, report = replay.report(str(replay.folder / "body.pcap"), "--payload", "bytes")
    assert code == 1 and "tcp.payload byte" in reasons(report), report

    changed = whole.replace(b"HTTP/1.1 404 Not Found", b"HTTP/1.1 200 Not Found")
    code, report = replay.report(replay.altered("status.pcap", changed))
    assert code == 1 and "http.status of response 6 200" in reasons(report), report

    # SACK permitted (04 02) in the SYN/ACK becomes two NOPs.
    begin, end = packets_of(whole)[1]
    options = whole[begin + 54 : end].replace(b"\x04\x02", b"\x01\x01", 1)
    changed = whole[: begin + 54] + options + whole[end:]
    code, report = replay.report(replay.altered("options.pcap", changed))
    assert code == 1 and "tcp.options.sack_permitted absent (packet 2" in reasons(report), report


def bulk(size: int) -> bytes:
    """A capture on a loopback: a response in one packet, more than a device sends at once."""
    from scapy.all import IP, TCP, Ether, Raw

    text = b"".join(b"%015x\n" % offset for offset in range(0, size, 16))[:size]
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size + text
    request = b"GET /bytes/%d HTTP/1.1\r\nHost: bulk\r\n\r\n" % size
    client, server = 1 + len(request), 1 + len(answer)
    options = [("MSS", 1460)]
    steps: list[tuple[bool, str, int, int, bytes]] = [
        (True, "S", 0, 0, b""),
        (False, "SA", 0, 1, b""),
        (True, "A", 1, 1, b""),
        (True, "PA", 1, 1, request),
        (False, "PA", 1, client, answer),
        (True, "FA", client, server, b""),
        (False, "FA", server, client + 1, b""),
        (True, "A", client + 1, server + 1, b""),
    ]
    packets = []
    for number, (is_client, flags, sequence, acknowledgment, payload) in enumerate(steps):
        ends = ("10.9.0.1", "10.9.0.2") if is_client else ("10.9.0.2", "10.9.0.1")
        ports = (40000, 80) if is_client else (80, 40000)
        tcp = TCP(sport=ports[0], dport=ports[1], flags=flags, seq=sequence, ack=acknowledgment,
                  window=65535, options=options if "S" in flags else [])  # fmt: skip
        frame = bytes(Ether() / IP(src=ends[0], dst=ends[1]) / tcp / Raw(payload))
        packets.append(struct.pack("=IIII", 1, number, len(frame), len(frame)) + frame)
    return struct.pack("=IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1) + b"".join(packets)


def a_slow_start_is_no_difference(replay: Replay) -> None:
    path = replay.altered("bulk.pcap", bulk(60000))
    code, report = replay.report(path)
    assert code == 0, report
    path = replay.altered("other.pcap", bulk(60000).replace(b"00000000000ea50\n", b"x" * 16))
    code, report = replay.report(path)
    assert code == 1 and "http.body of response 1 byte 59984" in reasons(report), report


def merged(one: bytes, other: bytes) -> bytes:
    """Both links of a farm as one capture, in the order of time."""

    def timed(capture: bytes) -> list[tuple[tuple[int, ...], bytes]]:
        found = packets_of(capture)
        return [
            (struct.unpack_from("=II", capture, begin - 16), capture[begin - 16 : end])
            for begin, end in found
        ]

    packets = sorted(timed(one) + timed(other), key=lambda packet: packet[0])
    return one[:24] + b"".join(content for _, content in packets)


def both_ends_of_a_move_are_played(replay: Replay) -> None:
    pcaps = ROOT / "pcaps"
    names = ["move-base", "move-routed", "held-packets-order", "late-acknowledgement-reset"]
    code, report = replay.report(
        *(str(pcaps / f"{name}.pcap") for name in names), "--as", "home", "--out", "bundle"
    )
    assert code == 0 and len(report["cases"]) == 4, report
    verified = subprocess.run([replay.judge, "verify", "bundle"], cwd=replay.folder, check=False)
    assert verified.returncode == 0
    code, report = replay.report(str(pcaps / "move-ext.pcap"), "--as", "home")
    assert code == 3 and "is of the extensions: 0x14 go" in reasons(report), report

    moves = pcaps / "curl-moves"
    whole = merged((moves / "front.pcap").read_bytes(), (moves / "back.pcap").read_bytes())
    path = replay.altered("curl.pcap", whole)
    code, report = replay.report(path, "--as", "target")
    assert code == 1 and "expected 0x01 (packet 7 of the capture), got none" in reasons(report)
    farm = (replay.folder / "farm.toml").read_text()
    (replay.folder / "farm.toml").write_text(farm.replace('"/s2/"', '"/bytes/2"'))
    code, report = replay.report(path, "--as", "target")
    assert code == 0, report
    # A home that forwards once more than there is anything to forward.
    begin, end = packets_of(whole)[-1]
    path = replay.altered("more.pcap", whole + whole[begin - 16 : end])
    code, report = replay.report(path, "--as", "target")
    assert code == 1 and "0x02 (the last is packet" in reasons(report), report


def without(capture: bytes, numbers: list[int]) -> bytes:
    """What is left of it without these packets, from 0."""
    kept = capture[:24]
    for number, (begin, end) in enumerate(packets_of(capture)):
        if number not in numbers:
            kept += capture[begin - 16 : end]
    return kept


def tagged(capture: bytes, tags: int = 1) -> bytes:
    """Each frame with VLAN tags."""
    kept = capture[:24]
    for begin, end in packets_of(capture):
        frame = capture[begin : begin + 12] + b"\x81\x00\x20\x07" * tags + capture[begin + 12 : end]
        kept += capture[begin - 16 : begin - 8] + struct.pack("=II", len(frame), len(frame)) + frame
    return kept


def a_burst_is_acknowledged_by_the_home_too(replay: Replay) -> None:
    moves = ROOT / "pcaps" / "curl-moves"
    whole = merged((moves / "front.pcap").read_bytes(), (moves / "back.pcap").read_bytes())
    acknowledgments = [
        number
        for number, (begin, end) in enumerate(packets_of(whole))
        if number > 8 and end - begin in (66, 82)
    ]
    # All but those of the end: the response is more than a device sends at once.
    burst = without(whole, acknowledgments[:-5])
    code, report = replay.report(replay.altered("burst.pcap", burst), "--as", "home")
    assert code == 0, report
    code, report = replay.report(replay.altered("tagged.pcap", tagged(whole)), "--as", "home")
    assert code == 0, report


def tags_are_left_out(replay: Replay) -> None:
    whole = (OTHERS / "curl-nginx.pcap").read_bytes()
    code, report = replay.report(replay.altered("tagged.pcap", tagged(whole)))
    assert code == 0, report
    # What stands behind two of them nobody knows, nor of which connection it is.
    mixed = tagged(whole, 2)[24:]
    code, report = replay.report(replay.altered("twice.pcap", whole + mixed))
    assert code == 3 and "has more than one VLAN tag" in reasons(report), report


def what_cannot_be_played_says_why(replay: Replay) -> None:
    whole = (OTHERS / "curl-nginx.pcap").read_bytes()
    begin = packets_of(whole)[0][1]
    code, report = replay.report(replay.altered("late.pcap", whole[:24] + whole[begin:]))
    assert code == 3 and report["cases"][0]["verdict"] == "NOT-RUN", report
    assert "is no SYN" in reasons(report), report
    for words, code, text in (
        ((), 2, "expected a capture"),
        (("nowhere.pcap",), 3, "nowhere.pcap"),
        ((str(OTHERS / "curl-nginx.pcap"), "--payload", "some"), 2, "--payload"),
        ((str(OTHERS / "curl-nginx.pcap"), "--only", "replay/none"), 2, "replay/curl-nginx/1"),
        ((replay.altered("cut.pcap", whole[:-7]),), 3, "offset"),
        ((replay.altered("empty.pcap", whole[:24]),), 3, "no TCP connection"),
        ((str(ROOT / "README.md"),), 3, "README.md"),
    ):
        ended = replay.run(*words)
        assert ended.returncode == code, (words, ended.returncode, ended.stderr)
        assert text in ended.stderr and len(ended.stderr.splitlines()) == 1, ended.stderr


def hostile_captures_end_in_words(replay: Replay, rounds: int) -> None:
    whole = (OTHERS / "linux-half-close.pcap").read_bytes()
    chance = random.Random(1)
    for number in range(rounds):
        spoilt = bytearray(whole)
        for _ in range(chance.randint(1, 20)):
            spoilt[chance.randrange(24, len(spoilt))] = chance.choice((0, 1, 0x7F, 0x80, 0xFF))
        ended = replay.run(replay.altered("hostile.pcap", bytes(spoilt)))
        assert ended.returncode in (0, 1, 3), (number, ended.returncode, ended.stderr)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--judge", type=Path, required=True)
    parser.add_argument("--node", type=Path, required=True)
    parser.add_argument("--hostile", type=int, default=HOSTILE, help="captures")
    arguments = parser.parse_args()
    for part in (
        is_answered_as_it_was,
        what_differs_is_named,
        both_ends_of_a_move_are_played,
        a_slow_start_is_no_difference,
        a_burst_is_acknowledged_by_the_home_too,
        tags_are_left_out,
        what_cannot_be_played_says_why,
    ):
        with tempfile.TemporaryDirectory() as name:
            part(Replay(arguments.judge.resolve(), arguments.node.resolve(), Path(name)))
    with tempfile.TemporaryDirectory() as name:
        replay = Replay(arguments.judge.resolve(), arguments.node.resolve(), Path(name))
        hostile_captures_end_in_words(replay, arguments.hostile)
    print("captures of others are played; what differs is named")
    return 0


if __name__ == "__main__":
    sys.exit(main())
