#!/usr/bin/env bash
# What the marginal rule of early stopping gives away next to patience, when both save as many steps: on 400 generated
# power-law curves at each of three noises, and on whole runs of configs/digits.yaml and configs/text.yaml that were
# recorded once (scripts/bench/curves/). docs/measurements.md says what each RESULT means.
#
#   ./scripts/bench/early_stopping.sh [--seed N] [--record]
#
# --record trains those runs again, about 15 minutes, and puts their curves in place of the recorded ones.
# Builds preset release first, without the trainer if no libtorch is there.
set -euo pipefail
cd "$(dirname "$0")/../.."

record="" seed=1
while [ $# -gt 0 ]; do
  case "$1" in
    --record) record=1 ;;
    --seed) seed=${2:?} && shift ;;
    *)
      sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' scripts/bench/early_stopping.sh
      [ "$1" = --help ] && exit 0
      exit 2 ;;
  esac
  shift
done

if [ ! -f build/release/build.ninja ]; then
  cmake --preset release -DGREENTRAIN_WITH_TRAINER=OFF >/dev/null
fi
targets=(early_stopping_bench)
[ -z "$record" ] || targets+=(greentrain)
cmake --build --preset release --target "${targets[@]}" >&2
[ -z "$record" ] || python3 scripts/bench/record_curves.py
shopt -s nullglob
curves=(scripts/bench/curves/*.csv)
[ "${#curves[@]}" = 0 ] || curves=(--curves "${curves[@]}")
exec build/release/bench/early_stopping_bench --seed "$seed" "${curves[@]}"
