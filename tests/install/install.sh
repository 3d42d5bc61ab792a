#!/bin/sh
# Installs the library into a temporary folder, moves it, and there builds and runs programs of the outside world: one
# in C and one in C++, by pkg-config and by CMake, shared and static; then the examples, each with a small job.
# The environment says what to test: MESON, BUILD, PREFIX, VERSION, KIND (shared, static or both), CC, CXX, CFLAGS,
# READELF and PICTURES (not empty: it writes PNG). Arguments: "NAME:" and its sources, for each example.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export CC CXX CFLAGS CXXFLAGS="$CFLAGS"

$MESON install -C "$BUILD" --destdir "$work/destination" --no-rebuild --quiet
mv "$work/destination$PREFIX" installed
file=$(find installed -name libgan.pc)
[ -n "$file" ] || { echo 'libgan.pc was not installed'; exit 1; }
libraries=${file#installed/}
libraries=${libraries%/pkgconfig/*}

# Beside the installed tree, one without the shared library, where -lgan means the static one.
cp -R installed installed-static
rm -f installed-static/"$libraries"/libgan.so*
mv installed installed-shared
kinds=$KIND
[ "$KIND" != both ] || kinds='shared static'
export LD_LIBRARY_PATH="$work/installed-shared/$libraries${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"

# link_flags KIND: what pkg-config says.
link_flags()
{
    deep=
    [ "$1" = shared ] || deep=--static
    PKG_CONFIG_PATH="$work/installed-$1/$libraries/pkgconfig${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}" \
        pkg-config $deep --cflags --libs libgan
}

# try PROGRAM KIND: it is linked as intended, and runs.
try()
{
    found=static
    if "$READELF" -d "$1" | grep -q 'NEEDED.*libgan\.so'; then found=shared; fi
    [ $found = "$2" ] || { echo "$1 was linked with the $found library, expected the $2 one"; exit 1; }
    printf '%s: ' "$1"
    "./$1"
}

# Compiling, and linking with the shared library, needs nothing of what the library stands on.
PKG_CONFIG_LIBDIR="$work/installed-shared/$libraries/pkgconfig" pkg-config --cflags --libs libgan >/dev/null ||
    { echo 'libgan.pc needs others'; exit 1; }

mkdir pkg-config
for kind in $kinds; do
    flags=$(link_flags "$kind")
    $CC $CFLAGS -std=c11 -Wall -Wextra -Werror "$here/program.c" -o pkg-config/c-"$kind" $flags
    $CXX $CFLAGS -std=c++17 -Wall -Wextra -Werror "$here/program.cpp" -o pkg-config/cpp-"$kind" $flags
    try pkg-config/c-"$kind" "$kind"
    try pkg-config/cpp-"$kind" "$kind"
done

{
    cmake -S "$here" -B cmake -DCMAKE_PREFIX_PATH="$work/installed-shared" -DVERSION="$VERSION" -DKINDS="$kinds" &&
        cmake --build cmake
} >cmake.log 2>&1 || { cat cmake.log; exit 1; }
for kind in $kinds; do
    try cmake/c-"$kind" "$kind"
    try cmake/cpp-"$kind" "$kind"
done

# Where only the static library is installed, libgan::gan is that.
if [ "$KIND" != shared ]; then
    {
        cmake -S "$here" -B cmake-static -DCMAKE_PREFIX_PATH="$work/installed-static" -DVERSION="$VERSION" \
            -DKINDS=shared && cmake --build cmake-static
    } >cmake.log 2>&1 || { cat cmake.log; exit 1; }
    try cmake-static/c-shared static
fi

# The examples use only public headers, so that they build here unchanged. What several have in common is compiled once.
[ $# -gt 0 ] || exit 0
mkdir examples objects
flags=$(link_flags "${kinds%% *}")
cat >compile.sh <<END
case \$1 in
*.cpp) exec $CXX $CFLAGS -std=c++17 $flags -c "\$1" -o "objects/\$(basename "\$1").o" ;;
*) exec $CC $CFLAGS -std=c11 -D_POSIX_C_SOURCE=200809L -I "$here/../../examples/parts" -I "$here/../../examples/shared" \
    $flags -c "\$1" -o "objects/\$(basename "\$1").o" ;;
esac
END
printf '%s\n' "$@" | grep -v ':$' | sort -u | xargs -P "$(getconf _NPROCESSORS_ONLN)" -I '{}' sh compile.sh '{}'
for argument in "$@" :; do
    case $argument in
    *:)
        # shellcheck disable=SC2086
        [ -z "${objects-}" ] || $linker $CFLAGS $objects -o "examples/$program" $flags -lm -lz
        program=${argument%:} objects='' linker=$CC
        ;;
    *)
        objects="$objects objects/$(basename "$argument").o"
        case $argument in *.cpp) linker=$CXX ;; esac
        ;;
    esac
done
. "$here/examples.sh"
