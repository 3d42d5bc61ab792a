#!/bin/sh
# Bindings of the library for other languages: bindings.sh FOLDER LIBRARY LANGUAGE
set -eu
folder=$1 library=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
# A program of another compiler does not have the sanitizers' runtime.
if ldd "$library" | grep -qE 'lib(a|t|ub)san'; then
    echo 'SKIP: the library is built with sanitizers'
    exit 77
fi
case $3 in
python)
    command -v python3 >found || { echo 'SKIP: Python 3 is not installed'; exit 77; }
    LIBGAN=$library PYTHONPATH=$folder/python PYTHONDONTWRITEBYTECODE=1 python3 "$folder/python/test_libgan.py"
    ;;
rust)
    command -v rustc >found || { echo 'SKIP: rustc is not installed'; exit 77; }
    rustc --edition 2021 -D warnings "$folder/rust/libgan.rs" -L native="$(dirname "$library")" -l dylib=gan -o program
    LD_LIBRARY_PATH=$(dirname "$library") ./program generator.safetensors
    ;;
esac
