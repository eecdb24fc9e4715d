# SPDX-License-Identifier: Apache-2.0
"""What tshark says of a client-side capture: one clean connection, answered by two servers."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

from .claims import Claim
from .plan import Member
from .trouble import HARNESS, Trouble

_FIELDS = (
    "frame.number",
    "eth.src",
    "ip.src",
    "tcp.stream",
    "tcp.flags",
    "tcp.len",
    "ip.checksum.status",
    "tcp.checksum.status",
)
_CHECKSUM_GOOD = "1"
_FIN, _SYN, _RST, _ACK = 0x01, 0x02, 0x04, 0x10
# What tshark calls a segment that came again, too early, or not at all.
_TROUBLE_FILTER = " || ".join(
    f"tcp.analysis.{name}"
    for name in (
        "retransmission",
        "fast_retransmission",
        "spurious_retransmission",
        "lost_segment",
        "ack_lost_segment",
        "out_of_order",
    )
)


@dataclass(frozen=True)
class Segment:
    """One TCP segment as tshark dissects it."""

    frame: int
    source_mac: str
    source_ip: str
    stream: str
    flags: int
    length: int
    has_good_checksums: bool


def _tshark(file: Path, display_filter: str, fields: tuple[str, ...]) -> list[list[str]]:
    command = ["tshark", "-r", str(file), "-o", "tcp.check_checksum:TRUE"]
    command += ["-o", "ip.check_checksum:TRUE", "-Y", display_filter, "-T", "fields"]
    for field in fields:
        command += ["-e", field]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Trouble(f"tshark {file}: {done.stderr.strip()}", HARNESS)
    return [line.split("\t") for line in done.stdout.splitlines()]


def segments(file: Path) -> list[Segment]:
    """Every TCP segment of a capture."""
    return [
        Segment(
            int(number),
            mac,
            address,
            stream,
            int(flags, 16),
            int(length),
            ip_status == tcp_status == _CHECKSUM_GOOD,
        )
        for number, mac, address, stream, flags, length, ip_status, tcp_status in _tshark(
            file, "tcp", _FIELDS
        )
    ]


def _shown(found: list[Segment]) -> str:
    return ", ".join(f"frame {segment.frame}" for segment in found[:5]) or "none"


def _checksums(summed: list[Segment]) -> Claim:
    broken = [segment for segment in summed if not segment.has_good_checksums]
    return Claim(
        "every checksum is right",
        bool(summed) and not broken,
        f"{len(summed)} segments, wrong: {_shown(broken)}",
    )


def node_checksums(files: list[Path], home: Member) -> Claim:
    """What nodes have sent for the service of `home`, by their own captures."""
    sent = [segment for file in files for segment in segments(file)]
    return _checksums([segment for segment in sent if segment.source_ip == home.services[0]])


def claims(
    file: Path, home: Member, target: Member, *, client_offloads: bool = False
) -> list[Claim]:
    """What has to hold for a connection to `home` that `target` answers.

    Where cards complete the checksums, a client's capture shows partial ones (node_checksums).
    """
    seen = segments(file)
    service = home.services[0]
    answers = [segment for segment in seen if segment.source_ip == service]
    handshake = [s for s in answers if s.flags & (_SYN | _ACK) == _SYN | _ACK]
    data = [s for s in answers if s.length > 0]
    resets = [s for s in seen if s.flags & _RST]
    troubled = _tshark(file, _TROUBLE_FILTER, ("frame.number",))
    finished = {s.source_ip == service for s in seen if s.flags & _FIN}
    streams = {s.stream for s in seen}
    macs = {s.source_mac for s in handshake}
    foreign = [s for s in data if s.source_mac != target.front_mac]
    checksums = [] if client_offloads else [_checksums(seen)]
    return [
        Claim("one TCP connection", len(streams) == 1, f"{len(streams)}, {len(seen)} segments"),
        Claim("SYN/ACK from the home", macs == {home.front_mac}, ", ".join(macs) or "none"),
        Claim(
            "response from the target, with the home's address",
            bool(data) and not foreign,
            f"{len(data)} segments, from others: {_shown(foreign)}",
        ),
        Claim("no reset", not resets, _shown(resets)),
        Claim("nothing came again, early or not at all", not troubled, f"{len(troubled)} segments"),
        *checksums,
        Claim("closed from both sides", finished == {True, False}, f"{len(finished)} sides"),
    ]
