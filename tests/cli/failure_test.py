"""What a run says and leaves behind when a rank is killed or stopped, or the run is asked to stop.

GREENTRAIN_KILLS=50 kills that many ranks instead of 8, and prints how soon each was named and mpirun passed it on.
"""

import collections
import json
import os
import pathlib
import random
import select
import shutil
import signal
import time
import unittest

import tiny

ENDLESS = ("train.epochs=1000000", "train.early_stopping.enabled=false", "--quiet")
KILLS = int(os.environ.get("GREENTRAIN_KILLS", "8"))


def read(path):
    try:
        return path.read_text()
    except OSError:  # The process is gone.
        return ""


def ranks_of(launcher):
    """The pids of the ranks that mpirun has started so far, by rank."""
    ranks = {}
    for child in read(pathlib.Path(f"/proc/{launcher}/task/{launcher}/children")).split():
        for variable in read(pathlib.Path(f"/proc/{child}/environ")).split("\0"):
            if variable.startswith("OMPI_COMM_WORLD_RANK="):
                ranks[int(variable.split("=")[1])] = int(child)
    return ranks


def is_watched(pid):
    return any(read(task / "comm") == "watchdog\n" for task in pathlib.Path(f"/proc/{pid}/task").glob("*"))


def catches(pid, number):
    """Whether the process has a handler for the signal."""
    mask = read(pathlib.Path(f"/proc/{pid}/status")).split("SigCgt:")[1].split()[0]
    return int(mask, 16) >> (number - 1) & 1 == 1


class TestCase(tiny.TestCase):
    def setUp(self):
        super().setUp()
        (self.folder / "mpi").mkdir()

    def start_training(self, *arguments, ranks=None):
        """Starts a run without end, whose MPI keeps its files in a folder of the test."""
        return self.start_program("greentrain", "config.yaml", *ENDLESS, *arguments, ranks=ranks,
                                  env={"OMPI_MCA_btl_vader_backing_directory": str(self.folder / "mpi"),
                                       "OMPI_MCA_orte_tmpdir_base": str(self.folder / "mpi")})

    def wait_for(self, process, condition):
        deadline = time.monotonic() + 60
        while not condition():
            if process.poll() is not None:
                self.fail(f"ended early: {process.communicate()}")
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.005)

    def wait_for_watchdogs(self, process, ranks):
        """Returns the pids by rank, once every rank is watched."""
        self.wait_for(process, lambda: len(ranks_of(process.pid)) == ranks
                      and all(map(is_watched, ranks_of(process.pid).values())))
        return ranks_of(process.pid)

    def start_reading(self, ranks=None):
        """A run that is reading its data, and never comes to an end of them."""
        path = self.folder / "points.csv"
        path.unlink(missing_ok=True)
        os.mkfifo(path)
        process = self.start_training(ranks=ranks)
        writer = []

        def is_read():
            try:
                writer.append(os.open(path, os.O_WRONLY | os.O_NONBLOCK))
            except OSError:  # Nobody reads it yet.
                return False
            return True

        self.wait_for(process, is_read)
        self.addCleanup(os.close, writer[0])
        return process

    def wait_for_steps(self, process):
        metrics = self.folder / "out/metrics.jsonl"
        self.wait_for(process, lambda: metrics.exists() and metrics.stat().st_size > 0)

    def finish_cleanly(self, process, code):
        """The result of a run that left neither a process nor a file in shared memory."""
        result = self.finish(process)
        self.assert_exit(result, code)
        left = [path for path in (self.folder / "mpi").rglob("*") if not path.is_dir()]
        left += pathlib.Path("/dev/shm").glob("*greentrain*")
        self.assertEqual(left, [])
        return result

    def assert_named(self, text, rank, word):
        """`text` has one table, in which only `rank` is marked, after a line that names it with `word`."""
        lines = text.splitlines()
        self.assertRegex(text, rf"(?m)^greentrain: .*\brank {rank} \(.* pid \d+\).* {word}")
        self.assertEqual(sum("doing" in line for line in lines), 1, text)
        marked = [line.split()[0] for line in lines if line.endswith("<--")]
        self.assertEqual(marked, [str(rank)], text)

    def flight_record(self, rank, trouble):
        record = json.loads((self.folder / "out/flight_record.json").read_text())
        self.assertEqual((record["trouble"], record["culprits"]), (trouble, [rank]))
        self.assertTrue(all(rank["beats"] for rank in record["ranks"]))
        return record


