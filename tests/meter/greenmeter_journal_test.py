"""What `greenmeter run` leaves behind for `greenmeter report`."""

import contextlib
import json
import os
import signal
import sqlite3
import time
import unittest

import greenmeter


class Journal(greenmeter.TestCase):
    def test_a_short_command_leaves_nothing_behind(self):
        self.greenmeter("run", "--", "true")
        self.assertFalse((self.folder / "state/greentrain/energy.sqlite").exists())
        result = self.greenmeter("report")
        self.assertEqual(result.returncode, 2)
        self.assertIn("no journal yet", result.stderr)

    def test_a_meter_that_is_killed_leaves_what_it_had_measured(self):
        process = self.start("run", "--journal-period", "1", "--label", "killed", "--", "sleep", "60")
        journal = self.folder / "state/greentrain/energy.sqlite"
        deadline = time.monotonic() + 30
        while not self.records(journal):
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.05)
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
        self.assertAlmostEqual(gpu["joules"], 100, delta=50, msg="100 W for the second before the record")
        tail = next(part for part in report["energy"]["components"] if part["sensor"] == "journal:tail")
        self.assertEqual(tail["joules_lo"], 0)
        self.assertGreaterEqual(tail["joules_hi"], 2 * 100)

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


if __name__ == "__main__":
    unittest.main()
