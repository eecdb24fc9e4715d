#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Each claim about a moved connection holds for a good capture and fails for one that is spoilt."""

from __future__ import annotations

import struct
import sys
import tempfile
import unittest
from pathlib import Path
from typing import Callable

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

from farmkit import back_view, client_view, plan
from farmkit.capture import frames
from farmkit.claims import Claim
from farmkit.encapsulation import internet_checksum

CAPTURES = ROOT / "pcaps/curl-moves"
OPTIONS = plan.Options()
_ETHERNET = 14
_TCP = _ETHERNET + 20
_TYPE = _ETHERNET + 12
_FIN, _SYN, _RST, _ACK = 0x01, 0x02, 0x04, 0x10

Frames = list[bytes]


def write_pcap(file: Path, packets: Frames) -> None:
    """Classic pcap, Ethernet, a millisecond apart."""
    text = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)
    for number, packet in enumerate(packets):
        text += struct.pack("<IIII", 0, number * 1000, len(packet), len(packet)) + packet
    file.write_bytes(text)


def with_bytes(frame: bytes, offset: int, new: bytes) -> bytes:
    return frame[:offset] + new + frame[offset + len(new) :]


def flipped(frame: bytes, offset: int) -> bytes:
    return with_bytes(frame, offset, bytes([frame[offset] ^ 0xFF]))


def with_flags(frame: bytes, flags: int) -> bytes:
    """Other TCP flags, and the checksum that belongs to them (no Ethernet padding expected)."""
    changed = with_bytes(with_bytes(frame, _TCP + 13, bytes([flags])), _TCP + 16, b"\0\0")
    segment = changed[_TCP:]
    pseudo = changed[_ETHERNET + 12 : _ETHERNET + 20] + struct.pack("!HH", 6, len(segment))
    total = internet_checksum(pseudo + segment) ^ 0xFFFF
    return with_bytes(changed, _TCP + 16, total.to_bytes(2, "big"))


def is_tcp(frame: bytes) -> bool:
    return frame[12:14] == b"\x08\x00" and frame[_ETHERNET + 9] == 6


def flags_of(frame: bytes) -> int:
    return frame[_TCP + 13] if is_tcp(frame) else 0


def has_data(frame: bytes) -> bool:
    if not is_tcp(frame):
        return False
    total = int.from_bytes(frame[_ETHERNET + 2 : _ETHERNET + 4], "big")
    return total > 20 + (frame[_TCP + 12] >> 4) * 4


def from_client(frame: bytes) -> bool:
    return frame[6:12].hex(":") == plan.CLIENT_MAC


def message_type(frame: bytes) -> int:
    return frame[_TYPE] if frame[12:14] == OPTIONS.ethertype.to_bytes(2, "big") else 0


