#!/usr/bin/env bash
# Trains the bench's gpt3m on two ranks of this machine, one thread a rank, in each of greentrain's precisions and with
# PyTorch's bfloat16 autocast under DistributedDataParallel: same weights at the start, same data in the same order. Losses
# must agree. docs/measurements.md says what each RESULT means.
#
#   ./scripts/bench/precision.sh [--quick]      --quick: one round of fewer steps, to see that it works
#
# Builds preset release and the virtual environment of venv.sh first. 3 minutes on two free cores once both are there.
set -euo pipefail
cd "$(dirname "$0")/../.."

case "${1:-}" in
  "" | --quick) ;;
  *)
    sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' scripts/bench/precision.sh
    [ "$1" = --help ] && exit 0
    exit 2
    ;;
esac

. scripts/setup.sh
prepare_machine
build release "$(libtorch_folder cpu)"
cmake --build --preset release --target full_speed_mkl_preload
python=$(scripts/bench/venv.sh)
exec "$python" -B scripts/bench/precision.py "$@"
