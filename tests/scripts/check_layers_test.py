"""scripts/check_layers.py, fed with small trees that break one rule each."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

CHECK = pathlib.Path(__file__).resolve().parents[2] / "scripts/check_layers.py"


class CheckLayers(unittest.TestCase):
    def check(self, tree):
        """Runs the check on a tree given as {path: text}; returns (exit code, lines printed)."""
        with tempfile.TemporaryDirectory() as folder:
            for path, text in tree.items():
                file = pathlib.Path(folder) / path
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text)
            result = subprocess.run([sys.executable, "-B", CHECK, folder], capture_output=True, text=True)
        self.assertEqual(result.stderr, "")
        return result.returncode, result.stdout.splitlines()

    def assert_clean(self, path, text):
        self.assertEqual(self.check({path: text}), (0, []))

    def assert_violation(self, path, text, expected):
        code, lines = self.check({path: text})
        self.assertEqual(code, 1)
        self.assertEqual(len(lines), 1, lines)
        self.assertIn(expected, lines[0])

    def test_this_repository_is_clean(self):
        result = subprocess.run([sys.executable, "-B", CHECK], capture_output=True, text=True)
        self.assertEqual(result.stdout, "")
        self.assertEqual(result.returncode, 0)

    def test_an_include_that_points_up_is_named_with_file_and_line(self):
        self.assert_violation("meter/a.h", '#pragma once\n\n#include "trainer/b.h"\n', "meter/a.h:3: ")

    def test_comm_and_meter_do_not_know_each_other(self):
        self.assert_violation("comm/a.cpp", '#include "meter/b.h"\n', "may include only comm, core")
        self.assert_violation("meter/a.cpp", '#include "comm/b.h"\n', "may include only core, meter")

    def test_an_include_that_points_down_is_fine(self):
        self.assert_clean("trainer/loop/a.cpp", '#include "comm/b.h"\n#include "core/c.h"\n#include "trainer/d.h"\n')

    def test_a_test_may_include_what_its_folder_may(self):
        self.assert_clean("tests/meter/a_test.cpp", '#include "core/b.h"\n#include "tests/fakes/c.h"\n')
        self.assert_violation("tests/meter/a_test.cpp", '#include "comm/b.h"\n', "above meter/")

    def test_third_party_headers_stay_with_their_owners(self):
        for path, header in [("comm/mpi_world.cpp", "mpi.h"), ("comm/device/nccl_exchange.cpp", "nccl.h"),
                             ("comm/device/cuda_event.cpp", "cuda_runtime_api.h"),
                             ("tests/comm/mpi_world_test.cpp", "mpi.h"),
                             ("scheduler/power/nvml_cap.cpp", "nvml.h"), ("core/journal.cpp", "sqlite3.h"),
                             ("trainer/models/mlp.h", "torch/nn.h")]:
            with self.subTest(header):
                self.assert_clean(path, f"#include <{header}>\n")
                self.assert_violation("scheduler/plan/a.cpp", f"#include <{header}>\n", f"<{header}>")

    def test_a_condition_about_a_back_end_is_refused(self):
        self.assert_violation("meter/a.cpp", "#ifdef GREENTRAIN_WITH_CUDA\n#endif\n", "a.cpp:1: ")
        self.assert_violation("meter/a.cpp", "#if defined(HAVE_NVML)\n#endif\n", "x_unavailable.cpp")
        self.assert_clean("meter/a.cpp", "#if __cplusplus < 202002L\n#endif\n")

    def test_tabs_trailing_space_and_machine_paths_are_refused(self):
        self.assert_violation("docs/a.md", "one\ntwo \n", "docs/a.md:2: ")
        self.assert_violation("docs/a.md", "\tone\n", "a tab")
        self.assert_violation("docs/a.md", "see /" + "home/jane/notes\n", "somebody's machine")
        self.assert_clean("docs/a.md", "see ~/notes, docs/" + "home/page.md and $HOME/wo" + "rk/x\n")

    def test_files_that_are_not_text_are_left_alone(self):
        with tempfile.TemporaryDirectory() as folder:
            (pathlib.Path(folder) / "a.gz").write_bytes(b"\x1f\x8b\t\xff \n")
            result = subprocess.run([sys.executable, "-B", CHECK, folder], capture_output=True, text=True)
        self.assertEqual(result.returncode, 0, result.stdout)


if __name__ == "__main__":
    unittest.main()
