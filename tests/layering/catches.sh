#!/bin/sh
# Breaks every rule of layering.awk, in trees made for this, and fails if one goes unnoticed, gets another rule's
# sentence, or if something allowed is reported.
set -eu
layering=$(cd "$(dirname "$0")" && pwd)/layering.sh
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
failed=0

# expect SENTENCE (FILE INCLUDE)...: all that is reported of a tree of files with one include each; empty if allowed.
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
    if [ -z "$expected" ]; then
        [ $found = broken ] || return 0
    elif [ $found = broken ] && grep -qF "$expected" "$tree/output" && ! grep -vqF "$expected" "$tree/output"; then
        return 0
    fi
    echo "${what#, }: $found, expected: ${expected:-allowed}"
    cat "$tree/output"
    failed=1
}

# A source compiled once for each instruction set has such a line.
table='<string.h>
const gan_loops_table GAN_ISA_TABLE(gan_loops_table) = {.loop = loop};'

# room NUMBER: that many files in one room, each with one include.
room()
{
    for i in $(seq "$1"); do echo "lib/kernels/conv/conv_$i.c" '<string.h>'; done
}

expect '' lib/core/status.c '"core/core.h"'
expect '' lib/core/core.h '"libgan.h"'
expect '' lib/core/status.c '<string.h>'
expect '' lib/kernels/product/gemm.c '"kernels/isa/isa.h"'
expect '' lib/kernels/product/gemm_blas.c '<cblas.h>'
expect '' lib/train/trainer.c '"data/data.h"'
expect '' lib/model/file.c '"io/io.h"'
expect '' lib/kernels/conv/conv.c '"kernels/conv/conv_ways.h"'
expect '' lib/kernels/kernels.h '"kernels/conv/conv.h"'
expect '' lib/kernels/conv/conv.c '"kernels/product/product.h"' lib/kernels/product/gemm.c '"kernels/isa/isa.h"'
# shellcheck disable=SC2046
expect '' $(room 10)
expect '' lib/kernels/conv/loops_isa.c "$table"
expect '' lib/kernels/conv/loops_isa.c "<immintrin.h>${table#*>}"
expect '' lib/metrics/metrics.h '"kernels/kernels.h"'
expect '' lib/onnx/onnx.h '"model/model.h"'
expect '' examples/minimal.c '<libgan.h>'
expect '' examples/mnist_gan.c '"options.h"'

below='which is not below it'
expect "$below" lib/core/status.c '"kernels/kernels.h"'
expect "$below" lib/kernels/product/gemm.c '"layers/layers.h"'
expect "$below" lib/layers/dense.c '"model/model.h"'
expect "$below" lib/model/build.c '"train/train.h"'
expect "$below" lib/model/build.c '"data/data.h"'
expect "$below" lib/model/build.c '"onnx/onnx.h"'
expect "$below" lib/io/png.c '"model/model.h"'
expect "$below" lib/metrics/modes.c '"data/data.h"'
expect "$below" lib/train/trainer.c '"metrics/metrics.h"'
expect "$below" lib/data/idx.c '"io/io.h"'
expect 'past the door of its folder' lib/layers/dense.c '"kernels/isa/isa.h"'
expect 'past the door of its folder' lib/layers/dense.c '"kernels/product/product.h"'
expect 'which is not written from lib/' lib/layers/dense.c '"shared.h"'
expect 'a path that is relative to the file' lib/layers/dense.c '"../core/core.h"'
expect 'a path that is relative to the file' lib/layers/dense.c '"./shared.h"'
expect 'a path that is relative to the file' examples/minimal.c '"../lib/core/core.h"'
expect 'which is not public' examples/minimal.c '"core/core.h"'
expect 'is in no folder of lib/ that has a rule' lib/stray/file.c '<string.h>'
expect 'is in no folder of lib/ that has a rule' lib/stray.c '<string.h>'
# A tree without sources fails.
expect 'there was nothing to read' README '"core/core.h"'

place='which has no place here'
for header in cblas.h immintrin.h arm_neon.h pthread.h zlib.h png.h jpeglib.h jerror.h signal.h assert.h locale.h err.h; do
    expect "$place" lib/layers/dense.c "<$header>"
done
expect "$place" lib/kernels/conv/conv.c '<cblas.h>'
expect "$place" lib/kernels/conv/conv.c '<immintrin.h>'
expect "$place" lib/core/context.c '<signal.h>'
expect "$place" lib/core/context.c '<assert.h>'

expect 'past the door of its room' lib/kernels/conv/conv.c '"kernels/product/gemm_ways.h"'
expect 'past the door of its room' lib/kernels/kernels.h '"kernels/product/gemm_ways.h"'
expect 'which is outside the rooms' lib/kernels/conv/conv.c '"kernels/kernels.h"'
expect 'which is outside the rooms' lib/kernels/conv/conv.c '"kernels/shapes.h"'
expect 'is in a folder of a room' lib/kernels/conv/direct/conv_direct.c '<string.h>'
circle='includes itself by way of other rooms'
expect "$circle" lib/kernels/conv/conv.c '"kernels/product/product.h"' lib/kernels/product/gemm.c '"kernels/conv/conv.h"'
expect "$circle" lib/train/a/a.c '"train/b/b.h"' lib/train/b/b.c '"train/c/c.h"' lib/train/c/c.c '"train/a/a.h"'
expect 'has the name of lib/core/file.c' lib/core/file.c '<string.h>' lib/data/file.c '<string.h>'
expect 'and its name does not end in _isa' lib/kernels/conv/loops.c "$table"
expect 'and its name ends in _isa' lib/kernels/conv/loops_isa.c '<string.h>' lib/kernels/conv/conv.c '<string.h>'
# shellcheck disable=SC2046
expect 'is the 11th file of its room' $(room 11)
exit $failed
