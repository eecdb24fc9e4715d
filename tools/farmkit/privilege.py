# SPDX-License-Identifier: Apache-2.0
"""Whether this process may make network namespaces and taps, and what to run if it may not."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from .trouble import USAGE, Trouble

# Bits of /proc/self/status CapEff (capabilities(7)).
_CAPABILITIES = {"CAP_NET_ADMIN": 12, "CAP_SYS_ADMIN": 21}
_TUN = Path("/dev/net/tun")


def missing_capabilities() -> list[str]:
    """Names of what the farm needs and this process does not have."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("CapEff:"):
            held = int(line.split()[1], 16)
            return [name for name, bit in _CAPABILITIES.items() if not held >> bit & 1]
    return list(_CAPABILITIES)


def demand(command: str) -> None:
    """Refuses with the command that gives what is missing."""
    missing = missing_capabilities()
    if missing:
        raise Trouble(f"needs {' and '.join(missing)}. Run: sudo {command}", USAGE)
    if not os.access(_TUN, os.R_OK | os.W_OK):
        raise Trouble(f"cannot open {_TUN}. Run: sudo modprobe tun", USAGE)
    for tool, package in (("ip", "iproute2"), ("ethtool", "ethtool")):
        if shutil.which(tool) is None:
            raise Trouble(f"{tool} is missing. Run: sudo apt-get install {package}", USAGE)


def main() -> int:
    """For scripts: exit 2 and a sentence if the command that is named could not make a farm."""
    try:
        demand(sys.argv[1])
    except Trouble as trouble:
        print(f"{Path(sys.argv[1]).name}: {trouble}", file=sys.stderr)
        return trouble.code
    return 0


if __name__ == "__main__":
    sys.exit(main())
