#!/bin/sh
# Compares what the library offers, by its debug information, with a baseline, by abidiff; what is added is no difference.
#   abidiff.sh BASELINE HEADERS LIBRARY
# abidiff does not know which structs tell their size: after a field was added at the end of one, or in the place of reserved
# bytes, the baseline is renewed, from a build by gcc with debug information (-Dbuildtype=debugoptimized):
#   tests/abi/abidiff.sh --renew tests/abi/libgan.abi include build/lib/libgan.so
set -eu
renew=
[ "$1" != --renew ] || { renew=yes && shift; }
baseline=$1 headers=$2 library=$3
skip() { echo "SKIP: $1" && exit 77; }
command -v abidw >/dev/null 2>&1 && command -v abidiff >/dev/null 2>&1 || skip 'abidw and abidiff (abigail-tools) are not installed'
readelf -S "$library" | grep -q '\.debug_info' || skip 'this build has no debug information: -Dbuildtype=debugoptimized'
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Only types of the public headers, without places, and without what never differs.
abidw --exported-interfaces-only --drop-private-types --headers-dir "$headers" --drop-undefined-syms --no-elf-needed \
    --no-architecture --no-show-locs --no-corpus-path --no-comp-dir-path --no-parameter-names --no-write-default-sizes "$library" |
    sed "s/^ *//; s/ visibility='default'//; s/ mangled-name='[^']*'//; s/ binding='global' size-in-bits='[0-9]*'//
        s/type-id-/t/g; s|path='[^']*/lib/|path='lib/|" >"$work/library.abi"
if [ -n "$renew" ]; then
    cp "$work/library.abi" "$baseline"
    exit
fi

abidiff --no-added-syms "$baseline" "$work/library.abi"
