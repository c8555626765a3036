#!/usr/bin/env bash
# all_reduce of float32 over two ranks of this machine: greentrain's shared memory against MPI_Allreduce in the same
# program and gloo under torchrun. docs/measurements.md says what each RESULT means.
#
#   ./scripts/bench/collectives.sh [--quick]      --quick: one round of fewer repetitions, to see that it works
#
# Builds preset release and the virtual environment of venv.sh first. About 2 minutes on two cores once both are there.
set -euo pipefail
cd "$(dirname "$0")/../.."

case "${1:-}" in
  "" | --quick) ;;
  *)
    sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' scripts/bench/collectives.sh
    [ "$1" = --help ] && exit 0
    exit 2
    ;;
esac

. scripts/setup.sh
prepare_machine
build release "$(libtorch_folder cpu)"
cmake --build --preset release --target collectives_bench
python=$(scripts/bench/venv.sh)
exec "$python" -B scripts/bench/collectives.py "$@"
