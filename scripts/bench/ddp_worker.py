"""Run under torchrun by ddp.py: trains one case under PyTorch DDP.

    ddp_worker.py SPEC.json    {"case": NAME, "folder": ..., "weights": ..., "steps": N, "tail": false,
                                "bf16": false, "launched": seconds since 1970, "output": ...}

With "bf16" the forward runs under torch.autocast in bfloat16.

Rank 0 writes `output`: the times at which steps ended, the losses of all ranks, the seconds from the launch to the end of
the first step, the largest resident memory of a rank in bytes, and with `tail` the seconds that the exchange of all
gradients and the update take when nothing else runs.
"""

import json
import pathlib
import resource
import statistics
import sys
import time

import torch
import torch.distributed as dist
import torch.nn.functional as F
from torch.nn.parallel import DistributedDataParallel

import cases
import models
import order

BUCKET = 25 * (1 << 20) // 4  # DDP's own size of a bucket, in elements.


def main():
    spec = json.loads(pathlib.Path(sys.argv[1]).read_text())
    case = next(case for case in cases.CASES if case.name == spec["case"])
    torch.set_num_threads(1)
    dist.init_process_group("gloo")
    result = train(case, spec)
    if spec["tail"]:
        result["tail_s"] = tail_seconds(result.pop("model"), result.pop("optimizer"))
    result = {name: value for name, value in result.items() if name not in ("model", "optimizer")}
    rss = torch.tensor(float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024))
    dist.all_reduce(rss, dist.ReduceOp.MAX)
    if dist.get_rank() == 0:
        pathlib.Path(spec["output"]).write_text(json.dumps({**result, "rss_bytes": rss.item()}))
    dist.barrier()  # A rank that leaves early breaks the connections of the others.
    dist.destroy_process_group()


def train(case, spec):
    inputs, targets = map(torch.from_numpy, cases.read_data(case, pathlib.Path(spec["folder"])))
    batches = [torch.tensor(batch) for batch in order.rank_batches(
        case.samples, cases.SEED, case.batch * dist.get_world_size(), dist.get_rank(), dist.get_world_size(),
        spec["steps"])]
    plain = models.make_model(case.model, case.shape, 256 if case.is_text else cases.CLASSES)
    plain.load_state_dict(models.read_safetensors(spec["weights"]))
    model = DistributedDataParallel(plain, gradient_as_bucket_view=True, static_graph=True)
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.001, weight_decay=0.01, fused=True)

    times, losses, first_step = [], [], None
    for batch in batches:
        optimizer.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=spec["bf16"]):
            loss = F.cross_entropy(model(inputs[batch]).flatten(0, -2), targets[batch].flatten())
        loss.backward()
        optimizer.step()
        losses.append(loss.detach())
        first_step = first_step or time.time() - spec["launched"]
        times.append(time.perf_counter())
    losses = torch.stack(losses)
    dist.all_reduce(losses)
    return {"times": times, "losses": (losses / dist.get_world_size()).tolist(), "first_step_s": first_step,
            "model": plain, "optimizer": optimizer}


def tail_seconds(model, optimizer):
    """gloo's all_reduce of buckets as DDP's, one after the other, then the update of every parameter."""
    gradients = torch.zeros(sum(parameter.numel() for parameter in model.parameters()))
    seconds = []
    for _ in range(5):
        dist.barrier()
        begin = time.perf_counter()
        for bucket in gradients.split(BUCKET):
            dist.all_reduce(bucket)
        optimizer.step()
        seconds.append(time.perf_counter() - begin)
    return statistics.median(seconds)


if __name__ == "__main__":
    main()
