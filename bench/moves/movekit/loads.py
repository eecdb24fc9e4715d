# SPDX-License-Identifier: Apache-2.0
"""The measurements: each is one round of a few figures, ours and what it is measured against."""

from __future__ import annotations

import hashlib
import json
import os
import struct
import subprocess
import time
from dataclasses import dataclass
from typing import Any

from farmkit.network import run
from farmkit.trouble import HARNESS, Trouble

from .mover import Mover, Moving
from .stage import BARE, CLIENT, SERVICE, Load, Stage

_SETTLE_SECONDS = 0.3
_DRAIN_SECONDS = 10.0
_LOOK_SECONDS = 0.02
_GAP_WINDOW_NS = 5_000_000
_RTO_LEAST_MS = 200.0  # of the nodes and of the client's kernel (RFC 6298 2.4 allows it)
_S2_FRONT_MAC = "02:07:00:00:00:02"
_FLOOD_CORE = "0"
_FORWARD_CORE = 1
_CURL_PORT = 30_000
_PIECE = 1 << 20


@dataclass(frozen=True)
class Scale:
    """How much of each is done in a round."""

    moves: int = 10_000
    connections: int = 8
    bulk_bytes: int = 1 << 30
    bulk_moves: int = 50
    pings_seconds: float = 6.0
    drained: int = 1_000
    flood_ms: int = 1_000


# By figure: ours, the named value where there is one, and what else was seen.
Round = dict[str, tuple[float, float | None, dict[str, Any]]]


def freeze(stage: Stage, queued_kib: int, *, ours_first: bool) -> Round:
    """How long no server has a connection: a node's move and the kernel's TCP_REPAIR, in turns; and
    how long the two nodes of a move have to work, without links and sleep."""
    queued = str(queued_kib * 1024)
    farm = stage.bounded.get(queued_kib * 1024, stage.farm)
    control = str(farm.control_socket("s1"))
    namespaces = [farm.network.namespace(node) for node in ("client", "s1", "s2")]

    def ours() -> dict[str, Any]:
        return stage.run_json("shunt-freeze", *namespaces, control, "s2", _S2_FRONT_MAC, queued)

    def kernels() -> dict[str, Any]:
        return stage.run_json("repair-freeze", *stage.kernel_namespaces(), queued)

    if ours_first:
        mine, theirs = ours(), kernels()
    else:
        theirs, mine = kernels(), ours()
    hosts = json.loads(run(str(stage.programs / "host-freeze"), queued, stage.profile))
    details = {"node": mine, "kernel": theirs, "hosts": hosts}
    on_wire = mine["freeze_us"] - mine["left_us"]
    return {
        f"freeze-{queued_kib}": (mine["freeze_us"], theirs["freeze_us"], details),
        f"wire-{queued_kib}": (on_wire, theirs["freeze_us"], {}),
        f"host-{queued_kib}": (hosts["freeze_us"], theirs["freeze_us"], {}),
    }


def _with_moves(
    load: Load, mover: Mover, pause: float, most: int, seconds: float | None
) -> tuple[dict[str, Any], list[int]]:
    """The outcome of a load while its connections are moved; until all is done, or for seconds."""
    with Moving(mover, load.clients, pause, most) as moving:
        deadline = None if seconds is None else time.monotonic() + seconds
        while load.is_running and (deadline is None or time.monotonic() < deadline):
            if deadline is None and not moving.is_running:
                break
            time.sleep(0.005)
    outcome = load.finish()
    if moving.trouble:
        raise moving.trouble
    return outcome, moving.begun


def _ping(stage: Stage, scale: Scale, moves: int) -> tuple[list[int], list[tuple[int, int]]]:
    """When moves began, and the start and time of each request."""
    file = stage.farm.folder / "samples"
    load = stage.start_load("ping", SERVICE, "1", str(file))
    time.sleep(_SETTLE_SECONDS)
    seconds = scale.pings_seconds
    outcome, begun = _with_moves(
        load, stage.mover(), seconds / max(1, moves), moves, seconds + _SETTLE_SECONDS
    )
    if outcome["lost"] or outcome["wrong"]:
        raise Trouble(f"ping: {outcome}", HARNESS)
    samples = struct.iter_unpack("<qq", file.read_bytes())
    return begun, [(start, time_ns) for start, time_ns in samples]


def worst(begun: list[int], samples: list[tuple[int, int]]) -> list[int]:
    """For each move, the longest round trip that was under way after it."""
    found = []
    position = 0
    for start in begun:
        while position < len(samples) and sum(samples[position]) < start:
            position += 1
        end = position
        while end < len(samples) and samples[end][0] < start + _GAP_WINDOW_NS:
            end += 1
        if end > position:
            found.append(max(sample[1] for sample in samples[position:end]))
    return found


