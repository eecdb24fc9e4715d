# SPDX-License-Identifier: Apache-2.0
"""Hosts talk by their sockets over links that lose frames; misuse is the OSError of its errno."""

from __future__ import annotations

import errno
from typing import Any, Callable, cast

import pytest

import shunt

SERVER = ("10.9.0.2", 80)


def hosts(**link: Any) -> tuple[shunt.Host, shunt.Host, shunt.Link]:
    client = shunt.Host(address="10.9.0.1", seed=1)
    server = shunt.Host(address=SERVER[0], seed=2)
    return client, server, shunt.Link([client, server], **link)


def connected(client: shunt.Host, server: shunt.Host, link: shunt.Link) -> tuple[int, int]:
    listener = server.open("tcp")
    server.bind(listener, "0.0.0.0", SERVER[1])
    server.listen(listener)
    here = client.open("tcp")
    client.connect(here, *SERVER, link.now_us)
    assert link.run(60, until=lambda: server.readiness(listener).is_acceptable)
    return here, server.accept(listener)


def read_all(host: shunt.Host, socket: int, link: shunt.Link) -> bytes:
    pieces = []
    while host.readiness(socket).is_readable:
        if not (piece := host.receive(socket, 1 << 16, link.now_us)):
            break
        pieces.append(piece)
    return b"".join(pieces)


def test_a_lossy_link_delivers_everything_in_order() -> None:
    client, server, link = hosts(loss=0.05, repetition=0.02, seed=7)
    here, there = connected(client, server, link)
    content = shunt.generated_content(300_000)
    sent, got = 0, b""
    while len(got) < len(content):
        if client.readiness(here).is_writable and sent < len(content):
            sent += client.send(here, content[sent:], link.now_us)
        before = link.now_us
        assert link.run(30, until=lambda: server.readiness(there).is_readable), before
        got += read_all(server, there, link)
    assert got == content
    assert link.lost_frames > 0
    client.shutdown(here, "write", link.now_us)
    assert link.run(60, until=lambda: server.readiness(there).is_readable)
    assert server.receive(there, 1, link.now_us) == b""
    assert server.state(there) == "CLOSE-WAIT"


def test_datagrams_are_echoed() -> None:
    client, server, link = hosts()
    echo, here = server.open("udp"), client.open("udp")
    server.bind(echo, "0.0.0.0", 7)
    client.send_to(here, b"echo", SERVER[0], 7)
    link.run(1)
    data, sender, is_truncated = server.receive_from(echo, 100)
    assert (data, sender[0], is_truncated) == (b"echo", "10.9.0.1", False)
    server.send_to(echo, data, *sender)
    link.run(1)
    assert client.receive_from(here, 2) == (b"ec", (SERVER[0], 7), True)


def test_each_fate_is_an_error_of_its_own_told_once() -> None:
    client, server, link = hosts()
    here = client.open("tcp")
    client.connect(here, *SERVER, link.now_us)
    link.run(1)
    with pytest.raises(ConnectionRefusedError, match="the peer's port is closed"):
        client.receive(here, 1, link.now_us)
    here, there = connected(client, server, link)
    with pytest.raises(BlockingIOError):
        client.receive(here, 1, link.now_us)
    server.abort(there, link.now_us)
    link.run(1)
    assert client.readiness(here).has_error
    assert client.take_error(here) == "ECONNRESET"
    assert client.take_error(here) is None
    with pytest.raises(BrokenPipeError):
        client.send(here, b"x", link.now_us)


def test_options_are_named() -> None:
    client, server, link = hosts()
    here, there = connected(client, server, link)
    for name, value in (("keep_alive_idle_us", 2_000_000), ("keep_alive_interval_us", 1_000_000)):
        server.set_option(there, name, value, link.now_us)
    server.set_option(there, "keep_alive_probes", 3, link.now_us)
    server.set_option(there, "keep_alive", True, link.now_us)
    client.set_option(here, "linger_us", 0, link.now_us)
    link.run(10)
    assert not server.readiness(there).has_error
    client.close(here, link.now_us)
    link.run(1)
    assert server.take_error(there) == "ECONNRESET"


def test_options_are_told_as_they_stand() -> None:
    host = shunt.Host(address="10.9.0.1")
    socket = host.open("tcp")
    changed: dict[str, bool | int | str | None] = {
        "no_delay": True,
        "reuse_address": True,
        "linger_us": 0,
        "user_timeout_us": 30 * DAY_US,
        "send_buffer": 10_000,
        "receive_buffer": 20_000,
        "maximum_segment": 536,
        "explicit_congestion_notification": True,
        "differentiated_services": 46,
        "congestion_control": "reno",
        "keep_alive": True,
        "keep_alive_idle_us": DAY_US,
        "keep_alive_interval_us": 2_000_000,
        "keep_alive_probes": 3,
    }
    before = host.options(socket)
    assert before.keys() == changed.keys()
    assert (before["linger_us"], before["keep_alive_idle_us"]) == (None, 7_200_000_000)
    for name, value in changed.items():
        assert before[name] != value
        host.set_option(socket, name, value, 0)
        host.set_option(socket, name, host.options(socket)[name], 0)
    assert host.options(socket) == changed


def test_a_link_outlives_the_hour_after_which_idle_peers_are_asked() -> None:
    client, server, link = hosts()
    here, there = connected(client, server, link)
    server.set_option(there, "keep_alive", True, link.now_us)
    client.abort(here, link.now_us)
    assert client.poll_transmit(link.now_us) is not None  # the reset, which is lost
    assert not link.run(7_100, until=lambda: server.readiness(there).has_error)
    assert link.run(200, until=lambda: server.readiness(there).has_error)
    assert server.take_error(there) == "ECONNRESET"


