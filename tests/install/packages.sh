#!/bin/sh
# The packages, each built from a copy of the sources, and a program built from each: packages.sh ROOT WAY...; the ways are
# wrap, add_subdirectory, FetchContent, debian and conan. Exit status 77: a tool is missing.
set -eu
root=$1 here=$1/tests/install
shift
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
version=$(sh "$root/pkgconfig/version.sh" "$root/include/libgan.h")

need()
{
    for tool in "$@"; do
        command -v "$tool" >"$work/found" || { echo "SKIP: $tool is not installed"; exit 77; }
    done
}

# copy FOLDER: the sources without what was built.
copy()
{
    mkdir -p "$1"
    (cd "$root" && tar cf - --exclude=./build* --exclude=./out* --exclude=./.git .) | tar xf - -C "$1"
}

# A program that has only the wrap: Meson finds the archive in packagefiles.
try_wrap()
{
    host=$work/host
    copy "$host/archive/libgan-$version"
    mkdir -p "$host/subprojects/packagefiles"
    tar czf "$host/subprojects/packagefiles/libgan.tar.gz" -C "$host/archive" "libgan-$version"
    rm -rf "$host/archive"
    cat >"$host/subprojects/libgan.wrap" <<EOF
[wrap-file]
directory = libgan-$version
source_filename = libgan.tar.gz
source_hash = $(sha256sum "$host/subprojects/packagefiles/libgan.tar.gz" | cut -d ' ' -f 1)

[provide]
dependency_names = libgan
EOF
    cp "$here/program.c" "$host"
    cat >"$host/meson.build" <<'EOF'
project('host', 'c', default_options: ['c_std=c11', 'default_library=static'])
executable('program', 'program.c', dependencies: dependency('libgan', version: '>= 0.2'))
EOF
    meson setup "$host/build" "$host"
    meson compile -C "$host/build"
    "$host/build/program"
}

# The CMakeLists.txt of the sources.
try_cmake()
{
    need cmake
    for kind in OFF ON; do
        cmake -S "$here/cmake_subproject" -B "$work/cmake-$1-$kind" -DWAY="$1" -DROOT="$root" -DBUILD_SHARED_LIBS=$kind
        cmake --build "$work/cmake-$1-$kind"
        "$work/cmake-$1-$kind/program"
    done
}

try_debian()
{
    need dpkg-buildpackage dh lintian help2man chrpath
    copy "$work/debian/libgan-$version"
    cd "$work/debian/libgan-$version"
    [ "$(dpkg-parsechangelog -S Version)" = "$version-1" ] || { echo 'debian/changelog has another version'; exit 1; }
    DEB_BUILD_OPTIONS=nocheck dpkg-buildpackage -us -uc -b
    cd ..
    lintian --allow-root --fail-on error ./*.changes
    root_folder=$work/system
    mkdir -p "$root_folder/var/lib/dpkg/info" "$root_folder/var/lib/dpkg/updates"
    touch "$root_folder/var/lib/dpkg/status" "$root_folder/var/lib/dpkg/available"
    # What these depend on is not in this system.
    dpkg --root="$root_folder" --force-not-root --force-depends --force-script-chrootless --no-triggers \
        -i libgan0.2_*.deb libgan-dev_*.deb libgan-tools_*.deb
    libraries=$(dirname "$(find "$root_folder" -name libgan.so)")
    export PKG_CONFIG_PATH="$libraries/pkgconfig" LD_LIBRARY_PATH="$libraries"
    # shellcheck disable=SC2046
    cc -Wall -Werror "$here/program.c" -o program $(pkg-config --cflags --libs libgan)
    ./program
    for tool in train sample evaluate translate table text; do
        "$root_folder/usr/bin/gan-$tool" --help | grep -q "^gan-$tool"
        "$root_folder/usr/bin/gan-$tool" --version | grep -q "$version"
        [ -s "$root_folder/usr/share/man/man1/gan-$tool.1.gz" ]
    done
}

# Meson, zlib and pkg-config are the system's.
try_conan()
{
    need conan cmake
    export CONAN_HOME="$work/conan"
    conan profile detect
    cat >"$work/profile" <<EOF
include(default)
[platform_requires]
zlib/$(pkg-config --modversion zlib)
[platform_tool_requires]
meson/$(meson --version)
pkgconf/$(pkg-config --version)
EOF
    copy "$work/sources"
    conan create "$work/sources/packaging/conan" --profile:all="$work/profile" --no-remote -o '&:shared=True' -o '&:png=False'
}

for way in "$@"; do
    case $way in
    wrap | debian | conan) (try_$way) ;;
    *) (try_cmake "$way") ;;
    esac
done
