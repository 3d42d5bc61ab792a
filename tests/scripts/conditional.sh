#!/bin/sh
# Small jobs of examples/conditional, and what it prints: conditional.sh CONDITIONAL SAMPLE.
set -eu
conditional=$(realpath "$1") sample=$(realpath "$2")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

# 64 images of 28 x 28 pixels in MNIST's format, and their labels, 0 to 3.
mkdir data
{
    printf '\000\000\010\003\000\000\000\100\000\000\000\034\000\000\000\034'
    awk 'BEGIN { for (i = 0; i < 50176; i++) printf "%c", 33 + (i * i + i / 97) % 90 }'
} >data/train-images-idx3-ubyte
{
    printf '\000\000\010\001\000\000\000\100'
    for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do printf '\003\001\000\002'; done
} >data/train-labels-idx1-ubyte

fail()
{
    echo "$*"
    exit 1
}

# has_figures STEPS FILE: its last line is that of a run of so many steps in total.
has_figures()
{
    share='[01]\.[0-9]{4}'
    tail -n 1 "$2" |
        grep -Eq "^agreement=$share accuracy=$share frechet=[0-9]+\.[0-9]{2} recall=[01]\.[0-9]{3} steps=$1\$" ||
        fail "$(cat "$2")"
}

small="--data data --batch 4 --samples 40 --seed 1 --threads 1 --quiet"
for recipe in concat projection auxiliary; do
    $conditional $small --recipe $recipe --steps 2 --output $recipe >$recipe.txt
    has_figures 2 $recipe.txt
    cmp concat/classifier.safetensors $recipe/classifier.safetensors
    [ -s $recipe/generator.safetensors ] || fail "$recipe wrote no generator"
done
if cmp -s concat/generator.safetensors projection/generator.safetensors; then fail 'two recipes are one'; fi
$conditional $small --steps 1 --r1 1 --output auxiliary >r1.txt
$conditional $small --steps 1 --augment --output augmented >augmented.txt
has_figures 1 r1.txt
has_figures 1 augmented.txt

# The saved generator knows its noise and classes.
$sample concat/generator.safetensors --class 3 --count 5 --output three.npy
[ "$(wc -c <three.npy)" = $((128 + 5 * 28 * 28 * 4)) ] || fail 'three.npy has not the size of five'
$sample concat/generator.safetensors --class 2 --count 5 --output two.npy
if cmp -s two.npy three.npy; then fail 'two classes are one'; fi

# Stopped and resumed, it makes the generator of a run that never stopped.
$conditional $small --steps 1 --output resumed >/dev/null
$conditional $small --steps 1 --output resumed --resume >resumed.txt
has_figures 2 resumed.txt
$conditional $small --steps 2 --output whole >whole.txt
cmp resumed/generator.safetensors whole/generator.safetensors
cmp resumed.txt whole.txt

# Ctrl-C saves, and is no success.
$conditional --data data --batch 4 --minutes 10 --output whole --threads 1 2>said &
process=$!
until grep -q 'Ctrl-C saves' said; do kill -0 $process; done
rm whole/generator.safetensors
kill -TERM $process
status=0
wait $process || status=$?
[ $status = 130 ] || fail "interrupted, it left with $status"
[ -s whole/generator.safetensors ] || fail 'interrupted, it saved nothing'

status=0
$conditional --recipe none 2>said || status=$?
[ $status = 2 ] && grep -q 'expected concat, projection or auxiliary' said
