#!/usr/bin/env bash
# Prints the python of a virtual environment that holds the packages of a requirements file, pinned and without what they
# ask for besides, and makes it first where it is missing or the file has changed.
#
#   python=$(./scripts/venv.sh NAME REQUIREMENTS)
#
# It lies in ~/.cache/greentrain/NAME (or below XDG_CACHE_HOME) and may be deleted at any time.
set -euo pipefail

if [ $# != 2 ]; then
  sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "$0"
  [ "${1:-}" = --help ] && exit 0
  exit 2
fi

cache="${XDG_CACHE_HOME:-$HOME/.cache}/greentrain"
venv="$cache/$1" requirements=$2
mkdir -p "$cache"
exec 9>"$cache/$1.lock"
flock 9  # Somebody else may be making it.
if ! cmp -s "$requirements" "$venv/requirements.txt"; then
  echo "venv.sh: installing $(basename "$requirements") into $venv" >&2
  python3 -m venv --clear "$venv" >&2
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --requirement "$requirements" >&2
  cp "$requirements" "$venv/requirements.txt"
fi
echo "$venv/bin/python"
