"""scripts/fetch.py, with small wheels served from a folder instead of the package index."""

import hashlib
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest
import zipfile

FETCH = pathlib.Path(__file__).resolve().parents[2] / "scripts/fetch.py"


def make_wheel(folder, name, version, files):
    """Writes a wheel that pip accepts and returns its SHA-256."""
    info = f"{name}-{version}.dist-info"
    path = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for member, text in files.items():
            archive.writestr(member, text)
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    return hashlib.sha256(path.read_bytes()).hexdigest()


class Fetch(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="greentrain-test-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.index = self.folder / "index"
        self.index.mkdir()
        self.cache = self.folder / "cache/greentrain"
        self.downloads = self.folder / "downloads.ini"
        self.sha256 = make_wheel(self.index, "lamp", "1.0", {"lamp/lib/a.so": "aaa", "lamp/other.so": "bbb"})
        self.list_bundle()

    def list_bundle(self, sha256=None, space_mb=1, patterns="lamp/lib/*"):
        self.downloads.write_text(f"""
            [wheel lamp]
            version = 1.0
            sha256 = {sha256 or self.sha256}
            size_mb = 1
            [bundle lamp-1]
            space_mb = {space_mb}
            lamp = {patterns}
            """.replace("            ", ""))

    def command(self):
        return [sys.executable, "-B", FETCH, "--downloads", self.downloads, "lamp-1"]

    def environment(self, **changes):
        return {**os.environ, "XDG_CACHE_HOME": str(self.folder / "cache"), "PIP_NO_INDEX": "1",
                "PIP_FIND_LINKS": str(self.index), **changes}

    def fetch(self, **environment):
        return subprocess.run(self.command(), capture_output=True, text=True, env=self.environment(**environment))

    def assert_fetched(self, result):
        self.assertEqual(result.returncode, 0, result.stderr)
        bundle = self.cache / "lamp-1"
        self.assertEqual(result.stdout.strip(), str(bundle))
        files = {str(path.relative_to(bundle)) for path in bundle.rglob("*") if path.is_file()}
        self.assertEqual(files, {"lamp/lib/a.so"})
        self.assertFalse((self.cache / "lamp-1.partial").exists())

    def assert_refused(self, result, *expected):
        """One line on standard error besides the progress, and nothing under the final name."""
        self.assertEqual(result.returncode, 1)
        message = [line for line in result.stderr.splitlines() if line.startswith("fetch.py: ")]
        self.assertEqual(len(message), 1, result.stderr)
        self.assertNotIn("Traceback", result.stderr)
        for text in expected:
            self.assertIn(text, message[0])
        self.assertFalse((self.cache / "lamp-1").exists())

    def test_keeps_only_the_files_that_the_bundle_names(self):
        self.assert_fetched(self.fetch())

    def test_a_bundle_in_the_cache_needs_no_index(self):
        self.fetch()
        shutil.rmtree(self.index)
        self.assert_fetched(self.fetch())

    def test_a_wheel_with_another_checksum_is_refused_and_deleted(self):
        self.list_bundle(sha256="0" * 64)
        self.assert_refused(self.fetch(), self.sha256, "0" * 64, "lamp-1.0")
        self.assertEqual(list(self.cache.rglob("*.whl")), [])

    def test_a_run_killed_while_it_unpacks_is_simply_run_again(self):
        partial = self.cache / "lamp-1.partial"
        os.makedirs(partial / "tree/lamp/lib")
        (partial / "tree/lamp/lib/half.so").write_text("a")
        (partial / "lamp").mkdir()
        shutil.copy(next(self.index.iterdir()), partial / "lamp")
        shutil.rmtree(self.index)  # The wheel that had arrived is not downloaded again.
        self.assert_fetched(self.fetch())

    def test_a_wheel_that_had_arrived_in_part_is_downloaded_again(self):
        partial = self.cache / "lamp-1.partial/lamp"
        partial.mkdir(parents=True)
        (partial / "lamp-1.0-py3-none-any.whl").write_text("half")
        self.assert_fetched(self.fetch())

    def test_a_run_killed_at_any_time_is_simply_run_again(self):
        process = subprocess.Popen(self.command(), stderr=subprocess.PIPE, env=self.environment(),
                                   stdout=subprocess.DEVNULL, text=True)
        self.assertIn("downloading", process.stderr.readline())
        process.send_signal(signal.SIGKILL)
        process.communicate()
        self.assertFalse((self.cache / "lamp-1").exists())
        self.assert_fetched(self.fetch())

    def test_too_little_space_is_said_before_the_download(self):
        self.list_bundle(space_mb=10**9)
        result = self.fetch()
        self.assert_refused(result, str(10**9), "XDG_CACHE_HOME")
        self.assertNotIn("downloading", result.stderr)

    def test_a_wheel_that_the_index_lacks_is_one_line(self):
        next(self.index.iterdir()).unlink()
        self.assert_refused(self.fetch(), "lamp 1.0", "check the network")

    def test_a_missing_pip_is_one_line(self):
        fake = self.folder / "fake/pip"
        fake.mkdir(parents=True)
        (fake / "__init__.py").touch()
        (fake / "__main__.py").write_text("import sys; sys.exit('No module named pip')")
        self.assert_refused(self.fetch(PYTHONPATH=str(fake.parent)), "no pip", "python3-pip")

    def test_a_list_that_does_not_fit_the_wheel_is_one_line(self):
        self.list_bundle(patterns="lamp/gone/*")
        self.assert_refused(self.fetch(), "lamp/gone/*")

    def test_a_cache_that_cannot_be_written_is_one_line(self):
        (self.folder / "cache").write_text("a file where a folder is expected")
        self.assert_refused(self.fetch(), str(self.folder / "cache"))


if __name__ == "__main__":
    unittest.main()
