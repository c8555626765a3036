"""scripts/setup.sh on machines made of fake commands: what it installs, and what it refuses in one line."""

import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
REAL_COMMANDS = "bash sh sed grep tr mktemp rm tail basename env sort printf cat dirname realpath awk nproc".split()


class Setup(unittest.TestCase):
    """The fakes describe a healthy Debian machine, run by root, with every package but ninja-build."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="greentrain-test-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.log = self.folder / "apt.log"
        self.log.touch()
        for name in REAL_COMMANDS:
            (self.folder / name).symlink_to(shutil.which(name))
        self.fake("uname", "echo x86_64")
        self.fake("id", "echo 0")
        self.installed_except("ninja-build")
        self.fake("apt-get", f'echo "$@" >>{self.log}')
        self.fake("cmake", 'echo "cmake version 3.25.1"')
        for tool in ("c++", "ninja", "python3", "mpirun"):
            self.fake(tool, ":")

    def fake(self, name, script):
        path = self.folder / name
        path.unlink(missing_ok=True)
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)

    def installed_except(self, *missing):
        """A dpkg-query that knows the packages asked for, one of them removed but not purged."""
        cases = "".join(f"{name}) echo config-files $name;; " for name in missing)
        self.fake("dpkg-query", f'shift 3; for name; do case $name in {cases}*) echo installed $name;; esac; done')

    def setup(self, command="prepare_machine", **environment):
        return subprocess.run(
            ["bash", "-c", f"set -euo pipefail; . scripts/setup.sh; {command}", "quickstart.sh"], cwd=ROOT,
            capture_output=True, text=True, env={"PATH": str(self.folder), "HOME": os.environ["HOME"], **environment})

    def assert_refused(self, result, *expected):
        self.assertEqual(result.returncode, 1)
        self.assertEqual(len(result.stderr.splitlines()), 1, result.stderr)
        self.assertTrue(result.stderr.startswith("quickstart.sh: "), result.stderr)
        for text in expected:
            self.assertIn(text, result.stderr)

    def test_no_more_compilers_run_than_there_are_cores(self):
        self.fake("nproc", "echo 1")
        result = self.setup("cd $HOME; jobs_that_fit", HOME=str(self.folder))
        self.assertEqual((result.stdout, result.stderr), ("1\n", ""))
        self.assertFalse((self.folder / "1").exists(), "a file named like the number of cores")

    def test_root_installs_what_is_missing_and_nothing_else(self):
        result = self.setup()
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertEqual(self.log.read_text().splitlines(),
                         ["update", "install -y --no-install-recommends ninja-build"])

    def test_nothing_is_run_when_nothing_is_missing(self):
        self.installed_except()
        result = self.setup()
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, "", ""))
        self.assertEqual(self.log.read_text(), "")

    def test_every_package_of_the_list_is_missing_on_a_bare_machine(self):
        self.fake("dpkg-query", "echo no packages found >&2; exit 1")
        self.assertEqual(self.setup().returncode, 0)
        listed = [line for line in (ROOT / "scripts/packages.txt").read_text().splitlines()
                  if line and not line.startswith("#")]
        self.assertEqual(self.log.read_text().split()[4:], listed)

    def test_a_user_installs_with_sudo(self):
        self.fake("id", "echo 1000")
        self.fake("sudo", f'echo sudo "$1" >>{self.log}; "$@"')
        self.fake("true", ":")
        self.assertEqual(self.setup().returncode, 0)
        self.assertIn("sudo apt-get\nupdate\n", self.log.read_text())

    def test_a_user_without_sudo_is_told_what_root_must_run(self):
        self.fake("id", "echo 1000")
        self.assert_refused(self.setup(), "no sudo", "apt-get install ninja-build")

    def test_a_user_whom_sudo_refuses_is_told_what_root_must_run(self):
        self.fake("id", "echo 1000")
        self.fake("sudo", "exit 1")
        self.assert_refused(self.setup(), "sudo refused", "apt-get install ninja-build")

    def test_a_failing_apt_get_is_shown(self):
        self.fake("apt-get", '[ "$1" = update ] || { echo "E: no such package"; exit 100; }')
        result = self.setup()
        self.assertEqual(result.returncode, 1)
        self.assertIn("E: no such package\nquickstart.sh: apt-get install failed", result.stderr)

    def test_another_architecture_is_refused(self):
        self.fake("uname", "echo aarch64")
        self.assert_refused(self.setup(), "aarch64", "x86_64")
        self.assertEqual(self.log.read_text(), "")

    def test_another_system_is_told_what_to_install_by_hand(self):
        (self.folder / "dpkg-query").unlink()
        self.assert_refused(self.setup(), "no Debian system", "CMake 3.25", "GREENTRAIN_PACKAGES=skip")

    def test_packages_are_left_alone_when_asked(self):
        (self.folder / "dpkg-query").unlink()
        self.assertEqual(self.setup(GREENTRAIN_PACKAGES="skip").returncode, 0)
        self.assertEqual(self.log.read_text(), "")

    def test_a_missing_compiler_or_tool_is_named(self):
        (self.folder / "c++").unlink()
        self.assert_refused(self.setup(), "c++ was not found")

    def test_an_old_cmake_is_refused(self):
        self.fake("cmake", 'echo "cmake version 3.22.1"')
        self.assert_refused(self.setup(), "3.22.1", "3.25")

    def test_a_python_without_pip_is_refused(self):
        self.fake("python3", "exit 1")
        self.assert_refused(self.setup(), "no pip", "python3-pip")

    def test_a_libtorch_that_the_user_names_is_used(self):
        for file in ("lib/libtorch_cpu.so", "include/ATen/ATen.h"):
            (self.folder / "torch" / file).parent.mkdir(parents=True)
            (self.folder / "torch" / file).touch()
        folder = str(self.folder / "torch")
        self.assertEqual(self.setup("libtorch_folder cpu", GREENTRAIN_LIBTORCH=folder).stdout, folder + "\n")
        self.fake("python3", f"echo {folder}")
        self.assertEqual(self.setup("libtorch_folder cpu", GREENTRAIN_LIBTORCH="python").stdout, folder + "\n")

    def test_a_folder_without_libtorch_is_refused(self):
        self.assert_refused(self.setup("libtorch_folder cpu", GREENTRAIN_LIBTORCH=str(self.folder)),
                            str(self.folder), "lib/libtorch_cpu.so")

    def test_an_installed_torch_that_is_not_there_is_refused(self):
        self.fake("python3", "exit 1")
        self.assert_refused(self.setup("libtorch_folder cpu", GREENTRAIN_LIBTORCH="python"), "no package torch")


if __name__ == "__main__":
    unittest.main()
