"""Precisions on real data against float32, within the tolerances that docs/precision.md states; and the guards."""

import json
import subprocess
import unittest

import program
import tiny

MODES = ["bf16", "bf16_weights", "fp16"]
# What docs/precision.md promises: of losses and accuracies.
DIGITS_LOSS, TEXT_LOSS, ACCURACY = 0.03, 0.1, 0.02


class RealData(program.TestCase):
    def train(self, config, run, *arguments, ranks=2, env=None):
        result = self.run_program("greentrain", program.SOURCE / "configs" / config, f"run.dir={run}",
                                  "train.early_stopping.enabled=false", *arguments, ranks=ranks, env=env)
        self.assert_exit(result, 0)
        return json.loads((self.folder / run / "report.json").read_text())["result"]

    def assert_near(self, mode, found, exact, loss):
        for name, tolerance in (("validation_loss", loss), ("test_loss", loss), ("validation_accuracy", ACCURACY),
                                ("test_accuracy", ACCURACY)):
            self.assertAlmostEqual(found[name], exact[name], delta=tolerance, msg=f"{mode}: {name}")
        self.assertNotEqual(found["weights_sha256"], exact["weights_sha256"])

    def test_every_precision_learns_digits(self):
        fetched = subprocess.run([program.SOURCE / "scripts/fetch_data.sh", "digits", self.folder / "data"],
                                 capture_output=True, text=True)
        if fetched.returncode != 0:
            self.skipTest(f"no digits: {fetched.stderr}")
        runs = {mode: self.train("digits.yaml", mode, "train.epochs=10", f"train.precision={mode}")
                for mode in ["fp32", *MODES]}
        self.assertGreater(runs["fp32"]["test_accuracy"], 0.96)
        for mode in MODES:
            self.assert_near(mode, runs[mode], runs["fp32"], DIGITS_LOSS)

    def test_every_precision_learns_text(self):
        runs = {mode: self.train("text.yaml", mode, "train.epochs=1",
                                 f"train.precision={mode}") for mode in ["fp32", *MODES]}
        for mode in MODES:
            self.assert_near(mode, runs[mode], runs["fp32"], TEXT_LOSS)


class Modes(tiny.TestCase):
    def trained(self, run, *arguments, **how):
        self.train("train.early_stopping.enabled=false", f"run.dir={run}", *arguments, **how)
        return self.report(run)

    def test_ranks_and_pretended_hosts_learn_the_same(self):
        for mode in MODES:
            one = self.trained(f"{mode}-1", f"train.precision={mode}")["result"]
            for ranks, hosts in (2, None), (3, None), (4, "2"):
                result = self.trained(f"{mode}-{ranks}", f"train.precision={mode}", ranks=ranks,
                                      env={"GREENTRAIN_FAKE_HOSTS": hosts})["result"]
                self.assertAlmostEqual(result["validation_loss"], one["validation_loss"], delta=0.02, msg=mode)

    def test_the_invariant_reduction_gives_the_same_bits_or_is_refused(self):
        shared = ["comm.reduction=invariant", "comm.virtual_workers=4"]
        for mode in "bf16", "fp16":
            hashes = {self.trained(f"{mode}-{ranks}", f"train.precision={mode}", *shared, ranks=ranks)["result"]
                      ["weights_sha256"] for ranks in (1, 2, 4)}
            self.assertEqual(len(hashes), 1, mode)
        refused = self.train("train.precision=bf16_weights", *shared, code=2).stderr
        self.assertIn("train.precision is bf16_weights, but comm.reduction is invariant", refused)

    def test_batch_normalisation_keeps_float32_statistics_or_is_refused(self):
        resnet = ["model.type=resnet", "model.depth=8", "data.shape=[2, 1, 1]"]
        for mode in "bf16", "fp16":
            self.trained(mode, f"train.precision={mode}", *resnet, ranks=2)
            header = (self.folder / mode / "best.safetensors").read_bytes()
            tensors = json.loads(header[8:8 + int.from_bytes(header[:8], "little")])
            self.assertTrue(all(entry["dtype"] == "F32" for name, entry in tensors.items()
                                if name.endswith("running_var")))
        for ranks in None, 2:
            refused = self.train("train.precision=bf16_weights", *resnet, code=2, ranks=ranks).stderr
            self.assertIn("the model has batch normalisation", refused)

    def test_eval_measures_what_the_run_measured(self):
        for mode in MODES:
            result = self.trained(mode, f"train.precision={mode}")["result"]
            evaluated = self.run_program("greentrain", "eval", mode, "--json")
            self.assert_exit(evaluated, 0)
            self.assertEqual(json.loads(evaluated.stdout)["loss"], result["test_loss"])


