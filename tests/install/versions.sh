#!/bin/sh
# The version in libgan.h is that of all packages: versions.sh ROOT
set -eu
cd "$1"
version=$(sh pkgconfig/version.sh include/libgan.h)
failed=0
expect()
{
    [ "$2" = "$version" ] && return
    echo "$1 says $2, expected $version"
    failed=1
}
expect debian/changelog "$(sed -n '1s/^libgan (\(.*\)-.*) .*/\1/p' debian/changelog)"
expect packaging/vcpkg/libgan/vcpkg.json "$(sed -n 's/^ *"version": "\(.*\)",$/\1/p' packaging/vcpkg/libgan/vcpkg.json)"
expect examples/bindings/python/pyproject.toml "$(sed -n 's/^version = "\(.*\)"$/\1/p' examples/bindings/python/pyproject.toml)"
soversion=$(echo "$version" | sed 's/\.[0-9]*$//')
[ -f "debian/libgan$soversion.symbols" ] || { echo "debian/ has no package libgan$soversion"; failed=1; }
exit $failed
