#!/usr/bin/env bash
# Formats every C++ file with clang-format 14 and .clang-format.
#
#   ./scripts/format.sh            rewrite the files
#   ./scripts/format.sh --check    change nothing; name what is wrong and exit 1
set -euo pipefail
cd "$(dirname "$0")/.."

if ! command -v clang-format-14 >/dev/null; then
  echo "format.sh: clang-format-14 was not found (other versions format differently): install clang-format-14" >&2
  exit 1
fi
case "${1:-}" in
  "") action=(-i) ;;
  --check) action=(--dry-run -Werror) ;;
  *)
    echo "usage: format.sh [--check]" >&2
    exit 2
    ;;
esac
git ls-files -z -co --exclude-standard '*.h' '*.cpp' | xargs -0 -r clang-format-14 "${action[@]}"
