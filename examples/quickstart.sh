#!/bin/sh
# Trains a GAN on real pictures and says where its own pictures lie: see usage below.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/tests/packages.sh"
fashion=/usr/share/datasets/fashion-mnist

usage()
{
    cat <<EOT
quickstart.sh [OPTION]...

Installs what is missing (apt; elsewhere it lists what to install and stops), builds libgan and its examples in
build/quickstart, and trains the example program mnist_gan on Fashion-MNIST for 4 minutes.

  --data DIR      train on the MNIST-format files of DIR instead, gzipped or not
  --output DIR    where results go; default: out/quickstart in the project
  --minutes M     how long to train; default: 4, unless --epochs is given
  --epochs N      how many passes over the data to make
  --help          this text

All other options are those of mnist_gan: --recipe, --seed, --threads, --batch, --resume.
EOT
}

# What was not asked for gets its default. All options go on to mnist_gan as they are.
data=$fashion output=$root/out/quickstart
data_given= output_given= length_given=
previous=
for argument in "$@"; do
    case $previous in
    --data) data=$argument ;;
    --output) output=$argument ;;
    esac
    case $argument in
    --help) usage; exit 0 ;;
    --data) data_given=yes ;;
    --data=*) data_given=yes data=${argument#*=} ;;
    --output) output_given=yes ;;
    --output=*) output_given=yes output=${argument#*=} ;;
    --minutes | --minutes=* | --epochs | --epochs=*) length_given=yes ;;
    esac
    previous=$argument
done
[ -n "$data_given" ] || set -- "$@" --data "$data"
[ -n "$output_given" ] || set -- "$@" --output "$output"
[ -n "$length_given" ] || set -- "$@" --minutes 4

needs=$build_needs
if [ -n "$data_given" ]; then
    [ -d "$data" ] || { echo "quickstart.sh: there is no folder $data" >&2; exit 2; }
else
    needs="$needs
dataset-fashion-mnist file $fashion/train-images-idx3-ubyte.gz"
fi
install_missing "$needs"

build=$root/build/quickstart
echo "Building in $build"
mkdir -p "$build"
log=$build.log
if ! { set_up "$build" -Dbuildtype=release -Dtests=false -Dexamples=true && ninja -C "$build"; } >"$log" 2>&1; then
    cat "$log" >&2
    echo "quickstart.sh: the build failed; its log is $log" >&2
    exit 1
fi

mkdir -p "$output"
output=$(cd "$output" && pwd)
"$build/examples/mnist_gan" "$@"

echo
echo "Pictures that it draws now:  $output/samples.png (and samples-epoch-*.png)"
echo "How training went:           $output/losses.png"
echo "The same as numbers:         $output/losses.csv"
echo "The generator, to load:      $output/generator.safetensors"
echo "To go on from here:          $0 --resume --output $output"
