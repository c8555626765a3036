"""Run by infobatch.sh: trains digits with and without pruning on the same seeds, prints a table and the RESULT lines."""

import argparse
import json
import math
import pathlib
import statistics
import tempfile

import bench

GREENTRAIN = bench.RELEASE / "bin/greentrain"
WAYS = "none", "infobatch", "rs2"
# Two-sided 95 % points of Student's t by degrees of freedom, 1 to 30; beyond, that of 30, which is a little wide.
T95 = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131, 2.120,
       2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042)


def train(way, seed, epochs, folder):
    """The report of one run. A third of the data is for the test, so that its accuracy is known to a figure more."""
    run = folder / f"{way}-{seed}"
    bench.output_of([GREENTRAIN, bench.ROOT / "configs/digits.yaml", "--quiet", f"run.dir={run}", f"run.seed={seed}",
                     f"data.path=[{bench.ROOT / 'data/digits.csv.gz'}]", "data.test=33%", f"train.epochs={epochs}",
                     "train.early_stopping.enabled=false", f"data.pruning.method={way}"])
    return json.loads((run / "report.json").read_text())


def interval(values):
    """Mean and 95 % interval by Student's t."""
    mean = statistics.fmean(values)
    wide = T95[min(len(values) - 1, len(T95)) - 1] * statistics.stdev(values) / math.sqrt(len(values))
    return mean, mean - wide, mean + wide


def samples(reports):
    return sum(report["result"]["samples_seen"] for report in reports)


def saved_pct(reports, whole, field):
    return 100 * (1 - statistics.median(mine["time"][field] / all_of["time"][field]
                                        for mine, all_of in zip(reports, whole, strict=True)))


def run():
    parser = argparse.ArgumentParser(prog="infobatch.sh")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--seeds", type=int, default=20)
    arguments = parser.parse_args()
    seeds, epochs = (2, 8) if arguments.quick else (arguments.seeds, 40)
    reports = {way: [] for way in WAYS}
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(1, seeds + 1):
            for way in WAYS:
                reports[way].append(train(way, seed, epochs, pathlib.Path(folder)))
    whole = reports["none"]
    for way in WAYS[1:]:
        deltas = [100 * (mine["result"]["test_accuracy"] - all_of["result"]["test_accuracy"])
                  for mine, all_of in zip(reports[way], whole, strict=True)]
        mean, lo, hi = interval(deltas)
        saved = 100 * (1 - samples(reports[way]) / samples(whole))
        print(f"{way}: {saved:.1f} % fewer samples, accuracy {mean:+.2f} points ({lo:+.2f} to {hi:+.2f}) over {seeds} "
              "seeds")
        bench.result(f"{way}_saved_pct", saved)
        bench.result(f"{way}_train_time_saved_pct", saved_pct(reports[way], whole, "train_s"))
        bench.result(f"{way}_accuracy_delta_pct", mean)
        bench.result(f"{way}_accuracy_delta_lo_pct", lo)
        bench.result(f"{way}_accuracy_delta_hi_pct", hi)


if __name__ == "__main__":
    bench.main(run)
