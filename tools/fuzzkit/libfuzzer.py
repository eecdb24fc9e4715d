# SPDX-License-Identifier: Apache-2.0
"""libFuzzer in preset fuzz: the run, the merge of what it found, and llvm-cov's count of lines."""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
from pathlib import Path

from farmkit.trouble import HARNESS, Trouble
from fuzzkit.run import Outcome, Request, build, files_in, fresh, tool

_LONGEST_INPUT = 2048
# Both of one process ("#12 NEW cov: 3 ft: 4 corp: ..") and of several ("#12: cov: 3 ft: 4 ..").
_STATUS = re.compile(r"^#(\d+):?\s.*?cov: (\d+) ft: (\d+) corp: (\d+)", re.MULTILINE)


def run(request: Request) -> Outcome:
    """Fuzzes from the seeds and what earlier runs found."""
    programs = build(request.root, "fuzz", [request.target, f"{request.target}_replay"])
    folder = request.out("libfuzzer")
    queue = folder / "queue"
    queue.mkdir(exist_ok=True)
    crashes = fresh(folder / "crashes")
    log = folder / "run.log"
    command = [
        str(programs / request.target),
        f"-max_total_time={request.seconds}",
        f"-max_len={_LONGEST_INPUT}",
        f"-dict={request.dictionary}",
        f"-artifact_prefix={crashes}/",
        "-print_final_stats=1",
        "-rss_limit_mb=2048",
        "-malloc_limit_mb=64",
        "-timeout=10",
        *([f"-fork={request.jobs}"] if request.jobs > 1 else []),
        str(queue),
        str(request.corpus),
        str(request.regressions),
    ]
    began = time.monotonic()
    _logged(command, log)
    seconds = time.monotonic() - began
    status = _STATUS.findall(log.read_text(encoding="utf-8", errors="replace"))
    if not status and files_in(crashes):
        status = [("0", "0", "0", "0")]  # a seed crashes, before anything is counted
    if not status:
        raise Trouble(f"the fuzzer did not start, see {log.relative_to(request.root)}", HARNESS)
    executions, edges, features, inputs = (int(number) for number in status[-1])
    new_inputs = _merge(request, programs, queue)
    return Outcome(
        engine="libFuzzer",
        executions=executions,
        seconds=seconds,
        coverage=f"{edges} edges, {features} features, {inputs} inputs",
        new_inputs=new_inputs,
        crashes=files_in(crashes),
        line_coverage=_line_coverage(request, programs, queue),
    )


def _logged(command: list[str], log: Path) -> None:
    # Without a place to write its line counters to, each process would leave a file behind.
    environment = os.environ | {"LLVM_PROFILE_FILE": os.devnull}
    with log.open("w", encoding="utf-8") as stream:
        subprocess.run(command, stdout=stream, stderr=stream, env=environment, check=False)


def _merge(request: Request, programs: Path, queue: Path) -> Path:
    """What the queue has beyond the seeds, as few files as reach the same."""
    merged = fresh(queue.parent / "minimized")
    seeds = fresh(queue.parent / "seeds")
    for seed in files_in(request.corpus) + files_in(request.regressions):
        (seeds / seed.name).write_bytes(seed.read_bytes())
    program = str(programs / request.target)
    # Into a copy of the seeds, so that only what they do not reach is added.
    command = [program, "-merge=1", f"-artifact_prefix={queue.parent}/merge-"]
    _logged([*command, str(seeds), str(queue)], queue.parent / "merge.log")
    names = {seed.name for seed in files_in(request.corpus) + files_in(request.regressions)}
    for entry in files_in(seeds):
        if entry.name not in names:
            entry.rename(merged / entry.name)
    return merged


def _line_coverage(request: Request, programs: Path, queue: Path) -> list[str]:
    """Lines of the sources under test that the seeds and the queue reach together."""
    profdata = tool("llvm-profdata-14", "llvm-14")
    cov = tool("llvm-cov-14", "llvm-14")
    raw = queue.parent / "replay.profraw"
    merged = queue.parent / "replay.profdata"
    replay = programs / f"{request.target}_replay"
    played = subprocess.run(
        [str(replay), str(request.corpus), str(request.regressions), str(queue)],
        env=os.environ | {"LLVM_PROFILE_FILE": str(raw)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    if played.returncode != 0:
        return ["lines         not counted: an input of the queue crashes"]
    subprocess.run([profdata, "merge", "-sparse", str(raw), "-o", str(merged)], check=True)
    export = subprocess.run(
        [cov, "export", "-summary-only", f"-instr-profile={merged}", str(replay)],
        stdout=subprocess.PIPE,
        check=True,
    )
    lines = _summary(json.loads(export.stdout), request.sources)
    raw.unlink()
    return lines


def _summary(
    document: dict[str, list[dict[str, list[dict[str, object]]]]], sources: list[Path]
) -> list[str]:
    """One line for each source, then all together."""
    wanted = {source.as_posix(): source for source in sources}
    covered_all = count_all = 0
    lines = []
    for entry in document["data"][0]["files"]:
        name = os.path.realpath(str(entry["filename"]))
        summary = entry["summary"]
        if name not in wanted or not isinstance(summary, dict):
            continue
        covered, count = int(summary["lines"]["covered"]), int(summary["lines"]["count"])
        covered_all += covered
        count_all += count
        short = "/".join(Path(name).parts[-2:])
        lines.append(f"    {covered / max(count, 1):6.1%}  {covered:4} of {count:4}  {short}")
    share = covered_all / max(count_all, 1)
    return [
        f"lines         {covered_all} of {count_all} ({share:.1%}) of the sources under test",
        *lines,
    ]
