"""How a program ends, alone and under mpirun: exit code, text, and that no rank is left. docs/launching.md"""

import os
import pathlib
import subprocess
import unittest

PROBE = pathlib.Path(os.environ["GREENTRAIN_BIN"]).resolve().parent / "tests" / "world_probe"
# Without epoll mpirun never warns of a rank's pipe that it closed itself (docs/launching.md).
ENVIRONMENT = {**os.environ, "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
               "EVENT_NOEPOLL": "1"}


def run(*arguments, ranks=None, options=(), **variables):
    launcher = [] if ranks is None else ["mpirun", "--quiet", "--oversubscribe", *options, "-n", str(ranks)]
    return subprocess.run([*launcher, PROBE, *map(str, arguments)], env={**ENVIRONMENT, **variables},
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)


def probes_left():
    """The processes that still run the probe; a zombie has no exe."""
    left = []
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if (process / "exe").resolve() == PROBE:
                left.append(int(process.name))
        except OSError:  # Gone, or another user's.
            pass
    return left


class World(unittest.TestCase):
    def assert_ends(self, result, code, text):
        self.assertEqual((result.returncode, result.stderr), (code, text))
        self.assertEqual(probes_left(), [])

    def test_one_rank_without_mpirun_needs_no_mpi(self):
        result = run("sum")
        self.assertEqual((result.returncode, result.stdout), (0, "sum 1\n"))

    def test_all_ranks_that_mpirun_starts_are_in_the_world(self):
        for ranks, expected in (1, "sum 1\n"), (2, "sum 3\n"), (3, "sum 6\n"):
            result = run("sum", ranks=ranks)
            self.assertEqual((result.returncode, result.stdout), (0, expected))

    def test_a_rank_bound_to_a_core_computes_with_one_thread(self):
        result = run("cores", ranks=1, options=["--bind-to", "core"])
        self.assertEqual(result.stdout.splitlines()[0], "1 thread on 1 core")

    def test_an_unbound_rank_is_not_warned(self):
        result = run("cores", ranks=1, options=["--bind-to", "none"])
        self.assertRegex(result.stdout, r"\A\d+ threads? on \d+ cores?.*\n\Z")

    def test_a_mistake_that_rank_0_finds_before_mpi_ends_all_ranks(self):
        for mode, ranks in ("config", None), ("config", 1), ("config", 2), ("config", 3), ("exit", 2):
            with self.subTest(mode=mode, ranks=ranks):
                self.assert_ends(run(mode, ranks=ranks), 2, "config.yaml:1:1: unknown key\n")

    def test_an_error_that_all_ranks_share_is_printed_once(self):
        self.assert_ends(run("data", 0), 2, "train.csv: not found\n")
        for ranks, culprit in (2, 0), (2, 1), (3, 2):
            result = run("data", culprit, ranks=ranks)
            self.assertRegex(result.stderr, rf"\Arank {culprit} \(.+\): train.csv: not found\n\Z")
            self.assert_ends(result, 2, result.stderr)

    def test_a_rank_that_fails_ends_the_ranks_that_wait_for_it(self):
        self.assert_ends(run("fail", 0), 1, "rank 0: disk full\n")
        for ranks, culprit in (1, 0), (2, 0), (2, 1), (3, 1):
            self.assert_ends(run("fail", culprit, ranks=ranks), 1, f"rank {culprit}: disk full\n")

    def test_an_exception_that_destroys_the_world_still_comes_to_main(self):
        for culprit in 0, 1:
            self.assert_ends(run("unwind", culprit, ranks=2), 1, "disk full\n")

    def test_the_launcher_of_another_mpi_is_refused(self):
        result = run("sum", PMI_RANK="0", PMI_SIZE="2")
        self.assert_ends(result, 1, "mpiexec started this as rank 0 of 2, but MPI says rank 0 of 1; use the "
                                    "mpirun of the Open MPI that greentrain was built with\n")


if __name__ == "__main__":
    unittest.main()
