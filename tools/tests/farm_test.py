#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""tools/farm makes what it says, refuses what it cannot do, and leaves nothing behind."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

from farmkit import plan, privilege, processes, test_farms
from farmkit.network import Network
from farmkit.trouble import Trouble

PREFIX = test_farms.own_prefix()
NODE = Path(sys.argv.pop(1) if len(sys.argv) > 1 else ROOT / "build/bin/shunt-node").resolve()


class FarmTest(unittest.TestCase):
    """A farm of its own prefix and folder, so that a farm that is up is left alone."""

    def setUp(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="shunt-farm-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.addCleanup(self.farm, "down")
        self.network = Network(PREFIX)

    def farm(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [str(ROOT / "tools/farm"), "--prefix", PREFIX, "--folder", str(self.folder)]
        return subprocess.run([*command, *arguments], capture_output=True, text=True, check=False)

    def up(self, *arguments: str) -> None:
        run = self.farm("up", *arguments)
        self.assertEqual(run.returncode, 0, run.stderr)

    def expect_nothing_left(self) -> None:
        self.assertEqual(self.network.existing(), [])
        self.assertEqual(list(self.folder.glob("*.sock")), [])
        self.assertFalse((self.folder / "state.json").exists())

    def lingering(self) -> "subprocess.Popen[bytes]":
        """A process in a namespace of the farm that nobody recorded."""
        command = self.network.command("s1", "sleep", "600")
        process = subprocess.Popen(command)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        while str(process.pid) not in map(str, self.network.processes(self.network.existing())):
            self.assertIsNone(process.poll())
        return process


class NetworkAlone(FarmTest):
    """Without nodes."""

    def test_makes_the_namespaces_of_the_plan(self) -> None:
        self.up("--no-nodes", "--nodes", "3")
        expected = [f"{PREFIX}-{name}" for name in ("back", "client", "front", "s1", "s2", "s3")]
        self.assertEqual(self.network.existing(), expected)
        self.assertEqual(self.farm("down").returncode, 0)
        self.expect_nothing_left()

    def test_the_back_link_takes_longer_packets(self) -> None:
        self.up("--no-nodes", "--back-mtu", "9000")
        inside = (("back0", 9000), ("back-cable", 9000), ("back", 9000), ("front0", 1500))
        between = (("s1", 9000), ("s2", 9000), ("back", 9000))
        for node, links in (("s1", inside), ("s2", inside), ("back", between)):
            for link, mtu in links:
                run = self.farm("exec", node, "--", "ip", "-json", "link", "show", "dev", link)
                self.assertEqual(json.loads(run.stdout)[0]["mtu"], mtu, f"{node} {link}")

    def test_down_ends_what_runs_in_the_namespaces_even_without_its_state(self) -> None:
        self.up("--no-nodes")
        process = self.lingering()
        (self.folder / "state.json").unlink()
        self.assertEqual(self.farm("down").returncode, 0)
        self.assertEqual(process.wait(timeout=5), -signal.SIGTERM)
        self.expect_nothing_left()

    def test_down_spares_a_process_that_has_a_nodes_old_id(self) -> None:
        self.up("--no-nodes")
        other = subprocess.Popen(["sleep", "600"])
        self.addCleanup(other.wait)
        self.addCleanup(other.kill)
        state = json.loads((self.folder / "state.json").read_text())
        state["nodes"]["s1"] = {"pid": other.pid, "started": 1}
        (self.folder / "state.json").write_text(json.dumps(state))
        self.assertEqual(self.farm("status").returncode, 1)
        self.assertEqual(self.farm("down").returncode, 0)
        self.assertIsNone(other.poll())
        self.expect_nothing_left()

    def test_the_farm_of_a_killed_test_is_removed_by_the_next(self) -> None:
        dead = subprocess.Popen(["true"])
        dead.wait()
        orphan = Network(f"shunt-t{dead.pid}")
        orphan.build(["s1"], full_checksums=True)
        self.up("--no-nodes")
        test_farms.remove_orphans(self.folder / "empty")
        self.assertEqual(orphan.existing(), [])
        self.assertNotEqual(self.network.existing(), [])

    def test_a_farm_is_taken_down_when_its_command_is_ended(self) -> None:
        node = self.folder / "never-ready"
        node.write_text("#!/bin/sh\nexec sleep 600\n")
        node.chmod(0o755)
        command = [str(ROOT / "tools/farm"), "--prefix", PREFIX, "--folder", str(self.folder)]
        process = subprocess.Popen([*command, "up", "--node-program", str(node)])
        while not (self.folder / "s2.events").exists():
            self.assertIsNone(process.poll())
        process.terminate()
        self.assertEqual(process.wait(timeout=20), 130)
        self.expect_nothing_left()

    def test_a_node_that_ends_at_once_takes_the_farm_down(self) -> None:
        run = self.farm("up", "--node-program", "/bin/false")
        self.assertEqual(run.returncode, 3, run.stdout)
        self.assertIn("the node of s1 ended", run.stderr)
        self.expect_nothing_left()

    def test_refuses_a_second_farm(self) -> None:
        self.up("--no-nodes")
        run = self.farm("up", "--no-nodes")
        self.assertEqual(run.returncode, 2)
        self.assertIn("tools/farm down", run.stderr)

    def test_exec_runs_at_the_node_and_hands_on_the_exit_code(self) -> None:
        self.up("--no-nodes")
        run = self.farm("exec", "client", "--", "ip", "-brief", "address")
        self.assertIn(plan.CLIENT_ADDRESS, run.stdout)
        self.assertEqual(self.farm("exec", "s1", "--", "false").returncode, 1)
        self.assertEqual(self.farm("exec", "s9", "--", "true").returncode, 2)

    def test_takes_a_farm_toml_with_other_names(self) -> None:
        config = self.folder / "own.toml"
        text = plan.standard_text(plan.Options(nodes=2)).replace('"s2"', '"beta"')
        config.write_text(text)
        self.up("--no-nodes", "--config", str(config))
        self.assertIn(f"{PREFIX}-beta", self.network.existing(["beta"]))
        self.assertEqual(self.farm("down").returncode, 0)
        self.assertEqual(self.network.existing(["beta"]), [])

    def test_refuses_without_privilege_and_names_the_command(self) -> None:
        bounds = "--bounding-set=-net_admin,-sys_admin"  # root is nothing special without these
        command = ["setpriv", bounds, str(ROOT / "tools/farm"), "up"]
        run = subprocess.run(command, capture_output=True, text=True, check=False)
        self.assertEqual(run.returncode, 2)
        self.assertIn("needs CAP_NET_ADMIN and CAP_SYS_ADMIN. Run: sudo", run.stderr)


@unittest.skipUnless(NODE.exists(), "shunt-node is not built")
class Nodes(FarmTest):
    """With nodes."""

    def test_up_and_down_leave_nothing(self) -> None:
        self.up("--node-program", str(NODE))
        rows = json.loads(self.farm("status", "--json").stdout)
        self.assertEqual([row["state"] for row in rows], ["running", "running"])
        nodes = [processes.adopt(row["pid"]) for row in rows]
        self.assertEqual(self.farm("down").returncode, 0)
        self.assertFalse(any(node is None or node.is_alive for node in nodes))
        self.expect_nothing_left()

    def test_down_leaves_nothing_after_a_crash(self) -> None:
        self.up("--node-program", str(NODE))
        rows = json.loads(self.farm("status", "--json").stdout)
        os.kill(rows[0]["pid"], signal.SIGKILL)
        self.assertEqual(self.farm("down").returncode, 0)
        self.expect_nothing_left()

    def test_status_says_which_node_has_ended(self) -> None:
        self.up("--node-program", str(NODE))
        rows = json.loads(self.farm("status", "--json").stdout)
        processes.stop(
            [processes.Process(rows[0]["pid"], processes.start_time(rows[0]["pid"]) or 0)]
        )
        run = self.farm("status", "--json")
        self.assertEqual(run.returncode, 1)
        states = [row["state"] for row in json.loads(run.stdout)]
        self.assertEqual(states, ["ended", "running"])


class Plan(unittest.TestCase):
    """The farm.toml that it takes."""

    def refuses(self, text: str, expected: str) -> None:
        with tempfile.NamedTemporaryFile("w", suffix=".toml") as file:
            file.write(text)
            file.flush()
            with self.assertRaisesRegex(Trouble, expected):
                plan.members(Path(file.name))

    def test_refuses_a_farm_without_servers(self) -> None:
        self.refuses("[farm]\nid = 1\n", "no \\[\\[server\\]\\]")

    def test_refuses_a_server_without_addresses(self) -> None:
        self.refuses('[[server]]\nname = "s1"\n', "no 'front_ip'")

    def test_refuses_a_name_that_a_link_has(self) -> None:
        text = plan.standard_text(plan.Options()).replace('name = "s1"', 'name = "front"')
        self.refuses(text, "server name 'front'")

    def test_refuses_more_servers_than_the_plan_has_addresses(self) -> None:
        plan.standard_text(plan.Options(nodes=99))
        with self.assertRaisesRegex(Trouble, "--nodes 100"):
            plan.standard_text(plan.Options(nodes=100))


if __name__ == "__main__":
    if privilege.missing_capabilities():
        print("needs CAP_NET_ADMIN and CAP_SYS_ADMIN")
        sys.exit(test_farms.SKIPPED)
    with tempfile.TemporaryDirectory() as empty:
        test_farms.remove_orphans(Path(empty))
    unittest.main(verbosity=2)
