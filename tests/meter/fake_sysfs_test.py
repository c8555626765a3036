"""The fake /sys of a server, and what greenmeter makes of it."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
GREENMETER = pathlib.Path(os.environ["GREENTRAIN_BIN"]) / "greenmeter"


class FakeSysfs(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.sys = pathlib.Path(folder.name) / "sys"
        self.scenario = pathlib.Path(folder.name) / "scenario.json"

    def make(self, at, **scenario):
        self.scenario.write_text(json.dumps(scenario))
        command = [sys.executable, "-B", ROOT / "scripts/fake_sysfs.py", self.sys, self.scenario, "--at", str(at)]
        result = subprocess.run(command, capture_output=True, text=True)
        self.assertEqual(result.returncode, 0, result.stderr)
        return json.loads(result.stdout)

    def energy(self, zone):
        return int((self.sys / "class/powercap" / zone / "energy_uj").read_text()) / 1e6

    def doctor(self):
        result = subprocess.run([GREENMETER, "doctor"], capture_output=True, text=True,
                                env={**os.environ, "GREENTRAIN_SYSFS_ROOT": str(self.sys), "GREENTRAIN_NVML": "none"})
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stdout

    def test_counts_what_it_says_was_drawn(self):
        load = [[0, 0], [10, 1], [20, 0.5]]
        truth = self.make(25, idle_w=10, full_w=110, load=load, start_j=0)
        self.assertEqual(truth["intel-rapl:0 package-0"], 10 * 10 + 110 * 10 + 60 * 5)
        self.assertAlmostEqual(self.energy("intel-rapl:0"), 1500, places=3)

    def test_wraps_and_resets(self):
        self.make(10, full_w=100, start_j=500, range_j=1000)
        self.assertAlmostEqual(self.energy("intel-rapl:0"), 500, places=3)
        self.make(10, full_w=100, resets_s=[7])
        self.assertAlmostEqual(self.energy("intel-rapl:0"), 300, places=3)

    def test_a_server_counts_packages_and_dram_once(self):
        self.make(1, packages=2, dram_w=10, board_w=100, mmio=True)
        said = self.doctor()
        measured = said[said.index("Measured"):said.index("Missing")]
        for sensor in ("rapl:package-0 ", "rapl:package-1 ", "rapl:package-0/dram ", "rapl:package-1/dram "):
            self.assertIn(f"  {sensor}", measured)
        self.assertNotIn("model:cpu", said)
        left_out = said[said.index("Left out"):]
        for sensor in ("rapl:psys: contains", "intel-rapl-mmio:0: repeats", "rapl:package-0/core: lies inside"):
            self.assertIn(sensor, left_out)

    def test_a_counter_that_two_dies_show_counts_once(self):
        self.make(1, packages=2, mirrored=True)
        self.assertIn("rapl:package-0-die-1 shows the counter of another package", self.doctor())

    def test_an_unreadable_package_is_named_with_the_cure(self):
        self.make(1, packages=2, faults=[{"zone": "package-1", "unreadable": True}])
        said = self.doctor()
        self.assertIn("chmod g+r", said)
        self.assertIn("Estimated\n  model:cpu", said)

    def test_the_sockets_of_amd_energy_are_measured(self):
        truth = self.make(10, powercap=False, hwmon=["amd_energy"], packages=2, full_w=100, start_j=50)
        self.assertEqual(truth["hwmon0 Esocket1"], 1000)
        shown = (self.sys / "class/hwmon/hwmon0/energy6_input").read_text()
        self.assertEqual(int(shown), 1_050_000_000)
        said = self.doctor()
        for sensor in ("hwmon:package-0", "hwmon:package-1", "hwmon: 4 cores lie inside the sockets"):
            self.assertIn(sensor, said)

    def test_a_power_meter_shows_the_mean_of_the_whole_machine(self):
        self.make(7.5, powercap=False, hwmon=["power_meter"], load=[[0, 0], [6.5, 1]], idle_w=10, full_w=110, board_w=30)
        shown = (self.sys / "class/hwmon/hwmon0/device/power1_average").read_text()
        self.assertEqual(int(shown), 90_000_000)  # Over the second up to 7 s, half of it idle.
        self.assertIn("hwmon:machine/", self.doctor())

    def test_the_cpu_of_a_grace_module_counts_once(self):
        self.make(5, powercap=False, hwmon=["grace"], packages=2, dram_w=20, gpu_w=300)
        said = self.doctor()
        measured = said[said.index("Measured"):said.index("Missing")]
        for sensor in ("hwmon:module 0", "hwmon:module 1"):
            self.assertIn(sensor, measured)
        for left_out in ("hwmon:Grace CPU 0", "hwmon:CPU Power Socket 0", "hwmon:SysIO Power Socket 1"):
            self.assertNotIn(left_out, measured)
            self.assertIn(left_out, said)

    def test_unknown_chips_are_refused(self):
        self.scenario.write_text('{"hwmon": ["coretemp"]}')
        result = subprocess.run([sys.executable, "-B", ROOT / "scripts/fake_sysfs.py", self.sys, self.scenario],
                                capture_output=True, text=True)
        self.assertEqual(result.returncode, 1)
        self.assertIn("hwmon has coretemp; expected amd_energy, grace, power_meter", result.stderr)

    def test_unknown_fields_are_refused(self):
        self.scenario.write_text('{"watts": 5, "faults": [{"form_s": 1}]}')
        command = [sys.executable, "-B", ROOT / "scripts/fake_sysfs.py", self.sys, self.scenario]
        result = subprocess.run(command, capture_output=True, text=True)
        self.assertEqual(result.returncode, 1)
        self.assertIn("faults.form_s, watts", result.stderr)


if __name__ == "__main__":
    unittest.main()
