"""greenmeter's commands and what they say."""

import signal
import subprocess
import unittest

import greenmeter


class Run(greenmeter.TestCase):
    def test_passes_streams_and_exit_code_through(self):
        result = self.greenmeter("run", "--", "sh", "-c", "cat; echo oops >&2; exit 7", input="hello")
        self.assertEqual((result.returncode, result.stdout), (7, "hello"))
        self.assertIn("oops", result.stderr)
        self.assertIn("greenmeter: ", result.stderr)

    def test_writes_what_the_run_cost(self):
        result = self.greenmeter("run", "--json", "report.json", "--label", "a nap", "--", "sleep", "1")
        self.assertEqual(result.returncode, 0)
        report = self.report()
        self.assertEqual((report["label"], report["command"]), ("a nap", ["sleep", "1"]))
        gpu = next(part for part in report["energy"]["components"] if part["sensor"].startswith("nvml:"))
        drawn = 100 * report["time_s"]
        self.assertLessEqual(gpu["joules_lo"], drawn)
        self.assertGreaterEqual(gpu["joules_hi"], drawn)
        self.assertEqual(gpu["quality"], "measured")
        self.assertEqual(report["energy"]["quality"], "estimated", "the CPUs are modelled")
        self.assertIn("DRAM", report["energy"]["excludes"])
        self.assertIsNone(report["above_idle"])

    def test_tells_the_share_of_the_whole_process_tree(self):
        spin = "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done"
        self.greenmeter("run", "--json", "report.json", "--", "sh", "-c", f"sh -c '{spin}' & sh -c '{spin}'; wait")
        share = self.report()["share"]
        self.assertGreater(share["of_cpu_time"], 0)
        self.assertLessEqual(share["of_cpu_time"], 1)
        self.assertEqual(share["quality"], "estimated")
        self.assertLessEqual(share["joules_hi"], self.report()["energy"]["joules_hi"])

    def test_repeats_with_a_mean_and_its_interval(self):
        result = self.greenmeter("run", "--repeat", "3", "--json", "report.json", "--", "true")
        self.assertIn("mean of 3 runs", result.stderr)
        repeats = self.report()["repeats"]
        self.assertEqual(len(repeats["runs"]), 3)
        self.assertLessEqual(repeats["mean_joules_lo"], repeats["mean_joules"])
        self.assertLessEqual(repeats["mean_joules"], repeats["mean_joules_hi"])

    def test_stops_repeating_when_the_command_fails(self):
        result = self.greenmeter("run", "--repeat", "3", "--", "sh", "-c", "echo x; false")
        self.assertEqual((result.returncode, result.stdout), (1, "x\n"))

    def test_a_command_that_does_not_exist_is_127(self):
        result = self.greenmeter("run", "--", "no-such-command")
        self.assertEqual(result.returncode, 127)
        self.assertIn("no-such-command: No such file", result.stderr)

    def test_a_command_that_cannot_be_executed_is_126(self):
        (self.folder / "text").write_text("not a program")
        result = self.greenmeter("run", "--", "./text")
        self.assertEqual(result.returncode, 126)

    def test_a_command_that_a_signal_ends_is_128_plus_its_number(self):
        result = self.greenmeter("run", "--", "sh", "-c", "kill -KILL $$")
        self.assertEqual(result.returncode, 137)
        self.assertIn("greenmeter: ", result.stderr, "and it is reported all the same")

    def test_a_lost_gpu_widens_and_is_never_a_zero(self):
        self.make_gpu(faults=[{"from_s": 0.3, "error": "GPU_IS_LOST"}])
        self.greenmeter("run", "--json", "report.json", "--", "sleep", "1")
        report = self.report()
        gpu = next(part for part in report["energy"]["components"] if part["sensor"].startswith("nvml:"))
        self.assertGreater(gpu["lost_readings"], 0)
        self.assertIsNone(gpu["joules"])
        self.assertIn("GPU Fake GPU with its memory", report["energy"]["excludes"])

    def test_a_driver_that_blocks_holds_up_no_command(self):
        self.make_gpu(faults=[{"from_s": 0.5, "block_s": 60}])
        result = self.greenmeter("run", "--json", "report.json", "--", "sh", "-c", "sleep 0.7; exit 7")
        self.assertEqual(result.returncode, 7)
        self.assertIn("A sensor was blocked", result.stderr)
        self.assertLess(self.report()["time_s"], 2, "the command's own time")

    def test_a_counter_that_shows_0_and_stands_still_measured_nothing(self):
        self.make_gpu(faults=[{"call": "TotalEnergyConsumption", "shows": 0}])
        zone = self.folder / "sys/class/powercap/intel-rapl:0"
        zone.mkdir(parents=True)
        for name, text in (("name", "package-0"), ("energy_uj", "0"), ("max_energy_range_uj", "262143328850")):
            (zone / name).write_text(text + "\n")
        self.greenmeter("run", "--json", "report.json", "--", "sleep", "0.3")
        report = self.report()
        self.assertEqual(len(report["energy"]["components"]), 2)
        for part in report["energy"]["components"]:
            self.assertTrue(part["quality"] == "unmeasured" or part["joules_hi"] >= 100 * report["time_s"], part)

    def test_a_report_that_cannot_be_written_fails_no_command_but_one_that_worked(self):
        for code, expected in ((0, 1), (7, 7)):
            result = self.greenmeter("run", "--json", "/proc/none/report.json", "--", "sh", "-c", f"exit {code}")
            self.assertEqual(result.returncode, expected)
            self.assertIn("greenmeter: /proc/none/report.json: cannot write", result.stderr)

    def test_nothing_is_opened_for_a_mistake_in_the_arguments(self):
        for arguments in (["run"], ["run", "--period", "99", "--", "true"], ["dance"], []):
            self.assertEqual(self.greenmeter(*arguments).returncode, 2, arguments)
        result = self.greenmeter("run", "--sensors", "magic", "--", "true")
        self.assertEqual(result.returncode, 2)
        self.assertIn("expected auto, nvml", result.stderr)