class Captures(unittest.TestCase):
    """Recorded from a farm of the standard plan: curl asked s1 for what s2 serves."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory(prefix="shunt-claims-")
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        config = self.folder / "farm.toml"
        config.write_text(plan.standard_text(OPTIONS))
        self.home, self.target = plan.members(config)
        self.front = frames(CAPTURES / "front.pcap")
        self.back = frames(CAPTURES / "back.pcap")

    def first(self, packets: Frames, wanted: Callable[[bytes], bool]) -> int:
        """Position of the first frame that fits; there has to be one."""
        return next(i for i, packet in enumerate(packets) if wanted(packet))

    def front_claims(self) -> list[Claim]:
        write_pcap(self.folder / "front.pcap", self.front)
        return client_view.claims(self.folder / "front.pcap", self.home, self.target)

    def back_claims(self) -> list[Claim]:
        write_pcap(self.folder / "front.pcap", self.front)
        write_pcap(self.folder / "back.pcap", self.back)
        return back_view.claims(
            self.folder / "back.pcap",
            self.folder / "front.pcap",
            self.home,
            self.target,
            OPTIONS,
        )

    def expect_failed(self, claims: list[Claim], start: str) -> None:
        failed = [claim.text for claim in claims if not claim.held]
        self.assertTrue(any(text.startswith(start) for text in failed), failed)


class ClientView(Captures):
    """The front link, through tshark."""

    def spoil(self, wanted: Callable[[bytes], bool], edit: Callable[[bytes], bytes]) -> None:
        at = self.first(self.front, wanted)
        self.front[at] = edit(self.front[at])

    def test_good_capture_holds(self) -> None:
        self.assertEqual([c.text for c in self.front_claims() if not c.held], [])

    def test_empty_capture_shows_nothing(self) -> None:
        self.front = []
        self.expect_failed(self.front_claims(), "one TCP connection")

    def test_notices_a_wrong_tcp_checksum(self) -> None:
        self.spoil(lambda f: has_data(f) and not from_client(f), lambda f: flipped(f, _TCP + 16))
        self.expect_failed(self.front_claims(), "every checksum")

    def test_notices_a_wrong_ip_checksum(self) -> None:
        self.spoil(lambda f: flags_of(f) == _SYN, lambda f: flipped(f, _ETHERNET + 10))
        self.expect_failed(self.front_claims(), "every checksum")

    def test_notices_a_handshake_by_the_target(self) -> None:
        target = bytes.fromhex(self.target.front_mac.replace(":", ""))
        self.spoil(
            lambda f: flags_of(f) & (_SYN | _ACK) == _SYN | _ACK,
            lambda f: with_bytes(f, 6, target),
        )
        self.expect_failed(self.front_claims(), "SYN/ACK from the home")

    def test_notices_a_response_by_the_home(self) -> None:
        home = bytes.fromhex(self.home.front_mac.replace(":", ""))
        self.spoil(lambda f: has_data(f) and not from_client(f), lambda f: with_bytes(f, 6, home))
        self.expect_failed(self.front_claims(), "response from the target")

    def test_notices_a_reset(self) -> None:
        self.spoil(
            lambda f: from_client(f) and bool(flags_of(f) & _FIN),
            lambda f: with_flags(f, _RST | _ACK),
        )
        self.expect_failed(self.front_claims(), "no reset")

    def test_notices_a_retransmission(self) -> None:
        at = self.first(self.front, lambda f: has_data(f) and not from_client(f))
        self.front.insert(at + 1, self.front[at])
        self.expect_failed(self.front_claims(), "nothing came again")

    def test_notices_a_missing_segment(self) -> None:
        del self.front[self.first(self.front, lambda f: has_data(f) and not from_client(f))]
        self.expect_failed(self.front_claims(), "nothing came again")

    def test_notices_a_connection_left_open(self) -> None:
        self.front = [f for f in self.front if not (from_client(f) and flags_of(f) & _FIN)]
        self.expect_failed(self.front_claims(), "closed from both sides")


class BackView(Captures):
    """The back link, decoded here."""

    def spoil(self, type_: int, edit: Callable[[bytes], bytes]) -> None:
        at = self.first(self.back, lambda f: message_type(f) == type_)
        self.back[at] = edit(self.back[at])

    def test_good_capture_holds(self) -> None:
        self.assertEqual([c.text for c in self.back_claims() if not c.held], [])

    def test_empty_capture_shows_nothing(self) -> None:
        self.back = []
        self.expect_failed(self.back_claims(), "the home offers")

    def test_notices_a_missing_acknowledgement(self) -> None:
        self.back = [f for f in self.back if message_type(f) != 0x03]
        self.expect_failed(self.back_claims(), "0x03")

    def test_notices_a_wrong_checksum(self) -> None:
        self.spoil(0x01, lambda f: flipped(f, _ETHERNET + 14))
        self.expect_failed(self.back_claims(), "every header")

    def test_notices_another_client_in_the_header(self) -> None:
        self.spoil(0x02, lambda f: flipped(f, _ETHERNET + 3))
        self.expect_failed(self.back_claims(), "every header")

    def test_notices_another_service_address(self) -> None:
        self.spoil(0x01, lambda f: flipped(f, _ETHERNET + 16 + 3))
        self.expect_failed(self.back_claims(), "0x01")

    def test_notices_a_control_block_before_the_handshake(self) -> None:
        self.spoil(0x01, lambda f: with_bytes(f, _ETHERNET + 16 + 6 + 8, b"\0\3"))
        self.expect_failed(self.back_claims(), "0x01")

    def test_notices_a_changed_inner_packet(self) -> None:
        self.spoil(0x02, lambda f: flipped(f, _ETHERNET + 16 + 8))
        self.expect_failed(self.back_claims(), "0x02")

    def test_notices_a_packet_forwarded_twice(self) -> None:
        at = self.first(self.back, lambda f: message_type(f) == 0x02)
        self.back.append(self.back[at])
        self.expect_failed(self.back_claims(), "0x02")


if __name__ == "__main__":
    unittest.main(verbosity=2)
