"""What the benches of this folder share: running a program, medians, RESULT lines."""

import os
import pathlib
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
HERE = ROOT / "scripts/bench"
RELEASE = ROOT / "build/release"

# One thread a rank on both sides; mpirun refuses root without the last two.
ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1", "OMPI_ALLOW_RUN_AS_ROOT": "1",
               "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}


class Failed(Exception):
    """A measurement that could not be made, or whose result is wrong."""


def mpirun(*command, ranks=2):
    return ["mpirun", "--quiet", "-n", str(ranks), *map(str, command)]


def torchrun(script, *arguments, ranks=2):
    return [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(ranks),
            str(HERE / script), *map(str, arguments)]


def output_of(command, **environment):
    """Runs it to its end, 10 minutes at most, and returns what it printed. Throws Failed unless it went well."""
    try:
        done = subprocess.run(list(map(str, command)), env={**ENVIRONMENT, **environment}, capture_output=True,
                              text=True, timeout=600, stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired as error:
        raise Failed(f"{' '.join(map(str, command))} ran past 10 minutes") from error
    if done.returncode != 0:
        raise Failed(f"{' '.join(map(str, command))} ended with {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def ratio(slow, fast):
    """How many times as fast: the median over the rounds of each round's own ratio."""
    return statistics.median(theirs / ours for theirs, ours in zip(slow, fast, strict=True))


def result(name, value):
    """The unit is in the name: percent, milliseconds, and everything else is a ratio."""
    unit = "%" if "_pct" in name else "ms" if name.endswith("_ms") else "ratio"
    print(f"RESULT {name}={value:.3g} {unit}", flush=True)


def main(run):
    """Calls run(); a failed measurement ends the program with exit code 1."""
    try:
        run()
    except Failed as error:
        sys.exit(f"{pathlib.Path(sys.argv[0]).name}: {error}")
