#!/bin/sh
# Breaks every rule of layering.awk once, in a tree made for it, and fails when one goes unseen, or when an include
# that is allowed is complained about.
set -eu
layering=$(cd "$(dirname "$0")" && pwd)/layering.sh
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
failed=0

# expect VERDICT FILE INCLUDE: one file with one include, allowed or broken.
expect()
{
    rm -rf "${tree:?}/lib" "${tree:?}/examples"
    mkdir -p "$tree/lib" "$tree/examples" "$tree/$(dirname "$2")"
    printf '/* A file. */\n#include %s\n' "$3" >"$tree/$2"
    if sh "$layering" "$tree" >"$tree/output"; then found=allowed; else found=broken; fi
    if [ $found != "$1" ]; then
        echo "$2 with #include $3 is $found, expected $1"
        cat "$tree/output"
        failed=1
    fi
}

expect allowed lib/core/status.c '"core/core.h"'
expect allowed lib/core/core.h '"libgan.h"'
expect allowed lib/core/status.c '<string.h>'
expect allowed lib/kernels/product/gemm.c '"kernels/isa/isa.h"'
expect allowed lib/kernels/product/gemm_blas.c '<cblas.h>'
expect allowed lib/train/trainer.c '"data/data.h"'
expect allowed lib/model/file.c '"io/io.h"'
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
# A tree without sources is no good tree.
expect broken README '"core/core.h"'
exit $failed
