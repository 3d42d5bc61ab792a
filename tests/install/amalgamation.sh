#!/bin/sh
# The library as one file, with a compiler alone: no warning; what it lacks is an error with its reason; at each level of
# the CPU the bits of the library. amalgamation.sh ROOT FOLDER BITS CC...; FOLDER has libgan.c and libgan.h, and BITS is
# bits.c with the library.
set -eu
here=$1/tests/install folder=$2 bits=$(cd "$(dirname "$3")" && pwd)/$(basename "$3")
shift 3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
cp "$folder/libgan.c" "$folder/libgan.h" .

"$@" -std=c11 -Wall -Wextra -Wno-unused-parameter -Wno-override-init -Werror -fsyntax-only libgan.c
"$@" -O2 -Wall -Werror -DGAN_WITH_GZIP -fsyntax-only libgan.c
if "$@" -D__cplusplus=201103L -E libgan.c >/dev/null 2>refused.txt; then exit 1; fi
grep -q "libgan.c is C: " refused.txt
if "$@" -std=c99 -E libgan.c >/dev/null 2>refused.txt; then exit 1; fi
grep -q "libgan.c needs C11: " refused.txt

# Kernels are optimised by what the file says, by gcc; clang needs to be told.
level=-O0
if "$@" --version | grep -q clang; then level=-O1; fi
"$@" $level -Wall -Werror -c libgan.c
for program in program without bits; do "$@" -I. "$here/$program.c" libgan.o -o "$program" -lm -lpthread; done
./program
./without
./bits >amalgamated.txt
"$bits" >library.txt
cmp amalgamated.txt library.txt
cat library.txt

# A plugin with a copy of its own exports nothing of it.
"$@" -O0 -fPIC -shared -DGAN_API= -I. libgan.c "$here/program.c" -o plugin.so -lm -lpthread
if nm -D --defined-only plugin.so | grep ' gan_'; then
    echo 'a plugin exports these'
    exit 1
fi
