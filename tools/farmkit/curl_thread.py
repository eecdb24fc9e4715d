# SPDX-License-Identifier: Apache-2.0
"""The thread through the product: curl asks s1 for what s2 serves, and both links are judged."""

from __future__ import annotations

import hashlib
import subprocess
from dataclasses import dataclass
from pathlib import Path

from . import back_view, blob_view, client_view, plan
from .capture import capturing
from .claims import Claim
from .farm import Farm
from .trouble import HARNESS, Trouble

OBJECT_BYTES = 300_000
_CURL_SECONDS = 20


@dataclass(frozen=True)
class Evidence:
    """Where somebody looks who does not believe it."""

    front: Path
    back: Path
    object: Path
    url: str


def generated_content(size: int) -> bytes:
    """/bytes/SIZE: every 16 bytes are their own offset, 15 hex digits and a newline."""
    blocks = (f"{offset:015x}\n" for offset in range(0, size, 16))
    return "".join(blocks).encode()[:size]


def run(
    farm: Farm,
    options: plan.Options,
    folder: Path,
    *,
    client_offloads: bool = False,
    size: int = OBJECT_BYTES,
) -> tuple[list[Claim], Evidence]:
    """Fetches through the first server what the last one serves, and judges both captures."""
    config = farm.config()
    if config is None:
        raise Trouble("no farm is up. Run: tools/farm up", HARNESS)
    servers = plan.members(config)
    home, target = servers[0], servers[-1]
    folder.mkdir(parents=True, exist_ok=True)
    url = f"http://{home.services[0]}/bytes/{size}"
    evidence = Evidence(folder / "front.pcapng", folder / "back.pcapng", folder / "object", url)
    network = farm.network
    with capturing(network, "client", "eth0", evidence.front):
        with capturing(network, "back", "back", evidence.back):
            fetched = _fetch(farm, evidence, target, size)
    claims = [
        fetched,
        *client_view.claims(evidence.front, home, target, client_offloads=client_offloads),
        *_back_claims(evidence, home, target, options, client_offloads=client_offloads),
    ]
    return claims, evidence


def _back_claims(
    evidence: Evidence,
    home: plan.Member,
    target: plan.Member,
    options: plan.Options,
    *,
    client_offloads: bool,
) -> list[Claim]:
    back, front = evidence.back, evidence.front
    if options.profile == "blob":
        return blob_view.claims(
            back, front, home, target, options.ethertype, client_offloads=client_offloads
        )
    return back_view.claims(back, front, home, target, options, client_offloads=client_offloads)


def _fetch(farm: Farm, evidence: Evidence, target: plan.Member, size: int) -> Claim:
    evidence.object.unlink(missing_ok=True)
    headers = evidence.object.with_suffix(".headers")
    command = ["curl", "--silent", "--show-error", "--max-time", str(_CURL_SECONDS)]
    command += ["--dump-header", str(headers), "--output", str(evidence.object), evidence.url]
    done = subprocess.run(
        farm.network.command("client", *command), capture_output=True, text=True, check=False
    )
    text = f"curl has the object of {target.name}"
    if done.returncode != 0:
        return Claim(text, False, done.stderr.strip())
    server = [
        line.split(":", 1)[1].strip()
        for line in headers.read_text().splitlines()
        if line.lower().startswith("server:")
    ]
    content = evidence.object.read_bytes()
    held = content == generated_content(size) and server == [f"shunt/{target.name}"]
    digest = hashlib.sha256(content).hexdigest()[:16]
    return Claim(text, held, f"{len(content)} bytes, sha256 {digest}.., Server: {server}")
