"""What a run leaves behind of its energy, what becomes of it after a crash, and what answering costs."""

import contextlib
import json
import os
import pathlib
import shutil
import signal
import sqlite3
import time
import unittest

import program
import tiny

FAKE_GPU = program.BIN.parent / "fake/libnvidia-ml.so.1"


def rows(journal, query):
    with contextlib.closing(sqlite3.connect(f"file:{journal}?mode=ro", uri=True)) as database:
        try:
            return database.execute(query).fetchall()
        except sqlite3.OperationalError:  # Its tables are being made.
            return []


class Journal(tiny.TestCase):
    def journal(self, run="out"):
        files = list((self.folder / run / "energy").glob("*.sqlite"))
        self.assertEqual(len(files), 1, "one for the machine, whatever the number of ranks")
        return files[0]

    def kill_with_its_ranks(self, process):
        """Ranks have process groups of their own, and outlive mpirun by a moment."""
        ranks = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        for pid in [*map(int, ranks), process.pid]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.wait()
        deadline = time.monotonic() + 60
        while any(pathlib.Path(f"/proc/{pid}").exists() for pid in ranks):
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.01)

    def test_it_ends_with_what_the_report_says(self):
        self.train(ranks=3)
        energy = self.report()["energy"]
        (reason, step, text), = rows(self.journal(), "SELECT reason, step, energy FROM record ORDER BY number DESC LIMIT 1")
        self.assertEqual((reason, step), ("end", self.report()["result"]["steps"]))
        self.assertEqual(json.loads(text)["joules"], energy["joules"])
        self.assertIsNone(energy["earlier"])

    def test_a_run_that_is_killed_leaves_it_and_the_next_one_in_its_place_counts_it(self):
        process = self.start_program("greentrain", "config.yaml", "train.epochs=1000000", "meter.journal_period=100ms",
                                     "train.early_stopping.enabled=false", ranks=2)
        deadline = time.monotonic() + 60
        last = "SELECT max(number), step, energy FROM record"
        while True:
            files = list((self.folder / "out/energy").glob("*.sqlite"))
            found = rows(files[0], last) if files else []
            if found and found[0][0] and found[0][0] > 3 and found[0][1] > 0:
                break
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.05)
        self.kill_with_its_ranks(process)
        (_, steps, text), = rows(self.journal(), last)
        recorded = json.loads(text)

        # As a resumed run finds it, though this one starts from the first step again.
        shutil.move(self.folder / "out/energy", self.folder / "energy")
        (self.folder / "again").mkdir()
        shutil.move(self.folder / "energy", self.folder / "again/energy")
        self.train("run.dir=again", ranks=2)
        energy = self.report("again")["energy"]
        earlier = energy["earlier"]
        self.assertEqual((earlier["attempts"], earlier["cut_off"], earlier["wasted"]["steps"]), (1, 1, steps))
        self.assertGreaterEqual(earlier["joules"], recorded["joules"])
        self.assertAlmostEqual(earlier["joules_lo"], recorded["joules_lo"])
        self.assertGreater(earlier["joules_hi"], recorded["joules_hi"], "the last interval may have drawn anything")
        self.assertGreater(energy["joules"], earlier["joules"])
        self.assertEqual(earlier["wasted"]["joules_hi"], earlier["joules_hi"], "all of it is done again")
        parts = sum(part["joules"] or 0 for part in energy["components"])
        self.assertAlmostEqual(parts, energy["joules"], delta=1e-6 * parts)

    def test_a_damaged_one_is_kept_and_costs_nothing_but_a_note(self):
        (self.folder / "out/energy").mkdir(parents=True)
        (self.folder / "out/energy/old.sqlite").write_text("x" * 5000)
        self.train()
        self.assertTrue(any("was damaged" in note for note in self.report()["energy"]["notes"]))
        self.assertTrue((self.folder / "out/energy/old.sqlite.damaged").exists())

    def test_where_it_cannot_be_written_the_run_goes_on_and_says_so(self):
        (self.folder / "out").mkdir()
        (self.folder / "out/energy").write_text("a file where the folder should be")
        self.train()
        self.assertTrue(any("journal" in note for note in self.report()["energy"]["notes"]))


