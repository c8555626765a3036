"""Signals that come while greenmeter waits for a command."""

import signal
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


if __name__ == "__main__":
    unittest.main()
