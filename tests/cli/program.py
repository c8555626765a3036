"""Runs the built programs as a user does: the base class of the tests in this folder.

    class Usage(program.TestCase):
        def test_an_unknown_option_is_refused(self):
            result = self.run_program("greentrain", "--colour", ranks=2)
            self.assertEqual(result.returncode, 2)
            self.assertIn("--colour", result.stderr)

Each test has an empty folder of its own, `self.folder`, in which the program runs.
"""

import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

BIN = pathlib.Path(os.environ.get("GREENTRAIN_BIN", "build/dev/bin")).resolve()
SOURCE = pathlib.Path(__file__).resolve().parents[2]


def processes_of(session):
    """The processes of a session that still run: mpirun and its ranks are in the one that start() made."""
    left = []
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            name, fields = (process / "stat").read_text().rsplit(")", 1)
        except OSError:  # Gone meanwhile.
            continue
        state, _, _, its_session = fields.split()[:4]
        if int(its_session) == session and state not in "ZX":
            left.append(name + ")")
    return left


def venv(name, requirements):
    """The python of a virtual environment with the packages of a file of this folder; installed on first use."""
    return subprocess.run([SOURCE / "scripts/venv.sh", name, SOURCE / "tests/cli" / requirements], check=True,
                          capture_output=True, text=True).stdout.strip()


class TestCase(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="greentrain-test-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def command(self, name, *arguments, ranks=None):
        """The argument list: the program alone, or under `mpirun -n RANKS`."""
        launcher = [] if ranks is None else ["mpirun", "--quiet", "--oversubscribe", "-n", str(ranks)]
        return [*launcher, str(BIN / name), *map(str, arguments)]

    def environment(self, **changes):
        """The environment that programs run in; a value of None removes the variable."""
        # Without epoll mpirun never warns of a rank's pipe that it closed itself (docs/launching.md).
        variables = {**os.environ, "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
                     "EVENT_NOEPOLL": "1", **changes}
        return {name: value for name, value in variables.items() if value is not None}

    def start_program(self, name, *arguments, ranks=None, env=None):
        """Starts it and returns the Popen; what is left of it is killed when the test ends."""
        return self.start(self.command(name, *arguments, ranks=ranks), env)

    def run_program(self, name, *arguments, ranks=None, env=None, timeout=120):
        """Runs it to its end and returns the CompletedProcess; past `timeout` seconds the test fails."""
        return self.finish(self.start_program(name, *arguments, ranks=ranks, env=env), timeout)

    def start(self, command, env=None):
        """Like start_program, for a whole command line."""
        process = subprocess.Popen(
            [str(word) for word in command], cwd=self.folder, text=True,
            env=self.environment(**(env or {})), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)
        self.addCleanup(self._end, process)
        return process

    def finish(self, process, timeout=120):
        """Waits for the end of a started program, and that nothing of it runs 3 s later."""
        try:
            stdout, stderr = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            self._kill(process)
            stdout, stderr = process.communicate()
            self.fail(f"{process.args} ran past {timeout} s\n{stdout}\n{stderr}")
        deadline = time.monotonic() + 3
        while left := processes_of(session=process.pid):
            if time.monotonic() > deadline:
                self.fail(f"{process.args} left processes behind: {left}")
            time.sleep(0.02)
        return subprocess.CompletedProcess(process.args, process.returncode, stdout, stderr)

    def assert_exit(self, result, code):
        """Like assertEqual on the exit code, but shows what the program printed."""
        self.assertEqual(result.returncode, code, f"\n{result.stdout}\n{result.stderr}")

    def _end(self, process):
        self._kill(process)
        process.wait()
        process.stdout.close()
        process.stderr.close()

    @staticmethod
    def _kill(process):
        """Kills mpirun and its ranks, which are in the process group that start_program made."""
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
