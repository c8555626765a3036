"""Token files, image folders, augmentation and pruning as a user meets them: what runs, and what is refused with which
words."""

import random
import struct
import unittest
import zlib

import program
import tiny

STEPS = ("train.max_steps=3", "train.early_stopping.enabled=false", "run.dir=out")


def png(width, height, colour):
    """A PNG file of one colour, 8 bits each of red, green and blue."""
    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    row = b"\0" + bytes(colour) * width
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)) +
            chunk(b"IDAT", zlib.compress(row * height)) + chunk(b"IEND", b""))


def jpeg():
    """A small JPEG file: that of the fuzzer, without the byte in front that is not its own."""
    return (program.SOURCE / "tests/fuzz/corpus/image/colour.jpg").read_bytes()[1:]


def llmc(ids):
    """A token file as llm.c's tools write it."""
    return struct.pack("<3I", 20240520, 1, len(ids)).ljust(1024, b"\0") + struct.pack(f"<{len(ids)}H", *ids)


class Data(tiny.TestCase):
    def run_config(self, name, *arguments, code=0, ranks=None):
        config = program.SOURCE / "configs" / name
        result = self.run_program("greentrain", config, *arguments, ranks=ranks)
        self.assert_exit(result, code)
        return result

    def write_images(self, bad=()):
        chance = random.Random(1)
        for name, colour in ("green", (20, 200, 40)), ("red", (210, 30, 20)):
            for number in range(20):
                shade = [max(0, min(255, part + chance.randrange(-15, 16))) for part in colour]
                self.write(f"set/{name}/{number}.png", png(10 + number % 3, 12, shade))
        self.write("set/red/photo.jpg", jpeg())
        for path in bad:
            self.write(path, b"GIF89a")


class Tokens(Data):
    def test_the_example_runs_on_a_file_of_llm_c(self):
        self.write("a.bin", llmc([i * 7 % 300 for i in range(5000)]))
        result = self.run_config("tokens.yaml", "data.path=[a.bin]", "data.context=32", "data.vocabulary=0",
                                 "model.layers=1", "model.width=16", "model.heads=2", *STEPS, ranks=2)
        self.assertIn("tokens: stopped by train.max_steps after 1 epoch and 3 steps", result.stdout)
        self.assertEqual(self.report()["result"]["steps"], 3)

    def test_a_wrong_width_is_refused(self):
        self.write("a.bin", b"abc")
        for width, why in ("auto", "set data.token_width to uint16 or uint32"), ("uint16", "expected a multiple of 2"):
            result = self.run_config("tokens.yaml", "data.path=[a.bin]", f"data.token_width={width}", *STEPS, code=2)
            self.assertIn("a.bin: ", result.stderr)
            self.assertIn(why, result.stderr)

    def test_ids_past_the_vocabulary_are_refused(self):
        self.write("a.bin", llmc([1, 2, 500] * 300))
        result = self.run_config("tokens.yaml", "data.path=[a.bin]", "data.vocabulary=500", *STEPS, code=2, ranks=2)
        self.assertIn("a.bin: token 2 is 500, expected ids below 500, which is data.vocabulary", result.stderr)


class Images(Data):
    def test_the_example_runs_and_leaves_out_what_does_not_decode(self):
        self.write_images(bad=["set/red/broken.png", "set/green/broken.jpg"])
        for ranks in None, 2:
            result = self.run_config("images.yaml", "data.path=[set]", "data.shape=[3,8,8]", "model.depth=8",
                                     "train.batch_size=8", "train.early_stopping.enabled=false",
                                     f"run.dir=out-{ranks}", "train.epochs=2", ranks=ranks)
            data = self.report(f"out-{ranks}")["data"]
            self.assertEqual(data["unreadable"], 2)
            self.assertEqual(data["unreadable_names"], ["set/green/broken.jpg", "set/red/broken.png"])
            self.assertIn("2 that cannot be read left out: set/green/broken.jpg, set/red/broken.png", result.stdout)
            self.assertIn("broken.png: it is neither JPEG nor PNG; the image is left out", result.stderr)

    def test_one_that_does_not_decode_ends_the_run_when_asked_to(self):
        self.write_images(bad=["set/red/broken.png"])
        for threads in 0, 2:
            result = self.run_config("images.yaml", "data.path=[set]", "data.shape=[3,8,8]", "data.bad_images=fatal",
                                     "data.standardize=false", "train.batch_size=8", "model.depth=8",
                                     f"data.threads={threads}", f"run.dir=out-{threads}", code=2, ranks=2)
            self.assertIn("set/red/broken.png: it is neither JPEG nor PNG", result.stderr)

    def test_a_folder_without_classes_and_a_missing_shape_are_refused(self):
        self.write("set/a.txt", "no image")
        result = self.run_config("images.yaml", "data.path=[set]", code=2)
        self.assertIn("set: 0 sub-folders with images, expected two or more, one for each class", result.stderr)
        result = self.run_config("images.yaml", "data.shape=[]", code=2)
        self.assertIn("expected data.shape with 1 or 3 channels, height and width", result.stderr)


