#!/usr/bin/env bash
# Installs what is missing, builds preset dev and runs every test that needs no special hardware.
#
#   ./scripts/test.sh [CTEST_ARGUMENT...]      for instance -R config
#
# Variables: the head of scripts/setup.sh.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/setup.sh

took() { echo "$((SECONDS / 60)) min $((SECONDS % 60)) s"; }

prepare_machine
scripts/check_layers.py || die "the lines above break rules that the head of scripts/check_layers.py lists"
libtorch=$(libtorch_folder cpu)
build dev "$libtorch"
if ctest --preset dev --no-tests=error --parallel "$(nproc)" "$@"; then
  say "all tests passed, in $(took) with the build"
else
  die "tests failed (listed above), after $(took). Logs: build/dev/Testing/Temporary/LastTest.log"
fi
