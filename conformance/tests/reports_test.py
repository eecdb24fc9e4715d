#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Reports and bundle of a run against a mutant, read by others than who wrote them.

JSON by python3-jsonschema and the schemas of docs/schema, JUnit by its schema and by
python3-junitparser, TAP by `prove`, captures by tshark or tcpdump, the page by headless Chromium
(where they are). The device's name is markup. Then `verify`: a bundle as it was is verified, and
with one bit changed, a file more, a file less, a link or a hostile manifest it is not, and the
file at fault is named.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Callable

from reference_farm import Setting, place_files

SCHEMAS = Path(__file__).resolve().parent.parent.parent / "docs" / "schema"
HOSTILE = "</script><script>document.title='owned'</script>]]> # SKIP"
MUTANT = "ignores-checksum"
SELECTORS = ["endpoint/framing/**", "endpoint/handshake/**", "endpoint/forward/**"]
complaints: list[str] = []


def expect(is_so: bool, text: str) -> None:
    if not is_so:
        complaints.append(text)


def check_schema(document: Path, schema: str) -> None:
    try:
        import jsonschema  # type: ignore[import]
    except ImportError:
        print("python3-jsonschema is not there: JSON is not held to its schema", file=sys.stderr)
        return
    rules = json.loads((SCHEMAS / f"{schema}.schema.json").read_text())
    try:
        jsonschema.Draft7Validator.check_schema(rules)
        jsonschema.validate(json.loads(document.read_text()), rules)
    except (jsonschema.ValidationError, jsonschema.SchemaError) as error:
        complaints.append(f"{document.name} against {schema}: {error.message}")


def check_junit(path: Path, cases: int) -> None:
    try:
        from junitparser import JUnitXml  # type: ignore[import]
        from lxml import etree  # type: ignore[import]
    except ImportError:
        print("python3-junitparser or python3-lxml is not there", file=sys.stderr)
        return
    schema = etree.XMLSchema(etree.parse(str(SCHEMAS / "junit.xsd")))
    document = etree.parse(str(path))
    expect(schema.validate(document), f"JUnit: {schema.error_log}")
    suites = list(JUnitXml.fromfile(str(path)))
    expect(sum(suite.tests for suite in suites) == cases, "JUnit: another number of cases")


def check_tap(path: Path, is_failing: bool) -> None:
    if shutil.which("prove") is None:
        print("prove is not there", file=sys.stderr)
        return
    result = subprocess.run(
        ["prove", "--exec", "cat", str(path)], capture_output=True, text=True, check=False
    )
    expect("Parse errors" not in result.stdout, f"prove: {result.stdout[-500:]}")
    expect((result.returncode != 0) == is_failing, f"prove: exit {result.returncode}")


def check_captures(folder: Path) -> None:
    """Other tools open them, control lines and record included."""
    captures = sorted(folder.glob("*.pcapng"))
    expect(bool(captures), "no captures")
    for program in (["tshark", "-r"], ["tcpdump", "-nr"], ["capinfos"]):
        if shutil.which(program[0]) is None:
            continue
        for capture in captures[:3]:
            result = subprocess.run([*program, str(capture)], capture_output=True, check=False)
            expect(result.returncode == 0, f"{program[0]} {capture.name}: {result.stderr[-300:]!r}")


def check_page(path: Path, cases: int) -> None:
    text = path.read_text()
    expect(text.count('<details class="case') == cases, "the page has another number of cases")
    expect("<script>document" not in text, "the page has the device's markup")
    expect("http://" not in text.replace("http://www.w3.org/2000/svg", ""), "the page loads things")
    browser = shutil.which("chromium")
    if browser is None:
        print("chromium is not there: the page is not opened", file=sys.stderr)
        return
    command = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"]
    command += [f"--user-data-dir={path.parent}/profile", f"file://{path}"]
    result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=90)
    expect("<title>owned</title>" not in result.stdout, "the device's script has run")
    # The page's own script has: it shows the filters.
    expect('<form class="filters">' in result.stdout, "the page's script has not run")


def verify(program: Path, bundle: Path, report: Path) -> tuple[int, str]:
    command = [str(program), "verify", str(bundle), "--json", str(report)]
    result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    return result.returncode, result.stdout + result.stderr


def reseal(bundle: Path, manifest: str) -> None:
    """A manifest of an attacker's, with its hash."""
    (bundle / "manifest.json").write_text(manifest)
    digest = hashlib.sha256(manifest.encode()).hexdigest()
    (bundle / "manifest.sha256").write_text(f"{digest}  manifest.json\n")


def link_instead(path: Path, target: Path) -> None:
    path.unlink()
    path.symlink_to(target)


def flip(path: Path, at: float) -> None:
    content = bytearray(path.read_bytes())
    content[int(at * (len(content) - 1))] ^= 1
    path.write_bytes(content)


