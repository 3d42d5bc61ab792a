#!/bin/sh
# Installs what is missing, builds with warnings as errors and runs every test: as released, under AddressSanitizer and
# UndefinedBehaviorSanitizer, with the reference BLAS, and, where it is installed, built by clang; and all that computes
# on each level of CPU instructions, of which it names those that cannot be run here. Where Doxygen is installed (it
# comes with Clang's libraries, too much to bring along here), the suite has a test of its pages. The last line counts
# what passed and failed over all of these; the exit status is 0 when nothing failed. Takes no arguments.
set -u
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/tests/packages.sh"

install_missing "$build_needs
libcmocka-dev module cmocka
cmake command cmake
curl command curl
libblas-dev module blas-netlib"

passed=0 failed=0 skipped=0 not_run=''

# count LABEL FILE: what a summary of meson test says after the label, which it prints once.
count()
{
    number=$(sed -n "s/^$1: *\([0-9][0-9]*\) *\$/\1/p" "$2" | tail -n 1)
    echo "${number:-0}"
}

# run_tests BUILD OPTION...: runs tests that are built, and counts them.
run_tests()
{
    log=$1.log
    meson test -C "$@" --no-rebuild --print-errorlogs --timeout-multiplier 4 2>&1 | tee "$log"
    good=$(($(count Ok "$log") + $(count 'Expected Fail' "$log")))
    bad=$(($(count Fail "$log") + $(count 'Unexpected Pass' "$log") + $(count Timeout "$log")))
    [ $((good + bad)) -gt 0 ] || bad=1
    passed=$((passed + good))
    failed=$((failed + bad))
    skipped=$((skipped + $(count Skipped "$log")))
}

# suite NAME OPTION...: builds in build/NAME and runs all tests. A build that fails counts as one failure.
suite()
{
    name=$1
    build=$root/build/$1
    log=$build.log
    shift
    echo "== $name: meson setup $*"
    mkdir -p "$root/build"
    if ! { set_up "$build" -Dwerror=true "$@" && ninja -C "$build"; } >"$log" 2>&1; then
        cat "$log"
        echo "$name: the build failed"
        failed=$((failed + 1))
        return
    fi
    run_tests "$build"
}

# levels NAME: runs the tests that compute, as built in build/NAME, on each CPU level below the best, which all tests
# use anyway.
levels()
{
    build=$root/build/$1
    not_run=''
    "$build/tests/support/levels" >"$build.levels" || failed=$((failed + 1))
    best=$(sed -n 's/ runs$//p' "$build.levels" | tail -n 1)
    while read -r level verdict; do
        [ "$level" != "$best" ] || continue
        if [ "$verdict" = runs ]; then
            echo "== $1 on the CPU level $level"
            GAN_TEST_CPU=$level
            export GAN_TEST_CPU
            run_tests "$build" --suite levels
            unset GAN_TEST_CPU
        else
            not_run="$not_run
The CPU level $level could not be run: $verdict"
        fi
    done <"$build.levels"
    verdict=$("$build/tests/support/levels" bfloat16) || failed=$((failed + 1))
    [ "$verdict" = 'bfloat16 runs' ] || not_run="$not_run
Products in bfloat16 could be run in plain C only: ${verdict#bfloat16 }"
}

export ASAN_OPTIONS=detect_leaks=1:halt_on_error=1
export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
suite check
levels check
suite check-sanitizers -Db_sanitize=address,undefined -Dbuildtype=debugoptimized
suite check-reference-blas -Dblas=cblas
levels check-reference-blas
if command -v clang >/dev/null 2>&1 && command -v clang++ >/dev/null 2>&1; then
    export CC=clang CXX=clang++
    suite check-clang
fi

echo "$not_run"
summary="$passed passed, $failed failed"
[ $skipped = 0 ] || summary="$summary, $skipped skipped"
echo "$summary"
[ $failed = 0 ]
