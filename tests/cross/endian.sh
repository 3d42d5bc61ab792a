#!/bin/sh
# Files are the same bytes on a machine of the other byte order, and each reads what the other wrote:
# endian.sh ROOT FOLDER COMPILER EMULATOR, such as s390x-linux-gnu-gcc and "qemu-s390x -L /usr/s390x-linux-gnu"
set -eu
root=$1 folder=$2 compiler=$3 emulator=$4
mkdir -p "$folder"
cd "$folder"
rm -rf here there here-of-there there-of-here
mkdir here there here-of-there there-of-here
python3 "$root/amalgamation/amalgamate.py" .
for place in here there; do
    [ $place = here ] && cc=${CC:-cc} || cc=$compiler
    "$cc" -std=gnu11 -O0 -fexcess-precision=fast -I. "$root/tests/cross/files.c" libgan.c -o files-$place -lm -lpthread
done

./files-here - here
$emulator ./files-there - there
./files-here there here-of-there
$emulator ./files-there here there-of-here
for other in there here-of-there there-of-here; do
    diff -r here $other
done
echo "$(find here -type f | wc -l) files are the same on both, written by either from the other's"
