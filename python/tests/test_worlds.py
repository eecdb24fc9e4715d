# SPDX-License-Identifier: Apache-2.0
"""Farms in virtual time: connections move, nothing is lost, and the same seed is the same run."""

from __future__ import annotations

from fractions import Fraction

import pytest

import shunt

LOSSY = shunt.Faults(loss=Fraction(1, 10), repetition=Fraction(1, 20), reordering=Fraction(1, 20))
TO_S2 = {"/s2/": ["s2"]}


def test_a_connection_moves_under_loss_and_loses_nothing() -> None:
    world = shunt.World(nodes=2, seed=7, faults=LOSSY, urls=TO_S2)
    connection = world.connect("s1")
    response = connection.get("/s2/bytes/100000")
    assert response.body == shunt.generated_content(100_000)
    [moved_away] = world.nodes["s1"].tables.forward
    [moved_here] = world.nodes["s2"].tables.forward_connect
    assert moved_away.connection == moved_here.connection == connection.name
    assert (moved_away.peer, moved_here.peer, moved_here.state) == ("s2", "s1", "ESTABLISHED")
    result = world.result()
    assert (result.migrations, result.violations) == (1, [])
    assert world.lost_frames > 0


@pytest.mark.parametrize("extensions", [True, False])
def test_planned_clients_move_too(extensions: bool) -> None:
    plans = [shunt.Plan(start_us=100 * n, sizes=[n, 40_000], upload_size=n) for n in range(1, 9)]
    urls = {"/bytes/": ["s3"]}
    world = shunt.World(3, seed=11, faults=LOSSY, extensions=extensions, urls=urls, plans=plans)
    assert world.run_plans()
    result = world.result()
    assert (result.connections, result.responses, result.migrations) == (8, 16, 8)
    assert result.bytes == sum(n + 40_000 for n in range(1, 9))
    assert result.violations == []
    assert world.nodes["s2"].counters["move.done"] == 0


def test_a_connection_stays_where_its_url_belongs() -> None:
    world = shunt.World(urls=TO_S2)
    connection = world.connect()
    assert connection.get("/bytes/10").body == b"000000000000000"[:10]
    assert [row.connection for row in world.nodes["s1"].tables.local] == [connection.name]
    assert world.result().migrations == 0


def test_a_script_moves_a_connection_before_its_first_request() -> None:
    world = shunt.World(extensions=True)
    connection = world.connect()
    assert world.run(1, until=lambda: world.nodes["s1"].tables.temporary != [])
    assert world.run(1, until=lambda: connection.state == "ESTABLISHED")
    world.run(0.1)
    assert world.nodes["s1"].migrate(connection, "s2") == 1
    assert connection.get("/bytes/5000").body == shunt.generated_content(5_000)
    assert world.nodes["s2"].counters["drop.frame.checksum"] == 0
    assert [row.connection for row in world.nodes["s2"].tables.forward_connect] == [connection.name]


def test_a_connection_in_use_moves_and_comes_back() -> None:
    world = shunt.World(nodes=2, seed=3, faults=LOSSY)
    connection = world.connect()
    assert connection.get("/bytes/1000").body == shunt.generated_content(1_000)
    assert world.nodes["s1"].migrate(connection, "s2") == 1
    assert connection.get("/bytes/200000").body == shunt.generated_content(200_000)
    assert [row.connection for row in world.nodes["s2"].tables.forward_connect] == [connection.name]
    assert world.nodes["s2"].migrate(connection, "s1") == 2
    assert connection.get("/bytes/3000").body == shunt.generated_content(3_000)
    assert [row.connection for row in world.nodes["s1"].tables.local] == [connection.name]
    assert world.result().violations == []


def test_why_a_move_does_not_start_is_said() -> None:
    world = shunt.World(extensions=False)
    with pytest.raises(shunt.MigrateError, match="unknown-server: no server") as unknown:
        world.nodes["s1"].migrate("10.7.0.10:20000>10.7.1.1:80/tcp", "s9")
    assert unknown.value.reason == "unknown-server"
    with pytest.raises(shunt.MigrateError, match="unknown-connection"):
        world.nodes["s1"].migrate("10.7.0.10:20000>10.7.1.1:80/tcp", "s2")
    connection = world.connect()
    connection.get("/bytes/1")
    with pytest.raises(shunt.MigrateError, match="not-movable"):
        world.nodes["s1"].migrate(connection, "s2")


def test_the_same_seed_is_the_same_world() -> None:
    def play(seed: int) -> str:
        world = shunt.World(seed=seed, faults=LOSSY, urls=TO_S2)
        world.connect().get("/s2/bytes/30000")
        return world.result().trace_hash

    assert play(3) == play(3)
    assert play(3) != play(4)


def test_what_never_comes_ends_in_virtual_time() -> None:
    world = shunt.World(front=shunt.Faults(loss=1))
    connection = world.connect()
    began_s = world.now_s
    with pytest.raises(TimeoutError, match="no whole response to /bytes/1 within 2 s"):
        connection.get("/bytes/1", limit_s=2)
    assert connection.state == "SYN-SENT"
    assert world.now_s == began_s + 2.0


def test_a_connection_that_nobody_takes_is_refused() -> None:
    connection = shunt.World().connect("s1", port=81)
    with pytest.raises(ConnectionError, match="reset before the response"):
        connection.get("/bytes/1")
    with pytest.raises(ValueError, match="closed"):
        connection.send(b"more")


def test_closing_ends_both_sides() -> None:
    world = shunt.World()
    connection = world.connect()
    connection.get("/bytes/1")
    connection.close()
    world.run(5)
    assert (connection.fate, connection.state) == ("finished", "TIME-WAIT")
    aborted = world.connect()
    aborted.get("/bytes/1")
    aborted.abort()
    world.run(5)
    assert aborted.state == "CLOSED"
    assert world.nodes["s1"].tables.local == []
    assert world.result().violations == []


def test_an_exception_of_the_condition_ends_the_run() -> None:
    world = shunt.World()
    world.connect()

    def fail() -> bool:
        raise LookupError("of the script")

    with pytest.raises(LookupError, match="of the script"):
        world.run(1, until=fail)
    world.run(1)


def test_scenarios_are_those_of_the_program() -> None:
    assert "move-once" in shunt.scenarios()
    result = shunt.run_scenario("move-once", seed=2, connections=20, loss=0.2)
    assert (result.connections, result.migrations, result.violation_count) == (20, 20, 0)
    assert result.trace_hash != shunt.run_scenario("move-once", seed=2, connections=20).trace_hash
