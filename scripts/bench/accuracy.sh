#!/usr/bin/env bash
# Trains the digits and the text of configs/ with greentrain, on two ranks under mpirun, and with a PyTorch script of the
# same settings, over ten seeds that come in pairs: the same parts for training and testing. Prints the mean of the
# differences on the test parts with its 95 % interval. docs/measurements.md says what each RESULT means.
#
#   ./scripts/bench/accuracy.sh [--quick] [digits|text...]     --quick: two seeds and short runs, to see that it works
#
# Builds preset release, fetches the digits and makes the virtual environment of venv.sh first. 4 minutes on two free
# cores once all are there.
set -euo pipefail
cd "$(dirname "$0")/../.."

if [ "${1:-}" = --help ]; then
  sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' scripts/bench/accuracy.sh
  exit 0
fi

. scripts/setup.sh
prepare_machine
build release "$(libtorch_folder cpu)"
scripts/fetch_data.sh digits
python=$(scripts/bench/venv.sh)
exec "$python" -B scripts/bench/accuracy.py "$@"
