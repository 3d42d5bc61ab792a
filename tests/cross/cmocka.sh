#!/bin/sh
# Builds cmocka from Debian's source for another system, of which there is no package: cmocka.sh FOLDER COMPILER AR
# It goes into FOLDER/lib, with FOLDER/lib/pkgconfig/cmocka.pc, unless it is there. Uses apt's own lists of sources, or
# fetches them to FOLDER.
set -eu
mkdir -p "$1/include" "$1/lib/pkgconfig" "$1/source"
folder=$(cd "$1" && pwd) compiler=$2 ar=$3
[ ! -e "$folder/lib/pkgconfig/cmocka.pc" ] || exit 0
cd "$folder/source"

if ! apt-get -q source --download-only cmocka; then
    . /etc/os-release
    mkdir -p lists/partial parts
    : >none
    echo "deb-src http://deb.debian.org/debian $VERSION_CODENAME main" >parts/sources.list
    options="-q -o Dir::Etc::SourceList=$PWD/none -o Dir::Etc::SourceParts=$PWD/parts -o Dir::State::Lists=$PWD/lists
        -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache="
    # shellcheck disable=SC2086
    apt-get $options update && apt-get $options source --download-only cmocka
fi
rm -rf tree
mkdir tree
tar -xf cmocka_*.orig.tar.xz -C tree --strip-components=1
echo '/* Everything has its usual place. */' >tree/config.h
"$compiler" -O2 -I tree -I tree/include -DHAVE_CONFIG_H -D__USE_MINGW_ANSI_STDIO=1 -c tree/src/cmocka.c -o cmocka.o
"$ar" rcs "$folder/lib/libcmocka.a" cmocka.o
# Printing is C's, as in the tests, not Microsoft's.
sed "s,__printf__,gnu_printf," tree/include/cmocka.h >"$folder/include/cmocka.h"
version=$(ls cmocka_*.dsc | sed 's/cmocka_\([0-9.]*\).*/\1/')
cat >"$folder/lib/pkgconfig/cmocka.pc" <<END
Name: cmocka
Description: unit tests in C
Version: $version
Cflags: -I$folder/include
Libs: -L$folder/lib -lcmocka
END
