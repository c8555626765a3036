"""What `greenmeter run` leaves behind for `greenmeter report`."""

import contextlib
import json
import os
import pathlib
import resource
import shutil
import signal
import socket
import sqlite3
import subprocess
import time
import unittest

import greenmeter


class Journal(greenmeter.TestCase):
    def setUp(self):
        super().setUp()
        boot = pathlib.Path("/proc/sys/kernel/random/boot_id").read_text()[:8]
        self.journal = self.folder / f"state/greentrain/energy/{socket.gethostname()}-{boot}.sqlite"

    def test_a_short_command_leaves_nothing_behind(self):
        self.greenmeter("run", "--", "true")
        self.assertFalse(self.journal.parent.exists())
        result = self.greenmeter("report")
        self.assertEqual(result.returncode, 2)
        self.assertIn("no journal yet", result.stderr)

    def test_a_meter_that_is_killed_leaves_what_it_had_measured(self):
        process = self.start("run", "--journal-period", "1", "--label", "killed", "--", "sleep", "60")
        deadline = time.monotonic() + 30
        while not self.records():
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.05)
        self.assertIn("running", self.greenmeter("report").stdout)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        with contextlib.closing(sqlite3.connect(self.journal)) as database:  # As if a minute had passed since.
            database.execute("UPDATE record SET written_at = written_at - 60")
            database.commit()
        result = self.greenmeter("report")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("cut off", result.stdout)
        self.assertIn("killed sleep 60", result.stdout)
        report, = json.loads(self.greenmeter("report", "--json").stdout)
        gpu = next(part for part in report["energy"]["components"] if part["sensor"].startswith("nvml:"))
        self.assertAlmostEqual(gpu["joules"], 100, delta=50, msg="100 W for the second before the record")
        tail = next(part for part in report["energy"]["components"] if part["sensor"] == "journal:tail")
        self.assertEqual(tail["joules_lo"], 0)
        self.assertGreaterEqual(tail["joules_hi"], 2 * 100)

    def test_journals_of_all_machines_and_boots_are_listed(self):
        self.greenmeter("run", "--journal-period", "0.1", "--label", "first", "--", "sleep", "0.5")
        self.journal.rename(self.journal.with_name("other-00000000.sqlite"))
        self.greenmeter("run", "--journal-period", "0.1", "--label", "second", "--", "sleep", "0.5")
        lines = self.greenmeter("report").stdout.splitlines()
        self.assertEqual([line.split()[-3] for line in lines], ["first", "second"])
        self.assertEqual(self.greenmeter("report", "--journal", self.journal.parent).stdout.splitlines(), lines)

    def test_a_damaged_journal_is_put_aside_and_named(self):
        self.journal.parent.mkdir(parents=True)
        self.journal.write_text("x" * 5000)
        result = self.greenmeter("report")
        self.assertEqual(result.returncode, 0)
        self.assertIn("was damaged", result.stderr)
        self.assertTrue(self.journal.with_name(self.journal.name + ".damaged").exists())

    def test_a_run_says_that_its_journal_was_damaged(self):
        self.journal.parent.mkdir(parents=True)
        self.journal.write_text("x" * 5000)
        result = self.greenmeter("run", "--journal-period", "0.1", "--", "sleep", "0.5")
        self.assertEqual(result.returncode, 0)
        self.assertIn("this journal was damaged", result.stderr)
        self.assertIn("sleep 0.5", self.greenmeter("report").stdout)

    def test_a_limit_of_file_sizes_costs_the_journal_alone(self):
        """SIGXFSZ would end whoever writes past it: the command's own matter, and never the meter's."""
        self.greenmeter("doctor")  # Makes the fake GPU's own file.
        limit = 2048

        def run(*arguments):
            return self.greenmeter(
                "run", "--journal-period", "0.1", *arguments, "--", "sh", "-c",
                f"sleep 0.5; head -c {2 * limit} /dev/zero >big; kill -l $?; exit 7",
                preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)))

        result = run("--json", "report.json")
        self.assertEqual((result.returncode, result.stdout), (7, "XFSZ\n"))
        self.assertIn("the energy journal is not up to date", result.stderr)
        self.assertIn("report.json: cannot write: File too large", result.stderr)
        self.environment.update(PMIX_NAMESPACE="job", TMPDIR=str(self.folder / "none"))
        self.assertEqual(run().stdout, "XFSZ\n", "and of a command that is not metered")

    def records(self):
        if not self.journal.exists():
            return 0
        with contextlib.closing(sqlite3.connect(self.journal)) as database:
            try:
                return database.execute("SELECT count(*) FROM record").fetchone()[0]
            except sqlite3.OperationalError:  # Its tables are being made.
                return 0


def can_mount():
    """Root, or user namespaces."""
    return shutil.which("unshare") and not subprocess.run(
        ["unshare", "--mount", "--map-root-user", "true"], capture_output=True).returncode


@unittest.skipUnless(can_mount(), "no mounts in a namespace of one's own")
class Disk(greenmeter.TestCase):
    """The state folder on a file system of its own, with trouble."""

    def run_on(self, options, command):
        """Runs a command with `state` mounted so; what the report says of the journal."""
        (self.folder / "state").mkdir(exist_ok=True)
        result = subprocess.run(
            ["unshare", "--mount", "--map-root-user", "sh", "-c",
             f'mount -t tmpfs -o {options} none state && exec "$@"', "mounts",
             greenmeter.BIN / "greenmeter", "run", "--journal-period", "0.1", "--", "sh", "-c", command + "; exit 7"],
            env=self.environment, cwd=self.folder, capture_output=True, text=True, timeout=60)
        self.assertEqual(result.returncode, 7, result.stderr)
        self.assertIn("greenmeter: ", result.stderr)
        self.assertIn("the energy journal is not up to date", result.stderr)
        return result.stderr

    def test_a_state_folder_that_is_read_only_costs_the_journal_alone(self):
        self.assertIn("Read-only file system", self.run_on("ro", "sleep 0.5"))

    def test_a_full_disk_costs_the_journal_alone(self):
        for size in ("4k", "8k", "32k"):  # The file, its log and its index need more.
            self.run_on(f"size={size}", "sleep 0.5")

    def test_a_disk_that_fills_costs_the_last_records_alone(self):
        errors = self.run_on("size=1m", "until ls state/greentrain/energy/*-wal 2>/dev/null; do sleep 0.05; done; "
                             "sleep 0.2; head -c 2000000 /dev/zero >state/big; sleep 0.5")
        self.assertIn("disk", errors)


if __name__ == "__main__":
    unittest.main()
