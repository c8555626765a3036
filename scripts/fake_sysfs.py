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
DEFAULTS = {"packages": 1, "idle_w": 10, "full_w": 100, "dram_w": 0, "board_w": 0, "load": [[0, 1]], "mmio": False,
            "mirrored": False, "range_j": 262143.32885, "dram_range_j": 65712.999613, "start_j": 1000,
            "update_period_s": 0.001, "faults": [], "resets_s": []}
FAULTS = {"zone", "from_s", "to_s", "freeze", "unreadable", "shows"}


def read_scenario(path):
    scenario = SERVER if path is None else json.loads(path.read_text())
    unknown = set(scenario) - set(DEFAULTS)
    unknown |= {f"faults.{name}" for fault in scenario.get("faults", []) for name in set(fault) - FAULTS}
    if unknown:
        sys.exit(f"fake_sysfs.py: {path} has unknown fields: {', '.join(sorted(unknown))}")
    return {**DEFAULTS, **scenario}


class Zone:
    """One energy counter: its place in the tree, its name, and its power at a load from 0 to 1."""

    def __init__(self, folder, name, power, scenario, range_j, start_j=0):
        self.folder, self.name, self.power, self.scenario, self.range_j = folder, name, power, scenario, range_j
        self.start_j = scenario["start_j"] + start_j

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
        period = self.scenario["update_period_s"]
        now = int(now / period + 1e-9) * period
        reset = max((moment for moment in self.scenario["resets_s"] if moment <= now), default=None)
        joules = self.drawn(reset, now) if reset is not None else self.start_j + self.drawn(0, now)
        return str(int(joules % self.range_j * 1e6))


def zones_of(scenario):
    idle, full, dram = scenario["idle_w"], scenario["full_w"], scenario["dram_w"]
    packages, board = scenario["packages"], scenario["board_w"]

    def package(load):
        return idle + load * (full - idle)

    zones = []
    for number in range(packages):
        name = f"package-0-die-{number}" if scenario["mirrored"] else f"package-{number}"
        zones.append(Zone(f"intel-rapl/intel-rapl:{number}", name, package, scenario, scenario["range_j"],
                          start_j=0 if scenario["mirrored"] else 1000 * number))
        zones.append(Zone(f"intel-rapl/intel-rapl:{number}/intel-rapl:{number}:0", "core",
                          lambda load: 0.7 * package(load), scenario, scenario["range_j"]))
        if dram:
            zones.append(Zone(f"intel-rapl/intel-rapl:{number}/intel-rapl:{number}:1", "dram", lambda load: dram,
                              scenario, scenario["dram_range_j"]))
    if board:
        zones.append(Zone(f"intel-rapl/intel-rapl:{packages}", "psys",
                          lambda load: packages * (package(load) + dram) + board, scenario, scenario["range_j"]))
    if scenario["mmio"]:
        zones.append(Zone("intel-rapl-mmio/intel-rapl-mmio:0", "package-0", package, scenario, scenario["range_j"]))
    return zones


def write(file, text):
    """Replaces a file at once, so that no reader meets half of it."""
    temporary = file.with_name(f".{file.name}.new")
    temporary.write_text(text + "\n")
    temporary.replace(file)


def make_tree(root, zones):
    """The folders lie under devices/virtual/powercap, with links to them in class/powercap, as the kernel has it."""
    devices, links = root / "devices/virtual/powercap", root / "class/powercap"
    links.mkdir(parents=True, exist_ok=True)
    for zone in zones:
        folder = devices / zone.folder
        folder.mkdir(parents=True, exist_ok=True)
        write(folder / "name", zone.name)
        write(folder / "max_energy_range_uj", str(int(zone.range_j * 1e6)))
        write(folder / "enabled", "1")
        for linked in (folder, devices / zone.folder.split("/")[0]):
            for link, target in ((links / linked.name, linked), (linked / "subsystem", links)):
                if not link.is_symlink():
                    link.symlink_to(os.path.relpath(target, link.parent))


def update(root, zones, now):
    for zone in zones:
        file, text = root / "devices/virtual/powercap" / zone.folder / "energy_uj", zone.shown(now)
        if text is not None:
            if file.is_dir():
                file.rmdir()
            write(file, text)
        elif not file.is_dir():  # No one can read a folder, root included.
            file.unlink(missing_ok=True)
            file.mkdir()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("scenario", type=pathlib.Path, nargs="?")
    parser.add_argument("--at", type=float, help="seconds after the start, instead of going on in real time")
    arguments = parser.parse_args()
    scenario = read_scenario(arguments.scenario)
    zones = zones_of(scenario)
    make_tree(arguments.folder, zones)
    if arguments.at is not None:
        update(arguments.folder, zones, arguments.at)
        print(json.dumps({f"{zone.folder.split('/')[-1]} {zone.name}": zone.drawn(0, arguments.at) for zone in zones}))
        return
    start = time.monotonic()
    try:
        while True:
            update(arguments.folder, zones, time.monotonic() - start)
            time.sleep(0.02)
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
