#!/bin/sh
# Makes libraries with and without circles, and fails if circles.sh confuses them: circles_catches.sh NM AR CC...
set -eu
circles=$(cd "$(dirname "$0")" && pwd)/circles.sh nm=$1 ar=$2
shift 2
compiler=$*
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

# expect VERDICT USER:USED...: a library with one file per letter, each calling the files that it uses.
expect()
{
    expected=$1
    shift
    rm -f "$work"/*
    for file in a b c; do
        calls=
        for use in "$@"; do
            [ "${use%:*}" != $file ] || calls="$calls gan_${use#*:}();"
        done
        echo "void gan_a(void), gan_b(void), gan_c(void); void gan_$file(void) {$calls }" >"$work/$file.c"
    done
    (cd "$work" && $compiler -c ./*.c && "$ar" rc lib.a ./*.o)
    if sh "$circles" "$nm" "$work/lib.a" >"$work/output"; then found=allowed; else found=broken; fi
    if [ $found != "$expected" ]; then
        echo "$*: $found, expected $expected"
        cat "$work/output"
        failed=1
    fi
}

expect allowed a:b b:c a:c
expect allowed b:a c:b
expect broken a:b b:a
expect broken a:b b:c c:a
# An empty library fails.
expect broken
exit $failed
