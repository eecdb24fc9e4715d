#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""tools/session-peers with the peers that are named.

usage: session_peers_test.py --build FOLDER PEER..
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

from farmkit import privilege, test_farms
from farmkit.trouble import Trouble


def main() -> int:
    """The exit code of the tool; 77: this machine does not let us, or has not the peer."""
    try:
        privilege.demand("tools/session-peers")
    except Trouble as trouble:
        print(trouble)
        return test_farms.SKIPPED
    if "browser" in sys.argv and shutil.which("chromium") is None:
        print("SKIPPED: no chromium here, so no browser is tried: apt-get install chromium")
        return test_farms.SKIPPED
    folder = Path(tempfile.mkdtemp(prefix="shunt-sessions-"))
    command = [str(ROOT / "tools/session-peers"), "--folder", str(folder), *sys.argv[1:]]
    code = subprocess.run(command, check=False).returncode
    if code == 0:
        shutil.rmtree(folder)
    else:
        print(f"logs: {folder}")
    return code


if __name__ == "__main__":
    sys.exit(main())
