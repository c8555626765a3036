#!/usr/bin/env bash
# How fast and how close to the optimum the planner is, and what planning time and power caps together saves, on one core.
# docs/measurements.md says what each RESULT means.
#
#   ./scripts/bench/scheduler.sh [--carbon FILE --zone ZONE]... [--jobs FILE] [--quick]
#
# FILE of --carbon: a year of carbon intensity (docs/carbon.md); of --jobs: a trace (docs/planning.md). Both may be left
# out: a generated zone GEN and generated jobs take their place. Several --carbon need as many --zone, in the same order.
# Builds preset release first, without the trainer if no libtorch is there. About a minute for each zone.
set -euo pipefail
cd "$(dirname "$0")/../.."

if [ "${1:-}" = --help ]; then
  sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' scripts/bench/scheduler.sh
  exit 0
fi

if [ ! -f build/release/build.ninja ]; then
  cmake --preset release -DGREENTRAIN_WITH_TRAINER=OFF >/dev/null
fi
cmake --build --preset release --target scheduler_bench >&2
exec taskset -c "${GREENTRAIN_CORE:-0}" build/release/bench/scheduler_bench "$@"