def _per_mille(values: list[int], share: int) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, len(ordered) * share // 1000)] / 1e3


def ping(stage: Stage, scale: Scale, *, ours_first: bool) -> Round:
    """A client that asks again and again: its longest wait for each move."""
    moves = max(4, round(scale.pings_seconds / 0.03))
    if ours_first:
        moved, control = _ping(stage, scale, moves), _ping(stage, scale, 0)
    else:
        control, moved = _ping(stage, scale, 0), _ping(stage, scale, moves)
    quiet = [sample[1] for sample in control[1]]
    # The same windows where nothing moves: what a busy machine does by itself.
    first = control[1][0][0]
    windows = [first + (start - moved[0][0]) for start in moved[0]]
    unmoved = worst(windows, control[1])
    gaps = worst(*moved)
    median = _per_mille(quiet, 500)
    details = {
        "moves": len(gaps),
        "unmoved_worst_p50_us": _per_mille(unmoved, 500),
        "unmoved_worst_p99_us": _per_mille(unmoved, 990),
    }
    return {
        "gap-p50": (_per_mille(gaps, 500), median, details),
        "gap-p99": (_per_mille(gaps, 990), median, details),
    }


def _difference(before: dict[str, int], after: dict[str, int]) -> dict[str, int]:
    """Of the nodes' counters, those that have counted."""
    return {
        name: value - before.get(name, 0)
        for name, value in sorted(after.items())
        if value != before.get(name, 0)
    }


def both(stage: Stage, scale: Scale) -> Round:
    """Connections with uploads and downloads at once, moved all the time; and as long unmoved."""

    def control(seconds: float) -> dict[str, Any]:
        load = stage.start_load("both", SERVICE, str(scale.connections))
        return _with_moves(load, stage.mover(), 1.0, 0, seconds)[0]

    mover = stage.mover()
    before = mover.counters()
    start = time.monotonic()
    load = stage.start_load("both", SERVICE, str(scale.connections))
    outcome, begun = _with_moves(load, mover, 0.001, scale.moves, None)
    seconds = time.monotonic() - start
    after = mover.counters()
    unmoved = control(seconds)
    details = {
        "moved": outcome,
        "control": unmoved,
        "counters": _difference(before, after),
        "moves": len(begun),
    }
    return {
        "both-moves": (float(len(begun)), None, details),
        "both-wrong": (float(outcome["wrong"]), None, {}),
        "both-lost": (float(outcome["lost"]), None, {}),
        "both-long-gaps": (float(outcome["long_gaps"]), float(unmoved["long_gaps"]), {}),
    }


def _transfer(stage: Stage, scale: Scale, verb: str, moves: int, pause: float) -> dict[str, Any]:
    timeouts = stage.client_timeouts()
    load = stage.start_load(verb, SERVICE, str(scale.bulk_bytes))
    with Moving(stage.mover(), load.clients, pause, moves) as moving:
        outcome = load.finish()
    if moving.trouble:
        raise moving.trouble
    if outcome["lost"] or outcome["wrong"]:
        raise Trouble(f"{verb}: {outcome}", HARNESS)
    outcome["moves"] = len(moving.begun)
    if outcome["moves"] < 0.9 * moves:
        raise Trouble(f"{verb} ended behind {outcome['moves']} of {moves} moves", HARNESS)
    outcome["rate"] = scale.bulk_bytes * 8 / outcome["seconds"] / 1e9
    outcome["client_timeouts"] = stage.client_timeouts() - timeouts
    return outcome


def bulk(stage: Stage, scale: Scale, verb: str, *, ours_first: bool) -> Round:
    """One large object or body, moved all the time, and the same unmoved."""
    guess = scale.bulk_bytes * 8 / 8e9 / (scale.bulk_moves + 1)  # fast, so that all fit
    if ours_first:
        moved = _transfer(stage, scale, verb, scale.bulk_moves, guess)
        unmoved = _transfer(stage, scale, verb, 0, 1.0)
    else:
        unmoved = _transfer(stage, scale, verb, 0, 1.0)
        pause = 0.8 * unmoved["seconds"] / (scale.bulk_moves + 1)
        moved = _transfer(stage, scale, verb, scale.bulk_moves, pause)
    # A timeout of a node that sends is a silence of at least that: the client hears it.
    heard = float(moved["longest_gap_ms"] >= _RTO_LEAST_MS) if verb == "down" else 0.0
    details = {"moved": moved, "unmoved": unmoved}
    return {
        verb: (moved["rate"], unmoved["rate"], details),
        f"{verb}-timeouts": (moved["client_timeouts"] + heard, None, {}),
    }


def _flood(stage: Stage, node: str, port: str, text: int, scale: Scale) -> float:
    command = ("frame-flood", "front0", "back0", port, str(text), str(scale.flood_ms))
    figures = json.loads(run("taskset", "-c", _FLOOD_CORE, *stage.inside(node, *command)))
    return float(figures["forwarded"] / figures["seconds"])


