#!/usr/bin/env bash
# How long a training loop of 0.3 ms steps waits for batches of 64 images of 3 x 32 x 32 that are flipped, moved and cut,
# with one thread that reads ahead and without. docs/measurements.md says what each RESULT means.
#
#   ./scripts/bench/loader.sh [--quick]      --quick: one short round, to see that it works
#
# Builds preset release first. Needs two free cores; a minute.
set -euo pipefail
cd "$(dirname "$0")/../.."

case "${1:-}" in
  "" | --quick) ;;
  *)
    sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' scripts/bench/loader.sh
    [ "$1" = --help ] && exit 0
    exit 2
    ;;
esac

. scripts/setup.sh
prepare_machine
build release "$(libtorch_folder cpu)"
cmake --build --preset release --target loader_bench
exec build/release/bench/loader_bench "$@"
