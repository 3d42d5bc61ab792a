#!/bin/sh
# Trains a GAN on real pictures and says where its pictures are: see quickstart.sh --help.
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

  --model dcgan   train networks of convolutions instead: more varied pictures, softer in their details
  --data DIR      train on the MNIST-format files of DIR instead, gzipped or not
  --output DIR    where results go; default: out/quickstart in the project
  --minutes M     how long to train; default: 4, unless --epochs or --steps is given
  --epochs N      train to the end of epoch N
  --help          show this text

All other options go to mnist_gan, such as --recipe bare, --seed N, --threads N, --batch N and --resume, which
continues from the checkpoint in the output folder.
EOT
}

# Options not given get their defaults.
data='' output='' length='' previous=''
for argument in "$@"; do
    case $previous in
    --data) data=$argument ;;
    --output) output=$argument ;;
    --minutes | --epochs | --steps) length=$argument ;;
    esac
    if [ "$argument" = --help ]; then usage; exit 0; fi
    previous=$argument
done
[ -n "$length" ] || set -- --minutes 4 "$@"
if [ -z "$output" ]; then
    output=$root/out/quickstart
    set -- --output "$output" "$@"
fi
if [ -z "$data" ]; then
    set -- --data "$fashion" "$@"
    build_needs="$build_needs
dataset-fashion-mnist file $fashion/train-images-idx3-ubyte.gz"
elif [ ! -d "$data" ]; then
    echo "quickstart.sh: there is no folder $data" >&2
    exit 2
fi
install_missing "$build_needs"

build=$root/build/quickstart
log=$build.log
echo "Building in $build"
mkdir -p "$build" "$output"
if ! { set_up "$build" -Dbuildtype=release -Dtests=disabled -Dexamples=enabled && ninja -C "$build"; } >"$log" 2>&1; then
    cat "$log" >&2
    echo "quickstart.sh: the build failed; its log is $log" >&2
    exit 1
fi

# Ctrl-C is for mnist_gan, which saves and exits with 130.
trap : INT
result=0
"$build/examples/mnist_gan" "$@" || result=$?
case $result in
0 | 130) ;;
*) exit $result ;;
esac

output=$(cd "$output" && pwd)
cat <<EOT

Generated pictures:       $output/samples.png, and samples-epoch-*.png beside it
All of it on one page:    $output/report.html
Course of training:       $output/losses.png
The same as numbers:      $output/losses.csv
The generator, to load:   $output/generator.safetensors
More pictures:            $build/examples/sample $output/generator.safetensors --output more.png
EOT
exit $result
