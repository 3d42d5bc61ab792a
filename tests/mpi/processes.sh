#!/bin/sh
# Runs a program under an MPI's mpirun with 1 to 4 processes: processes.sh MPIRUN PROGRAM. The same bits for any number, a
# checkpoint for any number, and an error for all, in time, if one of them dies, hangs, or is unlike the others.
set -eu
mpirun=$1
program=$(realpath "$2")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

# Open MPI: as root, and more processes than CPUs; mpich needs no options for either.
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_rmaps_base_oversubscribe=1
export OMPI_MCA_hwloc_base_binding_policy=none OMPI_MCA_btl_vader_single_copy_mechanism=none OMPI_MCA_mpi_yield_when_idle=1

# run COUNT MODE: the output in $folder/out, the status in $status
run()
{
    status=0
    timeout 60 "$mpirun" -n "$1" "$program" "$2" "$folder" >"$folder/out" 2>"$folder/log" || status=$?
}

fail()
{
    echo "$1: status $status"
    cat "$folder/out" "$folder/log"
    exit 1
}

# Equal lines: every process says the same, and the same as one alone.
run 1 plain
[ "$status" = 0 ] || fail 'one process'
expected=$(cat out)
for count in 2 3 4; do
    run "$count" plain
    [ "$status" = 0 ] && [ "$(sort -u out)" = "$expected" ] && [ "$(wc -l <out)" = "$count" ] || fail "$count processes"
done
for count in 1 2 4; do
    run "$count" resume
    [ "$status" = 0 ] && [ "$(sort -u out)" = "$expected" ] || fail "$count processes that resume"
done

# all_fail MODE TEXT: no process succeeds, and one says so.
all_fail()
{
    run 2 "$1"
    [ "$status" != 0 ] && [ "$status" != 124 ] && ! grep -q weights out || fail "$1"
    [ -z "$2" ] || grep -q "$2" out || fail "$1"
}
all_fail model 'process 1 has other models or options than process 0'
all_fail data 'process 1 has other data than process 0'
all_fail cancels 'process 1 failed: cancelled'
all_fail hangs 'have not answered within 3 seconds'
rm -f checkpoint.safetensors
all_fail dies ''
run 2 resume
[ "$status" = 0 ] && [ "$(sort -u out)" = "$expected" ] || fail 'resuming after a process has died'
