#!/usr/bin/env python3
"""Checks the rules that keep the source tree what docs/architecture.md says it is.

    scripts/check_layers.py [ROOT]

- Includes point down only: trainer -> scheduler, meter, comm, core; and so on (ARROWS).
- The headers of a third-party library stay in the files that wrap it (OWNERS).
- No preprocessor condition about a back end: optional parts are x.h, x.cpp and x_unavailable.cpp.
- No tab, no space at the end of a line, no path of somebody's machine in any file.

Prints file:line for each violation and exits 1 if there is one.
"""

import pathlib
import re
import subprocess
import sys

# What each folder may include besides itself. tests/X may include what X may.
ARROWS = {
    "core": set(),
    "comm": {"core"},
    "meter": {"core"},
    "scheduler": {"meter", "core"},
    "trainer": {"scheduler", "meter", "comm", "core"},
}

# (header, where it may be included). A test of such a file lies at the same path under tests/.
OWNERS = [
    (r"mpi\.h$", r"comm/mpi_"),
    (r"cuda_runtime(_api)?\.h$", r"comm/device/(cuda|nccl)_"),
    (r"nccl\.h$", r"comm/device/nccl_"),
    (r"nvml\.h$", r"(meter|meter/fake|scheduler/power)/nvml_"),
    (r"sqlite3\.h$", r"core/"),
    (r"yaml-cpp/", r"core/config/reader/yaml_"),
    (r"curl/", r"scheduler/carbon/feeds/curl_"),
    (r"isa-l", r"core/"),
    (r"(turbojpeg|png)\.h$", r"trainer/data/format/image"),
    (r"(grpc|grpcpp)/", r"scheduler/cluster/"),
    (r"google/protobuf/|.*\.pb\.h$", r"(scheduler/cluster/|trainer/run/logs/tensorboard_)"),
    (r"(torch|ATen|c10)/", r"trainer/"),
]

INCLUDE = re.compile(r'\s*#\s*include\s*[<"]([^>"]+)[>"]')
CONDITION = re.compile(r"\s*#\s*(if|ifdef|ifndef|elif)\b.*(CUDA|NCCL|NVML|MPI|TORCH|GREENTRAIN_WITH)")
MACHINE_PATH = re.compile(r"(?<![\w.*$}~-])/(root|home|work|Users)/")
GENERATED = re.compile(r"(build|runs|data)/|\.|.*__pycache__/")
CODE = {".h", ".cpp", ".in"}


def code_violations(path, line):
    """What is wrong with one line of C++; `path` is relative to the root, with '/' between its parts."""
    mirrored = path.removeprefix("tests/")
    folder = mirrored.split("/")[0]
    include = INCLUDE.match(line)
    if include:
        header = include[1]
        target = header.removeprefix("tests/").split("/")[0]
        allowed = ARROWS.get(folder, set(ARROWS)) | {folder}
        if target in ARROWS and target not in allowed:
            yield f'"{header}" is above {folder}/, which may include only {", ".join(sorted(allowed))}'
        for pattern, owner in OWNERS:
            if re.match(pattern, header) and not re.match(owner, mirrored):
                yield f"<{header}> is included here, but only {owner}* may include it"
    if CONDITION.match(line):
        yield "a preprocessor condition about a back end; write x.cpp and x_unavailable.cpp instead"


def text_violations(line):
    """What is wrong with one line of any text file."""
    if "\t" in line:
        yield "a tab; indent with spaces"
    if line != line.rstrip():
        yield "space at the end of the line"
    if MACHINE_PATH.search(line):
        yield "a path of somebody's machine; write it relative to the repository or to ~"


def files(root):
    """The files that git knows or would add; without git, every file that is not generated."""
    listing = subprocess.run(["git", "-C", root, "ls-files", "-co", "--exclude-standard"],
                             capture_output=True, text=True)
    if listing.returncode == 0:
        return sorted(path for path in listing.stdout.splitlines() if (root / path).is_file())
    every = (path.relative_to(root) for path in root.rglob("*") if path.is_file())
    return sorted(str(path) for path in every if not GENERATED.match(str(path)))


def violations(root):
    for path in files(root):
        if path.startswith("tests/fuzz/corpus/"):  # Bytes that a fuzzer found.
            continue
        try:
            lines = (root / path).read_text(encoding="utf-8").splitlines()
        except UnicodeDecodeError:  # Not text.
            continue
        for number, line in enumerate(lines, start=1):
            found = list(text_violations(line))
            if pathlib.Path(path).suffix in CODE:
                found += code_violations(path, line)
            for message in found:
                yield f"{path}:{number}: {message}"


def main():
    own_root = pathlib.Path(__file__).resolve().parents[1]
    found = list(violations(pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else own_root))
    for violation in found:
        print(violation)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
