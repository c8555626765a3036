#!/usr/bin/env bash
# Builds greentrain for this machine's GPUs, runs what needs one (the tests with the label gpu, and the benches), and
# prints a table. Needs no network.
#
#   scripts/gpu_check.sh [--torch DIR] [--debs DIR] [--build-only]
#
#   --torch DIR    torch 2.11.0 with CUDA 13: the folder with include/ and lib/ (default: python3's package torch).
#                  The CUDA runtime and NCCL are taken from nvidia/ beside it, or from the CUDA Toolkit.
#   --debs DIR     take what scripts/packages.txt lists from the *.deb files in DIR, unpacked into build/debs, instead
#                  of from the system. A machine with network fills DIR with: scripts/gpu_check.sh --fetch-debs DIR
#   --build-only   stop before the part that needs a GPU
#
# Exit codes: 0 all is well, 1 something failed, 2 wrong arguments, 3 there is no GPU.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/setup.sh

usage() {
  sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' scripts/gpu_check.sh
  exit 2
}

torch="" debs="" build_only=""
while [ $# -gt 0 ]; do
  case "$1" in
    --torch | --debs | --fetch-debs)
      [ $# -ge 2 ] || usage
      case "$1" in
        --torch) torch=$(realpath "$2") ;;
        --debs) debs=$(realpath "$2") ;;
        --fetch-debs) fetch_debs=$2 ;;
      esac
      shift ;;
    --build-only) build_only=1 ;;
    *) usage ;;
  esac
  shift
done

# The packages that apt would install for these on an empty system.
closure() {  # PACKAGE...
  apt-get -s -o Dir::State::status=/dev/null -o APT::Install-Recommends=0 install "$@" |
    sed -n 's/^Inst \([^ ]*\) .*/\1/p'
}

# The libraries of scripts/packages.txt and Open MPI with all that they need. Left out is what every machine has its
# own of (the C and C++ libraries above all) and what is for building packages.
download_debs() {  # DIR
  mkdir -p "$1"
  local wanted own
  # shellcheck disable=SC2046 # One word per package.
  wanted=$(closure $(packages_in_list | grep -E '^lib|^openmpi|^protobuf|json'))
  own=$(closure libstdc++6 libstdc++-12-dev perl-base debconf openssh-client adduser python3-minimal)
  # shellcheck disable=SC2046
  (cd "$1" && apt-get download -q $(grep -vxF "$own" <<<"$wanted" |
    grep -vE '^(auto|m4|perl|libperl|(lib)?binutils|cpp|gcc|gfortran|libgfortran-|lib(ctf|cc1|gprofng|isl|mp|js|x))'))
  say "$(find "$1" -name '*.deb' | wc -l) packages in $1, $(du -sm "$1" | cut -f1) MB"
}

# Unpacks the packages and points compiler, linker and Open MPI at them.
use_debs() {  # DIR
  local tree=$PWD/build/debs libraries
  if [ ! -e "$tree/complete" ]; then
    mkdir -p "$tree"
    local package
    for package in "$1"/*.deb; do
      [ -e "$package" ] || die "$1 holds no *.deb files"
      dpkg-deb -x "$package" "$tree"
    done
    touch "$tree/complete"
  fi
  libraries=$tree/usr/lib/x86_64-linux-gnu
  export PATH="$tree/usr/bin:$PATH" OPAL_PREFIX="$tree/usr" PMIX_INSTALL_PREFIX="$tree/usr"
  export LD_LIBRARY_PATH="$libraries:$libraries/openmpi/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
  export CPATH="$tree/usr/include:$tree/usr/include/x86_64-linux-gnu${CPATH:+:$CPATH}" LIBRARY_PATH="$libraries"
  ln -sf mpirun.openmpi "$tree/usr/bin/mpirun"  # Installing would do this.
  configure+=(-DCMAKE_PREFIX_PATH="$tree/usr" -DCMAKE_LIBRARY_ARCHITECTURE=x86_64-linux-gnu
    -DMPI_CXX_HEADER_DIR="$libraries/openmpi/include" -DMPI_CXX_LIB_NAMES="mpi"
    -DMPI_mpi_LIBRARY="$libraries/openmpi/lib/libmpi.so" -DMPIEXEC_EXECUTABLE="$tree/usr/bin/mpirun")
}

gpu_names() { nvidia-smi --query-gpu=name,driver_version --format=csv,noheader 2>/dev/null; }

row() { printf '  %-58s %s\n' "$1" "$2"; }

# One row for each test of the label, from what ctest printed.
test_rows() {  # LOG
  sed -nE 's/^ *[0-9]+\/[0-9]+ Test +#[0-9]+: ([^ ]+) \.+ *(\**[A-Za-z ]+[a-z]) +([0-9.]+) sec.*/\1 \3 \2/p' "$1" |
    while read -r name seconds result; do row "$name" "${result#\*\*\*} ($seconds s)"; done
}

bench_rows() {  # RANKS
  "${launch[@]}" -n "$1" build/gpu/bench/device_exchange_bench 16384 1048576 16777216 67108864 |
    while read -r way elements seconds gigabytes; do
      row "exchange of $elements float32, $1 ranks, $way" "$seconds s a step, bus $gigabytes GB/s"
    done
}

if [ -n "${fetch_debs:-}" ]; then
  download_debs "$fetch_debs"
  exit 0
fi

gpus=$(gpu_names || true)
if [ -z "$gpus" ] && [ -z "$build_only" ]; then
  echo "gpu_check.sh: no GPU: \`nvidia-smi\` names none, so nothing was run. Expected an NVIDIA GPU and its driver;" \
    "--build-only builds without" >&2
  exit 3
fi

configure=()
[ -z "$debs" ] || use_debs "$debs"
[ -z "$torch" ] || export GREENTRAIN_LIBTORCH=$torch
torch=$(GREENTRAIN_LIBTORCH=${GREENTRAIN_LIBTORCH:-python} libtorch_folder cuda13)
[ -e "$torch/lib/libtorch_cuda.so" ] || die "$torch has no lib/libtorch_cuda.so: expected a torch with CUDA"

say "building preset gpu"
cmake --preset gpu --log-level=WARNING -DLIBTORCH_ROOT="$torch" -DBUILD_TESTING=ON "${configure[@]}" >/dev/null
targets=(device_exchange_test device_exchange_gpu_test trainer_device_gpu_test device_exchange_bench)
[ -n "$build_only" ] || targets+=(greentrain)
cmake --build --preset gpu --parallel "$(jobs_that_fit)" --target "${targets[@]}"
say "what needs no GPU: the exchange over fakes of CUDA and NCCL"
build/gpu/tests/device_exchange_test --gtest_brief=1
if [ -n "$build_only" ]; then
  say "built. Not run, as they need a GPU:"
  ctest --preset gpu -N | sed -n 's/^  Test .*: /   /p'
  exit 0
fi

launch=(mpirun --quiet --oversubscribe)
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
log=$(mktemp)
failed=0
ctest --preset gpu --no-tests=error | tee "$log" || failed=1
echo
say "$(date -u +%F), $gpus"
test_rows "$log"
rm -f "$log"
for ranks in 1 2; do bench_rows "$ranks" || failed=1; done
[ "$failed" = 0 ] || die "something failed (above)"
