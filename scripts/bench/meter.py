"""Run by meter.sh, with the fake /sys in place of the machine's: costs, errors against the truth, and RESULT lines."""

import argparse
import ctypes
import json
import os
import pathlib
import resource
import statistics
import subprocess
import sys
import threading
import time

import bench

sys.path.insert(0, str(bench.ROOT / "scripts"))
import fake_sysfs  # noqa: E402

GREENMETER = bench.RELEASE / "bin/greenmeter"
METER_BENCH = bench.RELEASE / "bench/meter_bench"
FAKE = bench.RELEASE / "fake"

SERVER = {"packages": 2, "idle_w": 40, "full_w": 200, "dram_w": 15}
GPUS = [{"count": 4, "name": "NVIDIA H100 80GB HBM3", "idle_w": 70, "full_w": 700, "min_limit_w": 200}]

# A wrap of package-0, then a second without it, then a restart of all counters; on the GPU the same but a wrap.
HISTORY_S = 20
LOAD = [[0, 0.2], [4, 1.0], [9, 0.5], [14, 0.8]]
HISTORY_SERVER = {**SERVER, "load": LOAD, "start_j": fake_sysfs.DEFAULTS["range_j"] - 500, "resets_s": [15],
                  "faults": [{"zone": "package-0", "from_s": 7, "to_s": 8}]}
HISTORY_GPU = [{"name": "NVIDIA H100 80GB HBM3", "idle_w": 70, "full_w": 700, "load": LOAD, "resets_s": [16],
                "faults": [{"call": "TotalEnergy", "error": "TIMEOUT", "from_s": 10, "to_s": 11.5}]}]


class FakeMachine:
    """The fake /sys, kept counting by a thread, and the fake GPUs; both start at zero."""

    def __init__(self, folder, name, server, gpus):
        self.server = fake_sysfs.Machine(folder / "sys", {**fake_sysfs.DEFAULTS, **server})
        self.scenario = folder / f"{name}.json"
        self.scenario.write_text(json.dumps({"gpus": gpus}))
        tools = folder / "bin"  # CodeCarbon looks for GPUs only where there is an nvidia-smi, and asks it for nothing.
        tools.mkdir(exist_ok=True)
        (tools / "nvidia-smi").write_text("#!/bin/sh\n")
        (tools / "nvidia-smi").chmod(0o755)
        self.environment = {"PATH": f"{tools}:{os.environ['PATH']}",
                            "GREENTRAIN_NVML": str(FAKE / "libnvidia-ml.so.1"), "LD_LIBRARY_PATH": str(FAKE),
                            "GREENTRAIN_FAKE_NVML": str(self.scenario), "XDG_STATE_HOME": str(folder / "state")}
        os.environ["GREENTRAIN_FAKE_NVML"] = str(self.scenario)
        self.start = time.monotonic()
        self.truth = []  # Joules of all GPUs by time.
        self.library = ctypes.CDLL(str(FAKE / "libnvidia-ml.so.1"))
        self.library.greentrain_fake_true_joules.restype = ctypes.c_double
        if self.library.nvmlInit_v2() != 0:
            raise bench.Failed("the fake libnvidia-ml.so.1 does not start")
        self.gpus = sum(gpu.get("count", 1) for gpu in gpus)
        self.going = True
        self.step()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def step(self):
        self.server.update(time.monotonic() - self.start)
        joules = sum(self.library.greentrain_fake_true_joules(gpu) for gpu in range(self.gpus))
        self.truth.append((time.monotonic(), joules))

    def run(self):
        while self.going:
            self.step()
            time.sleep(0.02)

    def stop(self):
        self.going = False
        self.thread.join()
        self.library.nvmlShutdown()

    def gpu_joules(self, moment):
        """Linear between two looks, 20 ms apart."""
        for (before, low), (after, high) in zip(self.truth, self.truth[1:]):
            if before <= moment <= after:
                return low + (high - low) * (moment - before) / (after - before)
        raise bench.Failed(f"nobody looked at the GPUs at {moment}")

    def joules(self, start, end, zones):
        """What was truly drawn between two moments: GPUs, and the zones of these names."""
        cpus = sum(zone.drawn(start - self.start, end - self.start) for zone in self.server.sources
                   if zone.name == "dram" and "dram" in zones or zone.name.startswith("package") and "package" in zones)
        return cpus + self.gpu_joules(end) - self.gpu_joules(start)


def peer(machine, *arguments):
    return json.loads(bench.output_of([sys.executable, "-B", bench.HERE / "meter_peer.py", *arguments],
                                      **machine.environment).splitlines()[-1])


