#!/bin/sh
# Compares the functions of libgan.h with the symbols that a shared library exports, and checks its soname:
# exports.sh NM READELF HEADER LIBRARY SONAME
set -eu
nm=$1 readelf=$2 header=$3 library=$4 soname=$5
. "$(dirname "$0")/functions.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

functions "$header" >"$work/declared"
"$nm" -D --defined-only "$library" | awk '$2 != "A" { sub(/@.*/, "", $NF); print $NF }' |
    LC_ALL=C sort >"$work/exported"

failed=0
if [ ! -s "$work/declared" ]; then
    echo "no function was found in $header"
    failed=1
fi
if ! diff "$work/declared" "$work/exported" >"$work/difference"; then
    echo "declared (<) and exported (>) functions differ:"
    cat "$work/difference"
    failed=1
fi
if ! "$readelf" -d "$library" | grep -q "SONAME.*\[$soname\]"; then
    echo "the soname is not $soname"
    "$readelf" -d "$library" | grep SONAME || :
    failed=1
fi
exit $failed