class OtherCommands(greenmeter.TestCase):
    def test_attach_ends_with_the_process(self):
        process = subprocess.Popen(["sleep", "1"])
        result = self.greenmeter("attach", process.pid, "--json", "report.json")
        process.wait()
        self.assertEqual(result.returncode, 0)
        self.assertGreater(self.report()["energy"]["joules_hi"], 10)

    def test_attach_needs_a_process(self):
        ended = subprocess.Popen(["true"])
        ended.wait()
        result = self.greenmeter("attach", ended.pid)
        self.assertEqual(result.returncode, 2)
        self.assertIn("there is no process", result.stderr)

    def test_doctor_says_what_is_measured_estimated_and_missing(self):
        result = self.greenmeter("doctor")
        self.assertEqual(result.returncode, 0)
        for text in ("Measured", "nvml:GPU-", "Estimated", "model:cpu", "Missing from every figure", "DRAM",
                     "Why, and what to do", "modprobe", "Not on this machine", "perf: no perf unit"):
            self.assertIn(text, result.stdout)

    def test_watch_shows_a_table_a_period(self):
        result = self.greenmeter("watch", "--period", "0.2", "--count", "2")
        self.assertEqual(result.returncode, 0)
        self.assertEqual(result.stdout.count("nvml:GPU-"), 2)
        self.assertNotIn("\x1b", result.stdout)

    def test_watch_ends_with_ctrl_c(self):
        process = self.start("watch", "--period", "0.1")
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)
        self.assertEqual(process.returncode, 0)

    def test_calibrate_makes_figures_above_idle(self):
        self.assertEqual(self.greenmeter("calibrate", "--time", "1").returncode, 0)
        self.greenmeter("run", "--json", "report.json", "--", "sleep", "1")
        above = self.report()["above_idle"]
        self.assertEqual(above["joules_lo"], 0, "the GPU idles in both")
        self.assertGreater(above["joules_hi"], 0)

    def test_calibrate_takes_a_reading_at_the_plug(self):
        result = self.greenmeter("calibrate", "--time", "0.5", "--wall", "500")
        self.assertIn("ratio", result.stdout)
        self.assertIn("at the plug", self.greenmeter("run", "--", "sleep", "0.5").stderr)

    def test_a_damaged_calibration_does_not_cost_the_report(self):
        (self.folder / "state/greentrain").mkdir(parents=True)
        (self.folder / "state/greentrain/calibration.json").write_text("{")
        result = self.greenmeter("run", "--", "true")
        self.assertEqual(result.returncode, 0)
        self.assertIn("damaged", result.stderr)


if __name__ == "__main__":
    unittest.main()
