"""Run by precision.sh: trains gpt3m in every precision in turn, checks the losses, prints a table and the RESULT lines."""

import argparse
import collections
import pathlib
import statistics
import tempfile

import bench
import cases
import ddp

MODES = ["fp32", "bf16", "bf16_weights", "fp16"]
# Of the loss of every step, relative: 16 bits round each product of matrices.
LOSS_TOLERANCE = 0.02


def one_round(place, figures):
    for mode in MODES:
        figures[mode].append(place.greentrain(f"train.precision={mode}"))
    figures["torch"].append(place.ddp(same_blas=False, bf16=True))
    figures["torch, same BLAS"].append(place.ddp(same_blas=True, bf16=True))


def check_losses(figures):
    for way, runs in figures.items():
        for run, exact in zip(runs, figures["fp32"]):
            apart = max(abs(mine - other) / abs(other) for mine, other in zip(run.losses, exact.losses, strict=True))
            if not apart <= LOSS_TOLERANCE:
                raise bench.Failed(f"{way}: losses differ from those of fp32 by {apart:.2g}, expected at most "
                                   f"{LOSS_TOLERANCE}")


def cpu():
    facts = pathlib.Path("/proc/cpuinfo").read_text()
    flags = next(line for line in facts.splitlines() if line.startswith("flags")).split()
    return [flag for flag in ("avx2", "avx512f", "avx512_bf16", "avx512_fp16", "amx_bf16") if flag in flags]


def run():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    quick = parser.parse_args().quick
    case = next(case for case in cases.CASES if case.name == "gpt3m")
    figures = collections.defaultdict(list)
    with tempfile.TemporaryDirectory(prefix="greentrain-bench-") as folder:
        place = ddp.Workplace(ddp.shortened(case) if quick else case, pathlib.Path(folder) / case.name)
        for _ in range(1 if quick else 5):
            one_round(place, figures)
    check_losses(figures)

    flags = cpu()
    print(f"CPU: {', '.join(flags)}")
    if not {"avx512_bf16", "amx_bf16"} & set(flags):
        print("This CPU has no bfloat16 instructions: the ratios say what 16 bits cost without them.")
    print(f"{'':18}{'step ms':>10}{'vs fp32':>10}")
    seconds = {way: [run.step_s for run in runs] for way, runs in figures.items()}
    for way, times in seconds.items():
        print(f"{way:18}{1e3 * statistics.median(times):10.3f}{bench.ratio(seconds['fp32'], times):10.2f}")
    for mode in MODES[1:]:
        bench.result(f"{mode}_gpt3m_vs_fp32", bench.ratio(seconds["fp32"], seconds[mode]))
    bench.result("bf16_gpt3m_vs_torch", bench.ratio(seconds["torch"], seconds["bf16"]))
    bench.result("bf16_gpt3m_vs_torch_same_blas", bench.ratio(seconds["torch, same BLAS"], seconds["bf16"]))


if __name__ == "__main__":
    bench.main(run)
