# SPDX-License-Identifier: Apache-2.0
"""Misuse is an exception that says what was expected; nothing ends the interpreter."""

from __future__ import annotations

import re
from typing import Any, Callable

import pytest

import shunt
from shunt import _conform, _ref


def a_world() -> Any:
    return _ref.World(
        nodes=2,
        seed=1,
        extensions=True,
        front=shunt.Faults(),
        back=shunt.Faults(),
        urls={},
        plans=[],
    )


def a_closed_connection() -> Any:
    connection = shunt.World().connect()
    connection.close()
    return connection


HEADER: Any = shunt.EncapsulationHeader
BLOCK: Any = shunt.ControlBlock
FRAME: Any = shunt.Encapsulated
WORLD: Any = shunt.World
JUDGE: Any = shunt.judge
SHUNT: Any = shunt
NODE: Any = _ref

MISUSES: list[tuple[Callable[[], object], type[Exception], str]] = [
    # Values
    (lambda: HEADER(source_port=65_536), ValueError, "source_port: expected 0 to 65535, got 65536"),
    (lambda: HEADER(source_port=-1), ValueError, "source_port: expected 0 to 65535, got -1"),
    (lambda: HEADER(source_port=1 << 99), ValueError, "source_port: expected 0 to 65535, got 6338"),
    (
        lambda: HEADER(source_port=1 << 20_000),
        ValueError,
        "source_port: expected 0 to 65535, got a",
    ),
    (lambda: HEADER(source_port="80"), TypeError, "source_port: expected an int, got '80'"),
    (lambda: HEADER(source_port=1.5), TypeError, "source_port: expected an int, got 1.5"),
    (lambda: HEADER(source="10.7.0"), ValueError, "source: expected an IPv4 address such as"),
    (lambda: HEADER(source=10), TypeError, "source: expected a str such as '10.7.0.9', got 10"),
    (lambda: HEADER(type=4), ValueError, "type: expected one of CONNECTION (1), FORWARDED (2), "),
    (lambda: HEADER(protocol=6), ValueError, "protocol: expected one of TCP (1), UDP (2), got 6"),
    (lambda: HEADER(sauce="10.7.0.9"), TypeError, "EncapsulationHeader: no field sauce; it has so"),
    (lambda: HEADER("10.7.0.9"), TypeError, "incompatible constructor arguments"),
    (lambda: HEADER().replace(port=1), TypeError, "EncapsulationHeader: no field port"),
    (lambda: BLOCK(send_scale=256), ValueError, "send_scale: expected 0 to 255, got 256"),
    (lambda: BLOCK(send_next=1 << 32), ValueError, "send_next: expected 0 to 4294967295"),
    (lambda: BLOCK(state=None), TypeError, "state: expected an int, got None"),
    (lambda: BLOCK.parse("text"), TypeError, "data: expected bytes, got 'text'"),
    (
        lambda: BLOCK.parse(memoryview(bytes(280))[::2]),
        TypeError,
        "data: expected contiguous bytes",
    ),
    (lambda: BLOCK.parse(bytes(139)), shunt.ParseError, "drop.frame.length: "),
    (
        lambda: FRAME(payload=bytes(9_217)),
        ValueError,
        "payload: expected at most 9216 bytes, got 92",
    ),
    (lambda: FRAME(header=BLOCK()), TypeError, "header: expected a EncapsulationHeader, got Cont"),
    (lambda: FRAME(extended=1), TypeError, "extended: expected a bool, got 1"),
    (lambda: FRAME().body(), shunt.ParseError, "drop.frame.length"),
    (
        lambda: shunt.ConnectionInformation(block=BLOCK(), flow_number=1),
        ValueError,
        "block, flow_number: expected one at most",
    ),
    (lambda: shunt.RejectMessage(reason=8), ValueError, "reason: expected one of NO_LISTENER (1),"),
    (lambda: SHUNT.EncapsulationType(0x77), ValueError, "119 is not a valid EncapsulationType"),
    # Worlds
    (lambda: WORLD(0), ValueError, "nodes: expected 1 to 99, got 0"),
    (lambda: WORLD(100), ValueError, "nodes: expected 1 to 99, got 100"),
    (lambda: WORLD("2"), TypeError, "nodes: expected an int, got '2'"),
    (lambda: WORLD(seed=-1), ValueError, "seed: expected 0 to 18446744073709551615, got -1"),
    (lambda: WORLD(faults=0.1), TypeError, "front: expected a Faults, got 0.1"),
    (lambda: WORLD(urls=5), TypeError, "urls: expected a dict of prefix: servers, got 5"),
    (lambda: WORLD(urls={"/x/": "s2"}), TypeError, "urls: expected a sequence of server names"),
    (lambda: WORLD(urls={"/x/": ["s9"]}), ValueError, "url[0].servers"),
    (lambda: WORLD(urls={"": ["s2"]}), ValueError, "url[0].prefix"),
    (lambda: WORLD(plans=[1]), TypeError, "plans: expected a Plan, got 1"),
    (lambda: WORLD(plans=7), TypeError, "plans: expected a sequence of Plan, got 7"),
    (lambda: shunt.Faults(loss=1.1), ValueError, "loss: expected a probability from 0 to 1"),
    (lambda: shunt.Faults(loss=float("nan")), ValueError, "loss: expected a probability from 0 to"),
    (lambda: shunt.Faults(loss=float("inf")), ValueError, "loss: expected a probability from 0 to"),
    (lambda: SHUNT.Faults(loss="1/2"), TypeError, "loss: expected a probability from 0 to 1 (int"),
    (lambda: SHUNT.Faults(loss=[]), TypeError, "loss: expected a probability from 0 to 1 (int"),
    (
        lambda: shunt.Faults(delay_us=3_600_000_001),
        ValueError,
        "delay_us: expected 0 to 3600000000",
    ),
    (lambda: shunt.Plan(), ValueError, "sizes: expected at least one object"),
    (lambda: shunt.Plan(sizes=[1 << 33]), ValueError, "sizes: expected 0 to 4294967296 bytes"),
    (lambda: SHUNT.Plan(sizes=10), TypeError, "sizes: expected a sequence of int, got 10"),
    (lambda: SHUNT.Plan(sizes="10"), TypeError, "sizes: expected a sequence of int, got '10'"),
    (
        lambda: shunt.Plan(sizes=[1], upload_size=1 << 25),
        ValueError,
        "upload_size: expected 0 to 16",
    ),
    (lambda: WORLD().connect("s3"), ValueError, "server: expected s1 to s2, got 's3'"),
    (lambda: WORLD().connect(1), TypeError, "server: expected a str, got 1"),
    (lambda: WORLD().connect("s1", 0), ValueError, "port: expected 1 to 65535, got 0"),
    (lambda: WORLD().connect().send("text"), TypeError, "data: expected bytes, got 'text'"),
    (
        lambda: WORLD().connect().send(bytes(65 << 20)),
        ValueError,
        "data: expected at most 67108864",
    ),
    (lambda: a_closed_connection().send(b"x"), ValueError, "send: the connection is closed"),
    (lambda: WORLD().run(None), TypeError, "seconds: expected a number of seconds, got None"),
    (lambda: WORLD().run("1"), TypeError, "seconds: expected a number of seconds, got '1'"),
    (lambda: WORLD().run_plans("1"), TypeError, "limit_s: expected a number of seconds, got '1'"),
    (lambda: WORLD().connect("\udcff"), ValueError, "server: expected text that is UTF-8"),
    (lambda: HEADER(source="\udcff"), ValueError, "source: expected text that is UTF-8"),
    (lambda: HEADER(**{"\udcff": 1}), ValueError, "a field's name: expected text that is UTF-8"),
    (lambda: WORLD().connect().get(None), TypeError, "target: expected a str, got None"),
    (lambda: WORLD().connect().get("/é"), ValueError, "target: expected /.. of ASCII without"),
    (lambda: WORLD().connect().get("a"), ValueError, "target: expected /.. of ASCII without"),
    (
        lambda: WORLD().connect().get("/a\r\nX: y"),
        ValueError,
        "target: expected /.. of ASCII without spaces, got '/a\\r\\nX: y'",
    ),
    (
        lambda: WORLD().connect().get("/", limit_s="1"),
        TypeError,
        "limit_s: expected a number of seconds, got '1'",
    ),
    (lambda: WORLD().run(-1), ValueError, "seconds: expected 0 to 3600 seconds, got -1"),
    (lambda: WORLD().run(float("nan")), ValueError, "seconds: expected 0 to 3600 seconds, got nan"),
    (lambda: WORLD().run(1, until=3), TypeError, "until: expected a callable without arguments"),
    (lambda: WORLD().nodes["s1"].migrate("x", "s2"), ValueError, "connection: expected such as"),
    (lambda: a_world().received(0), ValueError, "number: expected that of an open connection"),
    (lambda: a_world().run(1 << 70), ValueError, "span_us: expected 0 to 3600000000"),
    (lambda: a_world().tables("s\0"), ValueError, "server: expected s1 to s2"),
    (lambda: shunt.generated_content(-1), ValueError, "size: expected 0 to 268435456, got -1"),
    (lambda: shunt.run_scenario("move"), ValueError, "name: expected one of drain, drain-f"),
    (
        lambda: shunt.run_scenario("move-once", connections=0),
        ValueError,
        "connections: expected 1 ",
    ),
    (lambda: shunt.run_scenario("move-once", loss=2), ValueError, "loss: expected a probability"),
    # The judge
    (lambda: shunt.cases(["no/such"]), shunt.UsageError, "no case is called no/such"),
    (
        lambda: shunt.cases(["endpoint/handshak"]),
        shunt.UsageError,
        "no case is called endpoint/handshak; did you mean endpoint/handshake?",
    ),
    (lambda: shunt.cases("endpoint"), TypeError, "selectors: expected a sequence of str, got 'end"),
    (lambda: JUDGE("no.toml"), shunt.UsageError, "no.toml"),
    (lambda: JUDGE(7), TypeError, "iut: expected a str or a path, got 7"),
    (lambda: JUDGE(None), TypeError, "iut: expected a str or a path, got None"),
    (lambda: JUDGE("x\0"), ValueError, "iut: expected text without NUL that is UTF-8"),
    (lambda: JUDGE("x", command=["tr\0ue"]), ValueError, "command: expected text without NUL"),
    (lambda: JUDGE("x", command=[b"x"]), TypeError, "command: expected a str or a path, got b'x'"),
    (lambda: JUDGE("x", out="\udcff"), ValueError, "out: expected text without NUL that is UTF-8"),
    (lambda: JUDGE("x", time=3), TypeError, "time: expected 'virtual', 'wall' or None, got 3"),
    (lambda: JUDGE("x", seed="1"), TypeError, "seed: expected an int or None, got '1'"),
    (lambda: JUDGE("x", strict=3), TypeError, "strict: expected a bool, got 3"),
    (lambda: SHUNT.cases(None), TypeError, "selectors: expected a sequence of str, got None"),
    (lambda: JUDGE("x", time="real"), ValueError, "time: expected 'virtual', 'wall' or None"),
    (lambda: JUDGE("x", seed=-1), ValueError, "seed: expected 0 to 2^64 - 1, got -1"),
    (lambda: JUDGE("x", command="node"), TypeError, "command: expected a sequence of str, got"),
    (lambda: JUDGE("x", on_case=1), TypeError, "on_case: expected a callable or None, got 1"),
    # Classes that nobody but a module makes
    (lambda: NODE.Tables(), TypeError, "only the module makes objects"),
    (lambda: NODE.WorldResult(), TypeError, "only the module makes objects"),
    (lambda: _conform.RunResult(), TypeError, "only the module makes objects"),
]


@pytest.mark.parametrize(
    ("misuse", "exception", "text"), MISUSES, ids=[text[:40] for _, _, text in MISUSES]
)
def test_misuse_says_what_was_expected(
    misuse: Callable[[], object], exception: type[Exception], text: str
) -> None:
    with pytest.raises(exception, match=re.escape(text)):
        misuse()


def test_an_exception_while_a_value_is_shown_is_not_lost_on_the_way() -> None:
    class Unshowable:
        def __repr__(self) -> str:
            raise LookupError

    with pytest.raises(TypeError, match="source_port: expected an int, got a Unshowable"):
        HEADER(source_port=Unshowable())


def test_a_world_that_is_used_from_within_goes_on() -> None:
    world = shunt.World()
    connection = world.connect()
    inner = iter(range(3))

    def condition() -> bool:
        if next(inner, None) is not None:
            world.run(0.001)
            world.connect()
        return connection.state == "ESTABLISHED"

    assert world.run(1, until=condition)


def test_objects_outlive_what_they_came_from() -> None:
    connection = shunt.World().connect()
    node = shunt.World().nodes["s1"]
    assert connection.get("/bytes/3").body == b"000"
    assert node.tables.local == []
    claims = [info.claim for info in shunt.cases()]
    assert all(claims)
