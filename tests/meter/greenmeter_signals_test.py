"""Signals that come before, during and after a command of greenmeter."""

import json
import os
import pathlib
import pty
import signal
import subprocess
import time
import unittest

import greenmeter


class Signals(greenmeter.TestCase):
    def test_signals_reach_the_command_and_the_report_still_comes(self):
        for number, code in ((signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGUSR1, 138)):
            process = self.start("run", "--", "sh", "-c", "echo ready; exec sleep 60")
            self.assertEqual(process.stdout.readline(), "ready\n")
            process.send_signal(number)
            _, errors = process.communicate(timeout=20)
            self.assertEqual(process.returncode, code)
            self.assertIn("greenmeter: ", errors)

    def test_a_command_may_handle_a_signal_itself(self):
        process = self.start("run", "--", "sh", "-c", "trap 'echo saved; exit 3' TERM; echo ready; "
                             "while :; do sleep 0.05; done")
        self.assertEqual(process.stdout.readline(), "ready\n")
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=20)
        self.assertEqual((process.returncode, output), (3, "saved\n"))

    def test_a_signal_that_came_before_the_command_ends_the_run(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            result = self.greenmeter("run", "--", "echo", "ran", preexec_fn=lambda: raise_blocked(number))
            self.assertEqual((result.returncode, result.stdout), (128 + number, ""))
            self.assertIn("echo was not started", result.stderr)

    def test_a_signal_that_is_ignored_ends_nothing(self):
        """As nohup has SIGHUP ignored, and a shell SIGINT for what runs in its background."""
        def ignore():
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
            raise_blocked(signal.SIGHUP)

        result = self.greenmeter("run", "--", "echo", "ran", preexec_fn=ignore)
        self.assertEqual((result.returncode, result.stdout), (0, "ran\n"))
        result = self.greenmeter("watch", "--period", "0.1", "--count", "1", preexec_fn=ignore)
        self.assertIn("nvml:GPU-", result.stdout)


def raise_blocked(number):
    """Sends this process a signal that waits, also through exec."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {number})
    os.kill(os.getpid(), number)


class Terminal(greenmeter.TestCase):
    """Ctrl-C on a terminal of its own, which sends SIGINT to greenmeter and to the command."""

    def start_on_terminal(self, *arguments):
        """The process and the terminal's other side."""
        process, terminal = pty.fork()
        if process == 0:
            os.chdir(self.folder)
            os.execve(greenmeter.BIN / "greenmeter", ["greenmeter", *map(str, arguments)], self.environment)
        self.addCleanup(os.close, terminal)
        return process, terminal

    def read_until(self, terminal, text):
        """All that came, up to a text, or to the end."""
        output = b""
        while text is None or text not in output:
            try:
                output += os.read(terminal, 4096)
            except OSError:  # Nobody has the terminal open any more.
                break
        return output

    def finish(self, process, terminal):
        output = self.read_until(terminal, None).decode()
        _, status = os.waitpid(process, 0)
        return os.waitstatus_to_exitcode(status), output

    def test_ctrl_c_ends_the_command_and_the_report_still_comes(self):
        process, terminal = self.start_on_terminal("run", "--", "sh", "-c", "echo ready; exec sleep 60")
        self.read_until(terminal, b"ready")
        os.write(terminal, b"\x03")
        code, output = self.finish(process, terminal)
        self.assertEqual(code, 130)
        self.assertIn("greenmeter: ", output)
        self.assertIn("not included", output)

    def test_ctrl_c_between_two_repeats_ends_the_run(self):
        """Slow readings leave time between them."""
        self.make_gpu(faults=[{"call": "TotalEnergyConsumption", "block_s": 0.2}])
        process, terminal = self.start_on_terminal("run", "--repeat", "3", "--", "echo", "ready")
        output = self.read_until(terminal, b"ready")
        while children_of(process):
            time.sleep(0.005)
        os.write(terminal, b"\x03")
        code, rest = self.finish(process, terminal)
        output = output.decode() + rest
        self.assertEqual(code, 130, output)
        self.assertEqual(output.count("ready"), 1, output)
        self.assertIn("echo was not started", output)
        self.assertIn("not included", output, "the report of the first round")

    def test_ctrl_c_ends_attach_with_its_report(self):
        other = subprocess.Popen(["sleep", "60"])
        self.addCleanup(other.wait)
        self.addCleanup(other.kill)
        process, terminal = self.start_on_terminal("attach", "--json", "report.json", other.pid)
        while not blocks(process, signal.SIGINT):
            time.sleep(0.005)
        os.write(terminal, b"\x03")
        code, output = self.finish(process, terminal)
        self.assertEqual(code, 0, output)
        self.assertIn(f"greenmeter: process {other.pid}: ", output)
        self.assertEqual(json.loads((self.folder / "report.json").read_text())["command"], ["sleep 60 "])
        self.assertIsNone(other.poll(), "the process goes on")


def children_of(parent):
    return pathlib.Path(f"/proc/{parent}/task/{parent}/children").read_text().split()


def blocks(process, number):
    """Whether it is greenmeter already, which blocks the signals that it takes."""
    lines = pathlib.Path(f"/proc/{process}/status").read_text().splitlines()
    mask = next(int(line.split()[1], 16) for line in lines if line.startswith("SigBlk:"))
    return mask >> number - 1 & 1


if __name__ == "__main__":
    unittest.main()
