#!/bin/sh
# Compiles the library as one file for other systems, as far as their headers go, which zig brings along:
# systems.sh ROOT FOLDER ZIG...   Prints each system; the exit status is 0 if all compile without a warning.
set -u
root=$1 folder=$2
shift 2
mkdir -p "$folder"
export ZIG_LOCAL_CACHE_DIR="$folder/cache" ZIG_GLOBAL_CACHE_DIR="$folder/cache"
python3 "$root/amalgamation/amalgamate.py" "$folder" || exit 1
failed=0
for target in x86_64-macos aarch64-macos x86_64-freebsd aarch64-freebsd x86_64-netbsd x86_64-windows-gnu; do
    if "$@" cc -target "$target" -std=gnu11 -O0 -Wall -Werror -DGAN_WITH_BLAS -c "$folder/libgan.c" -o "$folder/libgan.o"; then
        echo "$target: compiles"
    else
        echo "$target: does not compile"
        failed=1
    fi
done
exit $failed
