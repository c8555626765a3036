"""greenmeter in a job of several processes on a node."""

import pathlib
import shutil
import signal
import socket
import subprocess
import unittest

import greenmeter


class Job(greenmeter.TestCase):
    def test_one_process_of_a_job_meters_a_node(self):
        self.environment["PMIX_NAMESPACE"] = "job-1"
        first = self.start("run", "--", "sh", "-c", "echo ready; exec sleep 60")
        self.assertEqual(first.stdout.readline(), "ready\n")
        second = self.greenmeter("run", "--", "echo", "beside")
        self.assertEqual((second.returncode, second.stdout, second.stderr), (0, "beside\n", ""))
        first.send_signal(signal.SIGTERM)
        _, errors = first.communicate(timeout=20)
        self.assertIn("other processes of the job", errors)

    def test_a_process_that_does_not_meter_ends_as_its_command_does(self):
        self.environment["PMIX_NAMESPACE"] = "job-4"
        first = self.start("run", "--", "sh", "-c", "echo ready; exec sleep 60")
        self.assertEqual(first.stdout.readline(), "ready\n")
        (self.folder / "text").write_text("not a program")
        for command, code in (("exit 7", 7), ("kill -KILL $$", -signal.SIGKILL)):  # A shell says 137.
            self.assertEqual(self.greenmeter("run", "--", "sh", "-c", command).returncode, code)
        for command, code in (("no-such-command", 127), ("./text", 126)):
            result = self.greenmeter("run", "--", command)
            self.assertEqual(result.returncode, code)
            self.assertIn(f"greenmeter: {command}: ", result.stderr)
        first.send_signal(signal.SIGTERM)
        first.communicate(timeout=20)

    @unittest.skipUnless(shutil.which("mpirun"), "no mpirun")
    def test_mpirun_gets_one_report_per_node(self):
        """Each rank waits for the other, so that none takes the lock after it was given back."""
        wait = "touch here.$OMPI_COMM_WORLD_RANK; until [ -e here.0 ] && [ -e here.1 ]; do sleep 0.02; done; echo ran"
        result = subprocess.run(
            ["mpirun", "--quiet", "--oversubscribe", "-n", "2", greenmeter.BIN / "greenmeter", "run", "--json",
             "%h.json", "--", "sh", "-c", wait],
            env={**self.environment, "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
                 "EVENT_NOEPOLL": "1"},  # Else mpirun may warn of a pipe that it closed itself.
            cwd=self.folder, capture_output=True, text=True, timeout=60)
        self.assertEqual((result.returncode, result.stdout), (0, "ran\nran\n"), result.stderr)
        self.assertEqual(result.stderr.count("greenmeter: "), 1, result.stderr)
        self.assertIn("other processes of the job", result.stderr)
        self.assertGreater(self.report(f"{socket.gethostname()}.json")["energy"]["joules_hi"], 0)

    def test_without_a_place_for_the_lock_the_command_runs_unmetered(self):
        self.environment.update(PMIX_NAMESPACE="job-3", TMPDIR=str(self.folder / "none"))
        result = self.greenmeter("run", "--", "sh", "-c", "echo done; exit 7")
        self.assertEqual((result.returncode, result.stdout), (7, "done\n"))
        self.assertEqual(result.stderr.count("\n"), 1, result.stderr)
        self.assertIn("nothing is metered here", result.stderr)
        self.assertIn("set TMPDIR", result.stderr)

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


if __name__ == "__main__":
    unittest.main()
