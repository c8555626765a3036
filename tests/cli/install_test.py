"""`cmake --install` puts programs, configs and documents under a prefix, and they work from there."""

import json
import subprocess
import unittest

import program


class Install(program.TestCase):
    def setUp(self):
        super().setUp()
        self.prefix = self.folder / "prefix"
        result = subprocess.run(["cmake", "--install", program.BIN.parent, "--prefix", self.prefix],
                                capture_output=True, text=True)
        self.assertEqual(result.returncode, 0, result.stderr)

    def run_installed(self, *command):
        return subprocess.run([self.prefix / "bin" / command[0], *command[1:]], cwd=self.folder, text=True,
                              capture_output=True, env=self.environment(LD_LIBRARY_PATH=None), timeout=120)

    def test_configs_and_documents_lie_where_the_readme_says(self):
        for name in ("share/doc/greentrain/README.md", "share/doc/greentrain/LICENSE",
                     "share/doc/greentrain/LICENSES/codecarbon.txt",
                     "share/doc/greentrain/exit-codes.md"):
            self.assertTrue((self.prefix / name).is_file(), name)
        configs = {path.name for path in (program.SOURCE / "configs").glob("*")}
        installed = {path.name for path in (self.prefix / "share/greentrain/configs").glob("*")}
        self.assertEqual(installed, configs)

    def test_every_program_is_installed_and_starts(self):
        for built in sorted(program.BIN.glob("*")):
            result = self.run_installed(built.name, "--version")
            self.assert_exit(result, 0)
            self.assertIn(built.name, result.stdout)

    def test_both_fakes_are_installed_and_work(self):
        fakes = next(self.prefix.rglob("fake_sysfs.py")).parent
        subprocess.run([fakes / "fake_sysfs.py", self.folder / "sys", "--at", "1"], check=True, capture_output=True)
        (self.folder / "scenario.json").write_text('{"gpus": [{}]}')
        result = subprocess.run(
            [self.prefix / "bin/greenmeter", "doctor"], text=True, capture_output=True,
            env=self.environment(LD_LIBRARY_PATH=None, GREENTRAIN_SYSFS_ROOT=str(self.folder / "sys"),
                                 GREENTRAIN_NVML=str(fakes / "libnvidia-ml.so.1"),
                                 GREENTRAIN_FAKE_NVML=str(self.folder / "scenario.json")))
        self.assert_exit(result, 0)
        self.assertIn("rapl:package-1", result.stdout)
        self.assertIn("nvml:GPU-", result.stdout)

    def test_the_installed_greentrain_trains(self):
        rows = ("%s,%d\n" % (",".join(str((row * column) % 17) for column in range(64)), row % 10) for row in range(200))
        (self.folder / "digits.csv").write_text("".join(rows))
        result = self.run_installed(
            "greentrain", self.prefix / "share/greentrain/configs/digits.yaml",
            "data.path=[digits.csv]", "train.epochs=1", "run.dir=first")
        self.assert_exit(result, 0)
        report = json.loads((self.folder / "first/report.json").read_text())
        self.assertIn("test_accuracy", report["result"])


if __name__ == "__main__":
    unittest.main()
