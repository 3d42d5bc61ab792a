#!/bin/sh
# libgan.hpp says which standard it needs before the compiler finds out; libgan.h needs C++11 only:
# too_old.sh INCLUDE_FOLDER COMPILER...
set -eu
include=$1
shift
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
echo '#include <libgan.hpp>' >"$work/wrapper.cpp"
if "$@" -std=c++14 -fsyntax-only "-I$include" "$work/wrapper.cpp" 2>"$work/said"; then exit 1; fi
grep 'error' "$work/said" | head -n 1 | grep 'libgan.hpp needs C++17'
echo '#include <libgan.h>' >"$work/header.cpp"
"$@" -std=c++11 -Wall -Wextra -Wpedantic -Werror -fsyntax-only "-I$include" "$work/header.cpp"
