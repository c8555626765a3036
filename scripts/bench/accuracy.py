"""Called by accuracy.sh: the same settings trained by greentrain and by PyTorch, seed by seed."""

import argparse
import glob
import gzip
import json
import math
import pathlib
import statistics
import tempfile

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

import bench
import models

GREENTRAIN = bench.RELEASE / "bin/greentrain"
SEEDS = 10
STUDENT = {2: 12.706, 3: 4.303, 4: 3.182, 5: 2.776, 10: 2.262}  # 97.5 % points of Student's t, by number of values.
CONTEXT = 64

# Sections of greentrain's config; the PyTorch side reads the same. Those of configs/digits.yaml and configs/text.yaml
# but for early stopping: both train all epochs and are judged by their last weights.
DIGITS = {
    "model": {"type": "cnn", "channels": [24, 48], "hidden": [128], "dropout": 0.4},
    "train": {"batch_size": 64, "epochs": 60, "learning_rate": 0.002,
              "optimizer": {"type": "adamw", "beta2": 0.999, "weight_decay": 0.05},
              "schedule": {"type": "cosine", "warmup": 0.05, "floor": 0.0}},
}
TEXT = {
    "model": {"type": "gpt", "layers": 2, "width": 64, "heads": 4, "tied": True},
    "train": {"batch_size": 32, "epochs": 3, "learning_rate": 0.003,
              "optimizer": {"type": "adamw", "beta2": 0.99, "weight_decay": 0.1},
              "schedule": {"type": "cosine", "warmup": 0.05, "floor": 0.1}},
}


