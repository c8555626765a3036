#!/usr/bin/env python3
"""Makes a /sys with the energy counters of a server, and keeps them counting.

    scripts/fake_sysfs.py DIR                     a server of two packages, until Ctrl-C
    scripts/fake_sysfs.py DIR scenario.json       another machine
    scripts/fake_sysfs.py DIR scenario.json --at 30   as it is 30 s after the start, and no further

GREENTRAIN_SYSFS_ROOT=DIR makes greentrain's programs read it. docs/fakes.md has the fields of a scenario. With
--at, what each zone truly drew until then goes to standard output as JSON.
"""

import argparse
import json
import os
import pathlib
import sys
import time

SERVER = {"packages": 2, "idle_w": 40, "full_w": 200, "dram_w": 15}
DEFAULTS = {"packages": 1, "idle_w": 10, "full_w": 100, "dram_w": 0, "board_w": 0, "gpu_w": 0, "load": [[0, 1]],
            "powercap": True, "hwmon": [], "mmio": False, "mirrored": False, "range_j": 262143.32885,
            "dram_range_j": 65712.999613, "start_j": 1000, "update_period_s": 0.001, "average_s": 1, "faults": [],
            "resets_s": []}
FAULTS = {"zone", "from_s", "to_s", "freeze", "unreadable", "shows"}
CHIPS = {"amd_energy", "power_meter", "grace"}


def read_scenario(path):
    scenario = SERVER if path is None else json.loads(path.read_text())
    unknown = set(scenario) - set(DEFAULTS)
    unknown |= {f"faults.{name}" for fault in scenario.get("faults", []) for name in set(fault) - FAULTS}
    if unknown:
        sys.exit(f"fake_sysfs.py: {path} has unknown fields: {', '.join(sorted(unknown))}")
    other = set(scenario.get("hwmon", [])) - CHIPS
    if other:
        sys.exit(f"fake_sysfs.py: {path}: hwmon has {', '.join(sorted(other))}; expected {', '.join(sorted(CHIPS))}")
    return {**DEFAULTS, **scenario}


class Source:
    """What shows energy or power in a file: its name, and its power at a load from 0 to 1."""

    def __init__(self, file, name, power, scenario):
        self.file, self.name, self.power, self.scenario = file, name, power, scenario

    def drawn(self, from_s, to_s):
        """Joules between two moments: the exact integral over the steps of the load."""
        steps = self.scenario["load"]
        ends = [step[0] for step in steps[1:]] + [float("inf")]
        overlaps = ((max(0, min(end, to_s) - max(start, from_s)), load) for (start, load), end in zip(steps, ends))
        return sum(seconds * self.power(load) for seconds, load in overlaps)

    def faults(self, now):
        return [fault for fault in self.scenario["faults"]
                if fault.get("zone", self.name) == self.name
                and fault.get("from_s", 0) <= now < fault.get("to_s", float("inf"))]

    def shown(self, now):
        """The text of energy_uj, or None where it cannot be read."""
        for fault in self.faults(now):
            if fault.get("unreadable"):
                return None
            if "shows" in fault:
                return str(fault["shows"])
            if fault.get("freeze"):
                now = fault.get("from_s", 0)
        return str(int(1e6 * self.value(now)))


class Counter(Source):
    """Joules since start_j, back to 0 at range_j."""

    def __init__(self, file, name, power, scenario, range_j=float("inf"), start_j=0):
        super().__init__(file, name, power, scenario)
        self.range_j, self.start_j = range_j, scenario["start_j"] + start_j

    def value(self, now):
        period = self.scenario["update_period_s"]
        now = int(now / period + 1e-9) * period
        reset = max((moment for moment in self.scenario["resets_s"] if moment <= now), default=None)
        joules = self.drawn(reset, now) if reset is not None else self.start_j + self.drawn(0, now)
        return joules % self.range_j


class MeanPower(Source):
    """Watts, the mean over the last average_s, taken as often."""

    def value(self, now):
        period = self.scenario["average_s"]
        now = int(now / period + 1e-9) * period
        return self.drawn(max(0, now - period), now) / period if now > 0 else self.power(self.scenario["load"][0][1])


