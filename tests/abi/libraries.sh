#!/bin/sh
# Fails if the shared library needs a JSON library, whose names could clash with a host's own, or a BLAS, which would be
# loaded with it, or one of what a BLAS stands on. libraries.sh READELF SHARED
set -eu
needed=$("$1" -d "$2" | sed -n 's/.*(NEEDED).*\[\(.*\)\].*/\1/p')
case $needed in
*libc.*) ;;
*) echo "no needed library was found in $2"; exit 1 ;;
esac
if echo "$needed" | grep -iE 'json|jansson|yajl|blas|blis|atlas|mkl|gomp|gfortran'; then
    echo "$2 must not need these"
    exit 1
fi
