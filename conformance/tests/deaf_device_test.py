#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A case that ends in silences does not pass on a device that has gone deaf before them.

The device is the reference node behind a wire that ends: in the first conversation nothing gets
through from its first frame on, in the second from the second, and so forth; echoes, ARP and the
clock always do. Only where the wire outlives all but the case's last frame may the case pass.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

from reference_farm import Setting, place_files

CASES = ["endpoint/ends/owner-tells-its-home"]
ROUNDS = 60
MESSAGE_MAX = 80_000
FRAME = 0
ARP, IPV4, ICMP = b"\x08\x06", b"\x08\x00", 1
ECHOES = (0, 8)


def is_of_no_connection(frame: bytes) -> bool:
    """ARP and echoes."""
    if frame[12:14] == ARP:
        return True
    return frame[12:14] == IPV4 and frame[23] == ICMP and frame[34] in ECHOES


def relay(tester: socket.socket, node: socket.socket, heard_max: int) -> int:
    """One conversation, to its end; how many frames there were for the device."""
    frames = 0
    while True:
        ready, _, _ = select.select([tester, node], [], [])
        for source, sink in ((tester, node), (node, tester)):
            if source not in ready:
                continue
            message = source.recv(MESSAGE_MAX)
            if not message:
                return frames
            if source is tester and message[0] == FRAME and not is_of_no_connection(message[2:]):
                frames += 1
                if frames > heard_max:
                    continue
            sink.send(message)


def serve(path: str, node_path: str, command: list[str]) -> None:
    """The device: prints how many frames each conversation had."""
    with subprocess.Popen(command, stdout=subprocess.PIPE) as node:

        def end(*_: object) -> None:
            node.kill()
            os._exit(0)

        signal.signal(signal.SIGTERM, end)
        assert node.stdout
        node.stdout.readline()  # it is ready
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
            listener.bind(path)
            listener.listen()
            print('{"event":"ready"}', flush=True)
            for number in itertools.count(1):
                tester, _ = listener.accept()
                behind = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
                with tester, behind:
                    behind.connect(node_path)
                    frames = 0
                    try:
                        frames = relay(tester, behind, number)
                    except (BrokenPipeError, ConnectionResetError):
                        pass
                    print(f"frames {number} {frames}", flush=True)


def too_lenient(arguments: argparse.Namespace, setting: Setting, case: str) -> list[str]:
    """What is wrong about the verdicts of one case."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        farm, iut = place_files(setting, folder)
        (folder / "out").mkdir(exist_ok=True)
        device = [sys.executable, __file__, "--serve", "out/s1.sock", "out/behind.sock"]
        device += [str(arguments.node), "--config", str(farm), "--name", "s1", "--time", "virtual"]
        device += ["--front", "unix:out/behind.sock", "--back", "unix:out/behind.sock"]
        command = [str(arguments.judge), "run", case, "--iut", str(iut), "--out", "evidence"]
        command += ["--no-qualify", "--repeat", str(ROUNDS), "--json", "report.json", "--", *device]
        subprocess.run(command, cwd=folder, check=False, stdout=subprocess.DEVNULL)
        report = json.loads((folder / "report.json").read_text())
        log = (folder / "evidence" / "device.log").read_text()
    verdicts = [round_["verdict"] for round_ in report["cases"]]
    frames = [int(line.split()[2]) for line in log.splitlines() if line.startswith("frames")]
    if len(verdicts) != ROUNDS or len(frames) < ROUNDS - 1 or verdicts[-1] != "PASS":
        return [f"{case}: {len(verdicts)} rounds, the last one {verdicts[-1]}"]
    needed = frames[-1] - 1  # that the last acknowledgment arrives nobody can see
    return [
        f"{case}: {verdict} on a device that was deaf after {heard} of {frames[-1]} frames"
        for heard, verdict in enumerate(verdicts[: needed - 1], 1)
        if verdict == "PASS"
    ]


def main() -> int:
    if sys.argv[1:2] == ["--serve"]:
        serve(sys.argv[2], sys.argv[3], sys.argv[4:])
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--judge", type=Path, required=True)
    parser.add_argument("--node", type=Path, required=True)
    arguments = parser.parse_args()
    found = []
    for setting in (Setting(), Setting(ext=True)):
        for case in CASES:
            found += too_lenient(arguments, setting, case)
    for complaint in found:
        print(complaint, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
