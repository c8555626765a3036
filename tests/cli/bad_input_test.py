"""What bad input gets: one clear message, the right exit code, no rank left, no file under a final name.

The messages are compared with tests/golden/cli/NAME.txt; with GREENTRAIN_WRITE_GOLDEN set they are written instead.
"""

import gzip
import os
import re
import socket
import subprocess
import unittest

import program
import tiny

GOLDEN = program.SOURCE / "tests/golden/cli"
HOST = re.escape(socket.gethostname())
GOOD = tiny.csv(tiny.rows())
NO_GPU = {"CUDA_VISIBLE_DEVICES": ""}

# Name: (files written beside the good ones, arguments).
MISTAKES = {
    "no_config": ({}, ["absent.yaml"]),
    "unknown_key": ({"config.yaml": "data: {path: [points.csv]}\ntrain: {batchsize: 8}\n"}, []),
    "wrong_type": ({"config.yaml": "data: {path: [points.csv]}\ntrain: {epochs: many}\n"}, []),
    "out_of_range": ({}, ["train.epochs=0"]),
    "unknown_country": ({}, ["carbon.country=FRX"]),
    "no_data": ({}, ["data.path=[absent.csv]"]),
    "empty_data": ({"points.csv": ""}, []),
    "wrong_magic": ({"images": GOOD, "labels": GOOD},
                    ["data.format=idx", "data.path=[images]", "data.labels=[labels]"]),
    "truncated_gzip": ({"points.csv": gzip.compress(GOOD.encode(), compresslevel=0, mtime=0)[:-100]}, []),
    "truncated_batch": ({"points.bin": b"\x01" * 4000}, ["data.format=cifar10", "data.path=[points.bin]"]),
    "not_a_number": ({"points.csv": GOOD + "nan,0.5,1\n"}, []),
    "ragged_row": ({"points.csv": GOOD + "0.5,1\n"}, []),
    "label_below_0": ({"points.csv": GOOD + "0.5,0.5,-1\n"}, []),
    "label_too_large": ({"points.csv": GOOD + "0.5,0.5,70000\n"}, []),
    "shape_that_does_not_fit": ({}, ["data.shape=[1, 8, 8]"]),
    "cannot_make_the_run_directory": ({}, ["run.dir=points.csv/run"]),
    "holds_a_run": ({"out/report.json": "{}"}, []),
    "unknown_metric": ({}, ["train.metrics=[f1]", "train.early_stopping.monitor=validation_acuracy"]),
    "metric_past_the_classes": ({}, ["train.metrics=[top_4]"]),
    "class_weights_that_do_not_fit": ({}, ["train.loss.class_weights=[1, 2]"]),
    "loss_without_numbers": ({}, ["train.loss.type=mse"]),
    "batch_not_in_virtual_workers": ({}, ["comm.reduction=invariant", "train.batch_size=100",
                                          "train.micro_batch_size=4"]),
    "settings_of_other_optimizers": ({}, ["train.optimizer.nesterov=true", "train.schedule.type=inverse_sqrt"]),
    "no_gpu": ({}, ["train.device=cuda"]),
}


class BadInput(tiny.TestCase):
    def files(self):
        return {str(path.relative_to(self.folder)): path.read_bytes()
                for path in self.folder.rglob("*") if path.is_file()}

    def assert_golden(self, name, text):
        golden = GOLDEN / f"{name}.txt"
        if "GREENTRAIN_WRITE_GOLDEN" in os.environ:
            golden.parent.mkdir(exist_ok=True)
            golden.write_text(text)
        self.assertEqual(text, golden.read_text(), f"run with GREENTRAIN_WRITE_GOLDEN=1 to write {golden}")

    def portable(self, text):
        """Without the ranks in front, which are only there on several, and the names of this machine."""
        return re.sub(rf"\Arank(s 0-1|s 0,1| 0) \({HOST}\): ", "", text).replace(str(self.folder), "FOLDER")

    def assert_refused(self, name, arguments, ranks):
        """Without mpirun exactly the text; on several ranks it may say before the text which ranks found it."""
        before = self.files()
        config, *overrides = arguments if arguments and arguments[0].endswith(".yaml") else ["config.yaml", *arguments]
        result = self.run_program("greentrain", config, *overrides, ranks=ranks, env=NO_GPU)
        self.assert_exit(result, 2)
        self.assertEqual(result.stdout, "")
        self.assert_golden(name, self.portable(result.stderr))
        self.assertEqual(self.files(), before)

    def test_a_mistake_is_said_once_and_leaves_nothing_behind(self):
        for name, (files, arguments) in MISTAKES.items():
            with self.subTest(name):
                self.setUp()
                for file, content in files.items():
                    self.write(file, content)
                self.assert_refused(name, arguments, ranks=None)
                self.assert_refused(name, arguments, ranks=2)

    def test_too_many_ranks_for_the_data_or_the_batch(self):
        self.assert_refused("batch_below_ranks", ["train.batch_size=1"], ranks=2)
        self.write("points.csv", "0,1,0\n1,0,1\n0,2,0\n")
        self.assert_refused("more_ranks_than_samples", ["train.batch_size=64", "data.test=0%"], ranks=3)

    def test_wrong_arguments_are_a_mistake_too(self):
        for arguments, message in {
                "config.yaml --colour": "The following argument was not expected: --colour",
                "eval": "run_dir is required",
                "init digit": "template: digit not in {digits,text}",
                "eval absent": "absent: no such folder, expected the directory of a run, such as runs/digits-1"}.items():
            for ranks in None, 2:
                with self.subTest(arguments, ranks=ranks):
                    result = self.run_program("greentrain", *arguments.split(), ranks=ranks)
                    self.assert_exit(result, 2)
                    self.assertEqual((result.stdout, result.stderr.splitlines()[0]), ("", message))
                    self.assertEqual(result.stderr.count(message), 1, result.stderr)

    def test_no_arguments_get_the_help_once(self):
        for ranks in None, 2:
            result = self.run_program("greentrain", ranks=ranks)
            self.assert_exit(result, 2)
            self.assertEqual(result.stderr.count("Usage: greentrain"), 1, result.stderr)

    def test_a_loss_that_is_not_finite_ends_the_run(self):
        self.write("points.csv", "1e30,0,0\n0,1e30,1\n" * 30)
        for ranks in None, 2:
            with self.subTest(ranks=ranks):
                result = self.run_program("greentrain", "config.yaml", "data.standardize=false",
                                          "train.learning_rate=100", "train.optimizer.type=sgd", f"run.dir=out{ranks}", ranks=ranks)
                self.assert_exit(result, 1)
                self.assert_golden("loss_not_finite", result.stderr)
                self.assertFalse((self.folder / f"out{ranks}/report.json").exists())
                self.assertFalse((self.folder / f"out{ranks}/best.safetensors").exists())

    def test_output_that_cannot_be_written_is_a_failure(self):
        self.train()
        for arguments in "eval out", "predict out points.csv", "config show config.yaml":
            with self.subTest(arguments), open("/dev/full", "w") as full:
                result = subprocess.run([program.BIN / "greentrain", *arguments.split()], cwd=self.folder,
                                        stdout=full, stderr=subprocess.PIPE, text=True, timeout=60)
                self.assertEqual((result.returncode, result.stderr), (1, "cannot write to standard output\n"))

    def test_a_second_run_into_the_same_directory_is_refused(self):
        self.train()
        self.assertIn("out: already holds a run", self.train(code=2).stderr)


