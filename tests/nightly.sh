#!/bin/sh
# The long torture: hours of what tests/check.sh has minutes of. Parts, by name; without a name, all:
#
#   torture    every allocation and every use of a file fails once, and from there on; 200 processes are killed; under
#              sanitizers, as the programs' longer trainings (suite 'trainings') are
#   fuzz       each target of tests/fuzz for FUZZ_SECONDS seconds, 60 by default, from its corpus
#   threads    what uses threads, under ThreadSanitizer
#   valgrind   the unit tests, under Valgrind
#   analyzers  gcc's -fanalyzer and clang's static analyzer on the library, whose findings tests/analyzers.py explains;
#              -Wconversion on the public headers
#   coverage   lines and branches of lib/ that the suite runs, by folder
#   abi        abidiff of the library with that of the last tag, if they have the same soname; tests/abi has a baseline for
#              the time between tags
#   packages   the amalgamation, by gcc and clang, in place of the library in all tests that use only its API; programs from
#              Debian's packages, Conan, Meson's wrap and CMake's subprojects
#   mpi        libgan-mpi under Open MPI and MPICH, 150 MB of packages that tests/check.sh does not install
#   ports      the library for macOS, FreeBSD, NetBSD and Windows, by the headers that zig brings along (ZIG is its
#              command, such as 'python3 -m ziglang'); files written on s390x, which is big-endian, under QEMU: the same as here, and read by either
#
# Needs clang, valgrind, gcovr and abigail-tools; installs what is missing. Logs are in build/nightly. The
# exit status is 0 if no part found anything. docs/reliability.md has the figures.
set -u
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/tests/packages.sh"

all='torture fuzz threads valgrind analyzers coverage abi packages mpi ports'
parts=${*:-$all}
for part in $parts; do
    case " $all " in
    *" $part "*) ;;
    *) echo "'$part' is no part; the parts are $all" >&2 && exit 2 ;;
    esac
done
install_missing "$build_needs
libcmocka-dev module cmocka
clang command clang
valgrind command valgrind
gcovr command gcovr
abigail-tools command abidiff"

logs=$root/build/nightly
mkdir -p "$logs"
failed=0

# run LABEL COMMAND...: shows the last line of a command's log, and counts its failure.
run()
{
    label=$1
    shift
    status=0
    "$@" >"$logs/$label.log" 2>&1 || status=$?
    if [ $status = 0 ] || [ $status = 77 ]; then
        echo "$label: $(tail -n 1 "$logs/$label.log")"
    else
        echo "$label: FAILED, see $logs/$label.log"
        failed=$((failed + 1))
    fi
}

# build NAME OPTION...: a build folder with these options, in which nothing is built yet.
build()
{
    folder=$logs/$1
    shift
    set_up "$folder" -Dwerror=false "$@" >"$folder.log" 2>&1 && return
    echo "$folder: cannot be set up, see $folder.log"
    failed=$((failed + 1))
    return 1
}

part_torture()
{
    build torture -Doptimization=1 -Ddebug=true -Db_sanitize=address,undefined || return
    run torture env GAN_TORTURE=long meson test -C "$logs/torture" --suite torture --timeout-multiplier 0 --verbose
    grep -h '^torture: ' "$logs/torture.log" || true
    run trainings meson test -C "$logs/torture" --suite trainings --timeout-multiplier 20
}

part_fuzz()
{
    CC=clang CXX=clang++
    export CC CXX
    build fuzz -Dfuzzers=true -Dbuildtype=debugoptimized -Db_sanitize=address,undefined -Db_lundef=false \
        -Dc_args=-fsanitize=fuzzer-no-link -Dexamples=disabled || return
    unset CC CXX
    for corpus in "$root"/tests/fuzz/corpus/*/; do
        target=$(basename "$corpus")
        work=$logs/fuzz-$target
        mkdir -p "$work"
        run "fuzz-$target-build" ninja -C "$logs/fuzz" "tests/fuzz/fuzz_$target"
        # In memory where that is possible, since what is saved is synced.
        place=$(mktemp -d -p /dev/shm 2>/dev/null || mktemp -d)
        run "fuzz-$target" sh -c 'cd "$1" && "$2" -max_total_time="$3" -max_len=65536 -rss_limit_mb=1024 -timeout=20 \
            -print_final_stats=1 -artifact_prefix="$4/" "$4" "$5"' \
            fuzz "$place" "$logs/fuzz/tests/fuzz/fuzz_$target" "${FUZZ_SECONDS:-60}" "$work" "$corpus"
        rm -rf "$place"
        sed -n 's/^stat::number_of_executed_units: */  runs: /p' "$logs/fuzz-$target.log"
        grep -o 'cov: [0-9]* ft: [0-9]*' "$logs/fuzz-$target.log" | tail -n 1 | sed 's/^/  /'
    done
}

