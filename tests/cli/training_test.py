"""A whole tiny run as a user starts it, alone and under mpirun: what it prints, leaves behind and can be used for."""

import json
import random
import re
import signal
import time
import unittest

import program
import tiny

EPOCHS = 3
STEPS = EPOCHS * 4  # The last one of an epoch is smaller.


def documented(page, heading):
    """The names in the first column of the tables under `heading` of a page of docs/."""
    section = (program.SOURCE / "docs" / page).read_text().split(f"\n{heading}\n")[1].split("\n#")[0]
    rows = re.findall(r"^\| (`.*?) \|", section, re.MULTILINE)
    return {name for row in rows for name in re.findall(r"`(\w+)`", row)}


class Training(tiny.TestCase):
    def trained(self, run, *arguments, **how):
        self.train("train.early_stopping.enabled=false", f"run.dir={run}", *arguments, **how)
        return self.report(run)

    def test_it_learns_the_same_on_1_2_and_3_ranks(self):
        reports = {ranks: self.trained(f"on-{ranks}", ranks=ranks) for ranks in (1, 2, 3)}
        one = reports[1]["result"]
        for ranks, report in reports.items():
            result = report["result"]
            self.assertEqual(report["provenance"]["ranks"], ranks)
            self.assertEqual((result["steps"], result["epochs"], result["stopped_by"]), (STEPS, EPOCHS, "epochs"))
            self.assertEqual(result["samples_seen"], EPOCHS * tiny.TRAINING_SAMPLES)
            self.assertGreater(result["test_accuracy"], 0.8)
            for name in "initial_validation_loss", "validation_loss", "test_loss":
                self.assertAlmostEqual(result[name], one[name], delta=1e-4, msg=f"{name} on {ranks} ranks")
            for mine, other in zip(self.metrics(f"on-{ranks}"), self.metrics("on-1"), strict=True):
                self.assertEqual(mine["step"], other["step"])
                self.assertAlmostEqual(mine["loss"], other["loss"], delta=1e-4)

    def test_the_same_seed_and_ranks_give_the_same_weights(self):
        def weights(run, seed):
            return self.trained(run, "model.dropout=20%", f"run.seed={seed}", ranks=2)["result"]["weights_sha256"]

        self.assertEqual(weights("first", 7), weights("second", 7))
        self.assertNotEqual(weights("third", 8), weights("fourth", 7))

    def test_early_stopping_ends_all_ranks_and_keeps_the_best_weights(self):
        self.train("train.epochs=60", "train.learning_rate=0.5", "train.early_stopping.patience=2", ranks=2)
        report = self.report()
        result, saved = report["result"], report["early_stopping"]
        self.assertEqual(result["stopped_by"], "early_stopping")
        self.assertEqual(result["steps"] - result["best_step"], 2 * STEPS // EPOCHS)
        self.assertNotEqual(result["weights_sha256"], result["best_weights_sha256"])
        self.assertEqual(saved["steps_avoided"], 60 * STEPS // EPOCHS - result["steps"])
        self.assertLessEqual(0, saved["joules_lo"])
        self.assertLessEqual(saved["joules_lo"], saved["joules_hi"])

    def test_metrics_have_a_line_for_every_so_many_steps(self):
        self.trained("out", "run.log_every=2", ranks=2)
        steps = [line for line in self.metrics() if "validation_loss" not in line]
        self.assertEqual([line["step"] for line in steps], list(range(2, STEPS + 1, 2)))
        self.assertEqual(sorted(line["time_s"] for line in steps), [line["time_s"] for line in steps])
        self.assertLess(steps[-1]["loss"], steps[0]["loss"])
        self.assertGreater(steps[-1]["phases_s"]["backward"], 0)
        self.trained("quiet")
        self.assertEqual([line["step"] for line in self.metrics("quiet") if "validation_loss" not in line], [])

    def test_the_invariant_reduction_gives_the_same_bits_on_1_2_and_4_ranks(self):
        shared = ["comm.reduction=invariant", "comm.virtual_workers=4", "train.optimizer.clip_norm=0.5"]
        models = {"dropout": ["model.dropout=20%"],
                  "statistics": ["model.type=resnet", "model.depth=8", "data.shape=[2, 1, 1]"]}
        for name, model in models.items():
            for environment in [{}, {"GREENTRAIN_FAKE_HOSTS": "2"}]:
                results = []
                for ranks in (1, 2, 4):
                    if environment and ranks == 1:
                        continue
                    run = f"{name}-{ranks}-{len(environment)}"
                    results.append(self.trained(run, *shared, *model, ranks=ranks, env=environment)["result"])
                for result in results:
                    self.assertEqual(result, results[0], name)

    def test_the_invariant_reduction_refuses_other_numbers_of_ranks(self):
        result = self.train("comm.reduction=invariant", "comm.virtual_workers=4", ranks=3, code=2)
        self.assertIn("3 ranks cannot share comm.virtual_workers, which is 4, evenly", result.stderr)
        self.assertIn("start 1, 2 or 4 ranks", result.stderr)

    def test_machines_exchange_over_mpi_what_one_machine_exchanges_in_memory(self):
        one = self.trained("one", ranks=4)
        self.assertRegex(one["provenance"]["exchange"], r"\Aarena: 4 ranks share memory")
        two = self.trained("two", ranks=4, env={"GREENTRAIN_FAKE_HOSTS": "2"})
        self.assertRegex(two["provenance"]["exchange"], r"\Aarena: 2 ranks on each of 2 nodes")
        mpi = self.trained("mpi", "comm.backend=mpi", ranks=4)
        self.assertRegex(mpi["provenance"]["exchange"], r"\Ampi: ")
        self.assertEqual(two["result"]["weights_sha256"], one["result"]["weights_sha256"])
        self.assertEqual(len(two["energy"]["components"]), len(one["energy"]["components"]), "metered twice")
        self.assertEqual(mpi["result"]["weights_sha256"], one["result"]["weights_sha256"])

    def test_ranks_share_the_running_statistics_of_batch_normalisation(self):
        result = self.trained("out", "model.type=resnet", "model.depth=8", "data.shape=[2, 1, 1]", ranks=2)["result"]
        self.assertRegex(result["best_weights_sha256"], r"\A[0-9a-f]{64}\Z")

    def test_a_signal_ends_the_run_with_a_report(self):
        process = self.start_program("greentrain", "config.yaml", "train.epochs=1000000",
                                     "train.early_stopping.enabled=false")
        metrics = self.folder / "out/metrics.jsonl"
        deadline = time.monotonic() + 60
        while not (metrics.exists() and metrics.stat().st_size > 0):
            self.assertIsNone(process.poll(), "ended before its first evaluation")
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.02)
        process.send_signal(signal.SIGTERM)
        self.assert_exit(self.finish(process), 0)
        self.assertEqual(self.report()["result"]["stopped_by"], "signal")
        self.assertRegex(self.report()["result"]["weights_sha256"], r"\A[0-9a-f]{64}\Z")
        self.assertTrue((self.folder / "out/best.safetensors").is_file())
        self.metrics()


class Objectives(tiny.TestCase):
    """Losses, metrics, optimizers and schedules as a user sets them."""

    def write_numbers(self):
        chance = random.Random(3)
        points = [(chance.uniform(-1, 1), chance.uniform(-1, 1)) for _ in range(200)]
        self.write("points.csv", "".join(f"{x},{y},{2 * x - y},{int(x > y)}\n" for x, y in points))

    def test_metrics_are_in_the_report_the_receipt_the_log_and_eval(self):
        output = self.train("train.metrics=[top_2, precision, recall, perplexity]",
                            "train.early_stopping.monitor=validation_recall_1", ranks=2).stdout
        result = self.report()["result"]
        names = {"accuracy", "top_2", "perplexity", *(f"{kind}{number}" for kind in ("precision", "recall")
                                                      for number in ("", "_0", "_1", "_2"))}
        self.assertEqual(set(result["test_metrics"]), names)
        self.assertEqual(set(result["validation_metrics"]), names)
        self.assertEqual(result["test_metrics"]["accuracy"], result["test_accuracy"])
        self.assertLessEqual(result["test_accuracy"], result["test_metrics"]["top_2"])
        self.assertRegex(output, r"(?m)^  metrics +perplexity \d\.\d+ test, \d\.\d+ validation; precision ")
        for line in self.metrics():
            self.assertLessEqual({f"validation_{name}" for name in names}, set(line))
        best = max(self.metrics(), key=lambda line: line["validation_recall_1"])
        self.assertEqual(best["step"], result["best_step"])
        evaluated = self.run_program("greentrain", "eval", "out", "--json")
        self.assert_exit(evaluated, 0)
        for name, value in result["test_metrics"].items():
            self.assertAlmostEqual(json.loads(evaluated.stdout)[name], value, places=6, msg=name)

    def test_a_line_is_found_with_every_loss_for_numbers(self):
        self.write_numbers()
        for loss in "mse", "l1":
            self.train("data.targets=2", f"train.loss.type={loss}", "train.epochs=40", f"run.dir={loss}", ranks=2)
            result = self.report(loss)["result"]
            self.assertIsNone(result["test_accuracy"])
            self.assertGreater(result["test_metrics"]["r2"], 0.6, loss)
            self.assertGreater(result["test_metrics"]["mae"], 0)
        predicted = self.run_program("greentrain", "predict", "mse", "points.csv").stdout.splitlines()
        self.assertEqual(predicted[0], "sample,target_1,target_2,predicted_1,predicted_2")
        self.assertEqual(len(predicted), 201)
        close = sum(abs(float(line.split(",")[1]) - float(line.split(",")[3])) < 0.5 for line in predicted[1:])
        self.assertGreater(close, 180)

    def test_bce_predicts_chances(self):
        self.write_numbers()
        self.write("answers.csv", "\n".join(",".join(line.split(",")[i] for i in (0, 1, 3))
                                            for line in (self.folder / "points.csv").read_text().split()))
        self.train("data.path=[answers.csv]", "data.targets=1", "train.loss.type=bce", "train.epochs=40",
                   "train.metrics=[precision, recall]", ranks=2)
        metrics = self.report()["result"]["test_metrics"]
        self.assertGreater(metrics["accuracy"], 0.85)
        self.assertGreater(min(metrics["precision_0"], metrics["recall_0"]), 0.7)
        lines = self.run_program("greentrain", "predict", "out", "answers.csv").stdout.splitlines()
        self.assertEqual(lines[0], "sample,target_1,predicted_1")
        self.assertTrue(all(0 <= float(line.split(",")[2]) <= 1 for line in lines[1:]))

    def test_bce_refuses_targets_that_are_no_chances(self):
        self.write_numbers()
        result = self.train("data.path=[points.csv]", "data.targets=2", "train.loss.type=bce", ranks=2, code=2)
        self.assertRegex(result.stderr, r"points.csv: the targets lie between .+ and .+, but train.loss.type: bce "
                                        r"expects numbers from 0 to 1")

    def test_every_optimizer_and_schedule_learns(self):
        optimizers = {"sgd": ["type=sgd"], "nesterov": ["type=sgd", "nesterov=true", "clip_value=0.5"],
                      "adam": ["type=adam", "weight_decay=0.001"], "average": ["type=adamw", "average=0.9"],
                      "matrices": ["type=adamw", "decay_on=matrices", "clip_norm=1"]}
        schedules = ["linear", "warmup_stable_decay", "inverse_sqrt", "plateau", "cosine"]
        for (name, options), schedule in zip(optimizers.items(), schedules, strict=True):
            with self.subTest(name):
                self.train(*(f"train.optimizer.{option}" for option in options), f"train.schedule.type={schedule}",
                           "train.schedule.warmup=10%", "train.epochs=8", "train.micro_batch_size=3",
                           f"run.dir={name}", ranks=2)
                self.assertGreater(self.report(name)["result"]["test_accuracy"], 0.8)

    def test_class_weights_and_smoothing_change_the_loss(self):
        plain = self.train().stdout and self.report()["result"]
        self.train("train.loss.label_smoothing=10%", "train.loss.class_weights=[0.5, 1, 2]", "run.dir=other")
        other = self.report("other")["result"]
        self.assertNotEqual(other["initial_validation_loss"], plain["initial_validation_loss"])
        self.assertGreater(other["test_accuracy"], 0.7)


class Report(tiny.TestCase):
    """One run for all tests: they only read."""

    def setUp(self):
        super().setUp()
        self.train("carbon.intensity=100g/kWh", "model.type=mlp", ranks=2)

    def test_it_has_the_documented_fields_and_no_others(self):
        report = self.report()
        top = {"schema_version", "name", "result", "energy", "carbon", "time", "early_stopping", "target", "waiting",
               "wasted", "data", "pruning", "plan", "provenance"}
        self.assertEqual(set(report), top)
        for name in "result", "energy", "carbon", "time", "waiting", "data", "provenance":
            self.assertEqual(set(report[name]), documented("report.md", f"## {name}"), name)
        for line in self.metrics():
            self.assertLessEqual(set(line), documented("report.md", "# metrics.jsonl"))

    def test_ranks_say_how_long_they_waited(self):
        waiting = self.report()["waiting"]
        self.assertTrue(0 < waiting["share"] < 1)
        self.assertIn(waiting["slowest_rank"], (0, 1))
        self.assertEqual(waiting["joules_lo"], 0)
        self.assertLess(waiting["joules_hi"], self.report()["energy"]["joules_hi"])

    def test_the_energy_is_an_interval_and_its_phases_add_up(self):
        energy = self.report()["energy"]
        self.assertLessEqual(0, energy["joules_lo"])
        self.assertLessEqual(energy["joules_lo"], energy["joules"])
        self.assertLessEqual(energy["joules"], energy["joules_hi"])
        self.assertGreater(energy["joules_hi"], 0)
        self.assertIn(energy["quality"], ("measured", "integrated", "estimated"))
        self.assertTrue(0 < energy["covered_fraction"] <= 1)
        self.assertAlmostEqual(sum(phase["joules"] for phase in energy["phases"]), energy["joules"],
                               delta=1e-6 * energy["joules"] + 1e-9)
        self.assertTrue(energy["components"] and energy["excludes"])

    def test_the_carbon_is_the_energy_times_the_intensity(self):
        energy, carbon = self.report()["energy"], self.report()["carbon"]
        self.assertEqual(carbon["intensity_g_per_kwh"], 100)
        for grams, joules in ("grams", "joules"), ("grams_lo", "joules_lo"), ("grams_hi", "joules_hi"):
            self.assertAlmostEqual(carbon[grams], energy[joules] / 3.6e6 * 100, places=9)

    def test_the_times_fit_into_each_other(self):
        spent = self.report()["time"]
        self.assertAlmostEqual(sum(spent["phases_s"].values()), spent["total_s"], places=6)
        self.assertGreater(spent["train_s"], 0)
        self.assertGreater(spent["evaluation_s"], 0)
        self.assertLess(spent["train_s"] + spent["evaluation_s"], spent["total_s"])
        self.assertGreater(spent["to_first_step_s"], 0)
        self.assertRegex(spent["started_at"], r"\A\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\Z")

    def test_the_provenance_names_the_data_and_the_command(self):
        provenance = self.report()["provenance"]
        self.assertEqual((provenance["ranks"], provenance["data_name"], len(provenance["hosts"])), (2, "points.csv", 1))
        self.assertEqual(provenance["devices"], ["cpu"])
        self.assertRegex(provenance["mpi"], r"\AOpen MPI v\d")
        self.assertIn("carbon.intensity=100g/kWh", provenance["command_line"])

    def test_no_temporary_file_is_left(self):
        self.assertEqual({path.name for path in (self.folder / "out").iterdir()},
                         {"config.yaml", "energy", "metrics.jsonl", "report.json", "best.safetensors"})


class Afterwards(tiny.TestCase):
    def setUp(self):
        super().setUp()
        self.train()

    def run_ok(self, *arguments):
        result = self.run_program("greentrain", *arguments)
        self.assert_exit(result, 0)
        return result.stdout

    def test_the_config_in_the_run_directory_trains_the_same_again(self):
        self.run_ok("config", "check", "out/config.yaml")
        self.run_ok("out/config.yaml", "run.dir=again")
        first, again = self.report(), self.report("again")
        self.assertEqual(first["result"]["weights_sha256"], again["result"]["weights_sha256"])

    def test_eval_measures_the_test_part_as_the_run_did(self):
        result = self.report()["result"]
        evaluated = json.loads(self.run_ok("eval", "out", "--json"))
        self.assertEqual(evaluated["accuracy"], result["test_accuracy"])
        self.assertEqual(evaluated["loss"], result["test_loss"])
        self.assertIn(f"{100 * result['test_accuracy']:.2f} %", self.run_ok("eval", "out"))

    def test_predict_prints_a_line_for_each_sample(self):
        self.write("more.csv", tiny.csv(tiny.rows(seed=2)))
        header, *lines = self.run_ok("predict", "out", "more.csv").splitlines()
        self.assertEqual(header, "sample,label,predicted,probability")
        fields = [line.split(",") for line in lines]
        self.assertEqual([int(sample) for sample, *_ in fields], list(range(tiny.SAMPLES)))
        self.assertEqual([int(label) for _, label, *_ in fields], [label for *_, label in tiny.rows(seed=2)])
        right = sum(label == predicted for _, label, predicted, _ in fields) / len(fields)
        self.assertEqual(right, json.loads(self.run_ok("eval", "out", "more.csv", "--json"))["accuracy"])
        self.assertTrue(all(1 / 3 < float(probability) <= 1 for *_, probability in fields))

    def test_predict_does_without_labels(self):
        points = tiny.rows(seed=2)
        self.write("labelled.csv", tiny.csv(points))
        self.write("unlabelled.csv", "".join(f"{x:.4f},{y:.4f}\n" for x, y, _ in points))
        labelled, unlabelled = (self.run_ok("predict", "out", f"{name}.csv").splitlines()
                                for name in ("labelled", "unlabelled"))
        without_label = [",".join(fields[:1] + fields[2:]) for fields in (line.split(",") for line in labelled)]
        self.assertEqual(unlabelled, without_label)

    def test_a_folder_without_a_run_is_refused(self):
        result = self.run_program("greentrain", "eval", "nothing")
        self.assert_exit(result, 2)
        self.assertTrue(result.stderr.startswith("nothing: no such folder"), result.stderr)


class Console(tiny.TestCase):
    def test_json_is_all_that_json_prints(self):
        result = self.train("--json", ranks=2)
        self.assertEqual(json.loads(result.stdout), self.report())

    def test_quiet_prints_the_receipt_alone(self):
        result = self.train("--quiet", "carbon.country=FRA", ranks=2)
        lines = result.stdout.splitlines()
        self.assertLessEqual(len(lines), 12)
        self.assertTrue(lines[0].startswith("run: "), lines)
        for label in "accuracy", "time", "energy", "carbon", "files":
            self.assertTrue(any(line.startswith(f"  {label} ") for line in lines), result.stdout)

    def test_a_run_without_an_intensity_says_nothing_of_carbon(self):
        self.assertNotIn("carbon", self.train().stdout)
        self.assertIsNone(self.report()["carbon"])

    def test_without_mpirun_one_rank_trains_and_says_so(self):
        output = self.train().stdout
        self.assertIn("Started without mpirun: one rank.", output)
        self.assertEqual(self.report()["provenance"]["ranks"], 1)
        self.assertNotIn("without mpirun", self.train("run.dir=under-mpirun", ranks=1).stdout)

    def test_the_settings_are_shown_with_their_origins(self):
        output = self.train("train.epochs=2", ranks=2).stdout
        self.assertRegex(output, r"(?m)^train\.epochs +2 +command line$")
        self.assertRegex(output, r"(?m)^model\.hidden +\[8\] +config\.yaml:2$")
        self.assertRegex(output, r"(?m)^2 ranks on 1 host \(.*\), cpu, \d+ threads? a rank on \d+ cores?.*$")

    def test_a_pipe_gets_no_escape_codes(self):
        for variables in {}, {"NO_COLOR": "1", "TERM": "xterm-256color"}:
            with self.subTest(variables):
                result = self.train(f"run.dir=out{len(variables)}", "run.progress_period=100ms", env=variables)
                self.assertNotRegex(result.stdout + result.stderr, r"[\x1b\r]")


class Init(program.TestCase):
    def test_a_template_is_a_valid_config_and_never_overwrites(self):
        for name in "digits", "text":
            with self.subTest(name):
                self.assert_exit(self.run_program("greentrain", "init", name), 0)
                self.assert_exit(self.run_program("greentrain", "config", "check", f"{name}.yaml"), 0)
                (self.folder / f"{name}.yaml").write_text("mine")
                again = self.run_program("greentrain", "init", name)
                self.assert_exit(again, 2)
                self.assertEqual(again.stderr, f"{name}.yaml exists already and is left as it is; name another "
                                               f"file: greentrain init {name} FILE\n")
                self.assertEqual((self.folder / f"{name}.yaml").read_text(), "mine")


if __name__ == "__main__":
    unittest.main()