def seal(bundle: Path) -> None:
    """A manifest that fits what is there."""
    manifest = json.loads((bundle / "manifest.json").read_text())
    manifest["files"] = [
        {"path": each.name, "size": each.stat().st_size, "sha256": digest_of(each)}
        for each in sorted(bundle.iterdir())
        if not each.name.startswith("manifest.")
    ]
    reseal(bundle, json.dumps(manifest))


def digest_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def capture_of(bundle: Path, case: dict[str, Any]) -> Path:
    return bundle / Path(case["pcapng"]).name


def lose_failures(bundle: Path, report: dict[str, Any]) -> None:
    for case in report["cases"]:
        if case["verdict"] == "FAIL":
            capture_of(bundle, case).unlink()
            case.update(verdict="PASS", pcapng=None, reason=None)


def share_capture(bundle: Path, report: dict[str, Any]) -> None:
    good = next(case for case in report["cases"] if case["verdict"] == "PASS")
    for case in report["cases"]:
        if case["verdict"] == "FAIL":
            capture_of(bundle, case).unlink()
            case.update(good, id=case["id"])


def copy_capture(bundle: Path, report: dict[str, Any]) -> None:
    good = next(case for case in report["cases"] if case["verdict"] == "PASS")
    for case in report["cases"]:
        if case["verdict"] == "FAIL":
            shutil.copy(capture_of(bundle, good), capture_of(bundle, case))
            case.update(good, id=case["id"], pcapng=case["pcapng"])


def change_cases(report: dict[str, Any], **fields: object) -> None:
    for case in report["cases"]:
        case.update(fields)


def name_secret(bundle: Path, _: dict[str, Any]) -> None:
    with (bundle / "iut.toml").open("a") as file:
        file.write(f'\n[ixit.session]\nsecret_file = "{bundle.parent / "outside"}"\n')


def claim_less(bundle: Path, _: dict[str, Any]) -> None:
    with (bundle / "iut.toml").open("a") as file:
        file.write("\n# another\n")


def praise_manifest(bundle: Path, _: dict[str, Any]) -> None:
    manifest = json.loads((bundle / "manifest.json").read_text())
    (bundle / "manifest.json").write_text(json.dumps({**manifest, "verdict": "CONFORMANT"}))


def check_forgeries(program: Path, good: Path, folder: Path) -> None:
    """Every hash fits, and the report or the captures are not what the run gave."""
    forgeries: dict[str, Callable[[Path, dict[str, Any]], object]] = {
        "has the verdict CONFORMANT, and its": lambda _, r: r.update(verdict="CONFORMANT"),
        "other counts": lambda _, r: r["counts"].update(FAIL=1000),
        "has the verdict CONFORMANT, and the": praise_manifest,
        "without a capture": lose_failures,
        "more than one case": share_capture,
        "for id, judged again": copy_capture,
        "for reason": lambda _, r: change_cases(r, reason="nothing at all"),
        "for expected": lambda _, r: change_cases(r, expected="x"),
        "for findings": lambda _, r: change_cases(r, findings=["x"]),
        "another seed": lambda _, r: r.update(seed=r["seed"] + 1),
        "is of the whole suite": lambda _, r: r.update(selection=None),
        "twice in round 1": lambda _, r: r["cases"].append(r["cases"][0]),
        "has not": lambda _, r: change_cases(r, id="endpoint/no/such"),
        "another device": lambda _, r: r.update(iut="x"),
        "another statement": claim_less,
        "names the farm's secret": name_secret,
        "has no strict": lambda _, r: r.pop("strict", None),
        "cases: expected": lambda _, r: r.update(cases={}),
        "pcapng: expected a text": lambda _, r: change_cases(r, pcapng=7),
    }
    for named, forge in forgeries.items():
        bundle = folder / "forged"
        shutil.copytree(good, bundle)
        report = json.loads((bundle / "report.json").read_text())
        before = json.dumps(report)
        forge(bundle, report)
        if json.dumps(report) != before:
            (bundle / "report.json").write_text(json.dumps(report))
        seal(bundle)
        code, text = verify(program, bundle, folder / "verify.json")
        expect(code == 1 and named in text, f"{named}: exit {code}, {text[-400:]}")
        shutil.rmtree(bundle)
    for path in ("/nonexistent", "/tmp"):
        command = [str(program), "verify", str(good), "--iut", path]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        expect(result.returncode == 2, f"--iut {path}: exit {result.returncode}")