class Cnn(nn.Module):
    """configs/digits.yaml's, with PyTorch's own layers and first weights."""

    def __init__(self, settings, classes):
        super().__init__()
        first, second = settings["channels"]
        self.layers = nn.Sequential(
            nn.Conv2d(1, first, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(first, second, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
            nn.Linear(4 * second, settings["hidden"][0]), nn.ReLU(), nn.Dropout(settings["dropout"]),
            nn.Linear(settings["hidden"][0], classes))

    def forward(self, x):
        return self.layers(x)


def gpt(settings):
    """models.Gpt with GPT-2's first weights (Radford et al. 2019): N(0, 0.02), less on the way into the residual."""
    model = models.Gpt(CONTEXT, 256, settings["layers"], settings["width"], settings["heads"], settings["tied"])
    for name, parameter in model.named_parameters():
        if name.endswith(("projection.weight", "contract.weight")):
            nn.init.normal_(parameter, std=0.02 / math.sqrt(2 * settings["layers"]))
        elif name.endswith("bias"):
            nn.init.zeros_(parameter)
        elif "norm" not in name:
            nn.init.normal_(parameter, std=0.02)
    return model


def rate_factor(schedule, steps):
    """trainer/optim/learning_rate.h, for LambdaLR."""
    warmup, floor = round(schedule["warmup"] * steps), schedule["floor"]

    def factor(step):
        if step < warmup:
            return (step + 1) / (warmup + 1)
        return floor + (1 - floor) * (1 + math.cos(math.pi * (step - warmup) / (steps - warmup))) / 2

    return factor


def train_with_torch(model, inputs, targets, settings):
    options = settings["optimizer"]
    optimizer = torch.optim.AdamW(model.parameters(), lr=settings["learning_rate"], betas=(0.9, options["beta2"]),
                                  weight_decay=options["weight_decay"], fused=True)
    batch, epochs = settings["batch_size"], settings["epochs"]
    steps = epochs * math.ceil(len(inputs) / batch)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, rate_factor(settings["schedule"], steps))
    model.train()
    for _ in range(epochs):
        for some in torch.randperm(len(inputs)).split(batch):
            optimizer.zero_grad()
            F.cross_entropy(model(inputs[some]).flatten(0, -2), targets[some].flatten()).backward()
            optimizer.step()
            schedule.step()
    model.eval()


def train_with_greentrain(settings, data, train, test, seed, folder):
    """What `greentrain eval` says of the test file."""
    config = {"data": {**data, "path": [str(train)], "validation": 0, "test": 0}, "model": settings["model"],
              "train": {**settings["train"], "early_stopping": {"enabled": False}},
              "run": {"seed": seed, "dir": str(folder / "run")}}
    (folder / "config.yaml").write_text(json.dumps(config))
    bench.output_of(bench.mpirun(GREENTRAIN, folder / "config.yaml", "--quiet"))
    return json.loads(bench.output_of([GREENTRAIN, "eval", folder / "run", test, "--json"]))


class Digits:
    name, unit = "digits", "percentage points of accuracy"

    def __init__(self, quick):
        text = gzip.decompress((bench.ROOT / "data/digits.csv.gz").read_bytes()).decode()
        self.rows = np.array([line.split(",") for line in text.split()], dtype=np.float32)
        self.settings = {**DIGITS, "train": {**DIGITS["train"], "epochs": 5 if quick else DIGITS["train"]["epochs"]}}

    def pair(self, seed, folder):
        """Accuracy of greentrain and of PyTorch in percent, on a quarter of the digits that none has seen."""
        order = np.random.default_rng(seed).permutation(len(self.rows))
        test, train = np.split(self.rows[order], [len(order) // 4])
        for name, rows in (("train.csv", train), ("test.csv", test)):
            np.savetxt(folder / name, rows, "%d", ",")
        ours = train_with_greentrain(self.settings, {"format": "csv", "shape": [1, 8, 8]}, folder / "train.csv",
                                     folder / "test.csv", seed, folder)
        torch.manual_seed(seed)
        model = Cnn(self.settings["model"], 10)
        mean, deviation = train[:, :-1].mean(), train[:, :-1].std()
        (x, y), (test_x, test_y) = (
            (torch.from_numpy((rows[:, :-1] - mean) / deviation).view(-1, 1, 8, 8),
             torch.from_numpy(rows[:, -1].astype(np.int64))) for rows in (train, test))
        train_with_torch(model, x, y, self.settings["train"])
        with torch.no_grad():
            theirs = (model(test_x).argmax(1) == test_y).double().mean().item()
        return 100 * ours["accuracy"], 100 * theirs

    @staticmethod
    def difference(ours, theirs):
        return ours - theirs


class Text:
    name, unit = "text", "% of the loss"

    def __init__(self, quick):
        files = sorted(path for path in glob.glob("/usr/share/common-licenses/*-*"))
        self.text = b"".join(pathlib.Path(path).read_bytes() for path in files)
        if not self.text:
            raise bench.Failed("no text in /usr/share/common-licenses: expected Debian's package base-files")
        self.settings = {**TEXT, "train": {**TEXT["train"], "epochs": 1 if quick else TEXT["train"]["epochs"]}}

    def pair(self, seed, folder):
        """Loss of greentrain and of PyTorch on a tenth of the text that none has seen."""
        length = len(self.text) // SEEDS
        begin = (seed - 1) % SEEDS * length
        parts = {"test": self.text[begin:begin + length], "train": self.text[:begin] + self.text[begin + length:]}
        for name, part in parts.items():
            (folder / name).write_bytes(part)
        ours = train_with_greentrain(self.settings, {"format": "text", "context": CONTEXT}, folder / "train",
                                     folder / "test", seed, folder)
        torch.manual_seed(seed)
        model = gpt(self.settings["model"])
        (x, y), (test_x, test_y) = map(self.samples, (parts["train"], parts["test"]))
        train_with_torch(model, x, y, self.settings["train"])
        with torch.no_grad():
            theirs = F.cross_entropy(model(test_x).flatten(0, -2), test_y.flatten()).item()
        return ours["loss"], theirs

    @staticmethod
    def samples(part):
        tokens = torch.frombuffer(bytearray(part), dtype=torch.uint8).long()
        used = (len(tokens) - 1) // CONTEXT * CONTEXT
        return tokens[:used].view(-1, CONTEXT), tokens[1:used + 1].view(-1, CONTEXT)

    @staticmethod
    def difference(ours, theirs):
        return 100 * (ours / theirs - 1)


def measure(task, seeds):
    """The differences of all pairs; prints them, their mean and its interval."""
    differences = []
    for seed in range(1, seeds + 1):
        with tempfile.TemporaryDirectory(prefix="greentrain-accuracy-") as folder:
            ours, theirs = task.pair(seed, pathlib.Path(folder))
        differences.append(task.difference(ours, theirs))
        print(f"{task.name} seed {seed:2}  greentrain {ours:8.4f}  PyTorch {theirs:8.4f}  {differences[-1]:+.3f}",
              flush=True)
    mean = statistics.mean(differences)
    half = STUDENT[seeds] * statistics.stdev(differences) / math.sqrt(seeds)
    print(f"{task.name}: {mean:+.3f} {task.unit}, 95 % interval {mean - half:+.3f} to {mean + half:+.3f}")
    return mean


def run():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("tasks", nargs="*", choices=["digits", "text", []], metavar="TASK", help="digits, text")
    arguments = parser.parse_args()
    torch.set_num_threads(2)
    results = {}
    for kind in Digits, Text:
        if not arguments.tasks or kind.name in arguments.tasks:
            results[kind.name] = measure(kind(arguments.quick), 2 if arguments.quick else SEEDS)
    for name, mean in results.items():
        bench.result({"digits": "accuracy_delta_digits_pct", "text": "loss_delta_text_pct"}[name], mean)


if __name__ == "__main__":
    bench.main(run)
