"""Run under torchrun by collectives.py: what collectives.cpp measures, through gloo.

    gloo_all_reduce.py ITERATIONS:BYTES...

Rank 0 prints "gloo BYTES SECONDS" for each, the mean over the iterations.
"""

import sys
import time

import torch
import torch.distributed as dist


def element(rank, count):
    return ((torch.arange(count) * 7 + rank * 5) % 1021).float()


def check_sum(values):
    values.copy_(element(dist.get_rank(), values.numel()))
    dist.all_reduce(values)
    expected = sum(element(rank, values.numel()) for rank in range(dist.get_world_size()))
    if not torch.equal(values, expected):
        sys.exit(f"gloo: a sum of {values.numel()} elements is not the serial one")


def seconds_each(values, iterations):
    values.zero_()
    for _ in range(max(iterations // 4, 1)):
        dist.all_reduce(values)
    dist.barrier()
    begin = time.perf_counter()
    for _ in range(iterations):
        dist.all_reduce(values)
    return (time.perf_counter() - begin) / iterations


def main():
    torch.set_num_threads(1)
    dist.init_process_group("gloo")
    for case in sys.argv[1:]:
        iterations, size = map(int, case.split(":"))
        values = torch.empty(size // 4)
        check_sum(values)
        seconds = seconds_each(values, iterations)
        if dist.get_rank() == 0:
            print("gloo", size, f"{seconds:.6g}", flush=True)
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
