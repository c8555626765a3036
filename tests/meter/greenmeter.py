"""Runs greenmeter as a user does, on a machine with a fake GPU: the base class of the greenmeter tests here."""

import json
import os
import pathlib
import subprocess
import tempfile
import unittest

BIN = pathlib.Path(os.environ["GREENTRAIN_BIN"])
LIBRARY = BIN.parent / "fake/libnvidia-ml.so.1"


class TestCase(unittest.TestCase):
    """One fake GPU of 100 W; no CPU counters, so that CPUs are modelled."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.make_gpu()
        (self.folder / "sys").mkdir()
        self.environment = {
            **{name: value for name, value in os.environ.items()
               if not name.startswith(("SLURM_", "PMIX_", "OMPI_", "PMI_"))},
            "GREENTRAIN_NVML": str(LIBRARY), "GREENTRAIN_FAKE_NVML": str(self.folder / "scenario.json"),
            "GREENTRAIN_SYSFS_ROOT": str(self.folder / "sys"), "XDG_STATE_HOME": str(self.folder / "state"),
            "TMPDIR": str(self.folder)}

    def make_gpu(self, **fields):
        scenario = {"gpus": [{"idle_w": 100, "full_w": 100, **fields}]}
        (self.folder / "scenario.json").write_text(json.dumps(scenario))

    def greenmeter(self, *arguments, **options):
        return subprocess.run([BIN / "greenmeter", *map(str, arguments)], env=self.environment, cwd=self.folder,
                              capture_output=True, text=True, timeout=60, **options)

    def start(self, *arguments):
        process = subprocess.Popen([BIN / "greenmeter", *map(str, arguments)], env=self.environment, cwd=self.folder,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.stderr.close)
        return process

    def report(self, name="report.json"):
        return json.loads((self.folder / name).read_text())