def test_urgent_data_stays_in_the_stream() -> None:
    client, server, link = hosts()
    here, there = connected(client, server, link)
    assert client.send_urgent(here, b"stop", link.now_us) == 4
    assert client.send(here, b" and go on", link.now_us) == 10
    link.run(1)
    assert server.readiness(there).is_urgent
    assert server.urgent_unread(there) == 4
    assert read_all(server, there, link) == b"stop and go on"
    assert server.urgent_unread(there) == 0
    assert not server.readiness(there).is_urgent


def test_a_neighbor_that_is_known_is_not_asked_for() -> None:
    host = shunt.Host(address="10.9.0.1", neighbors={"10.9.0.2": "02:00:00:00:00:09"})
    socket = host.open("tcp")
    host.set_option(socket, "explicit_congestion_notification", True, 0)
    host.connect(socket, *SERVER, 0)
    syn = host.poll_transmit(0)
    assert syn is not None
    assert syn[:6] == bytes.fromhex("020000000009")
    assert syn[12:14] == b"\x08\x00"
    assert syn[14 + 20 + 13] == 0xC2  # CWR, ECE, SYN
    assert not host.is_listening(socket)


DAY_US = 24 * 60 * 60 * 1_000_000
HOST = shunt.Host(address="10.9.0.1")
TCP = HOST.open("tcp")
ANY: Any = HOST

MISUSES: list[tuple[Callable[[], object], type[Exception], str]] = [
    (lambda: HOST.close(1 << 40, 0), OSError, "expected the id of an open socket"),
    (lambda: HOST.send(TCP, b"x", 0), OSError, "expected a socket with a peer"),
    (lambda: HOST.accept(TCP), OSError, "expected another value, or a socket in another state"),
    (lambda: HOST.send_to(TCP, b"x", "10.9.0.2", 1), OSError, "a socket of another kind"),
    (lambda: HOST.connect(TCP, "192.0.2.1", 80, 0), OSError, "that a route leads to"),
    (lambda: HOST.bind(TCP, "10.9.0.2", 80), OSError, "an address of this host"),
    (lambda: HOST.bind(TCP, "10.9.0", 80), ValueError, "address: expected an IPv4 address"),
    (lambda: HOST.bind(TCP, "10.9.0.1", 1 << 16), ValueError, "port: expected 0 to 65535"),
    (lambda: ANY.close("3", 0), TypeError, "socket: expected an int, got '3'"),
    (lambda: HOST.close(-1, 0), ValueError, "socket: expected 0 to"),
    (lambda: HOST.open("sctp"), ValueError, "kind: expected 'tcp' or 'udp', got 'sctp'"),
    (lambda: HOST.shutdown(TCP, "up", 0), ValueError, "direction: expected 'read', 'write' or"),
    (lambda: HOST.set_option(TCP, "speed", 1, 0), ValueError, "option: expected no_delay, reuse"),
    (lambda: HOST.set_option(TCP, "no_delay", 1, 0), TypeError, "no_delay: expected a bool"),
    (lambda: HOST.receive(TCP, 1 << 30, 0), ValueError, "size: expected 0 to 16777216"),
    (lambda: HOST.handle_frame(bytes(10_000), 0), ValueError, "frame: expected 9216 bytes at"),
    (lambda: shunt.Host(address="224.0.0.1"), ValueError, "address: expected an address that one"),
    (lambda: shunt.Host(address="10.9.0.1", mtu=100), ValueError, "mtu: expected 576 to 9000"),
    (
        lambda: shunt.Host(address="10.9.0.1", neighbors={"10.9.0.2": "ff:ff:ff:ff:ff:ff"}),
        ValueError,
        "neighbors: expected one station's address",
    ),
    (
        lambda: shunt.Host(address="10.9.0.1", neighbors=cast(Any, ["10.9.0.2"])),
        TypeError,
        "neighbors: expected a dict or None",
    ),
    (lambda: HOST.send_urgent(TCP, b"x", 0), OSError, "expected a socket with a peer"),
    (lambda: HOST.options(1 << 40), OSError, "expected the id of an open socket"),
    (
        lambda: HOST.set_option(TCP, "linger_us", 31 * DAY_US, 0),
        OSError,
        "expected another value, or a socket in another state",
    ),
    (lambda: HOST.handle_deadline(40_000 * DAY_US), ValueError, "now_us: expected 0 to 31536000"),
    (lambda: shunt.Link([HOST], loss=2), ValueError, "loss: expected 0 to 1, got 2"),
    (lambda: shunt.Link([HOST], delay_us=cast(Any, 1.5)), TypeError, "delay_us: expected an int"),
    (lambda: shunt.Link([HOST]).run(-1), ValueError, "seconds: expected 0 to 31622400 seconds"),
    (lambda: shunt.Link([HOST]).run(float("nan")), ValueError, "seconds: expected 0 to 31622400"),
    (lambda: shunt.Link([HOST]).run(cast(Any, "1")), TypeError, "seconds: expected a number of"),
]


@pytest.mark.parametrize(("misuse", "error", "text"), MISUSES)
def test_misuse_says_what_was_expected(
    misuse: Callable[[], object], error: type[Exception], text: str
) -> None:
    with pytest.raises(error) as caught:
        misuse()
    assert text in str(caught.value)


def test_time_never_goes_back() -> None:
    host = shunt.Host(address="10.9.0.1")
    host.handle_deadline(1_000)
    with pytest.raises(ValueError, match="now_us: expected at least 1000, for time never goes"):
        host.handle_deadline(999)


def test_an_error_has_its_errno() -> None:
    with pytest.raises(OSError) as caught:
        HOST.listen(1 << 40)
    assert caught.value.errno == errno.EBADF
