#!/bin/sh
# Compares the structs of libgan.h and their fields, in order, with those pinned in layout.c: fields.sh HEADER LAYOUT
set -eu
header=$1 layout=$2
. "$(dirname "$0")/functions.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# A line "STRUCT" for each struct, and a line "STRUCT FIELD" for each of its fields.
without_comments "$header" | awk '
    /^typedef struct [a-z0-9_]+ \{/ { name = $3; print name; next }
    /^\}/ { name = "" }
    name != "" && /;/ {
        sub(/;.*/, "")
        if (match($0, /\(\*[a-z0-9_]+\)/)) $0 = substr($0, RSTART + 2, RLENGTH - 3)
        gsub(/\[[^]]*\]/, "")
        sub(/.*[ *]/, "")
        print name, $0
    }' >"$work/declared"
sed -n 's/^ *SIZE(\([a-z0-9_]*\), .*/\1/p; s/^ *FIELD(\([a-z0-9_]*\), \([a-z0-9_]*\), .*/\1 \2/p' "$layout" \
    >"$work/pinned"

if [ ! -s "$work/declared" ]; then
    echo "no struct was found in $header"
    exit 1
fi
if ! diff "$work/declared" "$work/pinned"; then
    echo "the structs of $header (<) and the pins of $layout (>) differ"
    exit 1
fi
