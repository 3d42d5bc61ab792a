#!/bin/sh
# Holds the functions of libgan.h, the list in libgan.map and the symbols that a shared library exports against each
# other, and looks at its soname: exports.sh NM READELF HEADER MAP LIBRARY SONAME
set -eu
nm=$1 readelf=$2 header=$3 map=$4 library=$5 soname=$6
. "$(dirname "$0")/functions.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

functions "$header" >"$work/declared"
sed -n '/global:/,/local:/s/^ *\([A-Za-z_*][A-Za-z0-9_*]*\);.*/\1/p' "$map" >"$work/listed"
"$nm" -D --defined-only "$library" | awk '$2 != "A" { sub(/@.*/, "", $NF); print $NF }' |
    LC_ALL=C sort >"$work/exported"

failed=0
same()
{
    if ! diff "$work/$1" "$work/$2" >"$work/difference"; then
        echo "$1 (<) and $2 (>) functions differ:"
        cat "$work/difference"
        failed=1
    fi
}
if [ ! -s "$work/declared" ]; then
    echo "no function was found in $header"
    failed=1
fi
same declared listed
same declared exported
if ! "$readelf" -d "$library" | grep -q "SONAME.*\[$soname\]"; then
    echo "the soname is not $soname"
    "$readelf" -d "$library" | grep SONAME || :
    failed=1
fi
exit $failed
