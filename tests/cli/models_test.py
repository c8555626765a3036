"""Models as a user meets them: the configs that come with the program, layers of one's own, fine-tuning."""

import json
import random
import struct
import subprocess
import unittest
import zlib

import program
import tiny

CONFIGS = sorted(program.SOURCE.glob("configs/*.yaml"))
SPEC = "[{linear: 8, name: first}, relu, {dropout: 20%}, {linear: 8, name: second}, relu, {linear: classes}]"


def digits(classes=10, rows=120):
    """Lines of 64 pixels and a label, as data/digits.csv.gz has them."""
    chance = random.Random(classes)
    lines = []
    for row in range(rows):
        label = row % classes
        pixels = [(16 if pixel % classes == label else 0) + chance.randrange(3) for pixel in range(64)]
        lines.append(",".join(map(str, [*pixels, label])))
    return "\n".join(lines) + "\n"


def numbers(targets, rows=80):
    """Lines of four numbers and as many targets of 0 or 1."""
    chance = random.Random(targets)
    lines = []
    for _ in range(rows):
        x = [chance.uniform(-1, 1) for _ in range(4)]
        lines.append(",".join(map(str, x + [int(x[target] > 0) for target in range(targets)])))
    return "\n".join(lines) + "\n"


def write_safetensors(path, tensors):
    """float32 tensors as {name: (shape, values)}, from the definition of the format."""
    header, data = {}, b""
    for name, (shape, values) in tensors.items():
        content = struct.pack(f"<{len(values)}f", *values)
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [len(data), len(data) + len(content)]}
        data += content
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def read_safetensors(path):
    """The bytes of each tensor."""
    content = path.read_bytes()
    size = struct.unpack("<Q", content[:8])[0]
    header = json.loads(content[8:8 + size])
    data = content[8 + size:]
    return {name: data[slice(*entry["data_offsets"])] for name, entry in header.items() if name != "__metadata__"}


def png(width, height, level):
    """A grey RGB image."""
    def chunk(kind, content):
        return (struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content)))

    rows = (b"\0" + bytes([level]) * 3 * width) * height
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)) +
            chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


class Configs(tiny.TestCase):
    def data_for(self, config):
        """Makes data of the format that the config reads, and gives the settings that name them."""
        if "format: text" in config:
            self.write("words.txt", "the quick brown fox jumps over the lazy dog\n" * 400)
            return ["data.path=[words.txt]"]
        if "format: tokens" in config:
            chance = random.Random(1)
            self.write("tokens.bin", struct.pack("<20000H", *(chance.randrange(300) for _ in range(20000))))
            return ["data.path=[tokens.bin]", "data.token_width=uint16", "data.vocabulary=300", "data.context=32"]
        if "format: images" in config:
            for number in range(40):
                self.write(f"pictures/{number % 2}/{number}.png", png(32, 32, 100 * (number % 2) + number))
            return ["data.path=[pictures]"]
        if "targets: " in config:
            count = int(config.split("targets: ")[1].split()[0])
            self.write("numbers.csv", numbers(count))
            return ["data.path=[numbers.csv]"]
        self.write("data/digits.csv.gz", digits())
        return []

    def test_each_that_comes_with_the_program_trains_a_few_steps(self):
        families = set()
        self.assertGreater(len(CONFIGS), 13)
        for config in sorted(CONFIGS, key=lambda path: (path.stem == "finetune", path)):
            with self.subTest(config.name):
                data = self.data_for(config.read_text())
                result = self.run_program("greentrain", config, "train.max_steps=2",
                                          f"run.dir=runs/{config.stem}-1", *data, ranks=2)
                self.assert_exit(result, 0)
                report = self.report(f"runs/{config.stem}-1")
                self.assertEqual(report["result"]["steps"], 2)
                shown = self.run_program("greentrain", "config", "show", config).stdout
                families.add(shown.split("\nmodel:\n")[1].split()[1])
        self.assertEqual(families, {"linear", "mlp", "cnn", "resnet", "vit", "gpt", "spec"})


