#!/bin/sh
# Runs a document's program, which must print these lines: says.sh PROGRAM LINE...
set -eu
program=$1
shift
said=$("$program")
expected=$(printf '%s\n' "$@")
[ "$said" = "$expected" ] || { printf 'it printed:\n%s\ninstead of:\n%s\n' "$said" "$expected"; exit 1; }