def ours(machine, *arguments):
    return json.loads(bench.output_of([METER_BENCH, *arguments], **machine.environment))


def costs(machine, rounds, count):
    """Seconds of one sample of all sensors and of one window, by tool, in turn; the median of each round."""
    seconds = {name: [] for name in ("sensors", "sample", "window", "codecarbon", "zeus")}
    for _ in range(rounds):
        for name in seconds:
            own = name in ("sensors", "sample", "window")
            times = ours(machine, name, count * 20) if own else peer(machine, name, "cost", count)
            seconds[name].append(statistics.median(times))
    return seconds


def run_overhead_ms(machine, rounds):
    """How much longer a command takes under greenmeter: medians, in turn."""
    environment = {**bench.ENVIRONMENT, **machine.environment}
    plain, metered = [], []
    for _ in range(rounds):
        for command, times in ((["true"], plain), ([GREENMETER, "run", "--", "true"], metered)):
            start = time.perf_counter()
            subprocess.run(command, env=environment, check=True, stderr=subprocess.DEVNULL)
            times.append(time.perf_counter() - start)
    return (statistics.median(metered) - statistics.median(plain)) * 1e3


def cpu_pct(machine, seconds):
    """CPU time of greenmeter at its default rate, as a share of one core, its start and end included."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    bench.output_of([GREENMETER, "run", "--", "sleep", seconds], **machine.environment)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return used / seconds * 100


def start_history(machine):
    """All three tools over the same seconds, each in a process of its own."""
    environment = {**bench.ENVIRONMENT, **machine.environment}
    commands = {"ours": [METER_BENCH, "history", HISTORY_S]}
    for name in ("codecarbon", "zeus"):
        commands[name] = [sys.executable, "-B", bench.HERE / "meter_peer.py", name, "history", HISTORY_S]
    return {name: subprocess.Popen(list(map(str, command)), env=environment, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True) for name, command in commands.items()}


def errors(folder):
    """By tool, how far it is from the truth in percent; None where it gave no figure."""
    machine = FakeMachine(folder, "history", HISTORY_SERVER, HISTORY_GPU)
    processes = start_history(machine)
    result = {}
    for name, process in processes.items():
        output, complaints = process.communicate(timeout=120)
        if process.returncode != 0:
            last = (complaints.strip().splitlines() or ["no message"])[-1]
            print(f"{name}: ended with {process.returncode}: {last}")
            if name == "ours":
                raise bench.Failed("greenmeter gave no figure")
            result[name] = None
            continue
        said = json.loads(output.splitlines()[-1])
        time.sleep(0.1)  # So that the truth is known past the end.
        truth = machine.joules(said["start"], said["end"], ["package", "dram"] if name == "ours" else ["package"])
        result[name] = abs(said["joules"] - truth) / truth * 100
        bounds = f", between {said['lo']:.0f} and {said['hi']:.0f}, {said['quality']}" if name == "ours" else ""
        print(f"{name}: {said['joules']:.0f} J{bounds}; truth {truth:.0f} J")
        if name == "ours" and not said["lo"] <= truth <= said["hi"]:
            raise bench.Failed("the truth lies outside of greenmeter's interval")
    machine.stop()
    return result


def run():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    rounds, count, seconds = (1, 5, 5) if arguments.quick else (5, 40, 60)

    machine = FakeMachine(arguments.folder, "server", SERVER, GPUS)
    times = costs(machine, rounds, count)
    overhead = run_overhead_ms(machine, rounds * 6)
    machine.stop()
    steady = FakeMachine(arguments.folder, "steady", SERVER, GPUS)
    share = cpu_pct(steady, seconds)
    steady.stop()
    found = errors(arguments.folder)
    spread = ours(steady, "ranks")

    for name, per_round in times.items():
        print(f"{name}: {statistics.median(per_round) * 1e6:.1f} us")
    bench.result("meter_cpu_pct", share)
    bench.result("sample_vs_codecarbon", bench.ratio(times["codecarbon"], times["sample"]))
    bench.result("sensors_vs_codecarbon", bench.ratio(times["codecarbon"], times["sensors"]))
    bench.result("window_vs_zeus", bench.ratio(times["zeus"], times["window"]))
    bench.result("run_overhead_ms", overhead)
    for name in ("ours", "codecarbon", "zeus"):
        if found[name] is not None:
            bench.result(f"error_pct_{name}", found[name])
    bench.result("ranks_joules_spread_pct", spread)


bench.main(run)
