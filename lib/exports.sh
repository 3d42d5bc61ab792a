#!/bin/sh
# Prints what libgan.dll exports, as a module-definition file: exports.sh HEADER
set -eu
echo EXPORTS
awk '/^GAN_API/ { declaration = $0
                  while (declaration !~ /\(/ && (getline line) > 0) declaration = declaration " " line
                  sub(/\(.*/, "", declaration)
                  sub(/.*[ *]/, "", declaration)
                  print "    " declaration }' "$1"
