#!/bin/sh
# Checks the includes of a source tree: layering.sh ROOT
set -eu
rules=$(cd "$(dirname "$0")" && pwd)/layering.awk
cd "$1"
# shellcheck disable=SC2046
exec awk -f "$rules" $(find lib examples -name '*.[ch]' -o -name '*.cpp' | LC_ALL=C sort) </dev/null
