#!/usr/bin/env bash
# Trains five models on two ranks of this machine, with PyTorch's DistributedDataParallel under torchrun and with
# greentrain under mpirun: same weights at the start, same data in the same order, one thread a rank. Loss curves must
# agree. docs/measurements.md says what each RESULT means.
#
#   ./scripts/bench/ddp.sh [--quick] [MODEL...]      --quick: one round of fewer steps, to see that it works
#
# Builds preset release and the virtual environment of venv.sh first. 10 to 12 minutes on two free cores once both are
# there.
set -euo pipefail
cd "$(dirname "$0")/../.."

if [ "${1:-}" = --help ]; then
  sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' scripts/bench/ddp.sh
  exit 0
fi

. scripts/setup.sh
prepare_machine
build release "$(libtorch_folder cpu)"
cmake --build --preset release --target full_speed_mkl_preload
python=$(scripts/bench/venv.sh)
exec "$python" -B scripts/bench/ddp.py "$@"
