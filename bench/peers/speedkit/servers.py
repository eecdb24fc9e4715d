# SPDX-License-Identifier: Apache-2.0
"""The servers that are measured: nginx and iperf3 on the kernel, shunt-node and a sink on taps."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Sequence

from farmkit.plan import listen_text, server_text

from .places import BACKEND, SERVICE, SERVICE_MAC, TAP, Place, ProxyPlace, run
from .trouble import Trouble

IPERF_PORT = 5201
SMALL_PATH = "/bytes/128"  # an answer of a few hundred bytes, as a keep-alive benchmark has it
TEXT_PATH = "/text"  # the same from nginx without a file
UPLOAD_PATH = "/bytes/1"  # the answer, when all of the body has come
_SETTLE_SECONDS = 0.5
_END_SECONDS = 3.0

_NGINX = """daemon off;
user root;
worker_processes 1;
pid {folder}/{name}.pid;
error_log {folder}/{name}.error;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    sendfile on;
    tcp_nodelay on;
    keepalive_requests 1000000000;
    client_max_body_size 0;
    client_body_temp_path {folder}/body;
    server {{
        listen 80;
        location = {small} {{ alias {folder}/www/small; }}
        location = {text_path} {{ return 200 "{text}"; }}
        location = {upload} {{ return 200; }}
        location / {{ root {folder}/www; }}
    }}
}}
"""


_HAPROXY = f"""global
    nbthread 1
    maxconn 4096
defaults
    mode tcp
    timeout connect 5s
    timeout client 60s
    timeout server 60s
listen service
    bind {SERVICE}:80
    server backend {BACKEND}:80
"""

_NGINX_STREAM = """load_module /usr/lib/nginx/modules/ngx_stream_module.so;
daemon off;
user root;
worker_processes 1;
pid {folder}/stream.pid;
error_log {folder}/stream.error;
events {{ worker_connections 4096; }}
stream {{
    server {{
        listen 80;
        tcp_nodelay on;
        proxy_pass {backend}:80;
    }}
}}
"""

_DNAT = f"""table ip service {{
    chain prerouting {{
        type nat hook prerouting priority dstnat;
        ip daddr {SERVICE} tcp dport 80 dnat to {BACKEND}
    }}
}}
"""


@dataclass
class Servers:
    """Processes on the server's core; `stop` ends just these."""

    folder: Path
    core: int
    _processes: list["subprocess.Popen[bytes]"] = field(default_factory=list)

    def start(self, place: Place, name: str, command: Sequence[str]) -> None:
        """Starts a process in the server's namespace; its output goes into a file."""
        self._start_in(place.server, name, command)

    def _start_in(self, namespace: str, name: str, command: Sequence[str]) -> None:
        pinned = ["ip", "netns", "exec", namespace, "taskset", "-c", str(self.core), *command]
        with (self.folder / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(pinned, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self._processes.append(process)
        time.sleep(_SETTLE_SECONDS)
        if process.poll() is not None:
            text = (self.folder / f"{name}.log").read_text()
            raise Trouble(f"{name} ended: {text.strip()[-500:]}")

    def stop(self) -> None:
        """Ends them all."""
        for process in self._processes:
            process.send_signal(signal.SIGTERM)
        for process in self._processes:
            try:
                process.wait(_END_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._processes.clear()

    def nginx(self, place: Place, object_bytes: int, name: str = "nginx") -> None:
        """Small objects from a file and from memory, a large one by sendfile; discards uploads."""
        (self.folder / "www").mkdir(exist_ok=True)
        with (self.folder / "www" / "object").open("ab") as file:
            os.posix_fallocate(file.fileno(), 0, object_bytes)
        text = "x" * int(SMALL_PATH.rpartition("/")[2])
        (self.folder / "www" / "small").write_text(text)
        config = self.folder / f"{name}.conf"
        paths = {"small": SMALL_PATH, "text_path": TEXT_PATH, "upload": UPLOAD_PATH}
        config.write_text(_NGINX.format(folder=self.folder, name=name, text=text, **paths))
        self.start(place, name, ["nginx", "-c", str(config), "-e", str(self.folder / "error")])

    def haproxy(self, place: ProxyPlace) -> None:
        """In the middle, mode tcp, one thread."""
        config = self.folder / "haproxy.cfg"
        config.write_text(_HAPROXY)
        self._start_in(place.middle, "haproxy", ["haproxy", "-db", "-f", str(config)])

    def nginx_stream(self, place: ProxyPlace) -> None:
        """In the middle, one worker."""
        config = self.folder / "stream.conf"
        config.write_text(_NGINX_STREAM.format(folder=self.folder, backend=BACKEND))
        command = ["nginx", "-c", str(config), "-e", str(self.folder / "error")]
        self._start_in(place.middle, "nginx-stream", command)

    def dnat(self, place: ProxyPlace) -> None:
        """In the middle, the kernel rewrites addresses by conntrack."""
        rules = self.folder / "dnat.nft"
        rules.write_text(_DNAT)
        inside = ("ip", "netns", "exec", place.middle)
        run(*inside, "sysctl", "-qw", "net.ipv4.ip_forward=1")
        run(*inside, "nft", "-f", str(rules))

    def lwip(self, place: Place, program: Path) -> None:
        """Another stack in user space, on a plain tap."""
        self.start(place, "lwip", [str(program), TAP, SERVICE, "255.255.0.0"])

    def iperf(self, place: Place) -> None:
        """The kernel's TCP with the least application."""
        self.start(place, "iperf3", ["iperf3", "--server", "--port", str(IPERF_PORT)])

    def node(self, place: Place, name: str, program: Path, attachment: str) -> None:
        """A farm of one server with the built-in application."""
        config = self.folder / "farm.toml"
        config.write_text(server_text(1) + listen_text(1, 80, "http"))
        command = [str(program), "--config", str(config), "--name", "s1", "--front", attachment]
        self.start(place, name, [*command, "--log-level", "warn"])

    def blind_source(self, place: Place, program: Path) -> None:
        """Writes frames of 64 KiB as fast as the window opens."""
        self.start(place, "blind-source", [str(program), TAP])

    def blind_sink(self, place: Place, program: Path) -> None:
        """Reads frames and acknowledges every second one."""
        self.start(place, "blind-sink", [str(program), TAP])
