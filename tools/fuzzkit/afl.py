# SPDX-License-Identifier: Apache-2.0
"""AFL++ in preset afl: persistent mode, with the target's repair as custom mutator."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

from farmkit.trouble import HARNESS, Trouble
from fuzzkit.run import Outcome, Request, build, files_in, fresh, tool

# What AFL++ would rather ask the operator of the machine to change.
_ENVIRONMENT = {
    "AFL_NO_UI": "1",
    "AFL_SKIP_CPUFREQ": "1",
    "AFL_NO_AFFINITY": "1",
    "AFL_ALLOW_TMP": "1",
    "AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES": "1",
}


def run(request: Request) -> Outcome:
    """Fuzzes from the seeds."""
    fuzzer = tool("afl-fuzz", "afl++")
    tool("afl-clang-fast++", "afl++")
    mutator = f"{request.target}_afl_mutator"
    library = build(request.root, "release", [mutator]) / f"{mutator}.so"
    program = build(request.root, "afl", [f"{request.target}_afl"]) / f"{request.target}_afl"
    folder = request.out("afl")
    seeds = fresh(folder / "seeds")
    for seed in files_in(request.corpus) + files_in(request.regressions):
        (seeds / seed.name).write_bytes(seed.read_bytes())
    found = fresh(folder / "found")
    command = [fuzzer, "-i", str(seeds), "-o", str(found), "-x", str(request.dictionary)]
    command += ["-V", str(request.seconds), "-m", "none"]
    environment = os.environ | _ENVIRONMENT | {"AFL_CUSTOM_MUTATOR_LIBRARY": str(library)}
    began = time.monotonic()
    _run_all(command, program, request.jobs, environment, folder / "run.log")
    seconds = time.monotonic() - began
    jobs = [found / _job(number) for number in range(request.jobs)]
    stats = [_stats(job / "fuzzer_stats") for job in jobs if (job / "fuzzer_stats").is_file()]
    if not stats:
        raise Trouble(f"AFL++ did not start, see {folder / 'run.log'}", HARNESS)
    edges = max(int(stat["edges_found"]) for stat in stats)
    inputs = max(int(stat["corpus_count"]) for stat in stats)
    return Outcome(
        engine="AFL++",
        executions=sum(int(stat["execs_done"]) for stat in stats),
        seconds=seconds,
        coverage=f"{edges} edges ({stats[0]['bitmap_cvg']} of the map), {inputs} inputs",
        new_inputs=_minimized(program, jobs, folder, environment),
        crashes=[crash for job in jobs for crash in files_in(job / "crashes", "id")],
    )


def _job(number: int) -> str:
    return f"job{number}"


def _run_all(
    command: list[str], program: Path, jobs: int, environment: dict[str, str], log: Path
) -> None:
    """One main fuzzer and the others beside it, which share what they find."""
    with log.open("w", encoding="utf-8") as stream:
        running = [
            subprocess.Popen(
                [*command, "-M" if number == 0 else "-S", _job(number), "--", str(program)],
                stdout=stream,
                stderr=stream,
                env=environment,
            )
            for number in range(jobs)
        ]
        for process in running:
            process.wait()


def _stats(path: Path) -> dict[str, str]:
    pairs = (line.split(":", 1) for line in path.read_text(encoding="utf-8").splitlines())
    return {pair[0].strip(): pair[1].strip() for pair in pairs if len(pair) == 2}


def _minimized(program: Path, jobs: list[Path], folder: Path, environment: dict[str, str]) -> Path:
    """Inputs of all queues that are not seeds, as few as reach the same edges."""
    everything = fresh(folder / "queue")
    for job in jobs:
        for entry in files_in(job / "queue", "id"):
            if ",orig:" not in entry.name:
                (everything / f"{job.name},{entry.name}").write_bytes(entry.read_bytes())
    minimized = fresh(folder / "minimized")
    if files_in(everything):
        command = [tool("afl-cmin", "afl++"), "-i", str(everything), "-o", str(minimized)]
        with (folder / "merge.log").open("w", encoding="utf-8") as stream:
            run_of_cmin = subprocess.run(
                [*command, "-m", "none", "--", str(program)],
                stdout=stream,
                stderr=stream,
                env=environment,
                check=False,
            )
        if run_of_cmin.returncode != 0:
            raise Trouble(f"afl-cmin failed, see {folder / 'merge.log'}", HARNESS)
    return minimized
