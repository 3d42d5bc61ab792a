#!/bin/sh
# Tries examples/fetch-mnist.sh against a file server on loopback, with curl and wget, if installed: good files, files
# that are corrupted, cut short or missing, and a second run: fetch.sh SCRIPT SERVER
set -eu
script=$1 server=$2
work=$(mktemp -d)
"$server" "$work/mirror" >"$work/port" &
server_process=$!
trap 'kill $server_process; rm -rf "$work"' EXIT
failed=0

fail()
{
    echo "with $tool: $1"
    cat "$work/output"
    failed=1
}

# run MIRROR [OPTION]...: the script, with only the tool under test on the PATH.
run()
{
    address=$1
    shift
    PATH="$work/$tool" NO_PROXY=127.0.0.1 no_proxy=127.0.0.1 \
        sh "$script" "$work/data" --mirror "$address" "$@" >"$work/output" 2>&1
}

# Each file of the mirror exists and is right, except for those named, which do not exist.
expect_all_but()
{
    for name in $names; do
        case " $* " in
        *" $name "*) [ ! -e "$work/data/$name" ] || fail "$name must not be there" ;;
        *) cmp -s "$work/mirror/$name" "$work/data/$name" || fail "$name is not there, or not right" ;;
        esac
    done
    for part in "$work"/data/*.part; do
        [ ! -e "$part" ] || fail "$part was left behind"
    done
}

expect_failure()
{
    if run "$@"; then fail "expected a failure"; fi
    grep -q -e "$mentioned" "$work/output" || fail "the message does not name $mentioned"
}

names='train-images-idx3-ubyte.gz train-labels-idx1-ubyte.gz t10k-images-idx3-ubyte.gz t10k-labels-idx1-ubyte.gz'
mkdir "$work/mirror"
for name in $names; do
    awk -v name="$name" 'BEGIN { for (i = 0; i < 5000; i++) print name, i, i * i }' >"$work/mirror/$name"
done
(cd "$work/mirror" && md5sum $names) >"$work/checksums"
while [ ! -s "$work/port" ]; do
    kill -0 $server_process
    sleep 0.05
done
url=http://127.0.0.1:$(cat "$work/port")/
tried=0

for tool in curl wget; do
    command -v $tool >/dev/null || continue
    tried=$((tried + 1))
    rm -rf "$work/data"
    mkdir "$work/$tool"
    for needed in sh cat mkdir md5sum cut mv rm "$tool"; do
        ln -s "$(command -v $needed)" "$work/$tool/$needed"
    done

    run "$url" --checksums "$work/checksums" || fail 'good files are refused'
    expect_all_but
    run http://127.0.0.1:1/ --checksums "$work/checksums" || fail 'files that are right are downloaded again'

    # A file that went bad is fetched again, and one that is wrong on the mirror is rejected by name.
    mentioned=t10k-images-idx3-ubyte.gz
    echo x >>"$work/data/$mentioned"
    run "$url" --checksums "$work/checksums" || fail 'a file that went bad is not replaced'
    expect_all_but
    rm "$work/data/$mentioned"
    cp "$work/mirror/$mentioned" "$work/good"
    tr 5 6 <"$work/good" >"$work/mirror/$mentioned"
    expect_failure "$url" --checksums "$work/checksums"
    expect_all_but $mentioned
    rm "$work/mirror/$mentioned"
    expect_failure "$url" --checksums "$work/checksums"
    cp "$work/good" "$work/mirror/$mentioned"
    expect_failure "${url}cut" --checksums "$work/checksums"
    expect_all_but $mentioned

    # Without --checksums only MNIST itself will do.
    mentioned=f68b3c2dcbeaaa9fbdd348bbdeb94873
    expect_failure "$url"
    mentioned=--mirorr
    expect_failure "$url" --mirorr "$url"
    mentioned=checksums
    echo '../evil' >"$work/bad"
    expect_failure "$url" --checksums "$work/bad"
done

if [ $tried = 0 ]; then
    echo 'neither curl nor wget is there to be tried'
    exit 1
fi
exit $failed
