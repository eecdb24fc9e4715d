#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Reads a capture by tshark with tools/wireshark/shunt.lua: one JSON object a line (reading.py).

usage: tshark_reader.py FILE [--base]
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, Iterator

from reading import Reading, ReaderError, Value

_DISSECTOR = Path(__file__).resolve().parents[2] / "tools" / "wireshark" / "shunt.lua"
_PREFIX = "shunt."
_NUMBER = re.compile(r"\d+|0x[0-9a-f]+")
_OCTETS = {"bytes", "challenge.nonce"}
_LISTS = ("missing.", "control.", "hello.", "error.", "state.")
_TEXTS = {"control.body", "hello.name", "error.text", "state.listening", "state.applications"}
_NOT_COMPARED = ("tcb.flag.", "tcb.reserved", "trailer.")
_DATA = 0x12


def _value(name: str, text: str | list[str]) -> Value:
    if isinstance(text, list) or name.startswith(_LISTS):
        entries = [text] if isinstance(text, str) else text
        if name in _TEXTS:
            return entries
        return [int(each, 0) for each in entries]
    if name in _OCTETS:
        return text.replace(":", "")
    return int(text, 0) if _NUMBER.fullmatch(text) else text


def _flatten(tree: dict[str, Any]) -> Iterator[tuple[str, Value]]:
    """Fields at any depth; what else stands in the tree is text for people."""
    for key, content in tree.items():
        name = key.removeprefix(_PREFIX)
        if isinstance(content, dict):
            yield from _flatten(content)
        elif key.startswith(_PREFIX) and not name.startswith(_NOT_COMPARED):
            yield name, _value(name, content)


def _fields(layer: dict[str, Any] | list[dict[str, Any]]) -> dict[str, Value]:
    """Of a layer; one that is there twice, for a frame that was begun before, has lists in two."""
    if isinstance(layer, dict):
        return dict(_flatten(layer))
    fields: dict[str, Any] = {}
    for part in layer:
        for name, value in _flatten(part):
            if isinstance(value, list):
                fields[name] = fields.get(name, []) + value
            else:
                fields.setdefault(name, value)
    return fields


def readings(file: Path, *, extensions: bool) -> Iterator[Reading]:
    """Every frame of the file."""
    command = ["tshark", "-r", str(file), "-T", "json", "--no-duplicate-keys"]
    command += ["-X", f"lua_script:{_DISSECTOR}", "-j", "frame shunt shunt_control"]
    command += ["-o", f"shunt.extensions:{str(extensions).upper()}"]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode != 0 or "Lua" in run.stderr:
        raise ReaderError(f"{file}: {run.stderr.strip().splitlines()[-1]}")
    for packet in json.loads(run.stdout):
        layers = packet["_source"]["layers"]
        trouble = [layer for layer in layers if layer.startswith("Lua Error")]
        if trouble:
            raise ReaderError(f"{file}: {trouble[0]}")
        reading = Reading(int(layers["frame"]["frame.number"]))
        reading.fields = _fields(layers.get("shunt", layers.get("shunt_control", {})))
        fault = reading.fields.pop("fault", None)
        reading.fault = fault if isinstance(fault, str) else None
        if reading.fields.get("type") == _DATA:
            reading.fields.setdefault("bytes", "")
        yield reading


def main(arguments: list[str]) -> int:
    files = [argument for argument in arguments if not argument.startswith("--")]
    if len(files) != 1 or set(arguments) - set(files) - {"--base"}:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        for reading in readings(Path(files[0]), extensions="--base" not in arguments):
            print(reading.to_json())
    except ReaderError as error:
        print(f"tshark_reader: {error}", file=sys.stderr)
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
