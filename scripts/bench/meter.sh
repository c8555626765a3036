#!/usr/bin/env bash
# What metering costs and how right it is, beside CodeCarbon and Zeus on the same fake GPUs and the same fake /sys.
# docs/measurements.md says what each RESULT means.
#
#   ./scripts/bench/meter.sh [--quick]      --quick: few repetitions, to see that it works
#
# Builds preset release (without the trainer if no libtorch is there) and the virtual environment of venv.sh first. 3
# minutes once both are there. The fake /sys is mounted in a mount namespace of its own: root, or user namespaces.
set -euo pipefail
cd "$(dirname "$0")/../.."

case "${1:-}" in
  "" | --quick) ;;
  *)
    sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' scripts/bench/meter.sh
    [ "$1" = --help ] && exit 0
    exit 2
    ;;
esac

if [ ! -f build/release/build.ninja ]; then
  cmake --preset release -DGREENTRAIN_WITH_TRAINER=OFF >/dev/null
fi
cmake --build --preset release --target greenmeter greentrain_fake_nvml meter_bench >&2
python=$(scripts/bench/venv.sh meter)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
# Mounts go with the namespace, which ends with the shell inside. In memory, as the real /sys: on a disk, whoever closes a
# counter's file after it was replaced would pay for its removal.
unshare --mount --map-root-user sh -c '
  mkdir -p "$1/sys"
  mount -t tmpfs none "$1/sys"
  mkdir -p "$1/sys/devices/system" "$1/sys/class/powercap" "$1/sys/devices/virtual/powercap"
  mount --rbind /sys/devices/system "$1/sys/devices/system"
  mount --rbind "$1/sys" /sys
  shift
  exec "$@"' mounts "$folder" "$python" -B scripts/bench/meter.py "$folder" "$@"
