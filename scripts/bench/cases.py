"""What ddp.sh trains: five models, and data for them that both sides read from the same files."""

import dataclasses

import numpy as np

SEED = 1
CLASSES = 10
CONTEXT = 128


@dataclasses.dataclass(frozen=True)
class Case:
    name: str
    model: dict  # Section `model` of the config.
    shape: tuple  # Of a sample.
    batch: int  # Samples a rank.
    steps: int
    warmup: int  # Steps that are not timed: allocations, first touches, bucket sizes.
    every: int = 1  # Steps between two looks at clock and loss: writing them down takes 10 us.

    @property
    def is_text(self):
        return self.model["type"] == "gpt"

    @property
    def samples(self):
        """A multiple of every batch that is made of it, so that all batches are whole."""
        return self.batch * 32


CASES = [
    Case("mlp_small", {"type": "mlp", "hidden": [256, 256]}, (64,), 32, 1000, 200, every=10),
    Case("mlp_large", {"type": "mlp", "hidden": [2048, 2048]}, (784,), 64, 50, 10),
    Case("gpt27m", {"type": "gpt", "layers": 6, "width": 512, "heads": 8, "vocabulary": 8192, "tied": False},
         (CONTEXT,), 2, 12, 4),
    Case("resnet20", {"type": "resnet", "depth": 20}, (3, 32, 32), 32, 30, 6),
    Case("gpt3m", {"type": "gpt", "layers": 4, "width": 256, "heads": 4, "tied": False}, (CONTEXT,), 4, 30, 6),
]


def write_data(case, folder):
    """Something to learn: classes with a mean of their own under noise, or words that come again and again."""
    chance = np.random.default_rng(SEED)
    if case.is_text:
        words = [chance.integers(97, 123, length, dtype=np.uint8) for length in chance.integers(2, 10, 64)]
        length = case.samples * CONTEXT + 1
        picked = [np.append(words[i], np.uint8(32)) for i in chance.integers(0, len(words), length // 3 + 1)]
        (folder / "text").write_bytes(np.concatenate(picked)[:length].tobytes())
        return
    labels = (np.arange(case.samples) % CLASSES).astype(np.uint8)
    means = chance.integers(64, 192, (CLASSES, *case.shape))
    noise = chance.normal(0, 40, (case.samples, *case.shape))
    write_idx(folder / "images", np.clip(means[labels] + noise, 0, 255).astype(np.uint8))
    write_idx(folder / "labels", labels)


def write_idx(path, values):
    header = (0x0800 + values.ndim).to_bytes(4, "big") + b"".join(size.to_bytes(4, "big") for size in values.shape)
    path.write_bytes(header + values.tobytes())


def read_idx(path):
    content = path.read_bytes()
    sizes = [int.from_bytes(content[4 * i + 4:4 * i + 8], "big") for i in range(content[3])]
    return np.frombuffer(content, np.uint8, offset=4 + 4 * len(sizes)).reshape(sizes)


def read_data(case, folder):
    """Inputs and targets of all samples, as greentrain makes them of the files."""
    if not case.is_text:
        pixels = read_idx(folder / "images").astype(np.float32)
        return pixels / np.float32(255), read_idx(folder / "labels").astype(np.int64)
    text = np.frombuffer((folder / "text").read_bytes(), np.uint8).astype(np.int64)
    return text[:-1].reshape(-1, CONTEXT), text[1:].reshape(-1, CONTEXT)


def config(case, folder, ranks):
    """greentrain's config, as JSON may be read as YAML."""
    data = {"format": "text", "path": [f"{folder}/text"], "context": CONTEXT}
    if not case.is_text:
        data = {"format": "idx", "path": [f"{folder}/images"], "labels": [f"{folder}/labels"]}
    return {
        "data": {**data, "validation": 0, "test": 0},
        "model": case.model,
        "train": {"batch_size": case.batch * ranks, "epochs": 1000, "max_steps": case.steps, "learning_rate": 0.001,
                  "early_stopping": {"enabled": False}},
        "comm": {"threads": 1},
        "run": {"seed": SEED, "log_every": case.every},
    }
