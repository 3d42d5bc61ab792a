#!/bin/sh
# Installs the library for Windows into a temporary folder, moves it, and there builds programs by pkg-config and by CMake,
# shared and static, and runs them, by Wine if this is another system; then the two files, and Ctrl-C in an example.
# The environment says what to test: MESON, BUILD, PREFIX, VERSION, KIND (shared, static or both), CC, CXX, OBJDUMP and
# EXAMPLE, a program that trains with a table, or nothing.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
wine=
case $(uname -s) in
MINGW* | MSYS* | CYGWIN*) ;;
*) wine=wine ;;
esac

fail()
{
    echo "$*"
    exit 1
}

$MESON install -C "$BUILD" --destdir "$work/destination" --no-rebuild --quiet
mv "$work/destination$PREFIX" installed
libraries=$(find installed -name libgan.pc)
libraries=${libraries%/pkgconfig/libgan.pc}
[ -n "$libraries" ] || fail 'libgan.pc was not installed'
dll=$(find installed/bin -name '*.dll')
kinds=$KIND
[ "$KIND" != both ] || kinds='shared static'

# try PROGRAM KIND: it is linked as intended, exports nothing, and runs without another DLL than the system's and ours.
try()
{
    found=static
    if "$OBJDUMP" -p "$1" | grep -q 'DLL Name: libgan'; then found=shared; fi
    [ $found = "$2" ] || fail "$1 was linked with the $found library, expected the $2 one"
    if "$OBJDUMP" -p "$1" | grep '^\[Ordinal'; then fail "$1 exports functions"; fi
    [ "$2" = static ] || cp "$dll" "$(dirname "$1")"
    printf '%s: ' "$1"
    $wine "./$1" || fail "$1 fails"
}

# flags KIND: what pkg-config says.
flags()
{
    deep=
    [ "$1" = shared ] || deep=--static
    PKG_CONFIG_PATH="$work/$libraries/pkgconfig" pkg-config $deep --cflags --libs libgan
}

# -static takes static libraries where there are both, the compiler's among them.
mkdir pkg-config
for kind in $kinds; do
    static=-static
    [ "$kind" = static ] || static='-static-libgcc -static-libstdc++'
    # shellcheck disable=SC2086,SC2046
    $CC -std=c11 -Wall -Wextra -Werror "$here/program.c" -o "pkg-config/c-$kind.exe" $static $(flags "$kind")
    # shellcheck disable=SC2086,SC2046
    $CXX -std=c++17 -Wall -Wextra -Werror "$here/program.cpp" -o "pkg-config/cpp-$kind.exe" -static $(flags "$kind")
    try "pkg-config/c-$kind.exe" "$kind"
    [ "$kind" = shared ] || try "pkg-config/cpp-$kind.exe" "$kind"
done

# What a static library stands on is found as the build found it.
{
    cmake -S "$here" -B cmake -G Ninja -DCMAKE_SYSTEM_NAME=Windows -DCMAKE_C_COMPILER="$CC" -DCMAKE_CXX_COMPILER="$CXX" \
        -DCMAKE_PREFIX_PATH="$work/installed;$LIBRARIES" -DCMAKE_EXE_LINKER_FLAGS=-static -DVERSION="$VERSION" \
        -DKINDS="$kinds" && cmake --build cmake
} >cmake.log 2>&1 || { cat cmake.log; exit 1; }
for kind in $kinds; do
    try "cmake/c-$kind.exe" "$kind"
    try "cmake/cpp-$kind.exe" "$kind"
done

# A DLL that takes in the static library exports its own functions: those that it marks, or else all.
if [ "$KIND" != shared ]; then
    for mark in '' '__declspec(dllexport)'; do
        printf '%s\n' '#include <libgan.h>' 'int plugin_version(void);' "$mark int plugin_version(void) { return gan_version(); }" >plugin.c
        # shellcheck disable=SC2046
        $CC -shared plugin.c -o plugin.dll -static $(flags static)
        "$OBJDUMP" -p plugin.dll | sed -n '/^\[Ordinal/,/^$/p' >plugin.exports
        grep -q plugin_version plugin.exports || fail 'a DLL with the static library does not export its own functions'
    done
    if grep gan_ plugin.exports; then fail 'a DLL with the static library exports these'; fi
fi

# The two files, as a DLL.
cp "$AMALGAMATION"/libgan.[ch] .
$CC -std=c11 -O0 -Wall -Wextra -Wno-override-init -Werror -DGAN_EXPORTS -shared libgan.c -o libgan.dll -static -lpthread
sh "$here/../abi/exports_windows.sh" "$OBJDUMP" libgan.h libgan.dll
mkdir two-files
$CC -std=c11 -I. "$here/program.c" libgan.dll -o two-files/program.exe -static
dll=libgan.dll
try two-files/program.exe shared

# Ctrl-C in a console saves and stops; names of files are in UTF-8.
if [ -n "$EXAMPLE" ]; then
    if [ -n "$wine" ] && ! command -v script >/dev/null; then fail 'there is no command script, which makes terminals'; fi
    $CC -std=c11 -Wall -Wextra -Werror "$here/interrupt.c" -o interrupt.exe -static
    cp "$EXAMPLE" "$BUILD"/lib/libgan-*.dll .
    awk 'BEGIN { print "kind,size,price"; for (i = 0; i < 60; i++) print (i % 2 ? "a" : "b") "," i "," i / 4 }' >größe.csv
    example=$(basename "$EXAMPLE")
    train="$example --data größe.csv --output ähnlich.csv --folder ordner-ж --threads 1"
    if [ -n "$wine" ]; then
        script -qec "wine interrupt.exe $train --minutes 10 >output" script.log >/dev/null && status=0 || status=$?
    else
        ./interrupt.exe $train --minutes 10 >output && status=0 || status=$?
    fi
    [ $status = 130 ] && grep -q '^größe.csv: 60 rows' output && grep -q 'stopped and saved' output ||
        { cat output; fail "an interrupted program returned $status"; }
    [ -e ordner-ж/checkpoint.safetensors ] || fail 'an interrupted program left no checkpoint'
    # shellcheck disable=SC2086
    $wine ./$train --steps 2 --resume --quiet >output 2>&1 || { cat output; fail 'the checkpoint cannot be resumed'; }
fi
