#!/usr/bin/env bash
# Prints the python of a virtual environment that holds what greentrain is compared with, and makes it first where it is
# missing or its requirements have changed.
#
#   python=$(./scripts/bench/venv.sh)         PyTorch, of requirements.txt: 5.5 GB, as its wheel wants its CUDA libraries
#   python=$(./scripts/bench/venv.sh meter)   CodeCarbon and Zeus, of requirements-meter.txt: 0.6 GB
#
# It lies in ~/.cache/greentrain/bench-venv (or below XDG_CACHE_HOME) and may be deleted at any time.
set -euo pipefail
cd "$(dirname "$0")"

case "${1:-}" in
  "") list=requirements.txt suffix="" ;;
  meter) list=requirements-meter.txt suffix=-meter ;;
  *)
    sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "$(basename "$0")"
    [ "$1" = --help ] && exit 0
    exit 2
    ;;
esac

exec ../venv.sh "bench-venv$suffix" "$list"
