#!/bin/sh
# Prints the version that a libgan.h declares: version.sh FILE
set -eu
part() { sed -n "s/^#define GAN_VERSION_$1 \([0-9][0-9]*\)\$/\1/p" "$2"; }
echo "$(part MAJOR "$1").$(part MINOR "$1").$(part PATCH "$1")"