class Required(tiny.TestCase):
    def test_a_run_does_not_start_without_a_sensor(self):
        result = self.train("meter.sensors=[]", "meter.required=true", code=2, ranks=2)
        self.assertIn("meter.required is set, and there is no sensor", result.stderr)
        self.assertFalse((self.folder / "out").exists())

    def test_a_run_ends_once_a_sensor_has_been_silent_for_long(self):
        """10 s: a sensor that misses a few readings must not end a run."""
        (self.folder / "gpu.json").write_text(json.dumps(
            {"gpus": [{"full_w": 100, "faults": [{"from_s": 2, "error": "GPU_IS_LOST"}]}]}))
        result = self.train("meter.required=true", "meter.sensors=[nvml]", "train.epochs=1000000",
                            "train.early_stopping.enabled=false", code=1, ranks=2,
                            env={"GREENTRAIN_NVML": str(FAKE_GPU), "GREENTRAIN_FAKE_NVML": str(self.folder / "gpu.json")})
        self.assertIn("delivers nothing", result.stderr)
        self.assertEqual(self.report()["result"]["stopped_by"], "meter")
        self.assertIsNotNone(self.report()["energy"]["joules"], "what it saw before counts")


class Inference(tiny.TestCase):
    def bench(self, *arguments, code=0):
        result = self.run_program("greentrain", "bench", "out", "--repeat", "2", "--min-time", "0.05", *arguments)
        self.assert_exit(result, code)
        return result

    def test_it_says_what_a_query_costs_and_when_that_outweighs_the_training(self):
        self.train()
        report = json.loads(self.bench("--batch", "1,7", "--queries", "20", "--json").stdout)
        self.assertEqual([cost["batch_size"] for cost in report["batches"]], [1, 7])
        training = self.report()["energy"]
        self.assertEqual(report["training_joules"], training["joules"])
        for cost in report["batches"]:
            self.assertEqual(cost["repetitions"], 2)
            self.assertGreater(cost["queries_per_s"], 0)
            joules, bounds = cost["joules_per_query"], cost["joules_per_query_bounds"]
            self.assertLessEqual(bounds["lo"], bounds["mean"])
            self.assertLessEqual(bounds["mean"], bounds["hi"])
            self.assertAlmostEqual(cost["wh_per_1000_queries"]["mean"], joules["mean"] / 3.6)
            even = cost["outweighs_training_after"]
            self.assertLessEqual(even["lo"], even["queries"])
            self.assertAlmostEqual(even["queries"], training["joules"] / bounds["mean"], delta=1)
        self.assertLess(report["batches"][1]["joules_per_query_bounds"]["mean"],
                        report["batches"][0]["joules_per_query_bounds"]["mean"], "a batch shares the overhead")

    def test_it_tells_people_the_same(self):
        self.train()
        text = self.bench("--queries", "10").stdout
        for words in ("queries/s", "Wh per 1000", "answering outweighs it after", "Not included:"):
            self.assertIn(words, text)

    def test_mistakes_are_named(self):
        self.assertIn("no such folder", self.bench(code=2).stderr)
        self.train()
        for wrong in (["--batch", "0"], ["--queries", "0"], ["--repeat", "0"], ["--sensors", "magic"]):
            self.bench(*wrong, code=2)
        self.assertIn("none.csv", self.bench("none.csv", code=2).stderr)

    def test_a_run_without_a_report_has_no_training_to_compare_with(self):
        self.train()
        (self.folder / "out/report.json").unlink()
        report = json.loads(self.bench("--queries", "5", "--batch", "1", "--json").stdout)
        self.assertIsNone(report["training_joules"])
        self.assertIsNone(report["batches"][0]["outweighs_training_after"])


if __name__ == "__main__":
    unittest.main()
