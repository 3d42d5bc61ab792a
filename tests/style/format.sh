#!/bin/sh
# Fails if clang-format 14, by .clang-format, would change a source: format.sh ROOT
# Mend it with: clang-format-14 -i FILE. Other versions of clang-format break lines elsewhere.
set -eu
root=$1
. "$(dirname "$0")/../packages.sh"
formatter=$(llvm14 clang-format) || { echo 'SKIP: clang-format 14 is not installed'; exit 77; }
cd "$root"
sources=$(find include lib examples tests -name '*.[ch]' -o -name '*.[ch]pp')
[ -n "$sources" ] || { echo "no source was found in $root"; exit 1; }
# shellcheck disable=SC2086
"$formatter" --dry-run --Werror $sources
echo "$sources" | awk 'END { print NR " files are formatted" }'