class UnevenHosts(tiny.TestCase):
    """Rank 1 runs in another working directory, as on another host."""

    def train_apart(self, *arguments):
        word = [program.BIN / "greentrain", "config.yaml", *arguments]
        return self.finish(self.start(["mpirun", "--quiet", "--oversubscribe", "-n", "1", *word, ":",
                                       "-n", "1", "--wdir", self.folder / "other", *word]))

    def setUp(self):
        super().setUp()
        (self.folder / "other").mkdir()

    def test_a_rank_without_the_data_is_named(self):
        result = self.train_apart()
        self.assert_exit(result, 2)
        self.assertRegex(result.stderr, rf"\Arank 1 \({HOST}\): .*points\.csv.*\n\Z")
        self.assertFalse((self.folder / "out").exists())

    def test_a_rank_with_other_data_is_named(self):
        self.write("other/points.csv", tiny.csv(tiny.rows(seed=2)))
        result = self.train_apart()
        self.assert_exit(result, 2)
        self.assertRegex(result.stderr, rf"\Arank 1 \({HOST}\): points\.csv: the files differ from rank 0's .*\n\Z")

    def test_only_rank_0_needs_the_config(self):
        self.write("other/points.csv", GOOD)
        self.assert_exit(self.train_apart("--quiet"), 0)
        self.assertEqual(self.report()["provenance"]["ranks"], 2)
        self.assertEqual([path.name for path in (self.folder / "other").iterdir()], ["points.csv"])


class FullDisk(tiny.TestCase):
    """The disk under the run directory fills up while the run goes on."""

    LONG = ["train.epochs=1000000", "train.early_stopping.enabled=false", "run.dir=disk/out"]

    def assert_ended_cleanly(self, result, reason):
        self.assert_exit(result, 1)
        self.assertRegex(result.stderr, rf"\A(rank 0 \({HOST}\): )?disk/out/\S+: cannot write: {reason}.*\n\Z")
        left = {path.name for path in (self.folder / "disk/out").iterdir()} - {"energy"}  # Which may have had no room.
        self.assertEqual(left, {"config.yaml", "metrics.jsonl"})
        self.assertTrue(self.metrics("disk/out"))

    def test_a_full_disk_ends_all_ranks_and_leaves_whole_lines(self):
        # The small disk exists in a mount namespace of its own; what lies on it is copied before it goes.
        script = ("mount -t tmpfs -o size=128k tmpfs disk && { \"$@\"; code=$?; cp -r disk/out kept; exit $code; }")
        (self.folder / "disk").mkdir()
        separate = ["unshare", "--map-root-user", "--mount"]
        if subprocess.run([*separate, "mount", "-t", "tmpfs", "tmpfs", self.folder / "disk"],
                          capture_output=True).returncode != 0:
            self.skipTest("this machine lets no user mount a small disk")
        for ranks in None, 2:
            with self.subTest(ranks=ranks):
                word = self.command("greentrain", "config.yaml", *self.LONG, ranks=ranks)
                result = self.finish(self.start([*separate, "sh", "-c", script, "sh", *word]))
                (self.folder / "kept").rename(self.folder / "disk/out")
                self.assert_ended_cleanly(result, "No space left on device; free some space there")
                (self.folder / "disk/out").rename(self.folder / f"kept-{ranks}")

    def test_a_limit_on_the_size_of_files_does_the_same(self):
        word = self.command("greentrain", "config.yaml", *self.LONG)  # mpirun itself needs larger files.
        result = self.finish(self.start(["sh", "-c", "ulimit -f 64; exec \"$@\"", "sh", *word]))
        self.assert_ended_cleanly(result, "File too large")


if __name__ == "__main__":
    unittest.main()
