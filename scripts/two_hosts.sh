#!/usr/bin/env bash
# Runs a command under mpirun on two hosts that are network namespaces of this machine, so that ranks reach each other over
# a (virtual) network and have no memory in common with the other host. Needs root, ip (iproute2) and unshare.
#
#   scripts/two_hosts.sh RANKS_PER_HOST COMMAND...
#   scripts/two_hosts.sh 2 greentrain configs/digits.yaml
set -euo pipefail

if [ $# -lt 2 ] || ! [[ $1 =~ ^[1-9][0-9]*$ ]]; then
  echo "usage: two_hosts.sh RANKS_PER_HOST COMMAND..." >&2
  exit 2
fi
if [ "$(id -u)" != 0 ]; then
  echo "two_hosts.sh: network namespaces need root" >&2
  exit 1
fi
ranks=$1
shift

id=gt$$
a=${id}a
b=${id}b
agent=$(mktemp)
cleanup() {
  ip netns del "$a" 2>/dev/null || true
  ip netns del "$b" 2>/dev/null || true
  rm -f "$agent"
}
trap cleanup EXIT

ip netns add "$a"
ip netns add "$b"
ip link add "${id}x" netns "$a" type veth peer name "${id}y" netns "$b"
ip -n "$a" addr add 10.77.0.1/24 dev "${id}x"
ip -n "$b" addr add 10.77.0.2/24 dev "${id}y"
for host in "$a" "$b"; do ip -n "$host" link set lo up; done
ip -n "$a" link set "${id}x" up
ip -n "$b" link set "${id}y" up

# What mpirun calls instead of ssh: [OPTIONS] HOST COMMAND...
cat >"$agent" <<AGENT
#!/bin/sh
while [ "\${1#-}" != "\$1" ]; do shift; done
shift
exec ip netns exec $b unshare --uts sh -c "hostname host-b; \$*"
AGENT
chmod +x "$agent"

export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
# shellcheck disable=SC2016
ip netns exec "$a" unshare --uts sh -c 'hostname host-a; exec "$@"' sh \
  mpirun --quiet --oversubscribe --mca plm_rsh_agent "$agent" --mca oob_tcp_if_include 10.77.0.0/24 \
  --mca btl_tcp_if_include 10.77.0.0/24 -x OMPI_ALLOW_RUN_AS_ROOT -x OMPI_ALLOW_RUN_AS_ROOT_CONFIRM \
  -H "10.77.0.1:$ranks,10.77.0.2:$ranks" -n $((2 * ranks)) --wdir "$PWD" "$@"
