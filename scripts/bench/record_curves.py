"""Run by early_stopping.sh --record: trains to the end, without early stopping, and keeps each run's validation curve."""

import json
import pathlib
import sys
import tempfile

import bench

CURVES = bench.HERE / "curves"

# About 100 evaluations a run. The learning rate stays as it is after its warm-up: with one that falls to 0 at the
# planned end, every rule that ends a run before it would be judged by the schedule it cut off.
SHARED = ["train.early_stopping.enabled=false", "train.schedule.type=constant"]
CASES = {
    "digits": {"settings": ["train.epochs=25", "train.evaluate_every=5"], "seeds": range(1, 11),
               "learning_rates": ["0.0005", "0.002"]},
    "text": {"settings": ["train.epochs=3", "train.evaluate_every=10"], "seeds": range(1, 4),
             "learning_rates": ["0.001", "0.003"]},
}


def curve(config, settings):
    """The evaluations of one whole run: step, validation loss, joules so far."""
    with tempfile.TemporaryDirectory() as folder:
        run = pathlib.Path(folder) / "run"
        bench.output_of([bench.RELEASE / "bin/greentrain", f"configs/{config}.yaml", "--quiet", f"run.dir={run}",
                         *SHARED, *settings])
        lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    return [(line["step"], line["validation_loss"], line.get("joules", 0)) for line in lines if "validation_loss" in line]


def record(config, case):
    rows = ["run,step,validation_loss,joules"]
    for learning_rate in case["learning_rates"]:
        for seed in case["seeds"]:
            name = f"lr{learning_rate}-seed{seed}"
            points = curve(config, [*case["settings"], f"train.learning_rate={learning_rate}", f"run.seed={seed}"])
            print(f"{config} {name}: {len(points)} evaluations, best {min(loss for _, loss, _ in points):.4f}",
                  file=sys.stderr)
            rows += [f"{name},{step},{loss:.6g},{joules:.6g}" for step, loss, joules in points]
    (CURVES / f"{config}.csv").write_text("\n".join(rows) + "\n")


def run():
    CURVES.mkdir(exist_ok=True)
    for config, case in CASES.items():
        record(config, case)


bench.main(run)
