#!/usr/bin/env bash
# Fetches a data set into a folder, data/ by default. What is there already is checked and left alone.
#
#   ./scripts/fetch_data.sh digits [DIR]
#
# digits: 1,797 images of handwritten digits, 8 x 8 pixels from 0 to 16, then the label: DIR/digits.csv.gz.
#   E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten Digits, UCI, 1998. Taken from the
#   scikit-learn wheel (BSD-3-Clause; its licence and description are put beside the data).
set -euo pipefail
root="$(cd "$(dirname "$0")/.." && pwd)"

digits_sha256=09f66e6debdee2cd2b5ae59e0d6abbb73fc2b0e0185d2e1957e9ebb51e23aa22

if [ "${1:-}" != digits ] || [ $# -gt 2 ]; then
  echo "usage: fetch_data.sh digits [DIR]" >&2
  exit 2
fi
folder=${2:-$root/data}
file=$folder/digits.csv.gz

is_whole() { echo "$digits_sha256  $1" | sha256sum --check --status 2>/dev/null; }

if is_whole "$file"; then
  exit 0
fi
if [ -e "$file" ]; then
  echo "fetch_data.sh: $file is not the file this script fetches: move it away or give another folder" >&2
  exit 1
fi
bundle=$("$root/scripts/fetch.py" digits-1.7.2)
mkdir -p "$folder"
cp "$bundle/sklearn/datasets/descr/digits.rst" "$folder/digits.rst"
cp "$bundle"/scikit_learn-*.dist-info/licenses/COPYING "$folder/digits.LICENSE"
cp "$bundle/sklearn/datasets/data/digits.csv.gz" "$file.partial"
is_whole "$file.partial" || {
  echo "fetch_data.sh: the copy of digits.csv.gz in $bundle is damaged: delete that folder and try again" >&2
  exit 1
}
mv "$file.partial" "$file"
echo "fetched $file"
