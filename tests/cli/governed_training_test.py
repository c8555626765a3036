"""Training that follows a carbon plan, as a user starts it: pauses, what is left behind, what is refused."""

import datetime
import json
import os
import pathlib
import shutil
import signal
import time
import unittest

import program
import tiny

STEPS = 3000  # Of a model that takes longer than a look at the plan.


def stamp(moment):
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def ranks_of(session):
    """The greentrain processes of a session, with the seconds that each has computed so far."""
    ranks = {}
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            name, fields = (process / "stat").read_text().rsplit(")", 1)
        except OSError:  # Gone meanwhile.
            continue
        fields = fields.split()
        if int(fields[3]) == session and name.endswith("(greentrain"):
            ranks[int(process.name)] = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return ranks


class Governed(tiny.TestCase):
    """The grid is dirty for `dirty` seconds from now on, then clean; a plan has slots of a second."""

    def grid(self, dirty, seconds=300, clean=100):
        now = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
        rows = ["# zone: GEN", "time,gco2_per_kwh"]
        rows += [f"{stamp(now + datetime.timedelta(seconds=second))},{400 if 0 <= second < dirty else clean}"
                 for second in range(-60, seconds)]
        self.write("grid.csv", "\n".join(rows) + "\n")
        return stamp(now + datetime.timedelta(seconds=120))

    def arguments(self, deadline, *more):
        return ["model.hidden=[64, 64]", "train.early_stopping.enabled=false", "train.epochs=1000000",
                f"train.max_steps={STEPS}",
                "train.evaluate_every=1000", "meter.period=20ms", "scheduler.zone=GEN", "scheduler.file=grid.csv",
                f"scheduler.deadline={deadline}", "scheduler.slot=1s", "scheduler.check_every=50ms", *more]

    def start_paused(self, deadline, *more, ranks=None):
        """A run of which it is certain that it is paused: its plan says so and lasts."""
        process = self.start_program("greentrain", "config.yaml", *self.arguments(deadline, *more), ranks=ranks)
        log = self.folder / "out/plan.jsonl"
        until = time.monotonic() + 60
        while not (log.exists() and '"order":"pause"' in log.read_text()):
            self.assertIsNone(process.poll(), "ended before it was paused")
            self.assertLess(time.monotonic(), until)
            time.sleep(0.02)
        return process

    def decisions(self):
        return [json.loads(line) for line in (self.folder / "out/plan.jsonl").read_text().splitlines()]

    def test_a_run_pauses_in_dirty_seconds_and_learns_the_same(self):
        for ranks in (1, 3):
            plain = self.train("model.hidden=[64, 64]", "train.early_stopping.enabled=false", "train.epochs=1000000",
                               f"train.max_steps={STEPS}", "train.evaluate_every=1000", "run.dir=plain", ranks=ranks)
            weights = self.report("plain")["result"]["weights_sha256"]
            self.assertNotIn("plan:", plain.stdout)
            self.assertIsNone(self.report("plain")["plan"])
            result = self.train(*self.arguments(self.grid(dirty=8)), "comm.timeout=1s", "comm.first_step_timeout=2s",
                                ranks=ranks)
            report = self.report()
            plan = report["plan"]
            self.assertEqual(report["result"]["weights_sha256"], weights)
            self.assertEqual(report["result"]["steps"], STEPS)
            orders = [decision["order"] for decision in self.decisions()]
            self.assertEqual(orders, ["pause", "run"] * plan["pauses"])
            self.assertGreater(plan["pauses"], 0)
            self.assertTrue(plan["deadline_kept"])
            self.assertGreater(plan["paused_s"], 0.5)
            self.assertAlmostEqual(report["time"]["phases_s"]["idle"], plan["paused_s"], delta=1)
            self.assertGreater(plan["carbon"]["timing_effect_grams"], 0)
            self.assertGreater(plan["carbon"]["realised_grams"], 0)
            carbon = plan["carbon"]
            self.assertAlmostEqual(carbon["at_once_grams"] - carbon["realised_grams"],
                                   carbon["timing_effect_grams"] + carbon["energy_effect_grams"], places=9)
            self.assertGreater(plan["planned_grams"], 0)
            self.assertLess(plan["carbon"]["joules"], report["energy"]["joules"])
            self.assertGreater(sum(plan["states_s"].values()), 1)
            self.assertEqual(sum(phase["phase"] == "idle" for phase in report["energy"]["phases"]), 1)
            self.assertIn("plan: pauses until", result.stdout)
            self.assertRegex(result.stdout, r"  plan +\S+ \w+ CO2e, .* planned.*; paused \d+ times? for .* kept")
            self.assertNotIn("silent", result.stderr)
            for name in "out", "plain":
                (self.folder / name).rename(self.folder / f"{name}-{ranks}")

    def test_ranks_wait_cheaply_and_ctrl_c_ends_a_pause(self):
        process = self.start_paused(self.grid(dirty=100), ranks=2)
        time.sleep(1)  # Let the pause begin on both.
        began, spent = time.monotonic(), sum(ranks_of(process.pid).values())
        time.sleep(2)
        share = (sum(ranks_of(process.pid).values()) - spent) / (time.monotonic() - began)
        self.assertLess(share, 0.5, "of a core, for two ranks that wait")
        os.kill(max(ranks_of(process.pid)), signal.SIGINT)
        result = self.finish(process, timeout=20)
        self.assert_exit(result, 0)
        self.assertEqual(self.report()["result"]["stopped_by"], "signal")
        self.assertGreater(self.report()["plan"]["paused_s"], 2)

    def test_a_run_without_an_answer_of_its_feed_trains_at_once(self):
        deadline = self.grid(dirty=100)
        (self.folder / "grid.csv").unlink()
        result = self.train(*self.arguments(deadline))
        plan = self.report()["plan"]
        self.assertIn("grid.csv", result.stderr)
        self.assertEqual((plan["pauses"], plan["signal"], plan["carbon"]), (0, "", None))
        self.assertIn("nothing was known of the grid; not paused", result.stdout)

    def test_a_plan_can_be_observed_without_being_followed(self):
        self.train(*self.arguments(self.grid(dirty=8)), "scheduler.policy=observe", ranks=2)
        plan = self.report()["plan"]
        self.assertEqual(plan["pauses"], 0)
        self.assertLess(plan["planned_grams"], plan["planned_at_once_grams"])

    def test_a_run_stops_when_its_energy_budget_is_used_up(self):
        self.train(*self.arguments(self.grid(dirty=0)), "train.max_steps=1000000", "scheduler.energy_budget=2J",
                   ranks=2)
        report = self.report()
        self.assertEqual(report["result"]["stopped_by"], "plan")
        self.assertIn("energy budget", report["plan"]["stopped"])
        self.assertLess(report["result"]["steps"], 1000000)
        self.assertIsNotNone(report["result"]["test_accuracy"])

    def test_the_carbon_of_a_run_is_counted_again_and_the_first_count_kept(self):
        deadline = self.grid(dirty=0)
        self.train(*self.arguments(deadline))
        first = json.loads((self.folder / "out/carbon.json").read_text())
        self.write("grid.csv", (self.folder / "grid.csv").read_text().replace(",100", ",200"))
        result = self.run_program("greensched", "restate", "out", "--carbon", "grid.csv")
        self.assert_exit(result, 0)
        counts = json.loads((self.folder / "out/carbon.json").read_text())["counts"]
        self.assertEqual(counts[0], first["counts"][0])
        self.assertAlmostEqual(counts[1]["grams"], 2 * counts[0]["grams"], delta=0.6 * counts[0]["grams"])
        self.assertRegex(result.stdout, r"First +\S+ \w+ CO2e(.|\n)*Now +")

    def test_the_plan_is_drawn_without_training(self):
        deadline = self.grid(dirty=60, seconds=400)
        config = ["config.yaml", *self.arguments(deadline)]
        refused = self.run_program("greentrain", "--plan", *config)
        self.assert_exit(refused, 2)
        self.assertIn("Set scheduler.duration", refused.stderr)
        guessed = self.run_program("greentrain", "--plan", *config, "scheduler.duration=20s", ranks=2)
        self.assert_exit(guessed, 0)
        self.assertRegex(guessed.stdout, r"\ALength +20.0? s, as scheduler.duration says\n")
        self.assertIn("no plan emits", guessed.stdout)
        self.assertFalse((self.folder / "out").exists())
        self.train("run.dir=runs/before", "model.hidden=[64, 64]", "train.early_stopping.enabled=false", "train.evaluate_every=1000", "meter.period=20ms")
        config.append("train.max_steps=400")
        measured = self.run_program("greentrain", "--plan", *config)
        self.assert_exit(measured, 0)
        self.assertRegex(measured.stdout, r"\ALength .*, 400 steps of .*, as measured in runs/before on 1 rank\n")
        plan = json.loads(self.run_program("greentrain", "--plan", "--json", *config).stdout)
        self.assertIn("bound_grams", plan)
        self.assertTrue(plan["power_given"])

    def test_what_cannot_be_is_refused_before_training(self):
        deadline = self.grid(dirty=10)
        cases = {
            "scheduler.slack=1h": "scheduler.deadline and scheduler.slack are both given",
            "scheduler.zone=": "scheduler.zone is empty, so no plan is followed",
            "scheduler.deadline=noon": 'scheduler.deadline "noon": expected a date',
            "scheduler.deadline=": "neither scheduler.deadline nor scheduler.slack",
            "scheduler.deadline=2020-01-01T00:00Z": "scheduler.deadline 2020-01-01T00:00Z has passed",
            "scheduler.duration=1h": "the earliest possible end is",
            "scheduler.policy=stop": "scheduler.policy",
            "scheduler.feed=nesso": "nesso",
        }
        for setting, message in cases.items():
            with self.subTest(setting):
                extra = ["scheduler.file="] if "feed" in setting else []
                result = self.train(*self.arguments(deadline), setting, *extra,
                                    ranks=2 if "duration" in setting else None, code=2)
                self.assertIn(message, result.stderr)
                for left in self.folder.glob("out*"):
                    self.assertFalse((left / "report.json").exists())
                    shutil.rmtree(left)


if __name__ == "__main__":
    unittest.main()
