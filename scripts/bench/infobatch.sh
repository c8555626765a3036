#!/usr/bin/env bash
# What InfoBatch and RS2 leave out and what that costs in accuracy: digits, the settings of configs/digits.yaml for a fixed
# number of epochs, with and without each of them for the same seeds. docs/measurements.md says what each RESULT means.
#
#   ./scripts/bench/infobatch.sh [--quick] [--seeds N]      --quick: two seeds of few epochs, to see that it works
#
# Builds preset release and fetches the data first. About 3 minutes with the default of 20 seeds.
set -euo pipefail
cd "$(dirname "$0")/../.."

if [ "${1:-}" = --help ]; then
  sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' scripts/bench/infobatch.sh
  exit 0
fi

. scripts/setup.sh
prepare_machine
build release "$(libtorch_folder cpu)"
scripts/fetch_data.sh digits
exec python3 -B scripts/bench/infobatch.py "$@"