class Machine:
    """The files of a scenario: those that stay as they are, and sources."""

    def __init__(self, root, scenario):
        self.root, self.scenario, self.sources, self.chips = root, scenario, [], 0
        if scenario["powercap"]:
            self.add_powercap()
        for chip in scenario["hwmon"]:
            getattr(self, f"add_{chip}")()

    def package_w(self, load):
        return self.scenario["idle_w"] + load * (self.scenario["full_w"] - self.scenario["idle_w"])

    def add_powercap(self):
        """The folders lie under devices/virtual/powercap, with links to them in class/powercap, as the kernel has it."""
        scenario = self.scenario
        dram, packages, board = scenario["dram_w"], scenario["packages"], scenario["board_w"]
        for number in range(packages):
            name = f"package-0-die-{number}" if scenario["mirrored"] else f"package-{number}"
            zone = f"intel-rapl/intel-rapl:{number}"
            self.add_zone(zone, name, self.package_w, start_j=0 if scenario["mirrored"] else 1000 * number)
            self.add_zone(f"{zone}/intel-rapl:{number}:0", "core", lambda load: 0.7 * self.package_w(load))
            if dram:
                self.add_zone(f"{zone}/intel-rapl:{number}:1", "dram", lambda load: dram, scenario["dram_range_j"])
        if board:
            self.add_zone(f"intel-rapl/intel-rapl:{packages}", "psys",
                          lambda load: packages * (self.package_w(load) + dram) + board)
        if scenario["mmio"]:
            self.add_zone("intel-rapl-mmio/intel-rapl-mmio:0", "package-0", self.package_w)

    def add_zone(self, place, name, power, range_j=None, start_j=0):
        range_j = range_j or self.scenario["range_j"]
        devices, links = self.root / "devices/virtual/powercap", self.root / "class/powercap"
        folder = devices / place
        self.sources.append(Counter(folder / "energy_uj", name, power, self.scenario, range_j, start_j))
        write(folder / "name", name)
        write(folder / "max_energy_range_uj", str(int(range_j * 1e6)))
        write(folder / "enabled", "1")
        for linked in (folder, devices / place.split("/")[0]):
            link(links / linked.name, linked)
            link(linked / "subsystem", links)

    def new_chip(self, device, name):
        """The folder of the device, which class/hwmon/hwmonN links to."""
        folder = self.root / "devices" / device
        hwmon = folder / f"hwmon/hwmon{self.chips}"
        link(self.root / f"class/hwmon/hwmon{self.chips}", hwmon)
        link(hwmon / "device", folder)
        self.chips += 1
        place = hwmon if name == "amd_energy" else folder  # Drivers of two generations.
        write(place / "name", name)
        return place

    def add_amd_energy(self):
        """amd_energy of Linux 5.8 to 5.12: two cores for each socket, then the sockets."""
        folder = self.new_chip("platform/amd_energy.0", "amd_energy")
        parts = [(f"Ecore{core:03}", lambda load: self.package_w(load) / 4) for core in range(2 * self.scenario["packages"])]
        parts += [(f"Esocket{socket}", self.package_w) for socket in range(self.scenario["packages"])]
        for number, (label, power) in enumerate(parts, 1):
            write(folder / f"energy{number}_label", label)
            self.sources.append(Counter(folder / f"energy{number}_input", label, power, self.scenario))

    def add_power_meter(self):
        """An ACPI power meter: the whole machine."""
        scenario = self.scenario
        self.add_meter("", lambda load: scenario["packages"] * (self.package_w(load) + scenario["dram_w"]
                                                                + scenario["gpu_w"]) + scenario["board_w"])

    def add_grace(self):
        """Those of NVIDIA's Grace superchips: each package is one, with a GPU of gpu_w."""
        dram, gpu = self.scenario["dram_w"], self.scenario["gpu_w"]
        for socket in range(self.scenario["packages"]):
            self.add_meter(f"Module Power Socket {socket}", lambda load: self.package_w(load) + dram + gpu)
            self.add_meter(f"Grace Power Socket {socket}", lambda load: self.package_w(load) + dram)
            self.add_meter(f"CPU Power Socket {socket}", lambda load: 0.8 * self.package_w(load))
            self.add_meter(f"SysIO Power Socket {socket}", lambda load: 0.2 * self.package_w(load))

    def add_meter(self, label, power):
        folder = self.new_chip(f"LNXSYSTM:00/ACPI000D:{self.chips:02}", "power_meter")
        write(folder / "power1_average_interval", str(int(self.scenario["average_s"] * 1000)))
        write(folder / "power1_accuracy", "90.0%")
        if label:
            write(folder / "power1_oem_info", label)
        self.sources.append(MeanPower(folder / "power1_average", label or "machine", power, self.scenario))

    def update(self, now):
        for source in self.sources:
            text = source.shown(now)
            if text is not None:
                if source.file.is_dir():
                    source.file.rmdir()
                write(source.file, text)
            elif not source.file.is_dir():  # No one can read a folder, root included.
                source.file.unlink(missing_ok=True)
                source.file.mkdir()

    def truth(self, until):
        """Joules by folder and name."""
        return {f"{source.file.parent.name} {source.name}": source.drawn(0, until) for source in self.sources}


def write(file, text):
    """Replaces a file at once, so that no reader meets half of it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    temporary = file.with_name(f".{file.name}.new")
    temporary.write_text(text + "\n")
    temporary.replace(file)


def link(at, target):
    at.parent.mkdir(parents=True, exist_ok=True)
    target.mkdir(parents=True, exist_ok=True)
    if not at.is_symlink():
        at.symlink_to(os.path.relpath(target, at.parent))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("scenario", type=pathlib.Path, nargs="?")
    parser.add_argument("--at", type=float, help="seconds after the start, instead of going on in real time")
    arguments = parser.parse_args()
    machine = Machine(arguments.folder, read_scenario(arguments.scenario))
    if arguments.at is not None:
        machine.update(arguments.at)
        print(json.dumps(machine.truth(arguments.at)))
        return
    start = time.monotonic()
    try:
        while True:
            machine.update(time.monotonic() - start)
            time.sleep(0.02)
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
