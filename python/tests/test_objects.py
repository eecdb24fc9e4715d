# SPDX-License-Identifier: Apache-2.0
"""Objects by a node that runs: classes of Python served to it, and called by it."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from shunt.objects import CallFailedError, Client, ObjectError, ObjectGoneError, Server

FARM = """
[[server]]
name = "s1"
id = 1
front_ip = "10.7.0.101/16"
front_mac = "02:07:00:00:00:01"
service = ["10.7.1.1"]
forward_ip = ["10.8.1.1"]
control_ip = "10.8.0.1/16"
back_mac = "02:08:00:00:00:01"
"""


class Words:
    """Counts words; of its own kind of trouble too."""

    ended: list[bytes] = []

    def __init__(self, arguments: bytes) -> None:
        if arguments == b"refuse":
            raise ValueError("no such language")
        self.arguments = arguments

    def call(self, data: bytes) -> bytes:
        """How many words there are."""
        if data == b"raise":
            raise KeyError("nothing")
        if data == b"wrong":
            return "text"  # type: ignore[return-value]
        if data == b"long":
            return bytes(524_289)
        if data == b"no utf-8":
            raise ValueError("x\udcff")
        if data == b"talk":
            raise ValueError("y" * 3_000_000)
        if data == b"sleep":
            time.sleep(1)
            return b"late"
        return self.arguments + b" %d" % len(data.split())

    def close(self) -> None:
        """It is over."""
        Words.ended.append(self.arguments)
        if self.arguments == b"stumble":
            raise RuntimeError("at the end")


@pytest.fixture(name="path")
def start_node(build: Path, tmp_path: Path) -> Iterator[Path]:
    """The control socket of a farm of one."""
    (tmp_path / "farm.toml").write_text(FARM)
    path = tmp_path / "control"
    command = [str(build / "bin" / "shunt-node"), "--config", str(tmp_path / "farm.toml")]
    command += ["--name", "s1", "--front", f"unix:{tmp_path}/front", "--control", str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as node:
        assert node.stdout is not None
        assert json.loads(node.stdout.readline())["event"] == "ready"
        yield path
        node.kill()


@pytest.fixture(name="server")
def serve_words(path: Path) -> Iterator[Server]:
    """Serves the class `words` from another thread."""
    server = Server(path, {"words": Words})
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.stop()
    thread.join(10)
    assert not thread.is_alive()


def wait_until_ended(arguments: bytes) -> None:
    """The object of these arguments is over soon."""
    deadline = time.monotonic() + 10
    while arguments not in Words.ended:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_class_of_the_node_is_called(path: Path) -> None:
    with Client(path) as client, client.create("store") as store:
        assert store.call(b"put key \x00\xff") == b""
        assert store.call(b"get key") == b"\x00\xff"
        with pytest.raises(CallFailedError, match='no value of the key "other"'):
            store.call(b"get other")


def test_a_class_of_python_is_called(path: Path, server: Server) -> None:
    del server
    with Client(path) as client:
        with client.create("words", b"first") as words:
            assert words.call(b"one two") == b"first 2"
            assert words.call(b"x " * 200_000) == b"first 200000"
        wait_until_ended(b"first")
        client.create("words", b"second")
    wait_until_ended(b"second")  # it ended with its client


def test_what_a_class_raises_is_the_callers_error(path: Path, server: Server) -> None:
    del server
    with Client(path) as client:
        with pytest.raises(ObjectError) as refused:
            client.create("words", b"refuse")
        assert refused.value.code == "refused"
        words = client.create("words")
        for data, text in (
            (b"raise", "'nothing'"),
            (b"wrong", "the result: expected bytes, got str"),
            (b"long", "the result: expected 524288 bytes at most, got 524289"),
        ):
            with pytest.raises(CallFailedError) as failed:
                words.call(data)
            assert failed.value.text == text
        assert words.call() == b" 0"


def test_no_caller_ends_a_server(path: Path, server: Server) -> None:
    """Whatever a class raises, and wherever, its process goes on."""
    with Client(path) as client:
        words = client.create("words", b"good")
        for bad in (b"no utf-8", b"talk"):
            with pytest.raises(CallFailedError):
                words.call(bad)
        client.create("words", b"stumble").release()
        assert words.call(b"a b") == b"good 2"


def test_a_wait_that_was_broken_off_ends_its_client(path: Path, server: Server) -> None:
    """Else every later call would have the answer of the one before."""

    class Interrupted(Exception):
        """By a signal's handler."""

    def interrupt(*_: object) -> None:
        raise Interrupted

    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        with Client(path) as client:
            words = client.create("words")
            signal.setitimer(signal.ITIMER_REAL, 0.2)
            with pytest.raises(Interrupted):
                words.call(b"sleep")
            with pytest.raises(ConnectionError, match="left before its answer"):
                words.call(b"one")
    finally:
        signal.signal(signal.SIGALRM, before)
    with Client(path) as client:
        assert client.create("words").call(b"one two") == b" 2"


def test_a_process_that_ends_takes_its_objects_with_it(path: Path, server: Server) -> None:
    with Client(path) as client:
        words = client.create("words")
        server.stop()
        begin = time.monotonic()
        with pytest.raises(ObjectGoneError):
            words.call(b"one")
        assert time.monotonic() - begin < 5
        with pytest.raises(ObjectError) as unknown:
            client.create("words")
        assert unknown.value.code == "unknown-class"


def test_an_object_that_is_kept_is_there_for_the_next_client(path: Path) -> None:
    with Client(path) as client:
        kept = client.create("counter", b"40", keep=True).handle
        lost = client.create("counter").handle
    with Client(path) as client:
        assert client.attach(kept).call(b"2") == b"42"
        with pytest.raises(ObjectGoneError):
            client.attach(lost).call()
        client.attach(kept).release()


def test_misuse_says_what_was_expected(path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Client(path.with_name("nobody"))
    with pytest.raises(ValueError, match="classes: expected one at least"):
        Server(path, {})
    with pytest.raises(ObjectError, match='the class "counter" is here already'):
        Server(path, {"counter": Words})
    with Client(path) as client:
        with pytest.raises(TypeError, match="arguments: expected bytes, got str"):
            client.create("counter", "5")  # type: ignore[arg-type]
        with pytest.raises(ValueError, match="524288 bytes at most, got 524289"):
            client.create("counter").call(bytes(524_289))
        with pytest.raises(ObjectError, match="unknown-server"):
            client.create("counter", server="s9")


def test_a_restarted_node_ends_a_server(path: Path) -> None:
    server = Server(path, {"words": Words})
    trouble: list[Exception] = []

    def serve() -> None:
        try:
            server.serve_forever()
        except ObjectGoneError as error:
            trouble.append(error)

    thread = threading.Thread(target=serve)
    thread.start()
    time.sleep(0.2)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as operator:
        operator.connect(str(path))
        operator.sendall(b'{"do":"restart"}\n')
        assert b'"boots"' in operator.recv(100)
    thread.join(10)
    assert [str(error) for error in trouble] == ["object-gone: the node was restarted"]