class Guards(tiny.TestCase):
    """A run whose data holds one point that is far outside: its loss in fp32 is infinite."""

    FAR = ["data.standardize=false", "train.optimizer.type=sgd", "train.learning_rate=0.1",
           "model.hidden=[64]", "train.early_stopping.enabled=false", "data.validation=0%", "data.test=0%"]

    def setUp(self):
        super().setUp()
        self.write("points.csv", tiny.csv(tiny.rows()) + "3e38,3e38,0\n")

    def test_a_loss_that_is_not_finite_stops_the_run_by_default(self):
        result = self.train(*self.FAR, code=1, ranks=2)
        self.assertRegex(result.stderr, r"\AStep \d+: the loss is (nan|inf)")

    def test_steps_that_are_skipped_are_reported_as_wasted(self):
        for ranks, hosts in (None, None), (2, None), (3, None), (4, "2"):
            with self.subTest(ranks=ranks):
                run = f"out-{ranks}"
                result = self.train(*self.FAR, "train.guards.non_finite=skip", f"run.dir={run}", "run.log_every=1",
                                    ranks=ranks, env={"GREENTRAIN_FAKE_HOSTS": hosts})
                wasted = self.report(run)["wasted"]
                self.assertEqual((wasted["skipped_steps"], wasted["undone_steps"], wasted["rollbacks"]), (3, 0, 0))
                self.assertLess(0, wasted["joules_hi"])
                self.assertLess(wasted["joules_hi"], self.report(run)["energy"]["joules_hi"])
                self.assertEqual(wasted["quality"], "estimated")
                self.assertIn("3 steps without use: 3 skipped (an estimate)", result.stdout)
                lines = self.metrics(run)
                self.assertEqual(sum("passed_over" in line for line in lines), 3)
                self.assertTrue(all(line["gradient_norm"] > 0 for line in lines if "passed_over" not in line))

    def test_a_rollback_undoes_the_steps_since_the_snapshot(self):
        result = self.train(*self.FAR, "train.guards.non_finite=rollback", ranks=2)
        wasted = self.report()["wasted"]
        self.assertEqual((wasted["skipped_steps"], wasted["rollbacks"]), (3, 3))
        self.assertEqual(wasted["undone_steps"] + 3 <= self.report()["result"]["steps"], True)
        self.assertRegex(result.stdout, r"3 skipped, \d+ undone by 3 rollbacks \(an estimate\)")

    def test_a_run_without_trouble_wastes_nothing(self):
        self.write("points.csv", tiny.csv(tiny.rows()))
        self.train("train.guards.non_finite=rollback", "train.guards.spike=skip", ranks=2)
        self.assertIsNone(self.report()["wasted"])

    def test_a_loss_that_is_nan_at_step_1_says_that_the_learning_rate_is_not_the_cause(self):
        self.write("points.csv", "3e38,3e38,0\n-3e38,3e38,1\n" * 40)
        for ranks in None, 2:
            result = self.train(*self.FAR, f"run.dir=out-{ranks}", code=1, ranks=ranks)
            self.assertRegex(result.stderr, r"\AStep 1: the loss is (nan|inf) before any weight was changed, so the "
                                            r"learning rate is not the cause\. .*data\.standardize")


if __name__ == "__main__":
    unittest.main()
