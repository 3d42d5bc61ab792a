#!/bin/sh
# Programs compiled by an earlier header and by today's run with the library, and print the same: earlier.sh PROGRAM PROGRAM
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for program in "$@"; do
    "$program" "$work/file" >"$work/said-$(basename "$program")" || { cat "$work/said-$(basename "$program")"; exit 1; }
done
[ -s "$work/said-$(basename "$1")" ]
diff "$work/said-$(basename "$1")" "$work/said-$(basename "$2")"
