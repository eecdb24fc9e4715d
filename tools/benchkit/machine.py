# SPDX-License-Identifier: Apache-2.0
"""What the machine is: a ratio travels from one to another, the times beside it do not."""

from __future__ import annotations

import datetime
import os
import platform
import re
from pathlib import Path
from typing import Any


def _first(file: str, pattern: str) -> str:
    try:
        match = re.search(pattern, Path(file).read_text(encoding="utf-8"), re.MULTILINE)
    except OSError:
        return "unknown"
    return match.group(1).strip() if match else "unknown"


def describe() -> dict[str, Any]:
    """Processor, memory, kernel, what else runs, and when."""
    return {
        "processor": _first("/proc/cpuinfo", r"^model name\s*:\s*(.*)$"),
        "family": "family {}, model {}".format(
            _first("/proc/cpuinfo", r"^cpu family\s*:\s*(.*)$"),
            _first("/proc/cpuinfo", r"^model\s*:\s*(.*)$"),
        ),
        "cores": os.cpu_count(),
        "cache": _first("/proc/cpuinfo", r"^cache size\s*:\s*(.*)$"),
        "memory_kib": _first("/proc/meminfo", r"^MemTotal:\s*(\d+)"),
        "virtual": "hypervisor" in _first("/proc/cpuinfo", r"^flags\s*:\s*(.*)$").split(),
        "kernel": platform.release(),
        "load": round(os.getloadavg()[0], 2),
        "date": datetime.date.today().isoformat(),
    }


def in_words(machine: dict[str, Any], compiler: str) -> str:
    """One line for people."""
    kind = "virtual machine" if machine["virtual"] else "machine"
    memory = machine["memory_kib"]
    gibibytes = f"{int(memory) / 2**20:.0f} GiB" if memory.isdigit() else memory
    return (
        f"{kind} of {machine['cores']} x {machine['processor']} ({machine['family']}), "
        f"cache {machine['cache']}, {gibibytes}, kernel {machine['kernel']}, {compiler}, "
        f"load {machine['load']}, {machine['date']}"
    )
