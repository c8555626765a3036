"""Early stopping as a user sees it: why a run stopped, what it took to the target, decisions that are replayed."""

import json
import unittest

import tiny

# Every step is evaluated, and only the marginal rule stops.
MARGINAL = ["train.epochs=40", "train.evaluate_every=1", "train.early_stopping.patience=0",
            "train.early_stopping.marginal.rate=3", "train.early_stopping.marginal.horizon=5",
            "train.schedule.type=constant", "meter.period=10ms"]
INVARIANT = ["comm.reduction=invariant", "comm.virtual_workers=4"]


class Reason(tiny.TestCase):
    def test_the_receipt_and_the_report_say_why_it_stopped(self):
        output = self.train("train.epochs=60", "train.learning_rate=0.5", "train.early_stopping.patience=2").stdout
        result = self.report()["result"]
        self.assertEqual((result["stopping_rule"], result["weights"]), ("patience", "best"))
        self.assertRegex(result["stopping_reason"],
                         r"\Avalidation_loss did not improve in 2 evaluations, since [\d.e-]+ at step "
                         f"{result['best_step']}\\Z")
        self.assertIn(f"  stopped   {result['stopping_reason']}\n", output)

    def test_a_run_that_nothing_stopped_has_no_reason(self):
        self.assertNotIn("  stopped ", self.train().stdout)
        self.assertIsNone(self.report()["result"]["stopping_rule"])

    def test_a_metric_past_the_divergence_limit_stops_it(self):
        self.train("train.early_stopping.divergence=0.0001", ranks=2)
        self.assertEqual(self.report()["result"]["stopping_rule"], "divergence")

    def test_the_last_weights_are_kept_when_told_so(self):
        self.train("train.epochs=60", "train.learning_rate=0.5", "train.early_stopping.patience=2",
                   "train.early_stopping.restore_best=false", ranks=2)
        result = self.report()["result"]
        self.assertEqual((result["weights"], result["best_step"]), ("last", result["steps"]))
        self.assertEqual(result["weights_sha256"], result["best_weights_sha256"])
        self.assertFalse((self.folder / "out/best.safetensors").exists())
        evaluated = self.run_program("greentrain", "eval", "out", "--json")
        self.assert_exit(evaluated, 0)
        self.assertAlmostEqual(json.loads(evaluated.stdout)["loss"], result["test_loss"], delta=1e-5,
                               msg="one rank adds up in another order than two")


class Target(tiny.TestCase):
    ACCURACY = ["train.early_stopping.monitor=validation_accuracy", "train.early_stopping.target=0.7",
                "train.evaluate_every=1"]

    def test_the_energy_to_the_target_is_an_interval_within_that_of_the_run(self):
        output = self.train("train.epochs=50", *self.ACCURACY, ranks=2).stdout
        report = self.report()
        reached, energy = report["target"]["reached"], report["target"]["reached"]["energy"]
        self.assertEqual(report["result"]["stopping_rule"], "target")
        self.assertEqual(reached["step"], report["result"]["steps"])
        self.assertLess(reached["time_s"], report["time"]["total_s"])
        self.assertLessEqual(energy["joules_lo"], energy["joules"])
        self.assertLessEqual(energy["joules"], energy["joules_hi"])
        self.assertLessEqual(energy["joules"], report["energy"]["joules"])
        self.assertEqual(len(energy["components"]), len(report["energy"]["components"]))
        self.assertRegex(output, rf"(?m)^  target    validation_accuracy 0\.700 at step {reached['step']}, ")

    def test_a_run_that_goes_on_notes_the_same_step(self):
        self.train("train.epochs=50", *self.ACCURACY)
        self.train("train.epochs=50", *self.ACCURACY, "train.early_stopping.enabled=false", "run.dir=whole")
        stopped, whole = self.report()["target"], self.report("whole")["target"]
        self.assertEqual(whole["reached"]["step"], stopped["reached"]["step"])
        self.assertEqual(self.report("whole")["result"]["stopped_by"], "epochs")
        self.assertLess(whole["reached"]["energy"]["joules_hi"], self.report("whole")["energy"]["joules_hi"])

    def test_a_target_that_is_not_reached_is_said_to_be_so(self):
        output = self.train("train.early_stopping.target=0.0000001").stdout
        self.assertIn("  target    validation_loss 1.00e-07 was not reached\n", output)
        self.assertIsNone(self.report()["target"]["reached"])


