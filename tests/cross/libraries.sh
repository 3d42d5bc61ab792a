#!/bin/sh
# Builds libraries from Debian's sources for another system or CPU: libraries.sh FOLDER COMPILER AR LIBRARY..., where a
# library is cmocka, zlib, png or jpeg, which needs cmake. png needs zlib, from here or the compiler's. They go into
# FOLDER/lib as static libraries, with FOLDER/lib/pkgconfig, unless they are there. Uses apt's own lists of sources, or
# fetches them to the folder `sources` beside FOLDER.
set -eu
mkdir -p "$1/include" "$1/lib/pkgconfig" "$1/build" "$(dirname "$1")/sources"
folder=$(cd "$1" && pwd) sources=$(cd "$(dirname "$1")/sources" && pwd) compiler=$2 ar=$3
shift 3

# What the compiler makes programs for.
macros=$("$compiler" -dM -E - </dev/null)
case $macros in
*'#define __EMSCRIPTEN__ '*) system=Emscripten ;;
*'#define _WIN32 '*) system=Windows ;;
*) system=Linux ;;
esac

# source_of PACKAGE: the archive of its source, if it was downloaded.
source_of()
{
    find "$sources" -name "$1_*.orig.tar.*" ! -name '*.asc'
}

download()
{
    cd "$sources"
    [ -z "$(source_of "$1")" ] || return 0
    apt-get -q source --download-only "$1" && return
    . /etc/os-release
    mkdir -p lists/partial parts
    : >none
    echo "deb-src http://deb.debian.org/debian $VERSION_CODENAME main" >parts/sources.list
    options="-q -o Dir::Etc::SourceList=$PWD/none -o Dir::Etc::SourceParts=$PWD/parts -o Dir::State::Lists=$PWD/lists
        -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache="
    # shellcheck disable=SC2086
    apt-get $options update && apt-get $options source --download-only "$1"
}

# unpack PACKAGE: into FOLDER/build/PACKAGE, which becomes the current folder.
unpack()
{
    download "$1"
    rm -rf "$folder/build/$1"
    mkdir "$folder/build/$1"
    tar -xf "$(source_of "$1")" -C "$folder/build/$1" --strip-components=1
    cd "$folder/build/$1"
    version=$(basename "$(source_of "$1")" | sed "s/^$1_\([0-9.]*[0-9]\).*/\1/")
}

# archive LIBRARY OPTION... SOURCE...: compiles it.
archive()
{
    library=$1
    shift
    rm -rf objects
    mkdir objects
    (cd objects && "$compiler" -O2 "$@")
    rm -f "$folder/lib/lib$library.a"
    "$ar" rcs "$folder/lib/lib$library.a" objects/*.o
}

# describe NAME LIBRARIES OPTIONS: for pkg-config; last, since it says that the library is there.
describe()
{
    cat >"$folder/lib/pkgconfig/$1.pc" <<END
libdir=$folder/lib
Name: $1
Description: from Debian's source
Version: $version
Cflags: -isystem $folder/include $3
Libs: -L$folder/lib $2
END
}

# Everything has its usual place; printing on Windows is C's, as in the tests, not Microsoft's.
make_cmocka()
{
    unpack cmocka
    options='' printf=__printf__
    case $system in
    Windows) options=-D__USE_MINGW_ANSI_STDIO=1 printf=gnu_printf ;;
    *) options='-DHAVE_SIGNAL_H -DHAVE_STRINGS_H -DHAVE_MALLOC_H -DHAVE_STRUCT_TIMESPEC -DHAVE_CLOCK_GETTIME
        -DHAVE_GCC_THREAD_LOCAL_STORAGE' ;;
    esac
    # cmocka.h has a uintptr_t of its own, of another type than WebAssembly's.
    own_type=''
    [ $system != Emscripten ] || own_type=-D_UINTPTR_T_DEFINED
    # shellcheck disable=SC2086
    archive cmocka $options $own_type -I ../include -c ../src/cmocka.c
    sed "s,__printf__,$printf," include/cmocka.h >"$folder/include/cmocka.h"
    describe cmocka -lcmocka "$own_type"
}

make_zlib()
{
    unpack zlib
    archive z -DHAVE_UNISTD_H -D_LARGEFILE64_SOURCE=1 -c ../adler32.c ../compress.c ../crc32.c ../deflate.c ../gzclose.c \
        ../gzlib.c ../gzread.c ../gzwrite.c ../infback.c ../inffast.c ../inflate.c ../inftrees.c ../trees.c ../uncompr.c ../zutil.c
    cp zlib.h zconf.h "$folder/include"
    describe zlib -lz ''
}

make_png()
{
    unpack libpng1.6
    cp scripts/pnglibconf.h.prebuilt pnglibconf.h
    archive png -DPNG_ARM_NEON_OPT=0 -I "$folder/include" -c ../png.c ../pngerror.c ../pngget.c ../pngmem.c ../pngpread.c \
        ../pngread.c ../pngrio.c ../pngrtran.c ../pngrutil.c ../pngset.c ../pngtrans.c ../pngwio.c ../pngwrite.c ../pngwtran.c \
        ../pngwutil.c
    cp png.h pngconf.h pnglibconf.h "$folder/include"
    describe libpng '-lpng -lz -lm' ''
}

make_jpeg()
{
    unpack libjpeg-turbo
    cmake -S . -B objects -DCMAKE_SYSTEM_NAME=$system -DCMAKE_SYSTEM_PROCESSOR=any -DCMAKE_C_COMPILER="$compiler" \
        -DCMAKE_BUILD_TYPE=Release -DCMAKE_INSTALL_PREFIX=/usr -DENABLE_SHARED=OFF -DWITH_SIMD=OFF -DWITH_TURBOJPEG=OFF
    cmake --build objects --target jpeg-static
    cp objects/libjpeg.a "$folder/lib"
    cp jpeglib.h jmorecfg.h jerror.h objects/jconfig.h "$folder/include"
    describe libjpeg -ljpeg ''
}

for library in "$@"; do
    case $library in
    png) module=libpng ;;
    jpeg) module=libjpeg ;;
    *) module=$library ;;
    esac
    [ -e "$folder/lib/pkgconfig/$module.pc" ] || "make_$library"
done
