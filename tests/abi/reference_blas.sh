#!/bin/sh
# A build for the reference BLAS runs on it, not on another one under its name: reference_blas.sh NM LIBRARY
set -eu
nm=$1 library=$2
blas=$(ldd "$library" | sed -n 's/.*libc\{0,1\}blas[^ ]* => \([^ ]*\) .*/\1/p' | head -n 1)
[ -n "$blas" ] || { echo "$library is linked with no BLAS"; ldd "$library"; exit 1; }
"$nm" -D --defined-only "$blas" | grep -q ' cblas_sgemm$' || { echo "$blas has no cblas_sgemm"; exit 1; }
# Another one shows by what it calls, or by the library that it uses.
if { "$nm" -D "$blas"; ldd "$blas"; } | grep -iE 'openblas|gotoblas|blis|mkl|atlas'; then
    echo "$blas is not the reference BLAS"
    exit 1
fi
