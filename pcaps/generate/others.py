#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Captures of programs that know nothing of shunt: what `shunt-conform replay` plays to a device.

nginx on a Linux kernel serves files whose content is that of the reference node's `/bytes/N`; a
Linux client, curl and Chromium fetch them over a veth pair between two network namespaces, and
tcpdump records it on the client's side. Needs root, tcpdump, nginx, curl and chromium. Times,
numbers and ports differ each time, so that the captures are made once and kept.

  sudo pcaps/generate/others.py pcaps/others
"""

from __future__ import annotations

import argparse
import contextlib
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Iterator

CLIENT, SERVER = "shunt-cap-client", "shunt-cap-server"
CLIENT_IP, SERVER_IP = "10.9.0.1", "10.9.0.2"
SIZES = (64, 100, 1000, 5000, 20000)
PATIENCE_S = 30

NGINX = """
daemon off; worker_processes 1; error_log stderr warn; pid {folder}/nginx.pid;
events {{ worker_connections 64; }}
http {{
  access_log off; default_type text/plain; client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u;
  scgi_temp_path {folder}/s;
  server {{ listen {address}:80; root {folder}/www; keepalive_timeout 5; }}
}}
"""

# Two requests one behind the other, then nothing more to say: FIN before the answers have come.
LINUX_CLIENT = f"""
import socket
with socket.create_connection(("{SERVER_IP}", 80)) as s:
    for size in (1000, 5000):
        s.sendall(b"GET /bytes/%d HTTP/1.1\\r\\nHost: plain\\r\\n\\r\\n" % size)
    s.shutdown(socket.SHUT_WR)
    while s.recv(65536): pass
"""

PAGE = "<title>loading</title>" + "".join(
    f'<script src="http://{SERVER_IP}/bytes/{size}?{i}"></script>' for i, size in enumerate(SIZES)
)


def content(size: int) -> bytes:
    """What the reference node gives for /bytes/SIZE: each 16 bytes name their offset."""
    return b"".join(b"%015x\n" % offset for offset in range(0, size, 16))[:size]


def run(*command: str) -> None:
    subprocess.run(command, check=True, timeout=PATIENCE_S, stdout=subprocess.DEVNULL)


def inside(namespace: str, *command: str) -> list[str]:
    return ["ip", "netns", "exec", namespace, *command]


@contextlib.contextmanager
def two_hosts() -> Iterator[None]:
    for name in (CLIENT, SERVER):
        run("ip", "netns", "add", name)
    try:
        run("ip", "link", "add", "shunt-c", "netns", CLIENT, "type", "veth",
            "peer", "name", "shunt-s", "netns", SERVER)  # fmt: skip
        for name, device, address in (
            (CLIENT, "shunt-c", CLIENT_IP),
            (SERVER, "shunt-s", SERVER_IP),
        ):
            run("ip", "-n", name, "address", "add", f"{address}/24", "dev", device)
            run("ip", "-n", name, "link", "set", device, "up")
            run("ip", "-n", name, "link", "set", "lo", "up")
        yield
    finally:
        for name in (CLIENT, SERVER):
            subprocess.run(["ip", "netns", "del", name], check=False)


@contextlib.contextmanager
def process(*command: str) -> Iterator[None]:
    """Runs beside what is done meanwhile; ended by its own number."""
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as started:
        try:
            time.sleep(1.0)
            yield
        finally:
            time.sleep(0.5)
            started.terminate()


def record(path: Path, *client: str) -> None:
    path.unlink(missing_ok=True)
    dump = ("tcpdump", "--immediate-mode", "-U", "-Z", "root", "-i", "shunt-c", "-w", str(path))
    with process(*inside(CLIENT, *dump, "tcp", "port", "80")):
        run(*inside(CLIENT, *client))


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="where the captures go")
    folder = parser.parse_args().folder
    with tempfile.TemporaryDirectory() as name, two_hosts():
        place = Path(name)
        (place / "www" / "bytes").mkdir(parents=True)
        place.chmod(0o755)
        for size in SIZES:
            (place / "www" / "bytes" / str(size)).write_bytes(content(size))
        (place / "nginx.conf").write_text(NGINX.format(folder=name, address=SERVER_IP))
        (place / "page.html").write_text(PAGE)
        with process(*inside(SERVER, "nginx", "-c", f"{name}/nginx.conf")):
            urls = [f"http://{SERVER_IP}/bytes/{size}" for size in SIZES]
            record(folder / "linux-half-close.pcap", "python3", "-c", LINUX_CLIENT)
            record(folder / "curl-nginx.pcap", "curl", "-sS", *urls, f"http://{SERVER_IP}/nowhere")
            browser = ("chromium", "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run")
            profile = f"--user-data-dir={name}/profile"
            quiet = ("--disable-background-networking", "--disable-component-update", "--dump-dom")
            record(
                folder / "chromium-nginx.pcap",
                *browser,
                profile,
                *quiet,
                f"file://{name}/page.html",
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
