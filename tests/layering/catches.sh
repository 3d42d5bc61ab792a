#!/bin/sh
# Breaks every rule of layering.awk once, in a tree made for it, and fails when one goes unseen, or when an include
# that is allowed is complained about.
set -eu
layering=$(cd "$(dirname "$0")" && pwd)/layering.sh
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
failed=0

# expect VERDICT (FILE INCLUDE)...: files with one include each, allowed or broken.
expect()
{
    expected=$1 what=
    rm -rf "${tree:?}/lib" "${tree:?}/examples"
    mkdir -p "$tree/lib" "$tree/examples"
    shift
    while [ $# -gt 0 ]; do
        mkdir -p "$tree/$(dirname "$1")"
        printf '/* A file. */\n#include %s\n' "$2" >"$tree/$1"
        what="$what, $1 with #include $2"
        shift 2
    done
    if sh "$layering" "$tree" >"$tree/output"; then found=allowed; else found=broken; fi
    if [ $found != "$expected" ]; then
        echo "${what#, }: $found, expected $expected"
        cat "$tree/output"
        failed=1
    fi
}

# A source that is compiled once for each instruction set has such a line.
table='<string.h>
const gan_loops_table GAN_ISA_TABLE(gan_loops_table) = {.loop = loop};'

# room NUMBER: that many files of one room, each with one include.
room()
{
    for i in $(seq "$1"); do echo "lib/kernels/conv/conv_$i.c" '<string.h>'; done
}

expect allowed lib/core/status.c '"core/core.h"'
expect allowed lib/core/core.h '"libgan.h"'
expect allowed lib/core/status.c '<string.h>'
expect allowed lib/kernels/product/gemm.c '"kernels/isa/isa.h"'
expect allowed lib/kernels/product/gemm_blas.c '<cblas.h>'
expect allowed lib/train/trainer.c '"data/data.h"'
expect allowed lib/model/file.c '"io/io.h"'
expect allowed lib/kernels/conv/conv.c '"kernels/conv/conv_ways.h"'
expect allowed lib/kernels/kernels.h '"kernels/conv/conv.h"'
expect allowed lib/kernels/conv/conv.c '"kernels/product/product.h"' lib/kernels/product/gemm.c '"kernels/isa/isa.h"'
# shellcheck disable=SC2046
expect allowed $(room 10)
expect allowed lib/kernels/conv/loops_isa.c "$table"
expect allowed lib/kernels/conv/loops_isa.c "<immintrin.h>${table#*>}"
expect allowed lib/metrics/metrics.h '"kernels/kernels.h"'
expect allowed examples/minimal.c '<libgan.h>'
expect allowed examples/mnist_gan.c '"options.h"'

expect broken lib/core/status.c '"kernels/kernels.h"'
expect broken lib/kernels/product/gemm.c '"layers/layers.h"'
expect broken lib/layers/dense.c '"model/model.h"'
expect broken lib/model/build.c '"train/train.h"'
expect broken lib/model/build.c '"data/data.h"'
expect broken lib/io/png.c '"model/model.h"'
expect broken lib/metrics/modes.c '"data/data.h"'
expect broken lib/train/trainer.c '"metrics/metrics.h"'
expect broken lib/data/idx.c '"io/io.h"'
expect broken lib/layers/dense.c '"kernels/isa/isa.h"'
expect broken lib/layers/dense.c '"shared.h"'
expect broken lib/layers/dense.c '"../core/core.h"'
expect broken lib/layers/dense.c '"./shared.h"'
expect broken lib/layers/dense.c '<cblas.h>'
expect broken lib/kernels/conv/conv.c '<cblas.h>'
expect broken lib/train/trainer.c '<pthread.h>'
expect broken lib/train/trainer.c '<assert.h>'
expect broken lib/core/context.c '<signal.h>'
expect broken lib/stray/file.c '<string.h>'
expect broken lib/stray.c '<string.h>'
expect broken examples/minimal.c '"core/core.h"'
expect broken examples/minimal.c '"../lib/core/core.h"'
expect broken lib/kernels/conv/conv.c '"kernels/product/gemm_ways.h"'
expect broken lib/kernels/kernels.h '"kernels/product/gemm_ways.h"'
expect broken lib/layers/dense.c '"kernels/product/product.h"'
expect broken lib/kernels/conv/conv.c '"kernels/kernels.h"'
expect broken lib/kernels/conv/conv.c '"kernels/product/product.h"' lib/kernels/product/gemm.c '"kernels/conv/conv.h"'
expect broken lib/train/a/a.c '"train/b/b.h"' lib/train/b/b.c '"train/c/c.h"' lib/train/c/c.c '"train/a/a.h"'
expect broken lib/core/file.c '<string.h>' lib/data/file.c '<string.h>'
expect broken lib/kernels/conv/loops.c "$table"
expect broken lib/kernels/conv/loops_isa.c '<string.h>' lib/kernels/conv/conv.c '<string.h>'
expect broken lib/kernels/conv/conv.c '<immintrin.h>'
# shellcheck disable=SC2046
expect broken $(room 11)
# A tree without sources fails.
expect broken README '"core/core.h"'
exit $failed
