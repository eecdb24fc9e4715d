# SPDX-License-Identifier: Apache-2.0
"""The gateway application: the kernel's TCP as client on a tap, real programs behind the node, in a
network namespace of its own (CTest starts this under unshare).

usage: gateway_privileged.py PROGRAM [unittest options]
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from pathlib import Path
from typing import Any, Callable

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "tools"))

from farmkit.plan import listen_text, server_text

PROGRAM = ""
WAIT_SECONDS = 30.0
SERVICE = "10.7.1.1"
BY_PATH, BY_PORT = 80, 81  # the node's listeners
TCP_BACKEND = ("127.0.0.1", 8080)
TCP_CONGESTION = 13  # tcp(7)
LARGE = 100 * 1024 * 1024
MEMORY_GROWTH_MAX = 16 * 1024 * 1024

FARM = (
    server_text(1)
    + listen_text(1, BY_PATH, "gateway", backend="unix:backend.sock")
    + listen_text(1, BY_PORT, "gateway", backend="tcp:{}:{}".format(*TCP_BACKEND))
)

NGINX = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log;
events {{ worker_connections 512; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    client_max_body_size 0;
    keepalive_requests 100000;
    server {{
        listen unix:{folder}/backend.sock;
        listen 127.0.0.1:8080;
        root {folder}/www;
        dav_methods PUT;
    }}
}}
"""

Serve = Callable[[socket.socket], None]


def run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(command)}: {done.returncode}: {done.stderr}")
    return done.stdout


def read_to_end(peer: socket.socket) -> bytes:
    pieces = []
    while piece := peer.recv(1 << 16):
        pieces.append(piece)
    return b"".join(pieces)


def reset(peer: socket.socket) -> None:
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer.close()


def resident_bytes(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise AssertionError("no VmRSS")


class Backend:
    """A program of the test behind the gateway: a thread for each connection."""

    def __init__(self, listener: socket.socket, serve: Serve) -> None:
        self.listener = listener
        self.serve = serve
        self.faults: list[str] = []
        self.threads: list[threading.Thread] = []
        self._acceptor = threading.Thread(target=self._accept, daemon=True)
        self._acceptor.start()

    def stop(self) -> None:
        """A listener lives on while somebody accepts from it."""
        self.listener.shutdown(socket.SHUT_RDWR)
        self._acceptor.join(WAIT_SECONDS)
        self.listener.close()

    def _accept(self) -> None:
        while True:
            try:
                peer, _ = self.listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._run, args=(peer,), daemon=True)
            self.threads.append(thread)
            thread.start()

    def _run(self, peer: socket.socket) -> None:
        peer.settimeout(WAIT_SECONDS)
        try:
            self.serve(peer)
        except OSError as error:
            self.faults.append(type(error).__name__)
        peer.close()