class Spec(tiny.TestCase):
    def trained(self, run, *arguments, config="config.yaml", **how):
        result = self.run_program("greentrain", config, "train.early_stopping.enabled=false", f"run.dir={run}",
                                  *arguments, **how)
        self.assert_exit(result, 0)
        return self.report(run)["result"]

    def test_a_model_printed_as_layers_trains_to_the_same_weights(self):
        family = ["model.type=resnet", "model.depth=8", "data.shape=[2, 1, 1]"]
        layers = self.run_program("greentrain", "config", "model", "config.yaml", *family)
        self.assert_exit(layers, 0)
        self.assertIn("- {conv: 16, norm: batch, name: first}\n", layers.stdout)
        self.write("layers.yaml", tiny.CONFIG.replace("model: {type: mlp, hidden: [8]}\n", layers.stdout))
        mine = self.trained("mine", "data.shape=[2, 1, 1]", config="layers.yaml", ranks=2)
        self.assertEqual(mine, self.trained("family", *family, ranks=2))

    def test_the_run_of_a_spec_is_evaluated_and_predicted_from_its_directory(self):
        result = self.trained("out", "model.type=spec", f"model.spec={SPEC}", "train.epochs=20")
        self.assertGreater(result["test_accuracy"], 0.8)
        evaluated = self.run_program("greentrain", "eval", "out", "--json")
        self.assert_exit(evaluated, 0)
        self.assertEqual(json.loads(evaluated.stdout)["loss"], result["test_loss"])
        self.assertEqual(len(self.run_program("greentrain", "predict", "out", "points.csv").stdout.splitlines()),
                         tiny.SAMPLES + 1)

    def test_recomputed_activations_give_the_same_weights(self):
        vit = ["model.type=vit", "model.patch=1", "model.layers=2", "model.width=8", "model.dropout=20%",
               "data.shape=[1, 1, 2]"]
        for name, model in {"vit": vit, "resnet": ["model.type=resnet", "model.depth=8", "data.shape=[2, 1, 1]"]}.items():
            kept = self.trained(f"{name}-kept", *model, ranks=2)
            recomputed = self.trained(f"{name}-recomputed", *model, "model.checkpoint_activations=true", ranks=2)
            self.assertEqual(recomputed, kept, name)

    def test_mistakes_name_the_layer_and_its_line(self):
        self.write("config.yaml", tiny.CONFIG.replace(
            "model: {type: mlp, hidden: [8]}",
            "model:\n  type: spec\n  spec:\n    - {linear: 8}\n    - {konv: 3}\n    - {linear: 8, bais: false}"))
        result = self.train(code=2)
        self.assertIn("config.yaml:6:7: error: model.spec[1] names no layer", result.stderr)
        self.assertIn("did you mean 'conv'?", result.stderr)
        self.assertIn("config.yaml:7:19: error: model.spec[2]: linear has no argument 'bais'", result.stderr)
        self.assertIn("2 errors; see: greentrain config explain model.spec", result.stderr)

    def test_shapes_that_do_not_fit_the_data_name_the_layer_and_both(self):
        for ranks in (None, 3):
            self.write("config.yaml", tiny.CONFIG.replace(
                "model: {type: mlp, hidden: [8]}",
                "model:\n  type: spec\n  spec:\n    - {linear: 8}\n    - residual: [{linear: 9}]\n      name: wide"))
            result = self.train(code=2, ranks=ranks)
            self.assertIn("config.yaml:6: model.spec[1] (residual 'wide'): its layers give [9], but its input, which "
                          "is added, is [8]", result.stderr)
            self.assertEqual(result.stderr.count("its layers give"), 1)

    def test_a_spec_without_its_type_and_a_type_without_its_spec_are_refused(self):
        self.assertIn("model.spec is given, but model.type is mlp",
                      self.train("model.spec=[relu]", code=2).stderr)
        self.assertIn("model.type is spec, but model.spec is not given",
                      self.train("model.type=spec", code=2).stderr)


