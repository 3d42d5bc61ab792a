#!/bin/sh
# Compares the functions of libgan.h with those that a DLL exports, and finds out what it needs: exports_windows.sh
# OBJDUMP HEADER DLL STATIC, where STATIC is the static library, whose objects export nothing, or nothing.
set -eu
objdump=$1 header=$2 library=$3 static=${4-}
. "$(dirname "$0")/functions.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

functions "$header" >"$work/declared"
"$objdump" -p "$library" >"$work/facts"
sed -n '/^\[Ordinal/,/^$/s/^\t\[ *[0-9]*\] //p' "$work/facts" | LC_ALL=C sort >"$work/exported"

failed=0
if [ ! -s "$work/declared" ] || ! diff "$work/declared" "$work/exported" >"$work/difference"; then
    echo "declared (<) and exported (>) functions differ:"
    cat "$work/difference"
    failed=1
fi
needed=$(sed -n 's/^\tDLL Name: //p' "$work/facts")
case $needed in
*KERNEL32.dll*) ;;
*) echo "no needed DLL was found in $library" && failed=1 ;;
esac
if echo "$needed" | grep -viE '^(kernel32|msvcrt|ucrtbase|api-ms-win-[a-z0-9-]*)\.dll$'; then
    echo "$library must not need these"
    failed=1
fi
# What exports itself does so from each program that it becomes a part of.
if [ -n "$static" ] && "$objdump" -s -j .drectve "$static" 2>/dev/null | grep 'export'; then
    echo "$static exports"
    failed=1
fi
exit $failed
