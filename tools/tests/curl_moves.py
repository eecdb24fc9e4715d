#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A stock curl's connection moves between two nodes; both links show how. A ctest per variant."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

from farmkit import client_view, curl_thread, plan, privilege, test_farms
from farmkit.farm import Farm, Settings
from farmkit.trouble import Trouble


def _settings(options: argparse.Namespace, wanted: plan.Options) -> Settings:
    """Where cards complete the checksums, the nodes' captures are the ones that show them."""
    return Settings(
        options.node.resolve(), wanted, has_vnet_header=options.vnet, captures=options.vnet
    )


def main() -> int:
    """Exit 0 if every claim held; the captures stay where they did not."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--node", type=Path, required=True)
    parser.add_argument("--ethertype", type=lambda text: int(text, 0), default=0x88B5)
    parser.add_argument("--binding", default="ethernet")
    parser.add_argument("--profile", default="endpoint")
    parser.add_argument("--vnet", action="store_true")
    options = parser.parse_args()
    if privilege.missing_capabilities():
        print("needs CAP_NET_ADMIN and CAP_SYS_ADMIN")
        return test_farms.SKIPPED
    folder = Path(tempfile.mkdtemp(prefix="shunt-curl-"))
    test_farms.remove_orphans(folder)
    farm = Farm(folder / "farm", test_farms.own_prefix())
    wanted = plan.Options(2, options.ethertype, options.binding, options.profile)
    try:
        farm.up(_settings(options, wanted))
        claims, _ = curl_thread.run(farm, wanted, folder, client_offloads=options.vnet)
    except Trouble as trouble:
        print(trouble)
        return 1
    finally:
        config = farm.config()
        farm.down()
    if options.vnet and config is not None:
        members = plan.members(config)
        captures = [farm.capture_of(member.name) for member in members]
        claims.append(client_view.node_checksums(captures, members[0]))
    for claim in claims:
        print(claim)
    if all(claim.held for claim in claims):
        shutil.rmtree(folder)
        return 0
    print(f"captures and logs: {folder}")
    return 1


if __name__ == "__main__":
    sys.exit(main())
