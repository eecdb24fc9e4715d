# SPDX-License-Identifier: Apache-2.0
"""Headless Chromium on a page whose parts belong to several servers: its session wins."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from .lab import HOST, SERVERS, Lab, Transcript, service

BROWSER = "chromium"
_KEEPER = "s3"
_LOADS = 3
_SECONDS = 90.0

_SVG = """<svg xmlns="http://www.w3.org/2000/svg" width="150" height="60">
<rect width="150" height="60" rx="8" fill="{color}"/>
<text x="20" y="38" font-family="monospace" font-size="20" fill="white">by {server}</text></svg>
"""
_COLORS = {"s1": "#a33", "s2": "#3a3", "s3": "#33a"}
_PAGE = """<!DOCTYPE html><meta charset="utf-8"><title>Who answers</title>
<style>body {{ font-family: sans-serif }} iframe {{ width: 700px; height: 120px }}</style>
<h1>Who answers</h1>
<p>The page was asked of {entry}; its URL is that of {keeper}, who gave the session.</p>
{frames}
<script>
// A frame is a load of its own; each begins when the one before is there.
const frames = [...document.querySelectorAll("iframe")];
const load = n => {{
  if (n < frames.length) {{
    frames[n].onload = () => load(n + 1);
    frames[n].src = frames[n].dataset.src;
  }} else {{
    document.body.dataset.done = "yes";
  }}
}};
load(0);
</script>
"""
_FRAME = """<!DOCTYPE html><meta charset="utf-8">
<p>{pictures}</p><p id="who"></p>
<script>
(async () => {{
  const found = [];
  for (const path of {paths}) {{
    const answer = await fetch(path + "?" + location.search.substring(1));
    found.push(path + "=" + answer.headers.get("Server") + "=" + (await answer.text()).trim());
  }}
  document.getElementById("who").textContent = found.join(" ");
  const line = parent.document.createElement("pre");
  line.className = "who";
  line.textContent = found.join("\\n");
  parent.document.body.append(line);
}})();
</script>
"""


def _write_site(lab: Lab, entry: str) -> None:
    paths = [f"/{server}/who.txt" for server in SERVERS]
    pictures = " ".join(f'<img src="/{server}/picture.svg">' for server in SERVERS)
    frames = "\n".join(
        f'<iframe data-src="/s{n % 3 + 1}/frame.html?{n}"></iframe>' for n in range(_LOADS)
    )
    for server in SERVERS:
        for folder in SERVERS:
            place = lab.directory(server) / folder
            color = _COLORS[server]
            (place / "picture.svg").write_text(_SVG.format(color=color, server=server))
            (place / "frame.html").write_text(_FRAME.format(pictures=pictures, paths=paths))
            (place / "page.html").write_text(
                _PAGE.format(entry=entry, keeper=_KEEPER, frames=frames)
            )


def browser(lab: Lab, out: Transcript) -> None:
    """One page with frames, scripts and pictures that the URL map gives to all three."""
    program = shutil.which(BROWSER)
    if program is None:
        out.skipped = f"{BROWSER} is not installed: apt-get install {BROWSER}"
        return
    entry = "s1"
    _write_site(lab, entry)
    screenshot = lab.folder / "screenshot.png"
    common = (
        *(program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"),
        *("--no-first-run", "--disable-extensions", "--disable-background-networking"),
        f"--user-data-dir={lab.folder / 'profile'}",
        f"--host-resolver-rules=MAP {HOST} {service(entry)}",
        "--virtual-time-budget=8000",
    )
    page = f"http://{HOST}/{_KEEPER}/page.html"
    dom = lab.run("client", *common, "--dump-dom", page, seconds=_SECONDS)
    answers = re.findall(r"(/s\d/who\.txt)=shunt/(s\d)=(s\d)", dom)
    for path, server, content in answers:
        out.note(f"GET {path} at {entry}: answered by {server}, its file says {content}")
    if not answers:
        out.note(dom[-800:])
    out.check("each part is there", len(answers) == _LOADS * len(SERVERS), len(answers))
    asked = {answer[0] for answer in answers}
    out.check("parts of all three servers", len(asked) == len(SERVERS), sorted(asked))
    others = [answer for answer in answers if answer[1:] != (_KEEPER, _KEEPER)]
    out.check(f"{_KEEPER} answers them all", bool(answers) and not others, others or "")
    # On one connection nobody would look for the session again (EP-43).
    moved = int(lab.ctl(entry, "counters").get("move.done", 0))
    out.check("on several connections", moved > 1, f"{moved} have gone to {_KEEPER}")
    sessions = lab.ctl(entry, "sessions")["sessions"]
    out.check("one session was given", [row["server"] for row in sessions] == [_KEEPER], sessions)
    lab.run(
        *("client", *common, "--window-size=760,720", f"--screenshot={screenshot}", page),
        seconds=_SECONDS,
    )
    is_picture = screenshot.is_file() and screenshot.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    out.check("a screenshot", is_picture, _shown(screenshot))


def _shown(file: Path) -> str:
    return f"{file} ({file.stat().st_size} bytes)" if file.is_file() else f"no {file}"
