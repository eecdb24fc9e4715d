#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""`judge` agrees with every live verdict, of a device and of mutants, and with no changed capture.

Captures of a whole run of the reference node are judged again, and those of mutants: each verdict
is that of then, also where the device has failed, hung or died. Then one thing is changed in a
capture at a time: a frame of the device, one of the case, a time, the verdict, a finding, a line of
the upper tester; `judge` says that it differs. A capture of other tools gets the oracles alone.
"""

from __future__ import annotations

import argparse
import json
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

import reports_test
from run_reference import LONGEST_S
from reference_farm import Setting, left_out, node_command, place_files

AGREES, NEGATIVE, TROUBLE = 0, 1, 3
PACKET_BLOCK, CUSTOM_BLOCK = 6, 0x0BAD
# Each breaks another thing: what is said, what is not said, the process itself.
MUTANTS = ["ignores-checksum", "answers-from-own-address", "drops-held-packets"]
DEAD_DEVICE = Path(__file__).resolve().parent / "dead_device.py"
complaints = reports_test.complaints


def expect(is_so: bool, text: str) -> None:
    if not is_so:
        complaints.append(text)


def judge(program: Path, iut: Path, captures: list[Path]) -> tuple[int, dict[str, object]]:
    """Exit code and report of `judge`."""
    report = iut.parent / "judged.json"
    command = [str(program), "judge", *map(str, captures), "--iut", str(iut), "--json", str(report)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode not in (AGREES, NEGATIVE, TROUBLE):
        sys.exit(f"judge: exit {result.returncode}\n{result.stdout[-2000:]}{result.stderr[-2000:]}")
    reports_test.check_schema(report, "judge")
    return result.returncode, json.loads(report.read_text())


def blocks(content: bytes) -> list[bytes]:
    found = []
    while content:
        size = struct.unpack(">I", content[4:8])[0]
        found.append(content[:size])
        content = content[size:]
    return found


def block_type(block: bytes) -> int:
    kind: int = struct.unpack(">I", block[:4])[0]
    return kind


def is_from_device(block: bytes) -> bool:
    """Whether a packet block's flags say outbound."""
    return b"\x00\x02\x00\x04\x00\x00\x00\x02" in block


def with_record(content: bytes, old: str, new: str) -> bytes:
    """The capture with another text in its record."""
    *packets, record = blocks(content)
    body = record[8:-4].rstrip(b"\0").replace(old.encode(), new.encode())
    body += b"\0" * (-len(body) % 4)
    size = struct.pack(">I", len(body) + 12)
    return b"".join(packets) + record[:4] + size + body + size


def with_packet_changed(content: bytes, from_device: bool, offset: int) -> bytes:
    """One bit of the last packet of this direction is another."""
    parts = blocks(content)
    for number in reversed(range(len(parts))):
        block = parts[number]
        if block_type(block) == PACKET_BLOCK and is_from_device(block) == from_device:
            position = 28 + offset
            parts[number] = block[:position] + bytes([block[position] ^ 1]) + block[position + 1 :]
            return b"".join(parts)
    raise AssertionError("no such packet")


def without_record(content: bytes) -> bytes:
    return b"".join(block for block in blocks(content) if block_type(block) != CUSTOM_BLOCK)


def without_last_packet(content: bytes) -> bytes:
    parts = blocks(content)
    last = max(i for i, block in enumerate(parts) if block_type(block) == PACKET_BLOCK)
    return b"".join(parts[:last] + parts[last + 1 :])


