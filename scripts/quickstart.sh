#!/usr/bin/env bash
# Installs what is missing, builds greentrain, fetches the digits data and trains on them with two ranks.
#
#   ./scripts/quickstart.sh [KEY=VALUE...]     settings for this run, such as train.epochs=5
#   GREENTRAIN_GPU=1 ./scripts/quickstart.sh   the same with CUDA (CUDA Toolkit 13.0, cuDNN 9, NCCL 2.28)
#
# More variables: the head of scripts/setup.sh.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/setup.sh

preset=release
libtorch=cpu
if [ "${GREENTRAIN_GPU:-0}" = 1 ]; then
  preset=gpu
  libtorch=cuda13
  command -v nvcc >/dev/null || [ -x /usr/local/cuda/bin/nvcc ] ||
    die "GREENTRAIN_GPU=1 needs the CUDA Toolkit 13.0: nvcc was not found, put its folder on the PATH"
fi

prepare_machine
libtorch=$(libtorch_folder "$libtorch")
build "$preset" "$libtorch"
scripts/fetch_data.sh digits

launcher=(mpirun --quiet -n 2)
if [ "$(nproc)" -lt 2 ]; then
  launcher+=(--oversubscribe)
fi
if [ "$(id -u)" = 0 ]; then
  export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1  # mpirun refuses root otherwise.
fi
program="build/$preset/bin/greentrain"
say "${launcher[*]} $program configs/digits.yaml $*"
"${launcher[@]}" "$program" configs/digits.yaml "$@"

root_note=""
if [ "$(id -u)" = 0 ]; then
  root_note="
As root, mpirun needs: export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1"
fi
cat <<END

The run, its weights and its report lie in the folder named above (call it RUN_DIR). What to try next:
  $program config explain train      what can be set, and what it does
  $program init text my.yaml         write a config to start from: a small GPT on plain text
  ${launcher[*]} $program my.yaml
  $program eval RUN_DIR              measure the weights of a run again
  $program predict RUN_DIR FILE      use them$root_note
END
