#!/bin/sh
# Builds as others configure them, as far as Meson goes: a subproject found by its name, in a path with a comma, where
# cmocka is not installed; and builds that are refused. builds.sh ROOT MESON NINJA CC...
set -eu
root=$1 meson=$2 ninja=$3
shift 3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail()
{
    echo "$1"
    tail -n 20 "$work/log"
    exit 1
}

# Hides cmocka, which may be found by pkg-config or CMake.
mkdir "$work/hidden"
printf 'Name: cmocka\nDescription: hidden\nVersion: 0\nRequires: no-such-package\n' >"$work/hidden/cmocka.pc"
printf "[binaries]\ncmake = 'no-such-program'\n" >"$work/hidden.ini"
configure()
{
    PKG_CONFIG_PATH="$work/hidden" "$meson" setup --native-file "$work/hidden.ini" "$@" >"$work/log" 2>&1
}

# A program with libgan as a subproject.
host="$work/a,b"
mkdir -p "$host/subprojects"
ln -s "$root" "$host/subprojects/libgan"
cp "$root/tests/install/program.c" "$host"
cat >"$host/meson.build" <<'END'
project('host', 'c', default_options: ['c_std=c11'])
executable('program', 'program.c', dependencies: dependency('libgan', fallback: 'libgan'))
END
configure "$host/build" "$host" || fail 'libgan is no subproject for a program'
grep -q 'version-script=.*a,b' "$host/build/build.ninja" || fail 'the path with a comma is not given to the linker'
"$ninja" -C "$host/build" -t targets all >"$work/log" 2>&1
grep -q '^program:' "$work/log" || fail 'the program is no target'
if grep -qE 'test_core|gan-bench|mnist_gan' "$work/log"; then fail 'a subproject builds tests or examples'; fi

# A host that compiles several files at a time.
configure "$host/unity" "$host" -Dunity=on || fail 'libgan is no subproject where files are compiled together'
"$ninja" -C "$host/unity" -n >"$work/log" 2>&1 || fail 'libgan cannot be built where files are compiled together'
if grep -q 'subprojects/libgan/.*unity' "$work/log"; then fail 'files of libgan are compiled together'; fi

# What is built and not installed is found, too.
flags=$(PKG_CONFIG_PATH="$host/build/meson-uninstalled" pkg-config --cflags --libs libgan)
case $flags in
"-I$host/subprojects/libgan/include -L$host/build/subprojects/libgan/lib -lgan"*) ;;
*)
    echo "$flags" >"$work/log"
    fail 'the build folder is not found by pkg-config'
    ;;
esac

# The same in CMake's ways; tests/nightly.sh also builds them.
for way in add_subdirectory FetchContent; do
    cmake -S "$root/tests/install/cmake_subproject" -B "$work/$way" -DWAY=$way -DROOT="$root" >"$work/log" 2>&1 ||
        fail "libgan is no subproject for CMake by $way"
    cmake -DLIBGAN_INSTALL=ON "$work/$way" >"$work/log" 2>&1 || fail "libgan cannot be installed by CMake with a project"
    [ -e "$work/$way/hostTargets.cmake" ] || fail "a project that exports its library cannot do so by $way"
    cmake --build "$work/$way" --target help | grep -q program || fail "there is no program by $way"
done

# Without cmocka, the tests are left out; asked for, they are an error.
configure "$work/plain" "$root" -Dexamples=disabled || fail 'libgan cannot be configured without cmocka'
if configure "$work/asked" "$root" -Dtests=enabled; then fail 'tests are left out though asked for'; fi

# What static programs are linked with is what the library was built with, one by one.
configure "$work/none" "$root" -Dexamples=disabled -Dzlib=disabled -Dpng=disabled -Djpeg=disabled ||
    fail 'libgan cannot be configured without zlib'
for name in z png jpeg; do
    if grep -E "^Libs\.private:.* -l$name( |\$)" "$work/none/meson-private/libgan.pc"; then
        fail "libgan.pc asks for $name, which is not used"
    fi
done
if grep -E 'IN ITEMS .*\b(z|png|jpeg)\b' "$work/none/pkgconfig/libganConfig.cmake"; then
    fail 'libganConfig.cmake asks for libraries that are not used'
fi

# A program with libgan-mpi calls libgan, too; compiling it needs what libgan stands on no more than libgan does.
if [ -e "$work/plain/meson-private/libgan-mpi.pc" ]; then
    flags=$(PKG_CONFIG_PATH="$work/plain/meson-uninstalled" pkg-config --libs libgan-mpi)
    case " $flags " in
    *' -lgan-mpi '*' -lgan '*) ;;
    *)
        echo "$flags" >"$work/log"
        fail 'libgan-mpi.pc does not bring libgan'
        ;;
    esac
    if grep -E '^Requires.*(zlib|png|jpeg)' "$work/plain/meson-private/libgan-mpi.pc"; then
        fail 'libgan-mpi.pc needs others'
    fi
fi

# What takes NaN, infinity or the order of sums away.
if "$meson" setup "$work/fast" "$root" -Dc_args=-ffast-math >"$work/log" 2>&1; then
    fail 'a build with -ffast-math is configured'
fi
grep -q 'libgan cannot be built with -ffast-math' "$work/log" || fail 'a build with -ffast-math is refused without a reason'
for flag in -ffast-math -Ofast -ffinite-math-only; do
    if "$@" "$flag" -std=c11 -I"$root/lib" -I"$root/include" -fsyntax-only "$root/lib/core/status/status.c" \
        >"$work/log" 2>&1; then
        fail "a file is compiled with $flag"
    fi
    grep -q 'libgan cannot be compiled with' "$work/log" || fail "a file is not compiled with $flag for another reason"
done
