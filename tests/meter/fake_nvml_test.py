"""The fake libnvidia-ml.so.1, read by NVIDIA's own Python binding: an oracle that shares no code with it.

The binding comes from the package index through scripts/fetch.py; where it cannot be had, the tests fail.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
LIBRARY = pathlib.Path(os.environ["GREENTRAIN_BIN"]).parent / "fake"
CURVES = """gpu,model,cap_w,avg_power_w
A40,resnet50,100,116
A40,resnet50,200,200
A40,resnet50,300,260
"""


def binding_folder():
    fetch = [sys.executable, str(ROOT / "scripts/fetch.py"), "nvidia-ml-py-13.615.71"]
    return subprocess.run(fetch, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


class FakeNvml(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.binding = binding_folder()

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def use(self, gpus, **settings):
        scenario = {"clock": "now", "call_log": "calls", "gpus": gpus, **settings}
        (self.folder / "scenario.json").write_text(json.dumps(scenario))
        self.at(0)

    def at(self, seconds):
        (self.folder / "now").write_text(str(seconds))

    def ask(self, program):
        """What a Python program prints that has the binding as `n` and the first GPU as `gpu`."""
        start = "import pynvml as n\nn.nvmlInit()\ngpu = n.nvmlDeviceGetHandleByIndex(0)\n"
        environment = {**os.environ, "PYTHONPATH": self.binding, "LD_LIBRARY_PATH": str(LIBRARY),
                       "GREENTRAIN_FAKE_NVML": str(self.folder / "scenario.json")}
        result = subprocess.run([sys.executable, "-B", "-c", start + program], env=environment,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.assertEqual(result.returncode, 0, result.stdout)
        return result.stdout.split()

    def energy(self):
        return int(self.ask("print(n.nvmlDeviceGetTotalEnergyConsumption(gpu))")[0])

    def test_shows_names_and_numbers(self):
        self.use([{"name": "NVIDIA H100 80GB HBM3", "count": 2}], driver_version="580.1")
        said = self.ask("print(n.nvmlDeviceGetCount(), n.nvmlSystemGetDriverVersion())\n"
                        "print(n.nvmlDeviceGetName(gpu).replace(' ', '_'), n.nvmlDeviceGetUUID(gpu))\n"
                        "print(n.nvmlDeviceGetPciInfo(gpu).busId)")
        self.assertEqual(said, ["2", "580.1", "NVIDIA_H100_80GB_HBM3",
                                "GPU-00000000-0000-0000-0000-000000000000", "00000000:01:00.0"])

    def test_integrates_power_over_load(self):
        self.use([{"idle_w": 50, "full_w": 250, "load": [[0, 0], [10, 1], [20, 0.5]]}])
        self.ask("")
        self.at(30)
        self.assertEqual(self.energy(), (50 * 10 + 250 * 10 + 150 * 10) * 1000)

    def test_counter_moves_in_steps_of_its_period(self):
        self.use([{"full_w": 100, "update_period_s": 0.5}])
        shown = []
        for time in (0, 0.3, 0.5, 0.9, 1.0):
            self.at(time)
            shown.append(self.energy())
        self.assertEqual(shown, [0, 0, 50000, 50000, 100000])

    def test_power_is_a_mean_of_a_second_or_of_a_moment(self):
        self.use([{"idle_w": 100, "full_w": 300, "load": [[0, 0], [10, 1]]}])
        self.at(10.5)
        said = self.ask("average, instant = n.nvmlDeviceGetFieldValues(gpu, [185, 186])\n"
                        "print(average.value.uiVal, instant.value.uiVal, n.nvmlDeviceGetPowerUsage(gpu))")
        self.assertEqual(said, ["200000", "300000", "200000"])

    def test_a_limit_set_by_one_process_holds_for_all(self):
        self.use([{"idle_w": 50, "full_w": 300, "min_limit_w": 100}], permission="all")
        self.ask("")
        self.at(10)
        self.ask("n.nvmlDeviceSetPowerManagementLimit(gpu, 200000)")
        self.at(20)
        self.assertEqual(self.energy(), (300 * 10 + 200 * 10) * 1000)
        said = self.ask("print(n.nvmlDeviceGetPowerManagementLimit(gpu), n.nvmlDeviceGetEnforcedPowerLimit(gpu))")
        self.assertEqual(said, ["200000", "200000"])

    def test_a_limit_set_by_the_board_is_enforced_and_not_requested(self):
        self.use([{"full_w": 700, "out_of_band_limit_w": [[0, 500]]}])
        said = self.ask("print(n.nvmlDeviceGetPowerManagementLimit(gpu), n.nvmlDeviceGetEnforcedPowerLimit(gpu))\n"
                        "print(*(v.value.uiVal for v in n.nvmlDeviceGetFieldValues(gpu, [190, 192])))")
        self.assertEqual(said, ["700000", "500000", "500000", "700000"])

    def test_limits_need_permission_and_lie_in_range(self):
        self.use([{"full_w": 300, "min_limit_w": 100}], permission="none")
        attempt = ("try:\n    n.nvmlDeviceSetPowerManagementLimit(gpu, {})\n"
                   "except n.NVMLError as error: print(error.value)")
        self.assertEqual(self.ask(attempt.format(200000)), ["4"])
        self.use([{"full_w": 300, "min_limit_w": 100}], permission="all")
        self.assertEqual(self.ask(attempt.format(99000)), ["2"])
        self.assertEqual(self.ask(attempt.format(301000)), ["2"])

    def test_draws_what_a_measured_curve_says(self):
        (self.folder / "curves.csv").write_text(CURVES)
        curve = {"file": "curves.csv", "gpu": "A40", "model": "resnet50"}
        self.use([{"idle_w": 30, "full_w": 300, "power_curve": curve}], permission="all")
        power = "print(n.nvmlDeviceGetFieldValues(gpu, [186])[0].value.uiVal)"
        self.assertEqual(self.ask(power), ["260000"])
        self.assertEqual(self.ask("n.nvmlDeviceSetPowerManagementLimit(gpu, 250000)\n" + power), ["230000"])
        self.assertEqual(self.ask("n.nvmlDeviceSetPowerManagementLimit(gpu, 100000)\n" + power), ["116000"],
                         "a low cap is overshot")

    def test_faults_happen_when_they_are_due(self):
        self.use([{"full_w": 100, "resets_s": [20], "faults": [
            {"from_s": 5, "to_s": 6, "error": "GPU_IS_LOST"},
            {"from_s": 7, "to_s": 8, "call": "PowerUsage", "shows": 1e6}]}])
        value = ("try:\n    print(n.nvmlDeviceGetTotalEnergyConsumption(gpu))\n"
                 "except n.NVMLError as error: print('error', error.value)")
        self.ask("")
        self.at(5)
        self.assertEqual(self.ask(value), ["error", "15"])
        self.at(6)
        self.assertEqual(self.ask(value), ["600000"])
        self.at(7)
        self.assertEqual(self.ask("print(n.nvmlDeviceGetPowerUsage(gpu))"), ["1000000000"])
        self.at(22)
        self.assertEqual(self.ask(value), ["200000"])

    def test_handles_are_worth_nothing_in_a_child(self):
        self.use([{}])
        said = self.ask("import os, sys\nchild = os.fork()\nif child == 0:\n"
                        "    try: n.nvmlDeviceGetUUID(gpu)\n"
                        "    except n.NVMLError as error: os._exit(error.value)\n"
                        "    os._exit(0)\nprint(os.waitpid(child, 0)[1] >> 8)")
        self.assertEqual(said, ["1"])  # NVML_ERROR_UNINITIALIZED

    def test_all_calls_are_in_the_log(self):
        self.use([{}])
        self.ask("n.nvmlDeviceGetName(gpu)")
        functions = [line.split()[2] for line in (self.folder / "calls").read_text().splitlines()]
        self.assertEqual(functions, ["nvmlInit", "nvmlDeviceGetHandleByIndex", "nvmlDeviceGetName"])

    def test_a_mistake_in_the_scenario_is_named(self):
        self.use([{"idle_watts": 5}])
        environment = {**os.environ, "PYTHONPATH": self.binding, "LD_LIBRARY_PATH": str(LIBRARY),
                       "GREENTRAIN_FAKE_NVML": str(self.folder / "scenario.json")}
        result = subprocess.run([sys.executable, "-B", "-c", "import pynvml; pynvml.nvmlInit()"],
                                env=environment, capture_output=True, text=True)
        self.assertNotEqual(result.returncode, 0)
        self.assertIn("gpus[0].idle_watts is unknown", result.stderr)


if __name__ == "__main__":
    unittest.main()
