#!/bin/sh
# Installs what is missing, builds with warnings as errors, and runs the tests. Parts, by name; without a name, the
# first four run:
#
#   release         as released, and all that computes on each level of CPU instructions
#   sanitizers      under AddressSanitizer and UndefinedBehaviorSanitizer
#   reference-blas  with the reference BLAS linked, what multiplies by it: all that computes, on the baseline level, above
#                   which the library's own kernels multiply
#   clang           built by clang, under its UndefinedBehaviorSanitizer, which sees other things than gcc's
#   avx512          on a CPU with AVX-512 and bfloat16, emulated by Intel's SDE, whose command is in the variable SDE
#   aarch64         built for AArch64 and run under QEMU, on a CPU with instructions for bfloat16
#   i386            built for 32-bit x86
#   armhf           built for 32-bit Arm and run under QEMU
#   wasm32          the kernels as WebAssembly, run by Node, and the page examples/web in Chromium
#   windows         built for Windows by MinGW and run under Wine
#
# The last five build cmocka and libraries from Debian's sources, by tests/cross/libraries.sh.
#
# Doxygen, whose pages the suite tests, is not installed here, as it brings too much along. What was skipped is listed
# with its reason. The last line counts what passed, failed and was skipped in all parts; the exit status
# is 0 if nothing failed.
set -u
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/tests/packages.sh"

default_parts='release sanitizers reference-blas clang'
other_parts='avx512 aarch64 i386 armhf wasm32 windows'
parts=${*:-$default_parts}
for part in $parts; do
    case " $default_parts $other_parts " in
    *" $part "*) ;;
    *) echo "'$part' is no part; the parts are $default_parts $other_parts" >&2 && exit 2 ;;
    esac
done

install_missing "$build_needs
libcmocka-dev module cmocka
cmake command cmake
curl command curl"

# The part reference-blas compiles most sources just as the part release did.
install_wanted 'ccache command ccache'
export CCACHE_BASEDIR="$root" CCACHE_NOHASHDIR=1

passed=0 failed=0
mkdir -p "$root/build"
skips=$root/build/check.skips # of each a name, a tab and the reason
: >"$skips"

# skip NAME REASON: notes what was not run.
skip()
{
    printf '%s\t%s\n' "$1" "$2" >>"$skips"
}

# count LABEL FILE: the number after the label in a summary of meson test, which prints it once.
count()
{
    number=$(sed -n "s/^$1: *\([0-9][0-9]*\) *\$/\1/p" "$2" | tail -n 1)
    echo "${number:-0}"
}

