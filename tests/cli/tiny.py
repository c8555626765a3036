"""A training job of a second: the base class of the tests that train.

Three classes of points in the plane, 90 of them; an mlp learns them in a few steps.
"""

import json
import random

import program

CONFIG = """\
data: {path: [points.csv]}
model: {type: mlp, hidden: [8]}
train: {batch_size: 16, epochs: 3, learning_rate: 0.05}
run: {dir: out}
"""
SAMPLES = 90
TRAINING_SAMPLES = 62  # The rest: 15 % are for validation, 15 % for the test.


def rows(seed=1):
    """`x,y,class` of each point; the same for the same seed."""
    chance = random.Random(seed)
    centres = ((-1, 0), (1, 0), (0, 2))
    return [(chance.gauss(centres[label][0], 0.5), chance.gauss(centres[label][1], 0.5), label)
            for label in (sample % 3 for sample in range(SAMPLES))]


def csv(points):
    return "".join(f"{x:.4f},{y:.4f},{label}\n" for x, y, label in points)


class TestCase(program.TestCase):
    def setUp(self):
        super().setUp()
        self.write("points.csv", csv(rows()))
        self.write("config.yaml", CONFIG)

    def write(self, name, content):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def train(self, *arguments, code=0, **how):
        result = self.run_program("greentrain", "config.yaml", *arguments, **how)
        self.assert_exit(result, code)
        return result

    def report(self, run="out"):
        return json.loads((self.folder / run / "report.json").read_text())

    def metrics(self, run="out"):
        """The lines of metrics.jsonl; fails if one is not whole."""
        text = (self.folder / run / "metrics.jsonl").read_text()
        self.assertTrue(text == "" or text.endswith("\n"), text[-80:])
        return [json.loads(line) for line in text.splitlines()]
