#!/bin/sh
# Makes the page, a folder for any static web server: build.sh FOLDER [LIBGAN_FOLDER]
#
# It takes emcc, and Python 3 to write the library as one file, unless LIBGAN_FOLDER has libgan.c and libgan.h already.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
[ $# -ge 1 ] || { echo 'usage: build.sh FOLDER [LIBGAN_FOLDER]' >&2 && exit 2; }
mkdir -p "$1"
site=$(cd "$1" && pwd)
library=${2:-}
if [ -z "$library" ]; then
    library=$(mktemp -d)
    trap 'rm -rf "$library"' EXIT
    python3 "$here/../../amalgamation/amalgamate.py" "$library"
fi
emcc -std=c11 -D_POSIX_C_SOURCE=200809L -O2 -msimd128 -DGAN_SMALL -I "$library" "$here/web.c" "$here/web_models.c" "$library/libgan.c" \
    -o "$site/libgan.wasm" --no-entry -sSTANDALONE_WASM -sALLOW_MEMORY_GROWTH -sFILESYSTEM=0
gzip -9 -n -f "$site/libgan.wasm"
chmod 644 "$site/libgan.wasm.gz" # emcc makes a module executable
for file in index.html style.css page.js view.js data.js worker.js libgan.js garments.png; do
    cp "$here/$file" "$site/"
done