class Pruning(tiny.TestCase):
    def test_ranks_leave_out_the_same_samples_and_the_report_says_what_that_saved(self):
        for method in "infobatch", "rs2":
            by_ranks = {}
            for ranks in 1, 2, 3:
                run = f"{method}-{ranks}"
                result = self.train(f"data.pruning.method={method}", "train.epochs=8",
                                    "train.early_stopping.enabled=false", f"run.dir={run}", ranks=ranks)
                report = self.report(run)
                saved = by_ranks[ranks] = report["pruning"]
                self.assertEqual(saved["method"], method)
                seen = report["result"]["samples_seen"]
                self.assertEqual(saved["samples_left_out"] + seen, 8 * tiny.TRAINING_SAMPLES)
                self.assertAlmostEqual(saved["left_out_share"], saved["samples_left_out"] / 8 / tiny.TRAINING_SAMPLES)
                self.assertLessEqual(0, saved["joules_lo"])
                self.assertLessEqual(saved["joules_lo"], saved["joules_hi"])
                self.assertEqual(saved["quality"], "estimated")
                self.assertIn(f"by {method}, ", result.stdout)
                self.assertGreater(report["result"]["test_accuracy"], 0.8)
            self.assertGreater(by_ranks[1]["left_out_share"], 0.1)
            self.assertAlmostEqual(by_ranks[2]["left_out_share"], by_ranks[1]["left_out_share"], delta=0.05)

    def test_a_fraction_of_the_samples_is_among_what_was_saved(self):
        self.train("data.fraction=50%", "train.epochs=4", "train.early_stopping.enabled=false", "run.dir=half", ranks=2)
        saved = self.report("half")["pruning"]
        self.assertEqual(saved["method"], "fraction")
        self.assertAlmostEqual(saved["left_out_share"], 0.5, delta=0.02)
        self.assertGreater(saved["samples_left_out"], 0)

    def test_the_invariant_reduction_keeps_its_bits(self):
        hashes = set()
        for ranks in 1, 2:
            self.train("data.pruning.method=infobatch", "data.augment.mixup=0.2", "comm.reduction=invariant",
                       "comm.virtual_workers=4", "train.epochs=6", "train.early_stopping.enabled=false",
                       f"data.threads={ranks - 1}", f"run.dir=on-{ranks}", ranks=ranks)
            hashes.add(self.report(f"on-{ranks}")["result"]["weights_sha256"])
        self.assertEqual(len(hashes), 1)

    def test_a_fraction_of_the_training_part_is_used(self):
        self.train("data.fraction=50%", "run.dir=out", "train.early_stopping.enabled=false", "train.epochs=1")
        self.assertAlmostEqual(self.report()["result"]["samples_seen"], tiny.TRAINING_SAMPLES / 2, delta=2)

    def test_the_report_says_how_long_samples_were_waited_for(self):
        self.train("train.early_stopping.enabled=false")
        data = self.report()["data"]
        self.assertGreater(data["waited_s"], 0)
        self.assertLess(data["waited_share"], 1)


class Options(tiny.TestCase):
    def test_what_has_no_effect_is_refused(self):
        for setting, why in [
            ("data.augment.flip=true", "data.augment turns, moves or cuts images, but data.format csv gives none"),
            ("data.vocabulary=10", "data.token_width and data.vocabulary are for tokens"),
            ("data.bad_images=skip", "data.bad_images is for images, but data.format is csv"),
            ("data.pruning.ratio=100%", "data.pruning.ratio"),
            ("data.fraction=0%", "data.fraction"),
        ]:
            result = self.train(setting, code=2)
            self.assertIn(why, result.stderr)


if __name__ == "__main__":
    unittest.main()