def check_bundle(program: Path, good: Path, folder: Path) -> None:
    code, text = verify(program, good, folder / "verify.json")
    expect(code == 0, f"a good bundle: {code} {text}")
    check_schema(folder / "verify.json", "verify")
    check_schema(good / "manifest.json", "manifest")
    capture = next(path.name for path in sorted(good.glob("*.pcapng")))
    outside = folder / "outside"
    outside.write_text("x")
    manifest = json.loads((good / "manifest.json").read_text())

    def with_entry(path: str) -> str:
        entry = {"path": path, "size": 1, "sha256": "0" * 64}
        return json.dumps({**manifest, "files": [*manifest["files"], entry]})

    def forge(bundle: Path) -> None:
        """The report says otherwise than the captures, and every hash fits."""
        report = (bundle / "report.json").read_text()
        report = report.replace('"verdict": "FAIL"', '"verdict": "PASS"')
        (bundle / "report.json").write_text(report)
        for each in manifest["files"]:
            if each["path"] == "report.json":
                digest = hashlib.sha256(report.encode()).hexdigest()
                forged = {**each, "size": len(report.encode()), "sha256": digest}
                files = [forged if one is each else one for one in manifest["files"]]
                reseal(bundle, json.dumps({**manifest, "files": files}))

    changes: dict[str, tuple[str, Callable[[Path], None]]] = {
        "a file more": ("added.txt", lambda b: (b / "added.txt").touch()),
        "a folder more": ("added", lambda b: (b / "added").mkdir()),
        "a file less": (capture, lambda b: (b / capture).unlink()),
        "a link": (
            capture,
            lambda b: link_instead(b / capture, outside),
        ),
        "no manifest": ("manifest.json", lambda b: (b / "manifest.json").unlink()),
        "outside": ("../outside", lambda b: reseal(b, with_entry("../outside"))),
        "absolute": ("/etc/passwd", lambda b: reseal(b, with_entry("/etc/passwd"))),
        "deep": ("manifest.json", lambda b: reseal(b, "[" * 100_000)),
        "twice": (capture, lambda b: reseal(b, with_entry(capture))),
        "no object": ("manifest.json", lambda b: reseal(b, "17")),
        "another verdict": (".pcapng", forge),
    }
    for name in ("manifest.json", "manifest.sha256", "report.json", "iut.toml", capture):
        for at in (0.0, 0.5, 1.0):
            changes[f"a bit of {name} at {at}"] = (
                name if name != "manifest.json" else "manifest",
                lambda b, name=name, at=at: flip(b / name, at),  # type: ignore[misc]
            )
    for what, (named, change) in changes.items():
        bundle = folder / "changed"
        shutil.copytree(good, bundle, symlinks=True)
        change(bundle)
        code, text = verify(program, bundle, folder / "verify.json")
        expect(code == 1 and named in text, f"{what}: exit {code}, {text[-400:]}")
        shutil.rmtree(bundle)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--judge", type=Path, required=True)
    parser.add_argument("--mutants", type=Path, required=True)
    parser.add_argument("--keep", type=Path, help="leave the reports there, to be looked at")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "out").mkdir()
        farm, iut = place_files(Setting(), folder)
        iut.write_text(iut.read_text().replace('name = "shunt-node"', f'name = "{HOSTILE}"', 1))
        node = [str(arguments.mutants), "--mutant", MUTANT, "--config", str(farm), "--name", "s1"]
        node += ["--front", "unix:out/s1.sock", "--back", "unix:out/s1.sock", "--time", "virtual"]
        command = [str(arguments.judge), "run", *SELECTORS, "--iut", str(iut), "--out", "bundle"]
        for kind in ("json", "junit", "tap", "html"):
            command += [f"--{kind}", f"report.{kind}"]
        result = subprocess.run(
            [*command, "--", *node], cwd=folder, capture_output=True, text=True, check=False
        )
        expect(result.returncode == 1, f"exit {result.returncode}: {result.stdout[-800:]}")
        if not (folder / "report.json").exists():
            sys.exit(f"no report: {result.stdout[-500:]}{result.stderr[-500:]}")
        expect("\x1b" not in result.stdout + result.stderr, "the device steers the terminal")
        cases = json.loads((folder / "report.json").read_text())["cases"]
        check_schema(folder / "report.json", "report")
        check_junit(folder / "report.junit", len(cases))
        check_tap(folder / "report.tap", True)
        check_page(folder / "report.html", len(cases))
        check_captures(folder / "bundle")
        check_bundle(arguments.judge, folder / "bundle", folder)
        check_forgeries(arguments.judge, folder / "bundle", folder)
        subprocess.run(
            [str(arguments.judge), "coverage", "--json", str(folder / "coverage.json")],
            stdout=subprocess.DEVNULL,
            check=True,
        )
        check_schema(folder / "coverage.json", "coverage")
        qualify = [str(arguments.judge), "qualify", "--iut", str(iut)]
        subprocess.run(
            [*qualify, "--json", "qualification.json", "--", *node],
            cwd=folder,
            stdout=subprocess.DEVNULL,
            check=True,
        )
        check_schema(folder / "qualification.json", "qualification")
        if arguments.keep:
            shutil.copytree(folder, arguments.keep, dirs_exist_ok=True)
    for complaint in complaints[:30]:
        print(complaint, file=sys.stderr)
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
