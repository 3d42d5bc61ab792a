#!/bin/sh
# Fails if files of lib/ use each other in a circle, directly or through others, as a static library's objects show;
# prints what each uses of the next: circles.sh NM LIBRARY
set -eu
nm=$1 library=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Lines "OBJECT TYPE SYMBOL".
"$nm" -A "$library" | sed -n 's/^.*:\([^:]*\.o\): *[0-9a-f]* \([A-Za-z]\) \(.*\)$/\1 \2 \3/p' >"$work/symbols"
awk '$2 ~ /[TDRBC]/ { print $3, $1 }' "$work/symbols" | LC_ALL=C sort >"$work/defined"
awk '$2 == "U" { print $3, $1 }' "$work/symbols" | LC_ALL=C sort >"$work/used"
LC_ALL=C join "$work/used" "$work/defined" | LC_ALL=C sort -u >"$work/uses" # SYMBOL USER DEFINER
if ! [ -s "$work/uses" ]; then
    echo "no file uses another in $library"
    exit 1
fi

if ! awk '{ print $2, $3 }' "$work/uses" | tsort >/dev/null 2>"$work/circle"; then
    grep -o '[^ ]*\.o$' "$work/circle" | LC_ALL=C sort -u >"$work/members"
    awk 'NR == FNR { member[$1]; next }
         $2 in member && $3 in member && $2 != $3 { print $2 " uses " $1 " of " $3 ", in a circle" }' "$work/members" "$work/uses"
    exit 1
fi
