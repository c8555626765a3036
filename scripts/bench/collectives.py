"""Run by collectives.sh: rounds of both programs in turn, a table, and the RESULT lines."""

import argparse
import collections
import statistics

import bench

KIB, MIB = 1 << 10, 1 << 20
SIZES = [4 * KIB, 16 * KIB, 64 * KIB, 256 * KIB, MIB, 4 * MIB, 16 * MIB, 25 * MIB, 64 * MIB]
WAYS = ["arena", "memory", "mpi", "gloo"]  # "memory": the head of collectives.cpp
RANKS = 2


def iterations(size, quick):
    """256 MiB in all for each size, but from 8 to 1000 all_reduces; a twentieth of it to be quick."""
    full = min(max(256 * MIB // size, 8), 1000)
    return max(full // 20, 2) if quick else full


def one_round(cases, seconds):
    for command in (bench.mpirun(bench.RELEASE / "bench/collectives_bench", *cases, ranks=RANKS),
                    bench.torchrun("gloo_all_reduce.py", *cases, ranks=RANKS)):
        for line in bench.output_of(command).splitlines():
            way, size, time = line.split()
            seconds[way, int(size)].append(float(time))


def busbw(size, seconds):
    """GB/s as nccl-tests count them (its doc/PERFORMANCE.md): what crosses the slowest link, each way."""
    return size / seconds * 2 * (RANKS - 1) / RANKS / 1e9


def text_of(size):
    return f"{size // MIB} MiB" if size >= MIB else f"{size // KIB} KiB"


def run():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    quick = parser.parse_args().quick
    cases = [f"{iterations(size, quick)}:{size}" for size in SIZES]
    seconds = collections.defaultdict(list)
    for _ in range(1 if quick else 5):
        one_round(cases, seconds)

    print(f"{'size':>8}" + "".join(f"  {way + ' us':>10} {'GB/s':>6}" for way in WAYS) + "   vs mpi  vs gloo")
    for size in SIZES:
        medians = [statistics.median(seconds[way, size]) for way in WAYS]
        columns = "".join(f"  {time * 1e6:10.1f} {busbw(size, time):6.2f}" for time in medians)
        ratios = f"{speedup(seconds, size, 'mpi'):7.2f} {speedup(seconds, size, 'gloo'):8.2f}"
        print(f"{text_of(size):>8}{columns}  {ratios}")

    print("memory: reading and writing as many bytes on every rank, without a peer; no all_reduce can be faster")
    bench.result("allreduce_64k_vs_mpi", speedup(seconds, 64 * KIB, "mpi"))
    bench.result("allreduce_1m_vs_mpi", speedup(seconds, MIB, "mpi"))
    bench.result("allreduce_25m_vs_mpi", speedup(seconds, 25 * MIB, "mpi"))
    bench.result("allreduce_min_vs_gloo", min(speedup(seconds, size, "gloo") for size in SIZES if size <= 25 * MIB))
    bench.result("allreduce_64m_vs_gloo", speedup(seconds, 64 * MIB, "gloo"))
    bench.result("allreduce_25m_vs_memory", speedup(seconds, 25 * MIB, "memory"))
    bench.result("allreduce_64m_vs_memory", speedup(seconds, 64 * MIB, "memory"))


def speedup(seconds, size, way):
    return bench.ratio(seconds[way, size], seconds["arena", size])


if __name__ == "__main__":
    bench.main(run)
