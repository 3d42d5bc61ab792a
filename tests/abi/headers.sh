#!/bin/sh
# Compiles a file with warnings as errors: headers.sh INCLUDE_FOLDER FILE STANDARD COMPILER...
set -eu
include=$1 file=$2 standard=$3
shift 3
exec "$@" "-std=$standard" -Wall -Wextra -Wpedantic -Wshadow -Werror -fsyntax-only "-I$include" "$file"
