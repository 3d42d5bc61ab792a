#!/bin/sh
# Checks the symbols of the library's objects against each other: symbols.sh NM LIBRARY HEADER SOURCES
# What is not static is called gan_... and is declared in the header or used by another object; what an internal header
# defines for others (an inline function, a macro) is used somewhere. Anything else is dead, or should be static.
set -eu
nm=$1 library=$2 header=$3 sources=$4
. "$(dirname "$0")/../abi/functions.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

# Nothing in the library calls these; each exists for the reason that follows it.
exceptions='
gan_layer_kinds             tests compare their cases with the list of all layers
gan_option_range            a test compares the ranges that docs/layers.md gives
'

complain()
{
    while read -r name; do
        echo "$name $1"
        failed=1
    done <"$work/found"
}

# Sanitizers add symbols that begin with underscores.
"$nm" "$library" | awk '$2 ~ /^[A-TV-Z]$/ && $3 !~ /^_/ { print $3 }' | LC_ALL=C sort -u >"$work/defined"
"$nm" --undefined-only "$library" | awk '$1 ~ /^[Uw]$/ { print $2 }' | LC_ALL=C sort -u >"$work/used"
{
    functions "$header"
    echo "$exceptions" | awk '{ print $1 }'
} | LC_ALL=C sort -u >"$work/known"
if ! grep -q '^gan_' "$work/defined"; then
    echo "no function was found in $library"
    exit 1
fi

grep -v '^gan_' "$work/defined" >"$work/found" || :
complain 'is not static, and its name does not begin with gan_'
LC_ALL=C comm -23 "$work/defined" "$work/used" >"$work/unused"
LC_ALL=C comm -23 "$work/unused" "$work/known" >"$work/found"
complain 'is used by no other file: it is dead, or should be static'
echo "$exceptions" | awk 'NF { print $1 }' | LC_ALL=C sort | LC_ALL=C comm -23 - "$work/unused" >"$work/found"
complain 'is an exception, which it no longer has to be'

# Words of the sources, without comments, and how often each occurs.
find "$sources" -name '*.[ch]' -exec cat {} + | awk '
    { while (match($0, /\/\*([^*]|\*+[^*\/])*\*+\//)) $0 = substr($0, 1, RSTART - 1) " " substr($0, RSTART + RLENGTH)
      if (inside && !sub(/^.*\*\//, "")) next
      inside = sub(/\/\*.*/, "")
      gsub(/[^A-Za-z0-9_]+/, "\n"); print }' | LC_ALL=C sort | uniq -c | awk '$1 == 1 { print $2 }' >"$work/once"
find "$sources" -name '*.h' -exec sed -n \
    -e 's/^ *# *define  *\([A-Za-z0-9_]*\).*/\1/p' \
    -e 's/^static inline [^(]*[ *]\([a-z0-9_]*\)(.*/\1/p' {} + | LC_ALL=C sort -u >"$work/offered"
LC_ALL=C comm -12 "$work/offered" "$work/once" >"$work/found"
complain 'is defined in a header and used nowhere'
exit $failed