class GatewayTest(unittest.TestCase):
    def setUp(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="shunt-")
        self.addCleanup(self._folder.cleanup)
        self.folder = Path(self._folder.name)
        self.config = self.folder / "farm.toml"
        self.config.write_text(FARM)
        run("ip", "link", "set", "lo", "up")

    def start(self, *options: str) -> subprocess.Popen[str]:
        command = [PROGRAM, "--config", str(self.config), "--name", "s1"]
        command += ["--front", "tap:shunt-front", "--control", str(self.folder / "control")]
        node = subprocess.Popen([*command, *options], stdout=subprocess.PIPE, text=True)
        self.addCleanup(self.finish, node)
        assert node.stdout is not None
        self.assertEqual(json.loads(node.stdout.readline())["event"], "ready")
        run("ip", "address", "add", "10.7.0.9/16", "dev", "shunt-front")
        run("ip", "link", "set", "shunt-front", "up", "txqueuelen", "4096")
        return node

    def finish(self, process: subprocess.Popen[Any]) -> None:
        if process.poll() is None:
            process.send_signal(signal.SIGCONT)
            process.send_signal(signal.SIGTERM)
        try:
            process.communicate(timeout=WAIT_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()

    def counters(self) -> dict[str, int]:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as operator:
            operator.settimeout(WAIT_SECONDS)
            operator.connect(str(self.folder / "control"))
            operator.sendall(b'{"id":1,"do":"counters"}\n')
            with operator.makefile() as lines:
                result: dict[str, int] = json.loads(lines.readline())["result"]
                return result

    def expect_count(self, name: str, least: int = 1) -> None:
        deadline = time.monotonic() + WAIT_SECONDS
        while self.counters().get(name, 0) < least:
            self.assertLess(time.monotonic(), deadline, f"{name} in {self.counters()}")
            time.sleep(0.01)

    def listen(self, port: int, serve: Serve, backlog: int = 64) -> Backend:
        if port == BY_PATH:
            listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            listener.bind(str(self.folder / "backend.sock"))
        else:
            listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(TCP_BACKEND)
        listener.listen(backlog)
        return self.serve(listener, serve)

    def serve(self, listener: socket.socket, serve: Serve) -> Backend:
        backend = Backend(listener, serve)
        self.addCleanup(backend.stop)
        return backend

    def connect(self, port: int) -> socket.socket:
        peer = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.addCleanup(peer.close)
        peer.settimeout(WAIT_SECONDS)
        peer.setsockopt(socket.IPPROTO_TCP, TCP_CONGESTION, b"reno")
        peer.connect((SERVICE, port))
        return peer

    def expect_reset(self, port: int) -> None:
        with self.assertRaises(ConnectionResetError):  # perhaps before connect() returns
            self.connect(port).recv(1)


class BehindTheGateway(GatewayTest):
    """nginx, as it is packaged."""

    def setUp(self) -> None:
        super().setUp()
        self.nginx_program = shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin")
        if self.nginx_program is None:
            raise unittest.SkipTest("nginx is missing. Run: sudo apt-get install nginx-light")
        www = self.folder / "www"
        www.mkdir()
        (www / "hello.txt").write_text("hello\n")
        self.large = hashlib.sha256()
        with (www / "large").open("wb") as file:
            for number in range(LARGE >> 20):
                piece = hashlib.sha256(str(number).encode()).digest() * (1 << 15)
                self.large.update(piece)
                file.write(piece)
        for path in (self.folder, www):
            path.chmod(0o777)  # nginx gives its privilege up
        (self.folder / "nginx.conf").write_text(NGINX.format(folder=self.folder))
        self.start()
        self.nginx = self.start_nginx()

    def start_nginx(self) -> subprocess.Popen[bytes]:
        assert self.nginx_program is not None
        nginx = subprocess.Popen([self.nginx_program, "-c", str(self.folder / "nginx.conf")])
        self.addCleanup(self.finish, nginx)
        deadline = time.monotonic() + WAIT_SECONDS
        while not (self.folder / "nginx.pid").exists():
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.01)
        return nginx

    def curl(self, *options: str) -> str:
        return run("curl", "-sS", "--fail", "--max-time", "50", *options)

    def test_serves_small_and_large_objects_and_takes_uploads(self) -> None:
        for port in (BY_PATH, BY_PORT):
            with self.subTest(port=port):
                url = f"http://{SERVICE}:{port}"
                self.assertEqual(self.curl(f"{url}/hello.txt"), "hello\n")
                copy = self.folder / "copy"
                self.curl("-o", str(copy), f"{url}/large")
                self.assertEqual(hashlib.sha256(copy.read_bytes()).digest(), self.large.digest())
                self.curl("-T", str(copy), f"{url}/upload-{port}")
                upload = (self.folder / "www" / f"upload-{port}").read_bytes()
                self.assertEqual(hashlib.sha256(upload).digest(), self.large.digest())
        self.assertNotIn("gateway.backend.reset", self.counters())

    def test_one_connection_carries_many_requests(self) -> None:
        url = f"http://{SERVICE}:{BY_PATH}/hello.txt"
        urls = [option for _ in range(20) for option in ("-o", "/dev/null", url)]
        connects = self.curl("-w", "%{num_connects}\n", *urls).split()
        self.assertEqual(connects, ["1"] + ["0"] * 19)
        self.assertEqual(self.counters()["gateway.backend.connected"], 1)

    def test_a_killed_backend_ends_what_it_was_sending(self) -> None:
        with self.connect(BY_PORT) as peer:
            peer.sendall(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
            self.assertTrue(peer.recv(1000).startswith(b"HTTP/1.1 200"))
            self.nginx.kill()
            self.nginx.wait()
            try:
                self.assertLess(len(read_to_end(peer)), LARGE)
            except ConnectionResetError:
                pass  # nginx had not read all of the request's connection
        self.expect_reset(BY_PORT)
        self.expect_count("gateway.backend.refused")
        # The socket's path is still there, and nobody behind it.
        self.expect_reset(BY_PATH)
        self.expect_count("gateway.backend.refused", 2)


class Outcomes(GatewayTest):
    """Backends that do what programs do at their worst."""

    def setUp(self) -> None:
        super().setUp()
        self.node = self.start()

    def test_a_client_that_has_finished_still_gets_its_answer(self) -> None:
        def serve(peer: socket.socket) -> None:
            peer.sendall(hashlib.sha256(read_to_end(peer)).digest())

        content = os.urandom(3_000_000)
        for port in (BY_PATH, BY_PORT):
            self.listen(port, serve)
            with self.connect(port) as peer:
                peer.sendall(content)
                peer.shutdown(socket.SHUT_WR)
                self.assertEqual(read_to_end(peer), hashlib.sha256(content).digest())

    def test_a_backend_that_has_finished_still_gets_the_rest(self) -> None:
        digests = []

        def serve(peer: socket.socket) -> None:
            peer.sendall(b"go on")
            peer.shutdown(socket.SHUT_WR)
            digests.append(hashlib.sha256(read_to_end(peer)).digest())

        backend = self.listen(BY_PATH, serve)
        content = os.urandom(3_000_000)
        with self.connect(BY_PATH) as peer:
            self.assertEqual(read_to_end(peer), b"go on")
            peer.sendall(content)
        backend.threads[0].join(WAIT_SECONDS)
        self.assertEqual(digests, [hashlib.sha256(content).digest()])

    def test_nobody_there_resets_the_client(self) -> None:
        for number, port in enumerate((BY_PATH, BY_PORT)):
            self.expect_reset(port)
            self.expect_count("gateway.backend.refused", number + 1)

    def test_a_backends_reset_is_the_clients(self) -> None:
        def serve(peer: socket.socket) -> None:
            peer.recv(1)
            reset(peer)

        self.listen(BY_PORT, serve)
        with self.connect(BY_PORT) as peer:
            peer.sendall(b"x")
            with self.assertRaises(ConnectionResetError):
                peer.recv(1)
        self.expect_count("gateway.backend.reset")

    def test_a_clients_reset_is_the_backends(self) -> None:
        def serve(peer: socket.socket) -> None:
            peer.recv(1)
            is_heard.set()
            peer.recv(1)

        is_heard = threading.Event()
        backend = self.listen(BY_PORT, serve)
        peer = self.connect(BY_PORT)
        peer.sendall(b"x")
        self.assertTrue(is_heard.wait(WAIT_SECONDS))
        reset(peer)
        self.expect_count("gateway.client.lost")
        backend.threads[0].join(WAIT_SECONDS)
        self.assertEqual(backend.faults, ["ConnectionResetError"])

    def test_an_early_answer_reaches_a_client_that_goes_on_sending(self) -> None:
        def serve(peer: socket.socket) -> None:
            peer.recv(1)
            peer.sendall(b"413\n")
            peer.shutdown(socket.SHUT_RDWR)
            is_read.wait(WAIT_SECONDS)

        is_read = threading.Event()
        self.listen(BY_PATH, serve)
        peer = self.connect(BY_PATH)
        peer.sendall(bytes(5_000_000))
        self.assertEqual(read_to_end(peer), b"413\n")
        is_read.set()

    def test_a_full_queue_is_waited_for(self) -> None:
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listener.bind(str(self.folder / "backend.sock"))
        listener.listen(1)
        peers = [self.connect(BY_PATH) for _ in range(30)]
        self.expect_count("gateway.backend.busy")
        self.serve(listener, lambda peer: peer.sendall(b"late but here"))
        for peer in peers:
            self.assertEqual(read_to_end(peer), b"late but here")
        self.assertEqual(self.counters()["gateway.backend.connected"], 30)

    def test_a_stalled_backend_stalls_the_client_and_no_memory_is_taken(self) -> None:
        program = (
            "import hashlib, socket, sys; l = socket.socket(socket.AF_UNIX); l.bind(sys.argv[1]);"
            "l.listen(); print('up', flush=True); p = l.accept()[0]; h = hashlib.sha256()\n"
            "while b := p.recv(65536): h.update(b)\n"
            "p.sendall(h.digest())"
        )
        backend = subprocess.Popen(
            [sys.executable, "-c", program, str(self.folder / "backend.sock")],
            stdout=subprocess.PIPE,
        )
        self.addCleanup(self.finish, backend)
        assert backend.stdout is not None
        backend.stdout.readline()
        peer = self.connect(BY_PATH)
        peer.sendall(b"warm")
        self.expect_count("gateway.backend.connected")
        backend.send_signal(signal.SIGSTOP)
        before = resident_bytes(self.node.pid)
        content = os.urandom(64 * 1024 * 1024)
        peer.settimeout(2)
        sent = 0
        with self.assertRaises(TimeoutError):
            while sent < len(content):
                sent += peer.send(content[sent : sent + (1 << 16)])
        self.assertLess(sent, len(content))
        self.assertLess(resident_bytes(self.node.pid) - before, MEMORY_GROWTH_MAX)
        backend.send_signal(signal.SIGCONT)
        peer.settimeout(WAIT_SECONDS)
        peer.sendall(content[sent:])
        peer.shutdown(socket.SHUT_WR)
        self.assertEqual(read_to_end(peer), hashlib.sha256(b"warm" + content).digest())

    def test_a_client_that_does_not_read_stalls_the_backend(self) -> None:
        sent = [0]

        def serve(peer: socket.socket) -> None:
            peer.settimeout(2)
            try:
                for _ in range(1024):
                    sent[0] += peer.send(bytes(1 << 16))
            except TimeoutError:
                peer.settimeout(WAIT_SECONDS)
                sent.append(sent[0])
                peer.sendall(b"end")

        backend = self.listen(BY_PATH, serve)
        before = resident_bytes(self.node.pid)
        peer = self.connect(BY_PATH)
        deadline = time.monotonic() + WAIT_SECONDS
        while len(sent) < 2:
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.05)
        self.assertLess(resident_bytes(self.node.pid) - before, MEMORY_GROWTH_MAX)
        self.assertEqual(len(read_to_end(peer)), sent[1] + len(b"end"))
        self.assertEqual(backend.faults, [])


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    unittest.main()
