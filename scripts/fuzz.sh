#!/usr/bin/env bash
# Fuzzes every target of tests/fuzz, one after the other, starting from its corpus.
#
#   ./scripts/fuzz.sh [SECONDS [TARGET...]]      default: 60 seconds for each target
#
# Needs clang (Debian: clang), which scripts/setup.sh does not install.
#
# New inputs that reach new code are kept in build/fuzz/found/TARGET; a crash is kept as
# build/fuzz/found/TARGET/crash-* and ends the script. Copy what is worth keeping into
# tests/fuzz/corpus/TARGET, where every build replays it.
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=${1:-60}
shift || true
cmake --preset fuzz >/dev/null
cmake --build --preset fuzz

targets=("$@")
if [ ${#targets[@]} -eq 0 ]; then
  for source in tests/fuzz/*_fuzz.cpp; do
    targets+=("$(basename "$source" _fuzz.cpp)")
  done
fi
for target in "${targets[@]}"; do
  found="build/fuzz/found/$target"
  mkdir -p "$found"
  echo "== $target, $seconds s"
  "build/fuzz/fuzz/${target}_fuzz" -max_total_time="$seconds" -max_len=4096 -timeout=10 -rss_limit_mb=2048 \
    -print_final_stats=1 -artifact_prefix="$found/" "$found" "tests/fuzz/corpus/$target"
done