part_threads()
{
    build threads -Dbuildtype=debugoptimized -Db_sanitize=thread -Db_lundef=false -Dexamples=disabled || return
    tests=$(cd "$root" && sed -n 's/^# thread-sanitizer: //p' tests/nightly.sh)
    # shellcheck disable=SC2086
    run threads env TSAN_OPTIONS=halt_on_error=1 meson test -C "$logs/threads" --timeout-multiplier 20 $tests
}
# thread-sanitizer: core_threads_float core_context_float train_determinism_public train_snapshot_public train_run_public
# thread-sanitizer: train_trainer_public game game_feed game_pool torture_threads data_prefetch data_folder
# thread-sanitizer: gemm-float-avx2 gemm-float-avx512 conv-float-avx2

# Leaks are AddressSanitizer's part: children of fork() leave what they inherited, which Valgrind takes for lost.
part_valgrind()
{
    build valgrind -Dbuildtype=debugoptimized -Dexamples=disabled || return
    unit=$(meson test -C "$logs/valgrind" --list --suite unit | sed 's/.* //')
    # Valgrind knows no AVX-512; in double there are only plain loops, which need no such choice.
    for precision in double float; do
        level=avx2 tests=$(echo "$unit" | grep -v '_double$')
        [ "$precision" = float ] || level='' tests=$(echo "$unit" | grep '_double$')
        # shellcheck disable=SC2086
        run "valgrind-$precision" env ${level:+"GAN_TEST_CPU=$level"} meson test -C "$logs/valgrind" \
            --timeout-multiplier 60 --wrapper 'valgrind -q --error-exitcode=9 --leak-check=no' $tests
    done
}

part_analyzers()
{
    build analyzer -Dtests=disabled -Dexamples=disabled || return
    run analyzers python3 "$root/tests/analyzers.py" "$logs/analyzer"
    for header in libgan.h libgan.hpp; do
        language=c
        [ "$header" = libgan.h ] || language=c++
        printf '#include <%s>\n' "$header" >"$logs/header.txt"
        run "conversion-$header" sh -c 'cc -x "$1" -Wall -Wextra -Wconversion -Wsign-conversion -Werror -fsyntax-only \
            -I "$2" "$3" && echo clean' conversion "$language" "$root/include" "$logs/header.txt"
    done
}

part_coverage()
{
    build coverage -Db_coverage=true -Dc_args=-fprofile-update=atomic -Dbuildtype=debug -Dexamples=disabled || return
    run coverage-tests meson test -C "$logs/coverage" --no-suite install --no-suite style --no-suite scripts --no-suite abi \
        --timeout-multiplier 20
    # Not of kernels/: gcovr 5.2 fails on functions that a macro names anew for each instruction set.
    for folder in core data io model layers train game metrics onnx; do
        run "coverage-$folder" gcovr -r "$root" --object-directory "$logs/coverage" --filter "$root/lib/$folder/" \
            --exclude-throw-branches --txt "$logs/coverage-$folder.txt" --print-summary
        grep -E '^(lines|branches)' "$logs/coverage-$folder.log"
    done
}

part_abi()
{
    tag=$(git -C "$root" describe --tags --abbrev=0 2>/dev/null)
    if [ -z "$tag" ]; then
        echo 'abi: there is no tag to compare with'
        return
    fi
    rm -rf "$logs/tagged"
    git -C "$root" worktree prune
    run abi-worktree git -C "$root" worktree add --detach "$logs/tagged" "$tag"
    [ -e "$logs/tagged/meson.build" ] || return
    for source in tagged current; do
        place=$root
        [ "$source" = current ] || place=$logs/tagged
        run "abi-$source" sh -c 'meson setup "$1" "$2" -Dtests=disabled -Dexamples=disabled -Dbuildtype=debugoptimized &&
            ninja -C "$1"' build "$logs/abi-$source" "$place"
    done
    old=$(find "$logs/abi-tagged" -name 'libgan.so.*.*.*' ! -name '*.symbols' -type f)
    new=$(find "$logs/abi-current" -name 'libgan.so.*.*.*' ! -name '*.symbols' -type f)
    if [ "${old##*/}" = "${new##*/}" ]; then
        run abi abidiff --no-added-syms "$old" "$new"
    else
        echo "abi: ${old##*/} and ${new##*/} have different sonames"
    fi
    git -C "$root" worktree remove --force "$logs/tagged"
}

