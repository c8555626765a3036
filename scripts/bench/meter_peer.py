"""One of the meters that greenmeter is compared with, in a process of its own; run by meter.py in the peers' environment.

    meter_peer.py codecarbon cost COUNT      seconds of COUNT measurements, one after the other, as JSON
    meter_peer.py zeus cost COUNT            the same of begin_window and end_window
    meter_peer.py TOOL history SECONDS       {"joules", "start", "end"} of that long, in seconds of the monotonic clock
"""

import json
import logging
import sys
import time


class CodeCarbon:
    """Its tracker as a user starts it, reading once a second in histories."""

    def __init__(self):
        import codecarbon
        self.tracker = codecarbon.OfflineEmissionsTracker(
            country_iso_code="FRA", measure_power_secs=1, save_to_file=False, log_level="critical",
            tracking_mode="machine", allow_multiple_runs=True)

    def cost(self):
        return self.tracker._measure_power_and_energy

    def begin(self):
        self.tracker.start()

    def end(self):
        self.tracker.stop()
        data = self.tracker.final_emissions_data
        return (data.cpu_energy + data.gpu_energy) * 3.6e6  # Its model of RAM stands apart.


class Zeus:
    """Its monitor, without waiting for a GPU that is not there."""

    def __init__(self):
        import zeus.monitor
        self.monitor = zeus.monitor.ZeusMonitor()

    def window(self):
        self.monitor.begin_window("window", sync_execution=False)
        self.monitor.end_window("window", sync_execution=False)

    def cost(self):
        return self.window

    def begin(self):
        self.monitor.begin_window("history", sync_execution=False)

    def end(self):
        measured = self.monitor.end_window("history", sync_execution=False)
        return sum(measured.gpu_energy.values()) + sum((measured.cpu_energy or {}).values())


def cost(tool, count):
    tool.begin()
    call = tool.cost()
    seconds = []
    for _ in range(count):
        start = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - start)
    return seconds


def history(tool, seconds):
    tool.begin()
    start = time.monotonic()
    time.sleep(seconds)
    end = time.monotonic()
    return {"joules": tool.end(), "start": start, "end": end}


def main():
    logging.disable(logging.CRITICAL)
    name, what, amount = sys.argv[1:]
    tool = {"codecarbon": CodeCarbon, "zeus": Zeus}[name]()
    answer = cost(tool, int(amount)) if what == "cost" else history(tool, float(amount))
    print("\n" + json.dumps(answer))


if __name__ == "__main__":  # Zeus starts processes that import this file.
    main()
