# SPDX-License-Identifier: Apache-2.0
"""curl with a cookie jar: one cookie, and its server answers whichever server is asked."""

from __future__ import annotations

import random
import re

from .lab import HOST, SERVERS, Lab, Transcript, service

_REQUESTS = 60
_PATHS = ("/bytes/100", "/s1/who.txt", "/s2/who.txt", "/s3/who.txt")


def ask(lab: Lab, entry: str, path: str, *options: str) -> tuple[str, str, str]:
    """Status, who has answered, and the new cookie or nothing."""
    jar = str(lab.folder / "jar")
    text = lab.run(
        *("client", "curl", "-sS", "-i", "--max-time", "20", "-b", jar, "-c", jar),
        *("--resolve", f"{HOST}:80:{service(entry)}", *options, f"http://{HOST}{path}"),
    )
    status = re.findall(r"^HTTP/1\.1 (\d+)", text, re.MULTILINE)
    server = re.findall(r"^Server: shunt/(\S+)", text, re.MULTILINE)
    cookie = re.findall(r"^Set-Cookie: SHUNT=([0-9a-f]{56});", text, re.MULTILINE)
    last = status[-1] if status else text.strip()
    return last, server[-1] if server else "nobody", cookie[-1] if cookie else ""


def _ask_everywhere(lab: Lab, out: Transcript, entries: list[str], keeper: str, name: str) -> None:
    chance = random.Random(7)
    answers = []
    for _ in range(_REQUESTS):
        entry, path = chance.choice(entries), chance.choice(_PATHS)
        answers.append((entry, *ask(lab, entry, path)))
    wrong = [answer for answer in answers if answer[1:] != ("200", keeper, "")]
    spread = {entry: sum(answer[0] == entry for answer in answers) for entry in entries}
    out.note(f"{len(answers)} requests at {spread}: {len(answers) - len(wrong)} by {keeper}")
    out.check(name, not wrong, wrong[:3] or "")


def cookies(lab: Lab, out: Transcript) -> None:
    """Mode cookie: through the loss of another server, and of the keeper."""
    status, keeper, cookie = ask(lab, "s1", "/s2/who.txt")
    out.note(f"GET /s2/who.txt at s1: {status} by {keeper}, SHUNT={cookie}")
    out.check("the first answer gives a cookie", (status, keeper, bool(cookie)) == ("200", "s2", 1))
    out.check("the cookie names its server", cookie.startswith("00000002"), cookie[:8])
    jar = (lab.folder / "jar").read_text()
    out.check("curl keeps it, for HTTP alone", "#HttpOnly_" + HOST in jar and cookie in jar)
    _ask_everywhere(lab, out, list(SERVERS), "s2", "one server answers, whoever is asked")
    rows = {server: lab.ctl(server, "sessions")["sessions"] for server in SERVERS}
    for server in SERVERS:
        out.note(f"sessions of {server}: {rows[server]}")
    identity = cookie[:24]
    out.check(
        "three tables have the session",
        all([(row["id"], row["server"]) for row in rows[s]] == [(identity, "s2")] for s in SERVERS),
    )
    lab.kill("s3")
    _ask_everywhere(lab, out, ["s1", "s2"], "s2", "s3 is killed, and the session goes on")
    lab.kill("s2")
    status, keeper, renewed = ask(lab, "s1", "/bytes/100")
    out.note(f"s2 is killed; GET at s1: {status} by {keeper}, SHUNT={renewed}")
    answered = (status, keeper, bool(renewed))
    out.check("another server gives a new cookie", answered == ("200", "s1", True))
    out.check("which names it", renewed.startswith("00000001"), renewed[:8])
    _ask_everywhere(lab, out, ["s1"], "s1", "the new session goes on")


def redirect(lab: Lab, out: Transcript) -> None:
    """Mode redirect: the client is sent to the keeper's own address."""
    target = f"http://{service('s1')}/s3/who.txt"
    text = lab.run("client", "curl", "-sS", "-i", "--max-time", "20", target)
    location = re.findall(r"^Location: (\S+)", text, re.MULTILINE)
    out.note(f"GET {target}: {text.splitlines()[0] if text else 'nothing'}, Location: {location}")
    expected = rf"http://{re.escape(service('s3'))}/s3/who\.txt\?SHUNT=[0-9a-f]{{56}}"
    out.check("302 to the keeper's address", bool(location and re.fullmatch(expected, location[0])))
    jar = str(lab.folder / "jar-redirect")
    form = "%{http_code} %{num_redirects} %{remote_ip} %{url_effective}\\n"
    follow = ("curl", "-sS", "-L", "--max-redirs", "3", "--max-time", "20", "-b", jar, "-c", jar)
    text = lab.run("client", *follow, "-w", form, target)
    out.note(f"curl -L {target}: {text.strip()!r}")
    words = text.split()
    out.check(
        "one redirect, and the keeper answers", words[:4] == ["s3", "200", "1", service("s3")]
    )
    again = lab.run("client", *follow, "-w", form, f"http://{service('s3')}/s3/who.txt").split()
    out.check("its cookie stays there", again[1:4] == ["200", "0", service("s3")], again)