def _flood_node(stage: Stage, port: str, text: int, scale: Scale) -> float:
    pid = stage.farm.nodes()["s1"].pid
    inside = ("ip", "-netns", stage.farm.network.namespace("s1"))
    cores = os.sched_getaffinity(pid)
    os.sched_setaffinity(pid, {_FORWARD_CORE})
    # What leaves goes no further, as beside the bare forwarder.
    run(*inside, "link", "set", "back0", "nomaster")
    try:
        return _flood(stage, "s1", port, text, scale)
    finally:
        run(*inside, "link", "set", "back0", "master", "back")
        os.sched_setaffinity(pid, cores)


def _flood_bare(stage: Stage, port: str, text: int, scale: Scale) -> float:
    command = stage.inside(BARE, "plain-forwarder", "front0", "back0")
    forwarder = subprocess.Popen(["taskset", "-c", str(_FORWARD_CORE), *command])
    try:
        time.sleep(_SETTLE_SECONDS)
        return _flood(stage, BARE, port, text, scale)
    finally:
        forwarder.terminate()
        forwarder.wait()


def forward(stage: Stage, scale: Scale, text: int, *, ours_first: bool) -> Round:
    """Frames of a moved connection from tap to tap: by its home, and by a bare read and write."""
    load = stage.start_load("many", SERVICE, "1")
    stage.mover().move(load.clients[0])
    time.sleep(_SETTLE_SECONDS)
    port = load.clients[0].rpartition(":")[2]
    if ours_first:
        mine = _flood_node(stage, port, text, scale)
        theirs = _flood_bare(stage, port, text, scale)
    else:
        theirs = _flood_bare(stage, port, text, scale)
        mine = _flood_node(stage, port, text, scale)
    load.finish()
    return {f"forward-{text}": (mine, theirs, {})}


def _drain(stage: Stage) -> dict[str, Any]:
    """The server parts with all that it has; how far that had come when it was over."""
    deadline = time.monotonic() + _DRAIN_SECONDS
    home = stage.controls["s1"]
    progress = home.result("drain")
    while progress["left"] and time.monotonic() < deadline:
        time.sleep(_LOOK_SECONDS)
        progress = home.result("drain", action="report")
    return progress


def drain(stage: Stage, scale: Scale) -> Round:
    """All connections of a server leave it by a drain while their clients work."""
    load = stage.start_load("many", SERVICE, str(scale.drained))
    time.sleep(_SETTLE_SECONDS)
    before = stage.mover().counters()
    start = time.monotonic()
    try:
        progress = _drain(stage)
        seconds = time.monotonic() - start
        after = stage.mover().counters()
    finally:
        stage.controls["s1"].result("drain", action="stop")
    left = progress["left"]
    outcome = load.finish()
    details = {
        "outcome": outcome,
        "seconds": seconds,
        "left": left,
        "moved": progress["moved"],
        "counters": _difference(before, after),
    }
    lost = outcome["lost"] + outcome["wrong"] + left
    return {"drain-lost": (float(lost), None, details)}


def _digest(stage: Stage, scale: Scale, port: int, moves: int, pause: float) -> dict[str, Any]:
    url = f"http://{SERVICE}/bytes/{scale.bulk_bytes}"
    command = ["curl", "--silent", "--fail", "--local-port", str(port), url]
    start = time.monotonic()
    client = subprocess.Popen(
        stage.farm.network.command("client", *command), stdout=subprocess.PIPE
    )
    digest = hashlib.sha256()
    assert client.stdout is not None
    first = client.stdout.read(_PIECE)
    digest.update(first)
    with Moving(stage.mover(), [f"{CLIENT}:{port}"], pause, moves) as moving:
        while piece := client.stdout.read(_PIECE):
            digest.update(piece)
    if moving.trouble:
        raise moving.trouble
    return {
        "sha256": digest.hexdigest(),
        "curl": client.wait(),
        "moves": len(moving.begun),
        "seconds": time.monotonic() - start,
    }


def download(stage: Stage, scale: Scale, number: int) -> Round:
    """curl's download, moved all the time, has the SHA-256 of one that stays where it is."""
    unmoved = _digest(stage, scale, _CURL_PORT + 2 * number, 0, 1.0)
    pause = 0.8 * unmoved["seconds"] / (scale.bulk_moves + 1)
    moved = _digest(stage, scale, _CURL_PORT + 2 * number + 1, scale.bulk_moves, pause)
    is_right = moved["sha256"] == unmoved["sha256"] and moved["curl"] == 0
    details = {"moved": moved, "unmoved": unmoved}
    return {"download-wrong": (float(not is_right), None, details)}