def as_pcap(content: bytes) -> bytes:
    """The packets as tcpdump would have written them, little-endian and in microseconds."""
    file = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)
    for block in blocks(content):
        if block_type(block) != PACKET_BLOCK:
            continue
        high, low, size = struct.unpack(">III", block[12:24])
        time = (high << 32 | low) // 1000
        file += struct.pack("<IIII", time // 10**6, time % 10**6, size, size)
        file += block[28 : 28 + size]
    return file


def check_agreement(
    program: Path, iut: Path, out: Path, live: dict[str, object], name: str
) -> None:
    """Every capture of the run is judged as it was then."""
    captures = sorted(out.glob("*.pcapng"))
    _, report = judge(program, iut, captures)
    judged = report["captures"]
    assert isinstance(judged, list)
    expect(len(judged) == len(captures) > 0, f"{name}: {len(judged)} of {len(captures)} judged")
    for each in judged:
        expect(each["agrees"] is True, f"{name}: {each['capture']}: {each}")
    verdicts = {each["case"]: each["judged"] for each in judged}
    cases = live["cases"]
    assert isinstance(cases, list)
    for case in cases:
        if case["pcapng"]:
            expect(
                verdicts.get(case["id"]) == case["verdict"],
                f"{name}: {case['id']}: {case['verdict']}, judged {verdicts.get(case['id'])}",
            )


def check_texts(out: Path, live: dict[str, object]) -> None:
    """All that says a verdict says the last one, also where it came behind the case."""
    cases = live["cases"]
    assert isinstance(cases, list)
    for case in cases:
        if not case["pcapng"]:
            continue
        path = out / Path(case["pcapng"]).name
        said = f"{case['id']} {case['verdict']} against".encode()
        expect(said in path.read_bytes(), f"{path.name}: the file's comment has no {said!r}")
        text = path.with_suffix(".txt").read_text()
        expect(text.startswith(case["verdict"]), f"{path.name}: the text begins {text[:40]}")


def run(
    arguments: argparse.Namespace,
    folder: Path,
    node: list[str],
    out: str,
    iut: Path,
    selectors: list[str] | None = None,
) -> dict[str, object]:
    """A run whatever its verdict; its report."""
    is_tap = arguments.attach == "tap"
    command = [str(arguments.judge), "run", *(selectors or arguments.selectors)]
    command += [*left_out(), "--iut", str(iut)]
    if is_tap:
        command += ["--longest", str(LONGEST_S)]
    command += ["--out", out, "--json", f"{out}.json", "--", *node]
    subprocess.run(command, cwd=folder, capture_output=True, check=False)
    report: dict[str, object] = json.loads((folder / f"{out}.json").read_text())
    return report


def check_tampering(program: Path, iut: Path, capture: Path) -> None:
    """Whatever is changed is noticed."""
    content = capture.read_bytes()
    changed = iut.parent / "changed.pcapng"
    tampered = {
        "a byte of the device's last frame": with_packet_changed(content, True, 20),
        "a byte of the case's last frame": with_packet_changed(content, False, 20),
        "the verdict": with_record(content, '"verdict":"PASS"', '"verdict":"FAIL"'),
        "a reason": with_record(content, '"reason":""', '"reason":"because"'),
        "the seed": with_record(content, '"seed":1,', '"seed":2,'),
        "the port": with_record(content, '"port":', '"port":1'),
        "the turns": with_record(content, '"turns_ns":[0,', '"turns_ns":[0,0,'),
        "the case": with_record(content, '"case":"endpoint/', '"case":"endpoint/no-'),
        "a packet less": without_last_packet(content),
        "a circumstance": with_record(
            content, '"circumstances":[]', '"circumstances":[{"verdict":"INFO","reason":"x"}]'
        ),
        "the record": without_record(content),
        "the end": content[:-8],
    }
    for what, bytes_changed in tampered.items():
        expect(bytes_changed != content, f"{what}: the test has changed nothing")
        changed.write_bytes(bytes_changed)
        code, report = judge(program, iut, [changed])
        expect(code == TROUBLE, f"{what}: exit {code}, {report['captures']}")


def check_foreign(program: Path, iut: Path, capture: Path) -> None:
    """Oracles alone: nothing in a good capture, and a wrong checksum in a changed one."""
    foreign = iut.parent / "foreign.pcap"
    foreign.write_bytes(as_pcap(capture.read_bytes()))
    code, report = judge(program, iut, [foreign])
    captures = report["captures"]
    assert isinstance(captures, list)
    expect(code == AGREES and captures[0]["judged"] == "INFO", f"foreign: {code} {captures}")
    expect(captures[0]["agrees"] is None, "foreign: agrees with nothing")
    foreign.write_bytes(as_pcap(with_packet_changed(capture.read_bytes(), True, 40)))
    code, report = judge(program, iut, [foreign])
    expect(code == NEGATIVE, f"changed foreign: {code} {report['captures']}")
    whole = as_pcap(capture.read_bytes())
    hostile = {
        "cut in a packet": (whole[:-5], "offset"),
        "cut in its header": (whole[:30], "offset 24"),
        "a packet of 4 GiB": (whole[:32] + b"\xff" * 4 + whole[36:], "offset 24"),
        "another link type": (whole[:20] + struct.pack("<I", 101) + whole[24:], "offset 20"),
        "no capture": (b"no capture", "offset 0"),
        "nothing": (b"", "offset 0"),
    }
    for what, (content, place) in hostile.items():
        foreign.write_bytes(content)
        code, report = judge(program, iut, [foreign])
        trouble = str(report["captures"])
        expect(code == TROUBLE and place in trouble, f"{what}: {code} {trouble}")


def check_unix(arguments: argparse.Namespace, folder: Path) -> None:
    """Virtual time: the node without and with extensions, mutants, and changed captures."""
    for is_ext in (False, True):
        setting = Setting(ext=is_ext, sessions="cookie" if is_ext else None)
        farm, iut = place_files(setting, folder)
        node = node_command(arguments.node, farm, setting)
        out = f"good-{is_ext}"
        live = run(arguments, folder, node, out, iut)
        check_agreement(arguments.judge, iut, folder / out, live, out)
        for mutant in MUTANTS:
            command = [str(arguments.mutants), "--mutant", mutant, *node[1:]]
            out = f"{mutant}-{is_ext}"
            live = run(arguments, folder, command, out, iut)
            expect(live["verdict"] == "NOT-CONFORMANT", f"{out}: {live['verdict']}")
            check_agreement(arguments.judge, iut, folder / out, live, out)
    capture = folder / "good-False" / "endpoint.connection.well-formed.pcapng"
    _, iut = place_files(Setting(), folder)
    check_tampering(arguments.judge, iut, capture)
    check_foreign(arguments.judge, iut, capture)
    dead = ["/usr/bin/python3", str(DEAD_DEVICE), "--front", "unix:out/s1.sock"]
    for mode, verdict in (("--late", "CRASH"), ("--gone", "CRASH"), ("--deaf", "HANG")):
        out = f"dead{mode}"
        live = run(arguments, folder, [*dead, mode], out, iut, ["endpoint/forward/**"])
        counts = live["counts"]
        assert isinstance(counts, dict)
        expect(counts.get(verdict, 0) > 0, f"{out}: {counts}")
        check_agreement(arguments.judge, iut, folder / out, live, out)
        check_texts(folder / out, live)


def check_tap(arguments: argparse.Namespace, folder: Path) -> None:
    """Wall time over two taps of the namespace that this runs in, all cases on one device."""
    setting = Setting("tap", ext=True, sessions="cookie")
    farm, iut = place_files(setting, folder)
    for name, program in (("tap", arguments.node), ("tap-mutant", arguments.mutants)):
        command = node_command(program, farm, setting)
        if name == "tap-mutant":
            command[1:1] = ["--mutant", MUTANTS[0]]
        live = run(arguments, folder, command, name, iut)
        check_agreement(arguments.judge, iut, folder / name, live, name)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--judge", type=Path, required=True)
    parser.add_argument("--node", type=Path, required=True)
    parser.add_argument("--mutants", type=Path, required=True)
    parser.add_argument("--attach", choices=["unix", "tap"], default="unix")
    parser.add_argument("selectors", nargs="*", help="the cases of a run over taps")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "out").mkdir()
        check = check_unix if arguments.attach == "unix" else check_tap
        check(arguments, folder)
    for complaint in complaints[:40]:
        print(complaint, file=sys.stderr)
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
