# SPDX-License-Identifier: Apache-2.0
"""Rows whose ends are programs that everybody has: curl, wrk, iperf3, nginx."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

from .ends import Broken, content
from .exchanges import Sizes
from .lab import KERNEL_ADDRESS, SERVICE_ADDRESS, Lab
from .programs import Program
from .roles import IPERF_PORT, NGINX_PORT, EngineConnects, Role

_SECONDS_MAX = 60
_WRK_SECONDS = 2
_IPERF_SECONDS = "2"
_WRK_CONNECTIONS = 32
_NGINX = """daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/nginx-errors.log;
events {{}}
http {{
    access_log off;
    server {{ listen {listen}; root {folder}/www; }}
}}
"""


@dataclass(frozen=True)
class ProgramRow:
    """`check` returns what is wrong, or ""."""

    name: str
    roles: tuple[str, ...]
    check: Callable[[Lab, Role, Path, Sizes], str]


def _run(command: list[str]) -> bytes:
    try:
        done = subprocess.run(command, capture_output=True, timeout=_SECONDS_MAX, check=False)
    except subprocess.TimeoutExpired:
        raise Broken(f"{' '.join(command)}: not done after {_SECONDS_MAX} s") from None
    if done.returncode != 0:
        said = (done.stderr or done.stdout).decode(errors="replace").strip()
        raise Broken(f"{' '.join(command)}: exit {done.returncode}: {said[-300:]}")
    return done.stdout


def _generated(size: int) -> bytes:
    """The object /bytes/N: every 16 bytes name their own offset."""
    return b"".join(b"%015x\n" % offset for offset in range(0, size, 16))[:size]


def _same(got: bytes, expected: bytes) -> str:
    if hashlib.sha256(got).digest() == hashlib.sha256(expected).digest():
        return ""
    return f"{len(got)} bytes, expected other {len(expected)}"


def _curl(lab: Lab, _: Role, folder: Path, sizes: Sizes) -> str:
    expected = _generated(sizes.bulk)
    url = f"http://{SERVICE_ADDRESS}/bytes"
    got = _run(lab.in_kernel("curl", "-sS", "--fail", f"{url}/{sizes.bulk}"))
    (folder / "upload").write_bytes(expected)
    upload = ("--fail", "-H", "Expect:", "-T", str(folder / "upload"), f"{url}/1?verify")
    _run(lab.in_kernel("curl", "-sS", *upload))
    return _same(got, expected)


def _wrk(lab: Lab, _: Role, __: Path, ___: Sizes) -> str:
    options = ("-t1", f"-c{_WRK_CONNECTIONS}", f"-d{_WRK_SECONDS}s")
    text = _run(lab.in_kernel("wrk", *options, f"http://{SERVICE_ADDRESS}/bytes/64")).decode()
    found = re.search(r"(\d+) requests in", text)
    if found is None or int(found[1]) < 1_000 or "Non-2xx" in text or "Socket errors" in text:
        return " ".join(text.split())
    return ""


def _iperf(is_reverse: bool) -> Callable[[Lab, Role, Path, Sizes], str]:
    def check(lab: Lab, _: Role, folder: Path, sizes: Sizes) -> str:
        listen = ("iperf3", "-s", "-1", "-B", "127.0.0.1", "-p", str(IPERF_PORT), "--forceflush")
        server = Program(lab.in_engine(*listen), folder / "iperf3.log")
        try:
            server.wait_ready()
            command = ["iperf3", "-c", SERVICE_ADDRESS, "-J", "-C", "reno", "-t", _IPERF_SECONDS]
            text = _run(lab.in_kernel(*command, *(["-R"] if is_reverse else [])))
        finally:
            server.stop()
        moved = int(json.loads(text)["end"]["sum_received"]["bytes"])
        return "" if moved >= sizes.bulk else f"{moved} of {sizes.bulk} bytes"

    return check


def _nginx(lab: Lab, role: Role, folder: Path, sizes: Sizes) -> str:
    """nginx is behind the gateway, or in the kernel's namespace behind the engine as a client."""
    is_client = isinstance(role, EngineConnects)
    listen = f"{KERNEL_ADDRESS}:{NGINX_PORT}" if is_client else f"unix:{folder}/nginx.sock"
    (folder / "www").mkdir()
    objects = [content(size, size) for size in (1, 1_460, sizes.bulk)]
    for data in objects:
        (folder / "www" / str(len(data))).write_bytes(data)
    config = folder / "nginx.conf"
    config.write_text(_NGINX.format(folder=folder, listen=listen))
    nginx = Program(lab.in_kernel("nginx", "-c", str(config)), folder / "nginx.log")
    try:
        nginx.wait_for(folder / "nginx.pid")
        curl = ["curl", "-sS", "--fail"]
        if isinstance(role, EngineConnects):
            curl += ["--unix-socket", str(role.unix_socket(NGINX_PORT))]
        base = f"http://{SERVICE_ADDRESS}:{NGINX_PORT}"
        got = _run(lab.in_kernel(*curl, *(f"{base}/{len(data)}" for data in objects)))
    finally:
        nginx.stop()
    return _same(got, b"".join(objects))


PROGRAM_ROWS = [
    ProgramRow("curl", ("server",), _curl),
    ProgramRow("wrk", ("server",), _wrk),
    ProgramRow("iperf3-up", ("server",), _iperf(False)),
    ProgramRow("iperf3-down", ("server",), _iperf(True)),
    ProgramRow("nginx", ("server", "client"), _nginx),
]