# From the log of meson test: programs that were skipped as a whole, and skipped cases of others.
skipped_in_log()
{
    awk '
        function note(name, reason) { if (!(name in seen)) print name "\t" reason; seen[name] = 1 }
        /^test: / { test = $0; sub(/.* \/ /, "", test) }
        /^result: / { whole = /exit status 77/ }
        /^\[ RUN / { name = $0; sub(/^\[ RUN *\] /, "", name) }
        /^SKIP: / { note(whole ? test : test "/" name, substr($0, 7)) }
        /^=+$/ && whole { note(test, "no reason is given") }'
}

# run_tests BUILD OPTION...: runs built tests and counts them.
run_tests()
{
    log=$1.log
    rm -f "$1"/meson-logs/testlog*.txt
    meson test -C "$@" --no-rebuild --print-errorlogs 2>&1 | tee "$log"
    good=$(($(count Ok "$log") + $(count 'Expected Fail' "$log")))
    bad=$(($(count Fail "$log") + $(count 'Unexpected Pass' "$log") + $(count Timeout "$log")))
    [ $((good + bad)) -gt 0 ] || bad=1
    passed=$((passed + good))
    failed=$((failed + bad))
    cat "$1"/meson-logs/testlog*.txt | skipped_in_log >>"$skips"
}

# build NAME OPTION...: builds in build/NAME. A build that fails counts as one failure.
build()
{
    folder=$root/build/$1 name=$1
    shift
    echo "== $name: meson setup $*"
    { set_up "$folder" -Dwerror=true "$@" && ninja -C "$folder"; } >"$folder.log" 2>&1 && return
    cat "$folder.log"
    echo "$name: the build failed"
    failed=$((failed + 1))
    return 1
}

# levels NAME: runs the tests that compute, from build/NAME, on each CPU level below the best, which all tests use
# anyway.
levels()
{
    build=$root/build/$1
    "$build/tests/support/levels" >"$build.levels" || failed=$((failed + 1))
    best=$(sed -n 's/ runs$//p' "$build.levels" | tail -n 1)
    while read -r level verdict; do
        [ "$level" != "$best" ] || continue
        if [ "$verdict" = runs ]; then
            echo "== $1 on the CPU level $level"
            GAN_TEST_CPU=$level
            export GAN_TEST_CPU
            run_tests "$build" --suite levels --timeout-multiplier 4
            unset GAN_TEST_CPU
        else
            skip "levels on $level" "$verdict"
        fi
    done <"$build.levels"
}

# Sanitizers compile for long: what they say needs lines, but neither types nor much optimisation. At this level gcc warns of
# what it understands at others; the parts release and clang make errors of warnings.
sanitized='-Doptimization=1 -Ddebug=false -Dc_args=-g1 -Dcpp_args=-g1 -Dwerror=false'

# What does not depend on the build is checked in only one, and the programs, which take longest, in two.
once='--no-suite style --no-suite install --no-suite headers'

part_release()
{
    install_wanted 'clang-format-14 llvm14 clang-format
clang-tidy-14 llvm14 clang-tidy'
    build check || return
    run_tests "$root/build/check" --timeout-multiplier 4
    levels check
}

part_sanitizers()
{
    export ASAN_OPTIONS=detect_leaks=1:halt_on_error=1
    export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
    build check-sanitizers -Db_sanitize=address,undefined $sanitized || return
    # shellcheck disable=SC2086
    run_tests "$root/build/check-sanitizers" $once --no-suite trainings --timeout-multiplier 4
    run_tests "$root/build/check-sanitizers" install --timeout-multiplier 4
}

part_reference_blas()
{
    install_missing 'libblas-dev module blas-netlib'
    build check-reference-blas -Dblas=cblas -Dblas_link=true -Dexamples=disabled || return
    run_tests "$root/build/check-reference-blas" --suite blas --timeout-multiplier 4
    GAN_TEST_CPU=baseline
    export GAN_TEST_CPU
    run_tests "$root/build/check-reference-blas" --suite levels --timeout-multiplier 4
    unset GAN_TEST_CPU
}

part_clang()
{
    if ! command -v clang >/dev/null 2>&1 || ! command -v clang++ >/dev/null 2>&1; then
        skip check-clang 'clang and clang++ are not both installed'
        return
    fi
    install_wanted 'abigail-tools command abidiff'
    CC=clang CXX=clang++
    export CC CXX
    export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
    # shellcheck disable=SC2086
    build check-clang -Db_sanitize=undefined -Db_lundef=false -Doptimization=1 -Ddebug=true && run_tests "$root/build/check-clang" $once --no-suite scripts --timeout-multiplier 4
    unset CC CXX
}

# An emulated CPU is slow: only what computes runs on it.
part_avx512()
{
    if [ -z "${SDE-}" ]; then
        skip avx512 'the variable SDE does not name the command of the Intel Software Development Emulator'
        return
    fi
    build check || return
    run_tests "$root/build/check" --suite kernels --suite levels --timeout-multiplier 40 \
        --wrapper "$SDE -spr --"
}

# cross_build NAME COMPILER AR "LIBRARY..." OPTION...: builds libraries for another machine, in build/libraries-NAME, and
# with these in build/check-NAME.
cross_build()
{
    name=$1 libraries=$root/build/libraries-$1
    # shellcheck disable=SC2086
    if ! sh "$root/tests/cross/libraries.sh" "$libraries" "$2" "$3" $4 >"$libraries.log" 2>&1; then
        cat "$libraries.log"
        echo "check-$name: the libraries cannot be built"
        failed=$((failed + 1))
        return 1
    fi
    shift 4
    build "check-$name" --cross-file "$root/tests/cross/$name.ini" -Dpkg_config_path="$libraries/lib/pkgconfig" "$@"
}

# The C library of 32-bit x86 is installed beside the system's own, whose kernel runs its programs.
part_i386()
{
    install_missing 'gcc-i686-linux-gnu command i686-linux-gnu-gcc
g++-i686-linux-gnu command i686-linux-gnu-g++
libc6-dev-i386-cross file /usr/i686-linux-gnu/include/stdio.h
libc6-i386 file /lib/ld-linux.so.2'
    cross_build i386 i686-linux-gnu-gcc i686-linux-gnu-ar 'cmocka zlib png jpeg' || return
    run_tests "$root/build/check-i386" --suite unit --suite kernels --suite levels --suite grad --timeout-multiplier 10
}

# run_emulated NAME: runs the tests in build/NAME that compute, under QEMU.
run_emulated()
{
    GAN_TEST_EMULATOR=QEMU
    export GAN_TEST_EMULATOR
    run_tests "$root/build/$1" --suite unit --suite kernels --suite levels --suite grad --timeout-multiplier 40
    unset GAN_TEST_EMULATOR
}

part_aarch64()
{
    install_missing 'gcc-aarch64-linux-gnu command aarch64-linux-gnu-gcc
g++-aarch64-linux-gnu command aarch64-linux-gnu-g++
libc6-dev-arm64-cross file /usr/aarch64-linux-gnu/include/stdio.h
qemu-user command qemu-aarch64'
    cross_build aarch64 aarch64-linux-gnu-gcc aarch64-linux-gnu-ar 'cmocka zlib png jpeg' || return
    run_emulated check-aarch64
}

part_armhf()
{
    install_missing 'gcc-arm-linux-gnueabihf command arm-linux-gnueabihf-gcc
g++-arm-linux-gnueabihf command arm-linux-gnueabihf-g++
libc6-dev-armhf-cross file /usr/arm-linux-gnueabihf/include/stdio.h
qemu-user command qemu-arm'
    cross_build armhf arm-linux-gnueabihf-gcc arm-linux-gnueabihf-ar 'cmocka zlib png jpeg' || return
    run_emulated check-armhf
}

part_wasm32()
{
    install_missing 'emscripten command emcc
nodejs command node'
    install_wanted 'chromium command chromium'
    cross_build wasm32 emcc emar cmocka && run_tests "$root/build/check-wasm32" --suite kernels --timeout-multiplier 10
    build check-web || return
    GAN_TEST_WEB=1
    export GAN_TEST_WEB
    run_tests "$root/build/check-web" web
    unset GAN_TEST_WEB
}

# zlib is all that Debian has for it. Tests of fork(), signals and limits are not built.
part_windows()
{
    install_missing 'gcc-mingw-w64-x86-64-posix command x86_64-w64-mingw32-gcc-posix
g++-mingw-w64-x86-64-posix command x86_64-w64-mingw32-g++-posix
libz-mingw-w64-dev file /usr/x86_64-w64-mingw32/lib/libz.a
wine64 file /usr/lib/wine/wine64
wine command wine'
    WINEPREFIX=$root/build/wine WINEDEBUG=-all
    export WINEPREFIX WINEDEBUG
    cross_build windows x86_64-w64-mingw32-gcc-posix x86_64-w64-mingw32-ar 'cmocka png jpeg' -Dfreetype=disabled || return
    wine wineboot -i >/dev/null 2>&1
    # A share by which the machine gives out its own files.
    mkdir -p "$WINEPREFIX/dosdevices/unc/here"
    ln -sfn / "$WINEPREFIX/dosdevices/unc/here/root"
    GAN_TEST_SHARE='\\here\root'
    export GAN_TEST_SHARE
    run_tests "$root/build/check-windows" --no-suite fuzz --timeout-multiplier 40
    unset GAN_TEST_SHARE
    for test in core_fork core_cpu_quota io_atomic_file io_places train_fork_public 'the suite torture'; do
        skip "$test on Windows" 'it tests what only POSIX has'
    done
    skip 'the suite fuzz on Windows' 'thousands of small files take Wine long'
    skip 'the suite scripts on Windows' 'it runs the examples in ways of POSIX'
    unset WINEPREFIX WINEDEBUG
}

for part in $parts; do
    "part_$(echo "$part" | tr - _)"
done

echo
sort -u -o "$skips" "$skips"
sed 's/^/SKIP /; s/\t/: /' "$skips"
summary="$passed passed, $failed failed"
[ ! -s "$skips" ] || summary="$summary, $(awk 'END { print NR }' "$skips") skipped"
echo "$summary"
[ "$failed" = 0 ]
