#!/bin/sh
# Fails when files of lib/ use each other in a circle, directly or by way of others, as the objects of the static
# library show: circles.sh NM LIBRARY
set -eu
nm=$1 library=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Lines "OBJECT TYPE SYMBOL".
"$nm" -A "$library" | sed -n 's/^.*:\([^:]*\.o\): *[0-9a-f]* \([A-Za-z]\) \(.*\)$/\1 \2 \3/p' >"$work/symbols"
awk '$2 ~ /[TDRBC]/ { print $3, $1 }' "$work/symbols" | LC_ALL=C sort >"$work/defined"
awk '$2 == "U" { print $3, $1 }' "$work/symbols" | LC_ALL=C sort >"$work/used"
LC_ALL=C join "$work/used" "$work/defined" >"$work/uses" # SYMBOL USER DEFINER
if ! [ -s "$work/uses" ]; then
    echo "nothing was found in $library"
    exit 1
fi

if ! awk '{ print $2, $3 }' "$work/uses" | tsort >/dev/null 2>"$work/circle"; then
    echo 'these files use each other in a circle:'
    cat "$work/circle"
    exit 1
fi
