"""Run by ddp.sh: trains every case both ways in turn, compares loss curves, prints a table and the RESULT lines."""

import argparse
import collections
import dataclasses
import json
import os
import pathlib
import statistics
import subprocess
import tempfile
import time

import bench
import cases

GREENTRAIN = bench.RELEASE / "bin/greentrain"
PRELOAD = bench.RELEASE / "bench/libfull_speed_mkl_preload.so"
# Both sides start from the same bits; sums in other orders then drive the curves apart, step by step.
FIRST_LOSS_TOLERANCE, LOSS_TOLERANCE = 1e-4, 0.02  # Relative.


@dataclasses.dataclass
class Run:
    """What a training run told: its p50 of a step, and its losses at every step that is looked at."""
    step_s: float
    timed_s: list  # Seconds of each step, or block of steps, that counts.
    losses: list
    first_step_s: float
    rss_bytes: float
    tail_s: float


def timed_steps(case, times):
    """Seconds of a step, by block of case.every steps; `times` are those at which each ended."""
    timed = times[case.warmup // case.every - 1:]
    return [(after - before) / case.every for before, after in zip(timed, timed[1:])]


def log_of(run):
    return run.with_suffix(".log")


class Workplace:
    """One case with its data, its first weights and a folder for what runs write."""

    def __init__(self, case, folder):
        self.case, self.folder, self.runs = case, folder, 0
        folder.mkdir()
        cases.write_data(case, folder)
        for ranks in (1, 2):
            (folder / f"{ranks}.yaml").write_text(json.dumps(cases.config(case, folder, ranks)))
        self.weights = self.first_weights()

    def first_weights(self):
        """Those after a step so small that float32 does not see it, but in numbers that are 0."""
        run = self.new_run()
        bench.output_of([GREENTRAIN, self.folder / "1.yaml", f"run.dir={run}", "train.max_steps=1",
                         "train.learning_rate=1e-12", "train.optimizer.weight_decay=0"])
        return run / "best.safetensors"

    def new_run(self):
        self.runs += 1
        return self.folder / f"run-{self.runs}"

    def ddp(self, same_blas, bf16=False):
        spec, output = self.folder / "spec.json", self.folder / "output.json"
        spec.write_text(json.dumps({
            "case": self.case.name, "folder": str(self.folder), "weights": str(self.weights), "steps": self.case.steps,
            "tail": self.case.name == "gpt27m", "bf16": bf16, "launched": time.time(), "output": str(output)}))
        bench.output_of(bench.torchrun("ddp_worker.py", spec), **({"LD_PRELOAD": str(PRELOAD)} if same_blas else {}))
        told = json.loads(output.read_text())
        times, losses = (told[name][self.case.every - 1::self.case.every] for name in ("times", "losses"))
        timed = timed_steps(self.case, times)
        return Run(statistics.median(timed), timed, losses, told["first_step_s"], told["rss_bytes"], told.get("tail_s", 0))

    def greentrain(self, *arguments):
        run = self.new_run()
        process = self.start(bench.mpirun(GREENTRAIN, self.folder / "2.yaml", *arguments), run)
        return self.finish(process, run)

    def two_alone(self):
        """Two runs of one rank side by side, each with a core of its own: what no exchange can be faster than.

        The seconds of a step; and of one that both begin together and wait for each other at its end, without an exchange.
        """
        runs = [self.new_run(), self.new_run()]
        cores = sorted(os.sched_getaffinity(0))[:2]
        processes = [self.start(["taskset", "-c", core, GREENTRAIN, self.folder / "1.yaml"], run)
                     for core, run in zip(cores, runs)]
        done = [self.finish(process, run) for process, run in zip(processes, runs)]
        together = statistics.median(map(max, done[0].timed_s, done[1].timed_s))
        return statistics.mean(run.step_s for run in done), together

    def start(self, command, run):
        with open(log_of(run), "w") as log:
            return subprocess.Popen(["timeout", "600", *map(str, command), f"run.dir={run}", "--quiet"],
                                    env=bench.ENVIRONMENT, stdout=log, stderr=subprocess.STDOUT,
                                    stdin=subprocess.DEVNULL)

    def finish(self, process, run):
        _, status, used = os.wait4(process.pid, 0)  # The largest of its descendants: that is a rank.
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            raise bench.Failed(f"{' '.join(process.args)} ended with {process.returncode}\n{log_of(run).read_text()}")
        lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
        report = json.loads((run / "report.json").read_text())
        tails = [sum(line["phases_s"].get(phase, 0) for phase in ("exchange", "update"))
                 for line in lines[self.case.warmup // self.case.every:]]
        timed = timed_steps(self.case, [line["time_s"] for line in lines])
        return Run(statistics.median(timed), timed, [line["loss"] for line in lines],
                   report["time"]["to_first_step_s"], used.ru_maxrss * 1024, statistics.median(tails))


def check_losses(case, ours, theirs):
    """The largest relative difference of the curves. Throws Failed when they do not agree."""
    if not len(ours) == len(theirs) == case.steps // case.every:
        raise bench.Failed(f"{case.name}: {len(ours)} and {len(theirs)} losses, expected {case.steps // case.every}")
    apart = [abs(mine - other) / abs(other) for mine, other in zip(ours, theirs)]
    if not (apart[0] <= FIRST_LOSS_TOLERANCE and max(apart) <= LOSS_TOLERANCE):
        worst = max(range(len(apart)), key=apart.__getitem__)
        raise bench.Failed(f"{case.name}: losses differ by {apart[0]:.2g} at first and by {apart[worst]:.2g} in step "
                           f"{(worst + 1) * case.every} ({ours[worst]} here, {theirs[worst]} there)")
    return max(apart)


class Figures:
    """What the rounds gave, one list each, by case."""

    def __init__(self):
        self.ddp, self.same_blas, self.ours, self.alone = (collections.defaultdict(list) for _ in range(4))
        self.apart = collections.defaultdict(float)

    def take_round(self, place):
        name = place.case.name
        for runs, train in ((self.ddp, lambda: place.ddp(same_blas=False)), (self.ours, place.greentrain),
                            (self.same_blas, lambda: place.ddp(same_blas=True)), (self.alone, place.two_alone)):
            runs[name].append(train())
        for theirs in self.ddp[name][-1], self.same_blas[name][-1]:
            apart = check_losses(place.case, self.ours[name][-1].losses, theirs.losses)
            self.apart[name] = max(self.apart[name], apart)

    def ratio(self, theirs, name, figure):
        return bench.ratio(*([getattr(run, figure) for run in runs] for runs in (theirs[name], self.ours[name])))

    def weak_scaling(self, name):
        return 100 * bench.ratio([alone for alone, _ in self.alone[name]], [run.step_s for run in self.ours[name]])

    def weak_scaling_bound(self, name):
        """What two ranks that only waited for each other after each step would reach."""
        return 100 * bench.ratio(*zip(*self.alone[name]))

    def most(self, theirs, name):
        """The ratio if two ranks were as fast as two runs side by side that exchange nothing."""
        return bench.ratio([run.step_s for run in theirs[name]], [alone for alone, _ in self.alone[name]])

    def print_case(self, name):
        def median(runs, figure, unit):
            return f"{statistics.median(getattr(run, figure) for run in runs[name]) / unit:10.3f}"

        print(f"{name:10}" + "".join(median(runs, "step_s", 1e-3) for runs in (self.ddp, self.same_blas, self.ours)) +
              f"{self.ratio(self.ddp, name, 'step_s'):8.2f}{self.most(self.ddp, name):9.2f}"
              f"{self.ratio(self.same_blas, name, 'step_s'):11.2f}{self.most(self.same_blas, name):9.2f}"
              f"{self.weak_scaling(name):8.1f}{self.weak_scaling_bound(name):9.1f}{100 * self.apart[name]:10.4f}" +
              "".join(median(runs, "rss_bytes", 1e6) for runs in (self.ddp, self.ours)))

    def print_results(self, names):
        print(f"{'model':10}{'DDP ms':>10}{'same BLAS':>10}{'ours ms':>10}{'vs DDP':>8}{'at most':>9}"
              f"{'same BLAS':>11}{'at most':>9}{'weak %':>8}{'at most':>9}{'losses %':>10}{'DDP MB':>10}{'ours MB':>10}")
        for name in names:
            self.print_case(name)
        for name in names:
            bench.result(f"{name}_vs_ddp", self.ratio(self.ddp, name, "step_s"))
            bench.result(f"{name}_vs_ddp_same_blas", self.ratio(self.same_blas, name, "step_s"))
            bench.result(f"{name}_vs_ddp_same_blas_bound", self.most(self.same_blas, name))
            bench.result(f"weak_scaling_{name}_pct", self.weak_scaling(name))
            bench.result(f"weak_scaling_{name}_bound_pct", self.weak_scaling_bound(name))
        bench.result("first_step_vs_torchrun", min(self.ratio(self.ddp, name, "first_step_s") for name in names))
        bench.result("rss_vs_torchrun", min(self.ratio(self.ddp, name, "rss_bytes") for name in names))
        if "gpt27m" in names:
            bench.result("tail_25m_vs_gloo", self.ratio(self.ddp, "gpt27m", "tail_s"))


def shortened(case):
    return dataclasses.replace(case, steps=max(case.steps // 50 * case.every, 6), warmup=2 * case.every)


def run():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("models", nargs="*", metavar="MODEL", help=", ".join(case.name for case in cases.CASES))
    arguments = parser.parse_args()
    chosen = [case for case in cases.CASES if not arguments.models or case.name in arguments.models]
    if len(chosen) < len(arguments.models):
        parser.error(f"the models are {', '.join(case.name for case in cases.CASES)}")
    with tempfile.TemporaryDirectory(prefix="greentrain-bench-") as folder:
        places = [Workplace(shortened(case) if arguments.quick else case, pathlib.Path(folder) / case.name)
                  for case in chosen]
        figures = Figures()
        for _ in range(1 if arguments.quick else 5):
            for place in places:
                figures.take_round(place)
    figures.print_results([case.name for case in chosen])
    blas = json.loads(bench.output_of([GREENTRAIN, "doctor", "--json"]))["blas"]
    bench.result("blas_share_of_peak_pct", 100 * blas["share_of_peak"])


if __name__ == "__main__":
    bench.main(run)
