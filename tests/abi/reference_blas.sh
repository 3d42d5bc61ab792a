#!/bin/sh
# A build for the reference BLAS runs on it, and not on another one that has taken its name: reference_blas.sh NM LIBRARY
set -eu
nm=$1 library=$2
blas=$(ldd "$library" | sed -n 's/.*lib\(c\)\{0,1\}blas[^ ]* => \([^ ]*\) .*/\2/p' | head -n 1)
[ -n "$blas" ] || { echo "$library is linked with no BLAS"; ldd "$library"; exit 1; }
if "$nm" -D --defined-only "$blas" | grep -E ' (openblas_get_config|bli_init|mkl_get_version|MKL_Get_Version)$'; then
    echo "$blas is not the reference BLAS"
    exit 1
fi
"$nm" -D --defined-only "$blas" | grep -q ' cblas_sgemm$' || { echo "$blas has no cblas_sgemm"; exit 1; }
