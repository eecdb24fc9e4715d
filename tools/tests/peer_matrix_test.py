#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""tools/peer-matrix at small sizes, with the rows whose programs this build has.

usage: peer_matrix_test.py --build FOLDER [options of tools/peer-matrix]
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
    """The exit code of the matrix; 77: this machine does not let us."""
    arguments = sys.argv[1:]
    try:
        privilege.demand("tools/peer-matrix")
    except Trouble as trouble:
        print(trouble)
        return test_farms.SKIPPED
    build = Path(arguments[arguments.index("--build") + 1])
    if "--role" not in arguments and not (build / "python/shunt/__init__.py").exists():
        print("no Python package in this build: the engine as a client is left out")
        arguments += ["--role", "server"]
    folder = Path(tempfile.mkdtemp(prefix="shunt-peer-"))
    command = [str(ROOT / "tools/peer-matrix"), "--quick", "--folder", str(folder), *arguments]
    code = subprocess.run(command, check=False).returncode
    if code == 0:
        shutil.rmtree(folder)
    else:
        print(f"captures and logs: {folder}")
    return code


if __name__ == "__main__":
    sys.exit(main())