class FineTuning(tiny.TestCase):
    def setUp(self):
        super().setUp()
        self.train("train.early_stopping.enabled=false", "run.dir=first")

    def tensors(self, run):
        return read_safetensors(self.folder / run / "best.safetensors")

    def test_it_goes_on_where_another_run_ended(self):
        first = self.report("first")["result"]
        for start in "first", "first/best.safetensors":
            self.train(f"model.init_from={start}", "run.dir=" + start.replace("/", "-") + "-again", ranks=2)
            again = self.report(start.replace("/", "-") + "-again")["result"]
            self.assertAlmostEqual(again["initial_validation_loss"], first["validation_loss"], places=5)

    def test_it_goes_on_from_the_last_weights_where_a_run_kept_no_best_ones(self):
        self.train("train.early_stopping.restore_best=false", "run.dir=last")
        self.assertFalse((self.folder / "last/best.safetensors").exists())
        self.train("model.init_from=last", "run.dir=again")
        self.assertAlmostEqual(self.report("again")["result"]["initial_validation_loss"],
                               self.report("last")["result"]["validation_loss"], places=5)

    def test_frozen_layers_stay_as_they_are_to_the_bit(self):
        for ranks in (1, 2, 3):
            self.train("model.init_from=first", "model.freeze=[dense.0]", f"run.dir=out-{ranks}", ranks=ranks)
            before, after = self.tensors("first"), self.tensors(f"out-{ranks}")
            for name in before:
                self.assertEqual(before[name] == after[name], not name.startswith("dense.output"), name)

    def test_frozen_normalisation_keeps_its_statistics(self):
        resnet = ["model.type=resnet", "model.depth=8", "data.shape=[2, 1, 1]"]
        self.train(*resnet, "run.dir=trained", ranks=3)
        self.train(*resnet, "model.init_from=trained", "model.freeze=[first, blocks.0]", "run.dir=out", ranks=3)
        before, after = self.tensors("trained"), self.tensors("out")
        for name in before:
            frozen = name.startswith(("first.", "blocks.0.", "input."))
            self.assertEqual(before[name] == after[name], frozen, name)

    def test_a_new_head_may_have_other_classes(self):
        points = [(x, y, label % 2) for x, y, label in tiny.rows()]
        self.write("points.csv", tiny.csv(points))
        result = self.train("model.init_from=first", "run.dir=two", code=2)
        self.assertIn("mismatch: dense.output.weight is F32 [3, 8], expected F32 [2, 8]", result.stderr)
        self.assertIn("model.new_head: true", result.stderr)
        self.train("model.init_from=first", "model.new_head=true", "model.freeze=[dense.0]", "run.dir=two")
        self.assertEqual(self.tensors("two")["dense.0.weight"], self.tensors("first")["dense.0.weight"])
        self.assertEqual(len(self.tensors("two")["dense.output.bias"]), 2 * 4)

    def test_a_file_that_python_wrote_is_read(self):
        path = self.folder / "python.safetensors"
        write_safetensors(path, {"fc.weight": ([3, 2], [1, 2, 3, 4, 5, 6]), "fc.bias": ([3], [0, 0, 0]),
                                 "bn.num_batches_tracked": ([], [7])})
        spec = ["model.type=spec", "model.spec=[{linear: classes, name: fc}]", "data.standardize=false"]
        self.train(*spec, f"model.init_from={path}", "model.freeze=[fc.weight]", "run.dir=out")
        self.assertEqual(self.tensors("out")["fc.weight"], struct.pack("<6f", 1, 2, 3, 4, 5, 6))
        self.assertNotEqual(self.tensors("out")["fc.bias"], bytes(12))

    def test_the_safetensors_package_reads_our_files_and_writes_ones_that_we_read(self):
        python = program.venv("tests-venv", "requirements.txt")
        other = self.folder / "other.safetensors"
        script = self.write("copy.py", """
import sys
from safetensors.numpy import load_file, save_file
tensors = load_file(sys.argv[1])
save_file({name: value * 2 if name.endswith("bias") else value for name, value in tensors.items()}, sys.argv[2])
""")
        subprocess.run([python, script, self.folder / "first/best.safetensors", other], check=True)
        self.train(f"model.init_from={other}", "model.freeze=[dense.0]", "run.dir=two")
        ours, theirs = self.tensors("two"), self.tensors("first")
        self.assertEqual(ours["dense.0.weight"], theirs["dense.0.weight"])
        doubled = [2 * value for value in struct.unpack("<8f", theirs["dense.0.bias"])]
        self.assertEqual(ours["dense.0.bias"], struct.pack("<8f", *doubled))

    def test_what_does_not_fit_is_listed_and_with_matching_left_out(self):
        path = self.folder / "other.safetensors"
        write_safetensors(path, {"dense.0.weight": ([8, 2], [0.5] * 16), "dense.0.bias": ([4], [0] * 4),
                                 "tail.weight": ([1], [0])})
        expected = ["mismatch: dense.0.bias is F32 [4], expected F32 [8]", "unexpected: tail.weight, F32 [1]",
                    "missing: dense.output.bias, F32 [3]", "missing: dense.output.weight, F32 [3, 8]"]
        for ranks in (None, 2):
            refused = self.train(f"model.init_from={path}", code=2, ranks=ranks)
            for line in expected:
                self.assertEqual(refused.stderr.count(line), 1, line)
        self.assertNotIn("missing: input", refused.stderr)
        taken = self.train(f"model.init_from={path}", "model.init_policy=matching", "model.freeze=[dense.0.weight]")
        for line in expected:
            self.assertIn(line, taken.stderr)
        self.assertEqual(self.tensors("out")["dense.0.weight"], struct.pack("<16f", *[0.5] * 16))

    def test_bad_input_is_refused_with_the_reason(self):
        self.write("cut.safetensors", (self.folder / "first/best.safetensors").read_bytes()[:-1])
        write_safetensors(self.folder / "none.safetensors", {"x": ([1], [0])})
        for arguments, expected in [
                (["model.init_from=nothing.safetensors"], "nothing.safetensors"),
                (["model.init_from=cut.safetensors"], "cut.safetensors: not a safetensors file: tensor "),
                (["model.init_from=none.safetensors", "model.init_policy=matching"], "none of its 1 tensors fits"),
                (["model.new_head=true"], "model.init_from names no file"),
                (["model.freeze=[dense.1]"], "'dense.1', but no parameter is called so; expected names of layers, such "
                                             "as dense; did you mean 'dense.0'?"),
                (["model.freeze=[dense]"], "leaves nothing to train")]:
            with self.subTest(arguments):
                self.assertIn(expected, self.train(*arguments, code=2).stderr)


if __name__ == "__main__":
    unittest.main()
