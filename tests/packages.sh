# Sourced by the scripts that people start: finds out what is missing on this machine, installs it, and prepares build
# folders. The caller has set `root` to the project's root.
#
# A need is a line "PACKAGE KIND SUBJECT": the subject is a command, a pkg-config module, a file or an LLVM 14 tool, and
# the package is where Debian and Ubuntu have it. If every subject exists, nothing is installed and no network is used.

build_needs='
gcc command cc
g++ command c++
meson command meson
ninja-build command ninja
pkg-config command pkg-config
zlib1g-dev module zlib
libpng-dev module libpng
libjpeg-dev module libjpeg
libopenblas-dev module openblas'

# llvm14 TOOL prints the command for version 14 of an LLVM tool, or fails. Only Debian puts versions into names.
llvm14()
{
    for command in "$1-14" "$1"; do
        case $("$command" --version 2>/dev/null) in
        *'version 14.'*) echo "$command" && return ;;
        esac
    done
    return 1
}

# missing NEEDS prints the packages of unmet needs.
missing()
{
    echo "$1" | while read -r package kind subject; do
        case $kind in
        '') continue ;;
        command) command -v "$subject" >/dev/null 2>&1 && continue ;;
        module) pkg-config --exists "$subject" 2>/dev/null && continue ;;
        file) [ -e "$subject" ] && continue ;;
        llvm14) llvm14 "$subject" >/dev/null && continue ;;
        esac
        echo "$package"
    done
}

# Stops with what remains to be done by hand.
cannot_install()
{
    echo "$2" >&2
    echo "Please install these and start again (names as in Debian): $1" >&2
    exit 1
}

# install_missing NEEDS
install_missing()
{
    packages=$(missing "$1" | tr '\n' ' ')
    [ -n "$packages" ] || return 0
    command -v apt-get >/dev/null 2>&1 || cannot_install "$packages" 'This system has no apt-get.'
    as_root=
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null 2>&1 || cannot_install "$packages" 'Installing needs root, and there is no sudo.'
        as_root=sudo
    fi
    echo "Installing: $packages"
    $as_root apt-get update -q || echo 'The lists of packages could not be renewed; going on with those that are there.'
    # shellcheck disable=SC2086
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $packages ||
        cannot_install "$packages" 'apt-get failed.'
    packages=$(missing "$1" | tr '\n' ' ')
    [ -z "$packages" ] || cannot_install "$packages" 'apt-get has installed them, but they are still not found.'
}

# install_wanted NEEDS: the same, but continues without what is unavailable; tests that want it report that they were
# skipped.
install_wanted()
{
    (install_missing "$1") || echo 'Going on without these.'
}

# set_up FOLDER OPTION...: a build folder with these options; recreated if it cannot be kept, as after a move.
set_up()
{
    folder=$1
    shift
    if [ -e "$folder/build.ninja" ] && meson setup --reconfigure "$folder" "$root" "$@"; then return 0; fi
    rm -rf "$folder"
    meson setup "$folder" "$root" "$@"
}
