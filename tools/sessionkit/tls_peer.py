# SPDX-License-Identifier: Apache-2.0
"""openssl s_server behind three gateways: s_client finds the server that has its session."""

from __future__ import annotations

import random
import re
import time

from .lab import HTTPS_PORT, SERVERS, Lab, Transcript, service

_RECONNECTS = 5  # of s_client -reconnect
_SHUFFLED = 20


def start_backends(lab: Lab) -> None:
    """One TLS server in the namespace of each node; none knows the sessions of another."""
    key, certificate = lab.folder / "key.pem", lab.folder / "certificate.pem"
    lab.run(
        *("client", "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"),
        *("-subj", "/CN=farm.test", "-keyout", str(key), "-out", str(certificate)),
    )
    for server in SERVERS:
        lab.start(
            *(server, "openssl", "s_server", "-accept", "8443", "-tls1_2", "-no_ticket", "-www"),
            *("-key", str(key), "-cert", str(certificate)),
        )
    deadline = time.monotonic() + 10
    for server in SERVERS:
        while ":8443" not in lab.run(server, "ss", "-ltn") and time.monotonic() < deadline:
            time.sleep(0.05)


def _connect(lab: Lab, entry: str, *options: str) -> str:
    return lab.run(
        *("client", "openssl", "s_client", "-connect", f"{service(entry)}:{HTTPS_PORT}"),
        *("-tls1_2", *options),
    )


def reconnects(lab: Lab, out: Transcript) -> None:
    """Every handshake behind the first is an abbreviated one."""
    start_backends(lab)
    text = _connect(lab, "s1", "-reconnect")
    kinds = re.findall(r"^(New|Reused), TLSv1\.2", text, re.MULTILINE)
    out.note(f"s_client -reconnect at s1: {kinds}")
    out.check("-reconnect: all of them are Reused", kinds == ["New"] + ["Reused"] * _RECONNECTS)
    session = str(lab.folder / "session.pem")
    text = _connect(lab, "s2", "-sess_out", session)
    identity = re.findall(r"Session-ID: ([0-9A-F]{64})", text)
    out.note(f"a session at s2: {identity}")
    out.check("a session is given", len(identity) == 1)
    chance = random.Random(11)
    kinds = []
    for _ in range(_SHUFFLED):
        entry = chance.choice(SERVERS)
        text = _connect(lab, entry, "-sess_in", session)
        kinds.append((entry, *re.findall(r"^(New|Reused), TLSv1\.2", text, re.MULTILINE)))
    reused = sum(kind[1:] == ("Reused",) for kind in kinds)
    out.note(f"{len(kinds)} connections with it, at {sorted({kind[0] for kind in kinds})}")
    out.check("Reused, whoever is asked", reused == len(kinds), f"{reused} of {len(kinds)}")
    for server in SERVERS:
        rows = lab.ctl(server, "sessions")["sessions"]
        found = [row for row in rows if identity and row["id"] == identity[0].lower()]
        out.note(f"sessions of {server}: {rows}")
        out.check(
            f"{server} knows whose session it is",
            [(row["kind"], row["server"]) for row in found] == [("tls", "s2")],
        )
