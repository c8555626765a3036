# shellcheck shell=bash
# Sourced by quickstart.sh and test.sh, from the root of the repository: makes a machine ready and builds.
#
#   GREENTRAIN_LIBTORCH=DIR    use the libtorch in DIR (which holds include/ and lib/) instead of fetching one;
#                              "python" takes the one of the installed Python package
#   GREENTRAIN_PACKAGES=skip   leave the system's packages alone (you installed what is needed by hand)
#   XDG_CACHE_HOME             where downloads are kept, in a folder greentrain/ (default: ~/.cache)

say() { echo "== $*"; }

die() {
  echo "$(basename "$0"): $*" >&2
  exit 1
}

# Installs the packages of scripts/packages.txt that are missing, and checks what no package brings.
prepare_machine() {
  [ "$(uname -m)" = x86_64 ] || die "this machine is $(uname -m), and libtorch is fetched for x86_64 only"
  if [ "${GREENTRAIN_PACKAGES:-}" != skip ]; then
    install_packages
  fi
  check_tools
}

packages_in_list() { sed -e 's/#.*//' -e '/^[[:space:]]*$/d' scripts/packages.txt; }

install_packages() {
  if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    die "this is no Debian system: install by hand what scripts/packages.txt lists (a C++20 compiler," \
      "CMake 3.25, Ninja, Python 3 with pip, Open MPI 4.1, and the development files of yaml-cpp, CLI11," \
      "fmt, nlohmann-json, OpenSSL, SQLite, libcurl, zlib, libpng, libjpeg-turbo, GoogleTest), then run this again with GREENTRAIN_PACKAGES=skip"
  fi
  local installed missing
  # shellcheck disable=SC2046 # One word per package.
  installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' $(packages_in_list) 2>/dev/null |
    sed -n 's/^installed //p' || true)
  missing=$(packages_in_list | grep -vxF "${installed:-none}" | tr '\n' ' ' || true)
  missing=${missing% }
  [ -n "$missing" ] || return 0

  local as_root=""
  if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null ||
      die "packages are missing and there is no sudo. Have root run: apt-get install $missing"
    sudo true || die "packages are missing and sudo refused. Have root run: apt-get install $missing"
    as_root="sudo"
  fi
  say "installing the Debian packages $missing"
  run_quietly $as_root apt-get update || die "apt-get update failed (above): check the network and /etc/apt"
  # shellcheck disable=SC2086 # One word per package.
  run_quietly $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing ||
    die "apt-get install failed (above). It was to install: $missing"
}

# Shows what a command printed only if it fails.
run_quietly() {
  local log
  log=$(mktemp)
  if "$@" >"$log" 2>&1; then
    rm -f "$log"
  else
    tail -n 20 "$log" >&2
    rm -f "$log"
    return 1
  fi
}

check_tools() {
  local tool
  for tool in c++ cmake ninja python3 mpirun; do
    command -v "$tool" >/dev/null ||
      die "$tool was not found: install what scripts/packages.txt lists (it comes with one of these packages)"
  done
  local version
  version=$(cmake --version | sed -n '1s/[^0-9]*//p')
  printf '3.25\n%s\n' "$version" | sort -CV || die "cmake is $version, expected 3.25 or newer"
  python3 -m pip --version >/dev/null 2>&1 || die "python3 has no pip: install the package python3-pip"
}

# Prints the folder of libtorch; `cuda13` for the one with the CUDA half, else `cpu`.
libtorch_folder() {
  local folder
  case "${GREENTRAIN_LIBTORCH:-}" in
    "") folder="$(scripts/fetch.py "libtorch-2.11.0-$1")/torch" || exit 1 ;;
    python)
      folder=$(python3 2>/dev/null -c \
        'import importlib.util as u; print(u.find_spec("torch").submodule_search_locations[0])') ||
        die "GREENTRAIN_LIBTORCH=python, but python3 has no package torch" ;;
    *) folder=$(realpath -m "$GREENTRAIN_LIBTORCH") ;;
  esac
  if [ ! -e "$folder/lib/libtorch_cpu.so" ] || [ ! -e "$folder/include/ATen/ATen.h" ]; then
    die "$folder holds no libtorch: expected lib/libtorch_cpu.so and include/ATen/ATen.h in it"
  fi
  echo "$folder"
}

# Configures and builds a preset of CMakePresets.json with the libtorch in a folder.
build() {
  local preset=$1 libtorch=$2
  say "building preset $preset"
  cmake --preset "$preset" --log-level=WARNING -DLIBTORCH_ROOT="$libtorch" >/dev/null
  cmake --build --preset "$preset" --parallel "$(jobs_that_fit)"
}

# One compiler per core, but none that has less than 1.5 GB of memory.
jobs_that_fit() {
  awk -v cores="$(nproc)" '/MemAvailable/ {
    jobs = int($2 / 1500000)
    print (jobs < 1 ? 1 : (jobs > cores ? cores : jobs))  # Without the parentheses > is a redirection.
  }' /proc/meminfo
}
