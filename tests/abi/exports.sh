#!/bin/sh
# Compares the functions of libgan.h with the symbols that a shared library exports, and checks its soname, that their
# version is that of the soname, and that the library calls its own: exports.sh NM READELF HEADER LIBRARY SONAME
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
# Two libraries of one symbol version would take each other's symbols.
version=GAN_${soname#libgan.so.}
if "$nm" -D --defined-only --with-symbol-versions "$library" | awk '$2 != "A" { print $NF }' | grep -v "@@$version\$"; then
    echo "these symbols do not have the version $version"
    failed=1
fi
# Nor does it call what a program calls alike.
if "$readelf" -rW "$library" | grep ' gan_'; then
    echo "these references to its own functions may be bound to those of another library"
    failed=1
fi
exit $failed