class Replay(tiny.TestCase):
    def decisions(self, run="out"):
        return [json.loads(line) for line in (self.folder / run / "decisions.jsonl").read_text().splitlines()]

    def test_decisions_that_read_joules_are_recorded_and_repeat_on_other_ranks(self):
        output = self.train(*MARGINAL, *INVARIANT, ranks=2).stdout
        first = self.report()["result"]
        self.assertEqual(first["stopping_rule"], "marginal")
        self.assertIn("evaluations were predicted to improve validation_loss by", output)
        self.assertEqual([line["step"] for line in self.decisions()], list(range(1, first["steps"] + 1)))
        self.assertEqual([line["stop"] for line in self.decisions()], [False] * (first["steps"] - 1) + [True])
        self.assertGreater(self.decisions()[-1]["joules"], 0)
        for ranks in 1, 4:
            self.train(*MARGINAL, *INVARIANT, "train.replay_decisions=out/decisions.jsonl", f"run.dir=on-{ranks}",
                       ranks=ranks)
            again = self.report(f"on-{ranks}")["result"]
            self.assertEqual(again["weights_sha256"], first["weights_sha256"])
            self.assertEqual(again["stopping_reason"], first["stopping_reason"])
            self.assertEqual(self.decisions(f"on-{ranks}"), self.decisions())

    def test_steps_as_the_cost_need_no_record_and_repeat_by_themselves(self):
        steps = []
        for run in "first", "second":
            self.train(*MARGINAL, "train.early_stopping.marginal.cost=steps", f"run.dir={run}", ranks=2)
            steps.append(self.report(run)["result"]["steps"])
            self.assertFalse((self.folder / run / "decisions.jsonl").exists())
        self.assertEqual(steps[0], steps[1])

    def test_a_record_that_does_not_fit_ends_all_ranks_with_a_message(self):
        line = '{"step":1,"decision":"early_stopping","joules":1.0,"stop":%s}\n'
        records = {"nothing.jsonl": (None, "nothing.jsonl: cannot read: No such file or directory"),
                   "text.jsonl": ("hello\n", "text.jsonl:1: not a decision"),
                   "short.jsonl": (line % "false", "short.jsonl: has no decision for step 2: its 1 end before"),
                   "other.jsonl": (line % "true", "other.jsonl: step 1: the decision recorded there is to stop")}
        for name, (content, message) in records.items():
            with self.subTest(name):
                if content:
                    self.write(name, content)
                result = self.train(*MARGINAL, f"train.replay_decisions={name}", f"run.dir={name}-run", ranks=2, code=2)
                self.assertIn(message, result.stderr)
                self.assertEqual(result.stderr.count(message), 1, result.stderr)


class BadInput(tiny.TestCase):
    def test_settings_that_disagree_are_refused_before_the_run(self):
        for setting, message in {
            "train.early_stopping.monitor=validation_f1": "there is no metric 'f1'",
            "train.early_stopping.mode=max": "mode is max, but validation_loss should fall",
            "train.early_stopping.marginal.budget=5": "marginal.budget is 5 without a unit",
            "train.replay_decisions=x.jsonl": "no decision of this run reads a meter",
        }.items():
            with self.subTest(setting):
                result = self.train(setting, code=2)
                self.assertIn(message, result.stderr)
                self.assertFalse((self.folder / "out").exists())


if __name__ == "__main__":
    unittest.main()
