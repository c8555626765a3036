"""greenmeter as a user runs it, on a machine with a fake GPU."""

import contextlib
import json
import os
import pathlib
import signal
import sqlite3
import subprocess
import tempfile
import time
import unittest

BIN = pathlib.Path(os.environ["GREENTRAIN_BIN"])
LIBRARY = BIN.parent / "fake/libnvidia-ml.so.1"


class Greenmeter(unittest.TestCase):
    """One fake GPU of 100 W; no CPU counters, so that CPUs are modelled."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        scenario = {"gpus": [{"name": "Fake", "idle_w": 100, "full_w": 100}]}
        (self.folder / "scenario.json").write_text(json.dumps(scenario))
        (self.folder / "sys").mkdir()
        self.environment = {
            **{name: value for name, value in os.environ.items()
               if not name.startswith(("SLURM_", "PMIX_", "OMPI_", "PMI_"))},
            "GREENTRAIN_NVML": str(LIBRARY), "GREENTRAIN_FAKE_NVML": str(self.folder / "scenario.json"),
            "GREENTRAIN_SYSFS_ROOT": str(self.folder / "sys"), "XDG_STATE_HOME": str(self.folder / "state"),
            "TMPDIR": str(self.folder)}

    def greenmeter(self, *arguments, **options):
        return subprocess.run([BIN / "greenmeter", *map(str, arguments)], env=self.environment, cwd=self.folder,
                              capture_output=True, text=True, timeout=60, **options)

    def start(self, *arguments):
        process = subprocess.Popen([BIN / "greenmeter", *map(str, arguments)], env=self.environment, cwd=self.folder,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.stderr.close)
        return process

    def report(self, name="report.json"):
        return json.loads((self.folder / name).read_text())


class Run(Greenmeter):
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

    def test_signals_reach_the_command_and_the_report_still_comes(self):
        for number, code in ((signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGUSR1, 138)):
            process = self.start("run", "--", "sh", "-c", "echo ready; exec sleep 60")
            self.assertEqual(process.stdout.readline(), "ready\n")
            process.send_signal(number)
            _, errors = process.communicate(timeout=20)
            self.assertEqual(process.returncode, code)
            self.assertIn("greenmeter: ", errors)

    def test_a_command_may_handle_a_signal_itself(self):
        process = self.start("run", "--", "sh", "-c", "trap 'echo saved; exit 3' TERM; echo ready; "
                             "while :; do sleep 0.05; done")
        self.assertEqual(process.stdout.readline(), "ready\n")
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=20)
        self.assertEqual((process.returncode, output), (3, "saved\n"))

    def test_one_process_of_a_job_meters_a_node(self):
        self.environment["PMIX_NAMESPACE"] = "job-1"
        first = self.start("run", "--", "sh", "-c", "echo ready; exec sleep 60")
        self.assertEqual(first.stdout.readline(), "ready\n")
        second = self.greenmeter("run", "--", "echo", "beside")
        self.assertEqual((second.returncode, second.stdout, second.stderr), (0, "beside\n", ""))
        first.send_signal(signal.SIGTERM)
        _, errors = first.communicate(timeout=20)
        self.assertIn("other processes of the job", errors)

    def test_in_a_job_the_share_is_that_of_its_control_group(self):
        self.environment["PMIX_NAMESPACE"] = "job-2"
        cgroup = pathlib.Path("/proc/self/cgroup").read_text()
        path = next((line.split(":", 2)[2] for line in cgroup.splitlines() if line.startswith("0::")), "/")
        stat = self.folder / "sys/fs/cgroup" / path.strip().lstrip("/") / "cpu.stat"
        stat.parent.mkdir(parents=True, exist_ok=True)
        stat.write_text("usage_usec 5000000\n")
        self.greenmeter("run", "--json", "report.json", "--", "sleep", "0.5")
        job = self.report()["energy"]["job"]
        self.assertEqual(job["cpu_time_s"], 0, "nobody moved it meanwhile")
        self.assertEqual(len(job["gpus"]), 1)
        self.assertIsNone(job["idle"])
        self.assertGreater(job["joules_hi"], 0)

    def test_a_lost_gpu_widens_and_is_never_a_zero(self):
        scenario = {"gpus": [{"full_w": 100, "faults": [{"from_s": 0.3, "error": "GPU_IS_LOST"}]}]}
        (self.folder / "scenario.json").write_text(json.dumps(scenario))
        self.greenmeter("run", "--json", "report.json", "--", "sleep", "1")
        report = self.report()
        gpu = next(part for part in report["energy"]["components"] if part["sensor"].startswith("nvml:"))
        self.assertGreater(gpu["lost_readings"], 0)
        self.assertIsNone(gpu["joules"])
        self.assertIn("GPU Fake GPU with its memory", report["energy"]["excludes"])

    def test_the_report_file_cannot_be_written(self):
        result = self.greenmeter("run", "--json", "/proc/none/report.json", "--", "true")
        self.assertEqual(result.returncode, 1)
        self.assertIn("/proc/none", result.stderr)

    def test_nothing_is_opened_for_a_mistake_in_the_arguments(self):
        for arguments in (["run"], ["run", "--period", "99", "--", "true"], ["dance"], []):
            self.assertEqual(self.greenmeter(*arguments).returncode, 2, arguments)
        result = self.greenmeter("run", "--sensors", "magic", "--", "true")
        self.assertEqual(result.returncode, 2)
        self.assertIn("expected auto, nvml", result.stderr)


class Journal(Greenmeter):
    """What `run` leaves behind for `report`."""

    def test_a_short_command_leaves_nothing_behind(self):
        self.greenmeter("run", "--", "true")
        self.assertFalse((self.folder / "state/greentrain/energy.sqlite").exists())
        result = self.greenmeter("report")
        self.assertEqual(result.returncode, 2)
        self.assertIn("no journal yet", result.stderr)

    def test_a_meter_that_is_killed_leaves_what_it_had_measured(self):
        process = self.start("run", "--label", "killed", "--", "sleep", "60")
        journal = self.folder / "state/greentrain/energy.sqlite"
        deadline = time.monotonic() + 30
        while not self.records(journal):
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.2)
        self.assertIn("running", self.greenmeter("report").stdout)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        with contextlib.closing(sqlite3.connect(journal)) as database:  # As if a minute had passed since.
            database.execute("UPDATE record SET written_at = written_at - 60")
            database.commit()
        result = self.greenmeter("report")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("cut off", result.stdout)
        self.assertIn("killed sleep 60", result.stdout)
        report, = json.loads(self.greenmeter("report", "--json").stdout)
        gpu = next(part for part in report["energy"]["components"] if part["sensor"].startswith("nvml:"))
        self.assertAlmostEqual(gpu["joules"], 1000, delta=100, msg="100 W for the 10 s before the record")
        tail = next(part for part in report["energy"]["components"] if part["sensor"] == "journal:tail")
        self.assertEqual(tail["joules_lo"], 0)
        self.assertGreaterEqual(tail["joules_hi"], 20 * 100)

    def test_a_damaged_journal_is_put_aside_and_named(self):
        (self.folder / "state/greentrain").mkdir(parents=True)
        (self.folder / "state/greentrain/energy.sqlite").write_text("x" * 5000)
        result = self.greenmeter("report")
        self.assertEqual(result.returncode, 0)
        self.assertIn("was damaged", result.stderr)
        self.assertTrue((self.folder / "state/greentrain/energy.sqlite.damaged").exists())

    @staticmethod
    def records(journal):
        if not journal.exists():
            return 0
        with contextlib.closing(sqlite3.connect(journal)) as database:
            try:
                return database.execute("SELECT count(*) FROM record").fetchone()[0]
            except sqlite3.OperationalError:  # Its tables are being made.
                return 0


class OtherCommands(Greenmeter):
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
