#!/bin/sh
# Every function of libgan.h is called by libgan.hpp, or is listed here: wrapper.sh HEADER WRAPPER
set -eu
header=$1 wrapper=$2
. "$(dirname "$0")/functions.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Deliberately only in C: functions of a number, which C++ calls as they are.
cat >"$work/c_only" <<'END'
gan_diagnosis_advice
gan_diagnosis_name
gan_status_name
gan_status_text
gan_version
END

functions "$header" >"$work/declared"
without_comments "$wrapper" | tr -c 'A-Za-z0-9_' '\n' | LC_ALL=C sort -u >"$work/words"
LC_ALL=C comm -23 "$work/declared" "$work/words" >"$work/missing"
[ -s "$work/declared" ] || { echo "no function was found in $header"; exit 1; }
if ! diff "$work/missing" "$work/c_only"; then
    echo "what $wrapper leaves out (<) and the functions that are of C only (>) differ"
    exit 1
fi
