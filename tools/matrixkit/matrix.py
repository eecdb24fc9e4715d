# SPDX-License-Identifier: Apache-2.0
"""Which case notices which mutant, put together from the farms in which mutants show."""

from __future__ import annotations

import json
import subprocess
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable

from reference_farm import Setting, left_out, node_command, place_files


Report = dict[str, Any]  # what `selfcheck --json` writes (docs/interfaces.md)


@dataclass(frozen=True)
class Farm:
    """A farm, and what is asked in it: selectors of cases, and words of `selfcheck`."""

    name: str
    setting: Setting
    selectors: tuple[str, ...] = ()
    words: tuple[str, ...] = ()


# Every mutant shows in one of them. Where a target redirects, cases of other sections get no
# response from it; the routed binding differs from Ethernet in nothing but its own mutants.
FARMS = [
    Farm("extensions", Setting(ext=True, sessions="cookie")),
    Farm("base", Setting()),
    Farm("routed", Setting(routed=True), words=("--needs", "routed-binding")),
    Farm(
        "redirect",
        Setting(ext=True, sessions="redirect"),
        ("system/**", "^system/addresses/**"),
        ("--needs", "session-redirect"),
    ),
]


AFTER_MIGRATION = "tcp/after-migration/"


def body_of(case: str) -> str:
    """Cases of TCP are run twice, right after a migration too: the same body, of one name."""
    is_of_tcp = case.startswith("tcp/")
    return AFTER_MIGRATION + case.rsplit("/", 1)[1] if is_of_tcp else case


@dataclass
class Mutant:
    """One seeded defect, and the cases that noticed it in any farm."""

    name: str
    requirement: str
    farms: list[str] = field(default_factory=list)
    survived_in: list[str] = field(default_factory=list)
    killed_by: set[str] = field(default_factory=set)
    mapped: set[str] = field(default_factory=set)


@dataclass
class Matrix:
    """Mutants by name, and every case of the suite in the suite's order."""

    cases: list[str]
    mutants: dict[str, Mutant] = field(default_factory=dict)

    def add(self, farm: str, report: Report) -> None:
        """What selfcheck found in a farm."""
        for row in report["mutants"]:
            name = row["name"]
            mutant = self.mutants.setdefault(name, Mutant(name, row["requirement"]))
            mutant.farms.append(farm)
            if not row["killed_by"]:
                mutant.survived_in.append(farm)
            mutant.killed_by.update(row["killed_by"])
            mutant.mapped.update(row["mapped"])

    def kills(self, case: str) -> int:
        return sum(case in mutant.killed_by for mutant in self.mutants.values())

    def only_killer_of(self, case: str) -> list[str]:
        """Mutants that nothing but the body of this case notices, wherever it is run."""
        body = body_of(case)
        return [
            mutant.name
            for mutant in self.mutants.values()
            if case in mutant.killed_by and {body_of(each) for each in mutant.killed_by} == {body}
        ]


def printed_by(*command: str) -> str:
    try:
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout
    except (OSError, subprocess.CalledProcessError) as trouble:
        raise RuntimeError(f"{' '.join(command)}: {trouble}") from trouble


def list_cases(judge: Path) -> list[str]:
    """The ids of the whole suite."""
    lines = printed_by(str(judge), "list").splitlines()
    return [line for line in lines if line and not line.startswith(" ")]


def list_mutants(program: Path) -> list[str]:
    """The names of all mutants that the program can be."""
    printed = printed_by(str(program), "--list-mutants")
    return [str(json.loads(line)["name"]) for line in printed.splitlines()]


def ask(farm: Farm, programs: Path, folder: Path) -> Report:
    """Runs the matrix of one farm in a folder of its own. Raises RuntimeError if it cannot."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "out").mkdir(exist_ok=True)
    farm_file, iut = place_files(farm.setting, folder)
    command = [str(programs / "shunt-conform"), "selfcheck", *farm.selectors, *left_out()]
    command += [*farm.words, "--iut", str(iut), "--part", "mutants", "--json", "report.json"]
    command += ["--", *node_command(programs / "shunt-node", farm_file, farm.setting)]
    (folder / "report.json").unlink(missing_ok=True)
    with (folder / "selfcheck.txt").open("w") as log:
        ended = subprocess.run(command, cwd=folder, stdout=log, stderr=subprocess.STDOUT)
    if ended.returncode not in (0, 1) or not (folder / "report.json").exists():
        last = (folder / "selfcheck.txt").read_text().splitlines()[-1:]
        raise RuntimeError(f"{farm.name}: exit {ended.returncode}: {''.join(last)}")
    report = kept(folder)
    if report["baseline"] != "CONFORMANT":
        raise RuntimeError(f"{farm.name}: the base line is {report['baseline']}")
    return report


def kept(folder: Path) -> Report:
    path = folder / "report.json"
    try:
        report: Report = json.loads(path.read_text())
    except (OSError, ValueError) as trouble:
        raise RuntimeError(f"{path}: no report of selfcheck: {trouble}") from trouble
    return report


def put_together(judge: Path, out: Path) -> Matrix:
    """The matrix of reports that are there already."""
    matrix = Matrix(list_cases(judge))
    for farm in FARMS:
        matrix.add(farm.name, kept(out / farm.name))
    return matrix


def measure(programs: Path, out: Path, jobs: int, on_farm: Callable[[str], None]) -> None:
    """Makes the reports of all farms, some side by side; calls `on_farm` when each is there."""
    with ThreadPoolExecutor(jobs) as pool:
        asked = {pool.submit(ask, farm, programs, out / farm.name): farm for farm in FARMS}
        for future in as_completed(asked):
            on_farm(f"{asked[future].name}: {len(future.result()['mutants'])} mutants")
