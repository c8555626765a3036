#!/usr/bin/env python3
"""Gets a bundle of downloads.ini into the cache and prints the folder it lies in.

    scripts/fetch.py libtorch-2.11.0-cpu

The cache is ${XDG_CACHE_HOME:-~/.cache}/greentrain. A bundle has its final name only when it is whole:
it is made in NAME.partial/ and renamed at the end, so a run that was killed is simply run again, and a
wheel that had arrived by then is not downloaded twice. pip does the downloading, with the user's own
index, proxy and certificates; nothing is installed. Whatever the index serves, a file whose SHA-256 is not
the recorded one is refused.
"""

import argparse
import configparser
import errno
import fcntl
import fnmatch
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import zipfile

# All are needed: older versions of pip take a platform literally.
PLATFORMS = ["manylinux_2_28_x86_64", "manylinux_2_25_x86_64", "manylinux_2_18_x86_64",
             "manylinux_2_17_x86_64", "manylinux2014_x86_64", "any"]
PYTHON = "311"  # The wheels come one per Python version; the parts that are kept do not depend on it.


class FetchError(Exception):
    """One line: what is wrong and what to do."""


def say(text):
    print(text, file=sys.stderr, flush=True)


def cache_folder():
    home = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    return pathlib.Path(home) / "greentrain"


def check_space(folder, needed_mb):
    free_mb = shutil.disk_usage(folder).free // 1_000_000
    if free_mb < needed_mb:
        raise FetchError(f"{folder} has {free_mb} MB free and {needed_mb} MB are needed for a while: make "
                         "space, or set XDG_CACHE_HOME to a folder on another disk")


def sha256(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def pip_download(name, version, folder):
    """Runs `pip download`, keeping even its temporary files inside `folder`."""
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--no-cache-dir",
               "--disable-pip-version-check", "--retries", "2", "--python-version", PYTHON, "--dest", str(folder)]
    for platform in PLATFORMS:
        command += ["--platform", platform]
    on_terminal = sys.stderr.isatty()
    if not on_terminal:
        command.append("--quiet")
    result = subprocess.run(command + [f"{name}=={version}"], stdin=subprocess.DEVNULL, stdout=sys.stderr,
                            stderr=subprocess.PIPE, text=True, env={**os.environ, "TMPDIR": str(folder)},
                            close_fds=False)
    if result.returncode == 0:
        return
    if "No module named pip" in result.stderr:
        raise FetchError(f"{sys.executable} has no pip: install the package python3-pip")
    if os.strerror(errno.ENOSPC) in result.stderr:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder))
    errors = [line for line in result.stderr.splitlines() if line.startswith("ERROR:")] or ["no reason given"]
    raise FetchError(f"pip cannot download {name} {version} ({errors[0]}): check the network, and the proxy "
                     "and package index that `python3 -m pip config list` shows")


def fetch_wheel(name, wheel, folder):
    """Returns the path of the verified wheel in `folder`, downloading it if it is not there."""
    folder.mkdir(parents=True, exist_ok=True)
    present = next(folder.glob("*.whl"), None)
    if present and sha256(present) == wheel["sha256"]:
        return present
    shutil.rmtree(folder)
    folder.mkdir()
    say(f"downloading {name} {wheel['version']} ({wheel['size_mb']} MB)")
    pip_download(name, wheel["version"], folder)
    path = next(folder.glob("*.whl"))
    found = sha256(path)
    if found != wheel["sha256"]:
        path.unlink()
        raise FetchError(f"{path.name} has SHA-256 {found}, expected {wheel['sha256']}: the download was "
                         "damaged or the package index serves another file; it was deleted, try again")
    return path


def unpack(path, patterns, target):
    """Extracts the files of a wheel that match; every pattern must match something."""
    with zipfile.ZipFile(path) as archive:
        names = [name for name in archive.namelist() if not name.endswith("/")]
        for pattern in patterns:
            wanted = fnmatch.filter(names, pattern)
            if not wanted:
                raise FetchError(f"{path.name} holds no {pattern}: downloads.ini does not fit this version")
            archive.extractall(target, wanted)


def wait_for_others(lock):
    """Takes the lock of the cache. pip inherits it: one that outlives a killed run is waited for, too."""
    os.set_inheritable(lock.fileno(), True)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        say("waiting for another download to end")
        fcntl.flock(lock, fcntl.LOCK_EX)


def fetch(bundle_name, downloads, cache):
    """Returns the folder of the bundle; makes it first if it is not there."""
    target = cache / bundle_name
    if target.is_dir():
        return target
    partial = cache / f"{bundle_name}.partial"
    partial.mkdir(exist_ok=True)
    shutil.rmtree(partial / "tree", ignore_errors=True)  # Whatever a killed run had unpacked.
    bundle = dict(downloads[f"bundle {bundle_name}"])
    check_space(cache, int(bundle.pop("space_mb")))
    for name, patterns in bundle.items():
        folder = partial / name
        path = fetch_wheel(name, downloads[f"wheel {name}"], folder)
        say(f"unpacking {path.name}")
        unpack(path, patterns.split(), partial / "tree")
    (partial / "tree").rename(target)
    shutil.rmtree(partial)
    return target


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("bundle")
    parser.add_argument("--downloads", type=pathlib.Path, help="read another list than downloads.ini",
                        default=pathlib.Path(__file__).with_name("downloads.ini"))
    arguments = parser.parse_args()
    downloads = configparser.ConfigParser(interpolation=None)
    downloads.read_string(arguments.downloads.read_text())
    if f"bundle {arguments.bundle}" not in downloads:
        parser.error(f"{arguments.downloads.name} has no bundle {arguments.bundle}")
    cache = cache_folder()
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with open(cache / "lock", "w") as lock:
            wait_for_others(lock)
            print(fetch(arguments.bundle, downloads, cache))
    except FetchError as error:
        say(f"fetch.py: {error}")
        return 1
    except OSError as error:
        say(f"fetch.py: {error.filename or cache}: {error.strerror or error}: mend this and run it again")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
