#!/usr/bin/env bash
# Prints the python of a virtual environment that holds the PyTorch greentrain is compared with, and makes it first
# where it is missing or requirements.txt has changed: 5.5 GB, since PyTorch's wheel wants its CUDA libraries.
#
#   python=$(./scripts/bench/venv.sh)
#
# It lies in ~/.cache/greentrain/bench-venv (or below XDG_CACHE_HOME) and may be deleted at any time.
set -euo pipefail
cd "$(dirname "$0")"

if [ $# -gt 0 ]; then
  sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "$(basename "$0")"
  [ "$1" = --help ] && exit 0
  exit 2
fi

exec ../venv.sh bench-venv requirements.txt
