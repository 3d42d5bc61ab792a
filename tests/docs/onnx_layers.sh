#!/bin/sh
# Fails if docs/interoperability.md has no row for a layer of docs/layers.md: onnx_layers.sh ROOT
set -eu
cd "$1/docs"
failed=0
layers=$(sed -n 's/^## \([a-z0-9_]*\)$/\1/p' layers.md)
[ -n "$layers" ]
for layer in $layers; do
    grep -q "^| \`$layer\` |" interoperability.md || { echo "there is no row for $layer"; failed=1; }
done
exit $failed
