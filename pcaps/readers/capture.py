# SPDX-License-Identifier: Apache-2.0
"""Classic pcap files, strictly: every length is checked, an error names the offset."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Iterable, Iterator

from reading import ReaderError

# Of microseconds and of nanoseconds, which differ in what this reader has no use for.
_MAGIC = {b"\xd4\xc3\xb2\xa1": "<", b"\xa1\xb2\xc3\xd4": ">"}
_MAGIC |= {b"\x4d\x3c\xb2\xa1": "<", b"\xa1\xb2\x3c\x4d": ">"}
_PCAPNG = b"\x0a\x0d\x0d\x0a"
_VERSION = (2, 4)
_HEADER_BYTES = 24
_RECORD_BYTES = 16
_FRAME_BYTES_MAX = 262144
_ETHERNET = 1


class CaptureError(ReaderError):
    """A file that is not there, or no capture of Ethernet frames."""


def read_frames(file: Path) -> Iterator[bytes]:
    """The frames of a file of Ethernet frames."""
    try:
        content = file.read_bytes()
    except OSError as error:
        raise CaptureError(f"{file}: {error.strerror}") from error
    if content[:4] == _PCAPNG:
        raise CaptureError(f"{file}: offset 0: pcapng; this reader reads pcap (editcap -F pcap)")
    order = _MAGIC.get(content[:4])
    if order is None or len(content) < _HEADER_BYTES:
        raise CaptureError(f"{file}: offset 0: no pcap header")
    version = struct.unpack_from(order + "2H", content, 4)
    if version != _VERSION:
        raise CaptureError(f"{file}: offset 4: version {version[0]}.{version[1]}, known is 2.4")
    (link_type,) = struct.unpack_from(order + "I", content, 20)
    if link_type != _ETHERNET:
        raise CaptureError(f"{file}: offset 20: link type {link_type}, Ethernet is {_ETHERNET}")
    offset = _HEADER_BYTES
    while offset < len(content):
        if len(content) - offset < _RECORD_BYTES:
            raise ReaderError(f"{file}: offset {offset}: cut inside a record's header")
        _, _, there, _ = struct.unpack_from(order + "4I", content, offset)
        start = offset + _RECORD_BYTES
        if there > _FRAME_BYTES_MAX:
            raise ReaderError(f"{file}: offset {offset}: a frame of {there} bytes")
        if there > len(content) - start:
            raise ReaderError(f"{file}: offset {offset}: cut inside a frame of {there} bytes")
        yield content[start : start + there]
        offset = start + there


def write_frames(file: Path, frames: Iterable[bytes]) -> None:
    """A capture of the frames, a millisecond apart."""
    content = b"\xd4\xc3\xb2\xa1" + struct.pack("<HHiIII", 2, 4, 0, 0, 65535, _ETHERNET)
    for index, frame in enumerate(frames):
        content += struct.pack("<4I", 0, 1000 * index, len(frame), len(frame)) + frame
    file.write_bytes(content)
