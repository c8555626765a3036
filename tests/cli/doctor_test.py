"""`greentrain doctor`, and that MKL computes with what the CPU has."""

import json
import pathlib
import re
import unittest

import program

CHECKS = {"blas", "cores", "shared_memory", "mpi", "gpus", "nccl", "meter"}


class Doctor(program.TestCase):
    def doctor(self, *arguments, code=0, **how):
        result = self.run_program("greentrain", "doctor", *arguments, **how)
        self.assert_exit(result, code)
        return result

    def findings(self, **how):
        return json.loads(self.doctor("--json", **how).stdout)

    def test_the_table_has_a_line_for_each_check(self):
        lines = self.doctor().stdout.splitlines()
        self.assertLessEqual(CHECKS, {line.split(" ")[0] for line in lines})
        self.assertTrue(all(re.match(r"[a-z_ ]{15}\S", line) for line in lines), lines)

    def test_the_json_has_the_figures_of_each_check(self):
        found = self.findings()
        self.assertEqual(set(found), CHECKS | {"schema_version", "host", "cpu"})
        self.assertGreater(found["blas"]["share_of_peak"], 0)
        self.assertLess(found["blas"]["largest_error"], 1e-4)
        self.assertGreaterEqual(found["cores"]["threads_of_one_rank"], 1)
        self.assertLessEqual(found["shared_memory"]["free_bytes"], found["shared_memory"]["size_bytes"])
        self.assertRegex(found["mpi"]["library"], r"Open MPI v\d")
        self.assertTrue(found["meter"]["sensors"])
        self.assertFalse(any(found[check]["stops_runs"] for check in CHECKS))

    def test_mkl_takes_the_widest_instructions_of_the_cpu(self):
        blas = self.findings()["blas"]
        flags = re.search(r"^flags\s*:(.*)$", pathlib.Path("/proc/cpuinfo").read_text(), re.MULTILINE)[1].split()
        if not blas["full_speed_mkl"] or blas["mkl"] is None:
            self.skipTest("built without it")
        expected = "AVX-512" if "avx512f" in flags else "AVX2" if "avx2" in flags else None
        if expected is not None:
            self.assertEqual(blas["mkl"], expected)

    def test_an_mpirun_of_another_mpi_stops_runs(self):
        other = self.folder / "bin/mpirun"
        other.parent.mkdir()
        other.write_text("#!/bin/sh\necho 'HYDRA build details:'\n")
        other.chmod(0o755)
        result = self.doctor(code=1, env={"PATH": f"{other.parent}:{self.environment()['PATH']}"})
        self.assertIn("STOPS RUNS", result.stdout)
        self.assertIn("Open MPI", result.stderr)

    def test_without_mpirun_it_says_that_runs_have_one_rank(self):
        empty = self.folder / "empty"
        empty.mkdir()
        result = self.doctor(env={"PATH": str(empty)})
        self.assertIn("one rank", result.stdout)

    def test_under_mpirun_one_rank_answers(self):
        self.assertEqual(self.doctor(ranks=2).stdout.count("blas"), 1)


if __name__ == "__main__":
    unittest.main()