class KilledRank(TestCase):
    def kill(self, chance):
        """Kills a rank at a random time; returns how soon it was named and seen, and what it did in the end."""
        ranks = chance.choice((2, 3))
        victim = chance.randrange(ranks)
        process = self.start_training(ranks=ranks)
        pids = self.wait_for_watchdogs(process, ranks)
        time.sleep(chance.uniform(0, 0.6))
        trains = (self.folder / "out/metrics.jsonl").exists()
        killed_at = time.time()
        os.kill(pids[victim], signal.SIGKILL)
        select.select([process.stderr], [], [], 60)
        seen_after = time.time() - killed_at
        result = self.finish_cleanly(process, 137)
        self.assert_named(result.stderr, victim, "is gone")
        named_after = None
        if trains:
            self.flight_record(victim, "lost")
            named_after = (self.folder / "out/flight_record.json").stat().st_mtime - killed_at
        return named_after, seen_after, result.stderr.split("in phase ")[1].split(",")[0]

    def test_it_is_named_wherever_it_was(self):
        seed = int(os.environ.get("GREENTRAIN_SEED", "1"))
        chance = random.Random(seed)
        seen = []
        for number in range(KILLS):
            with self.subTest(seed=seed, number=number):
                seen.append(self.kill(chance))
            shutil.rmtree(self.folder / "out", ignore_errors=True)  # Not yet there, if killed before.
        if KILLS > 8:
            self.print_times(seen)

    @staticmethod
    def print_times(seen):
        for what, times in (("named", [one[0] for one in seen if one[0] is not None]), ("seen", [one[1] for one in seen])):
            times.sort()
            print(f"{len(times)} ranks {what} after {times[len(times) // 2]:.3f} s (median), {times[-1]:.3f} s (longest)")
        print(dict(collections.Counter(one[2] for one in seen)))

    def test_it_is_named_while_data_are_read(self):
        process = self.start_reading(ranks=2)
        pids = self.wait_for_watchdogs(process, 2)
        os.kill(pids[0], signal.SIGKILL)
        self.assert_named(self.finish_cleanly(process, 137).stderr, 0, "is gone")


class StoppedRank(TestCase):
    def test_the_run_ends_with_70_and_a_flight_record(self):
        process = self.start_training("comm.timeout=500ms", "comm.first_step_timeout=20s", ranks=3)
        self.wait_for_steps(process)
        os.kill(ranks_of(process.pid)[1], signal.SIGSTOP)
        result = self.finish_cleanly(process, 70)
        self.assert_named(result.stderr, 1, "stopped by a signal")
        record = self.flight_record(1, "hang")
        self.assertEqual([rank["process"] for rank in record["ranks"]], ["runs", "stopped", "runs"])
        self.assertEqual([rank["waits"] for rank in record["ranks"]], [True, False, True])

    def test_a_run_that_is_suspended_as_a_whole_goes_on(self):
        process = self.start_training("comm.timeout=500ms", "comm.first_step_timeout=20s", ranks=2)
        self.wait_for_steps(process)
        pids = list(ranks_of(process.pid).values())
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        time.sleep(2.5)
        for pid in pids:
            os.kill(pid, signal.SIGCONT)
        size = (self.folder / "out/metrics.jsonl").stat().st_size
        self.wait_for(process, lambda: (self.folder / "out/metrics.jsonl").stat().st_size > size)
        process.send_signal(signal.SIGTERM)
        self.assertEqual(self.finish_cleanly(process, 1).stderr, "")


class StopSignals(TestCase):
    def assert_nothing_left(self, result):
        self.assertEqual((result.stdout, result.stderr), ("", ""))
        self.assertFalse((self.folder / "out").exists())

    def test_sigterm_to_mpirun_stops_after_the_step_with_a_report(self):
        process = self.start_training(ranks=2)
        self.wait_for_steps(process)
        process.send_signal(signal.SIGTERM)
        result = self.finish_cleanly(process, 1)
        self.assertEqual(result.stderr, "")
        self.assertEqual(self.report()["result"]["stopped_by"], "signal")

    def test_a_signal_to_one_rank_stops_all(self):
        process = self.start_training(ranks=2)
        self.wait_for_steps(process)
        os.kill(ranks_of(process.pid)[1], signal.SIGTERM)
        self.assertEqual(self.finish_cleanly(process, 0).stderr, "")
        self.assertEqual(self.report()["result"]["stopped_by"], "signal")

    def test_sigterm_to_mpirun_while_data_are_read_ends_all_ranks(self):
        process = self.start_reading(ranks=2)
        self.wait_for_watchdogs(process, 2)
        process.send_signal(signal.SIGTERM)
        self.assert_nothing_left(self.finish_cleanly(process, 1))

    def test_a_signal_while_data_are_read_ends_one_rank_at_once(self):
        for number in signal.SIGTERM, signal.SIGINT:
            with self.subTest(number):
                process = self.start_reading()
                process.send_signal(number)
                self.assert_nothing_left(self.finish_cleanly(process, -number))

    def test_a_second_sigint_does_not_wait_for_the_step(self):
        process = self.start_training("model.hidden=[4096, 4096]", "train.batch_size=62")
        self.wait_for(process, lambda: (self.folder / "out/config.yaml").exists()
                      and catches(process.pid, signal.SIGINT))
        process.send_signal(signal.SIGINT)
        self.wait_for(process, lambda: not catches(process.pid, signal.SIGINT))
        process.send_signal(signal.SIGINT)
        self.finish_cleanly(process, -signal.SIGINT)
        left = {path.name for path in (self.folder / "out").iterdir()} - {"metrics.jsonl", "energy"}
        self.assertEqual(left, {"config.yaml"})


if __name__ == "__main__":
    unittest.main()