part_mpi()
{
    install_missing 'openmpi-bin command mpirun.openmpi
libopenmpi-dev module ompi-c
mpich command mpirun.mpich
libmpich-dev module mpich'
    build mpi -Dmpi=enabled || return
    run mpi meson test -C "$logs/mpi" --suite mpi --timeout-multiplier 4
}

# A preloaded library of the same soname takes the place of the one that a program was linked with.
part_packages()
{
    build packages -Dexamples=disabled || return
    run packages-build sh -c 'ninja -C "$1" && ninja -C "$1" amalgamation/libgan.c' sh "$folder"
    # shellcheck disable=SC2046
    set -- $(python3 "$root/tests/install/public_tests.py" "$folder" readelf)
    for compiler in gcc clang; do
        made=$logs/amalgamated-$compiler
        mkdir -p "$made"
        run "amalgamation-$compiler" "$compiler" -O2 -Wall -Werror -fPIC -shared -DGAN_WITH_PNG -DGAN_WITH_JPEG -DGAN_WITH_GZIP \
            -DGAN_WITH_BLAS "$folder/amalgamation/libgan.c" -o "$made/libgan.so" -Wl,-soname,libgan.so.0.2 \
            "-Wl,--version-script=$root/lib/libgan.map" -Wl,-Bsymbolic-functions -lpng -ljpeg -lz -lm -lpthread -ldl
        run "amalgamation-plain-$compiler" "$compiler" -O2 -Wall -Werror -c "$folder/amalgamation/libgan.c" -o "$made/plain.o"
        run "amalgamation-tests-$compiler" meson test -C "$folder" --no-rebuild --timeout-multiplier 8 \
            --wrapper "env LD_PRELOAD=$made/libgan.so" "$@"
        echo "amalgamation-tests-$compiler: $# programs"
    done
    # Tests that look inside are linked with it in place of the library's objects. What they wrap it calls within itself.
    run amalgamation-inside sh -c 'gcc -O2 -DGAN_WITH_PNG -DGAN_WITH_JPEG -DGAN_WITH_GZIP -DGAN_WITH_BLAS \
        -c "$1/amalgamation/libgan.c" -o "$2" && rm "$1/lib/libgan_internal.a" && ar rcs "$1/lib/libgan_internal.a" "$2" &&
        ninja -C "$1"' sh "$folder" "$logs/amalgamated.o"
    # shellcheck disable=SC2046
    run amalgamation-inside-tests meson test -C "$folder" --no-rebuild --timeout-multiplier 8 \
        $(meson test -C "$folder" --list --suite unit --suite kernels 2>/dev/null | sed 's/.* //' | grep -v '^core_context')
    for way in wrap add_subdirectory FetchContent debian conan; do
        run "package-$way" sh "$root/tests/install/packages.sh" "$root" "$way"
    done
}

part_ports()
{
    zig=${ZIG:-zig}
    # shellcheck disable=SC2086 # the command may have arguments
    if $zig version >/dev/null 2>&1; then
        run ports-systems sh "$root/tests/cross/systems.sh" "$root" "$logs/systems" $zig
    else
        echo "ports-systems: skipped, there is no zig; after pip install ziglang, ZIG='python3 -m ziglang' is one"
    fi
    install_missing 'gcc-s390x-linux-gnu command s390x-linux-gnu-gcc
libc6-dev-s390x-cross file /usr/s390x-linux-gnu/include/stdio.h
qemu-user command qemu-s390x'
    run ports-endian sh "$root/tests/cross/endian.sh" "$root" "$logs/endian" s390x-linux-gnu-gcc \
        'qemu-s390x -L /usr/s390x-linux-gnu'
}

for part in $parts; do
    echo "== $part"
    "part_$part"
done
[ "$failed" = 0 ] || echo "$failed failed"
[ "$failed" = 0 ]
