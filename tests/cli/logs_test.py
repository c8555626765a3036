"""The logs of a run: the same numbers in each format, read back by TensorBoard's own reader and by Python's."""

import csv
import json
import pathlib
import subprocess
import unittest

import program
import tiny

HERE = pathlib.Path(__file__).resolve().parent


def read_events(folder):
    """What TensorBoard's reader finds there."""
    python = program.venv("tests-venv", "requirements.txt")
    read = subprocess.run([python, HERE / "read_events.py", folder], check=True, capture_output=True, text=True)
    return json.loads(read.stdout)


class Logs(tiny.TestCase):
    """One run for all tests: they only read."""

    def setUp(self):
        super().setUp()
        self.train("run.logs=[jsonl, csv, tensorboard]", "run.log_every=2", "model.type=mlp", ranks=2)

    def test_tensorboard_reads_every_number_of_metrics_jsonl_at_its_step(self):
        events = read_events(self.folder / "out")
        self.assertEqual(events["file_version"], 2)
        scalars = {tag: {(step, value) for _, step, value in points} for tag, points in events["scalars"].items()}
        tags = {"loss": "train/loss", "learning_rate": "train/learning_rate", "epoch": "train/epoch",
                "samples_seen": "train/samples_seen", "samples_per_s": "train/samples_per_s",
                "watts": "energy/watts", "joules": "energy/joules"}
        for line in self.metrics():
            flat = {name: value for name, value in line.items() if name not in ("step", "time_s", "phases_s")}
            for name, value in flat.items():
                tag = tags.get(name) or name.replace("validation_", "validation/")
                near = [got for step, got in scalars[tag] if step == line["step"]]
                self.assertTrue(any(abs(got - value) <= 1e-6 * abs(value) for got in near), (name, value, near))
            for phase, seconds in line.get("phases_s", {}).items():
                near = [got for step, got in scalars[f"phases_s/{phase}"] if step == line["step"]]
                self.assertTrue(any(abs(got - seconds) <= 1e-6 * seconds for got in near), phase)

    def test_tensorboard_dates_events_by_the_run_clock(self):
        events = read_events(self.folder / "out")
        dates = [date for date, _, _ in events["scalars"]["train/loss"]]
        self.assertEqual(dates, sorted(dates))
        times = sorted(line["time_s"] for line in self.metrics())
        for date, seconds in zip(dates, times, strict=True):
            self.assertAlmostEqual(date - events["first_event"], seconds, delta=1e-5)

    def test_tensorboard_shows_the_config(self):
        events = read_events(self.folder / "out")
        self.assertEqual(events["plugins"]["config"], "text")
        text, = events["texts"]["config"]
        self.assertIn("early_stopping:", text)
        self.assertTrue(text.startswith("```yaml\n") and text.endswith("\n```\n"), text)

    def test_csv_holds_every_number_of_metrics_jsonl(self):
        with open(self.folder / "out/metrics.csv", newline="") as file:
            rows = list(csv.DictReader(file))
        for row, line in zip(rows, self.metrics(), strict=True):
            flat = {name: value for name, value in line.items() if name != "phases_s"}
            flat.update({f"phases_s.{phase}": value for phase, value in line.get("phases_s", {}).items()})
            self.assertEqual({name: float(value) for name, value in row.items() if value}, flat)


class Choice(tiny.TestCase):
    def files(self, run="out"):
        return {path.name.split(".")[0] + path.suffix for path in (self.folder / run).iterdir()}

    def test_jsonl_alone_is_written_by_default_and_nothing_when_told_so(self):
        self.train("train.max_steps=2")
        self.assertIn("metrics.jsonl", self.files())
        self.assertNotIn("metrics.csv", self.files())
        self.train("train.max_steps=2", "run.logs=[]", "run.dir=none")
        self.assertNotIn("metrics.jsonl", self.files("none"))

    def test_a_format_that_does_not_exist_is_refused_with_those_that_do(self):
        result = self.train("run.logs=[wandb]", code=2)
        for name in "jsonl", "csv", "tensorboard":
            self.assertIn(name, result.stderr)

    def test_a_full_disk_ends_the_run_with_a_message(self):
        for log in "csv", "tensorboard":
            with self.subTest(log):
                command = " ".join(self.command("greentrain", "config.yaml", f"run.logs=[{log}]", "run.log_every=1",
                                                "train.epochs=2000", f"run.dir={log}"))
                result = self.finish(self.start(["bash", "-c", f"ulimit -f 64; exec {command}"]))
                self.assertNotEqual(result.returncode, 0)
                self.assertIn("cannot write: File too large", result.stderr)
                self.assertIn(f"{log}/", result.stderr)


if __name__ == "__main__":
    unittest.main()
