#!/bin/sh
# Tries tests/packages.sh on fake machines: with and without apt-get, as root, and as a user with and without sudo; what
# is missing is installed, and nothing else; what is only wanted stops nobody: packages.sh FILE
set -eu
packages=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

cat >"$work/start" <<EOT
root=/nonexistent
. "$packages"
install_missing "here command sh
tool-package command tool
data-package file $work/data
module-package module no-such-module-of-pkg-config"
install_wanted "wanted-14 llvm14 wanted"
echo ready
EOT

# machine NAME USER COMMAND...: a PATH with the commands; apt-get installs everything unless it is apt-get-bad.
machine()
{
    label=$1
    bin=$work/$1
    mkdir "$bin"
    for needed in sh tr env; do ln -s "$(command -v $needed)" "$bin/$needed"; done
    fake id "echo $2"
    shift 2
    rm -f "$work/data" "$work/calls"
    : >"$work/calls"
    for command in "$@"; do
        case $command in
        sudo) fake sudo 'echo sudo >>"$WORK/calls"; exec "$@"' ;;
        pkg-config) fake pkg-config 'exit 0' ;;
        wanted*) fake "$command" 'echo "version 14.0.6"' ;;
        new-wanted) fake wanted 'echo "version 19.1.7"' ;;
        tool) fake tool '' ;;
        data) : >"$work/data" ;;
        apt-get) fake apt-get 'echo "$*" >>"$WORK/calls"; [ $1 = install ] || exit 1; : >"$WORK/data"
for made in tool pkg-config; do echo "#!/bin/sh" >$BIN/$made; '"$(command -v chmod)"' +x $BIN/$made; done' ;;
        apt-get-without) fake apt-get 'echo "$*" >>"$WORK/calls"; [ $1 != install ]' ;;
        apt-get-bad) fake apt-get 'echo "$*" >>"$WORK/calls"' ;;
        esac
    done
    result=0
    WORK=$work BIN=$bin PATH=$bin sh "$work/start" >"$work/output" 2>&1 || result=$?
}

fake()
{
    printf '#!%s\n%s\n' "$(command -v sh)" "$2" >"$bin/$1"
    chmod +x "$bin/$1"
}

# expect STATUS CALLS [WORDS]: what happened on the machine.
expect()
{
    calls=$(tr '\n' ';' <"$work/calls")
    if [ "$result" != "$1" ] || [ "$calls" != "$2" ] || ! grep -q -e "${3-}" "$work/output"; then
        echo "$label: status $result, expected $1; calls '$calls', expected '$2'; output should have '${3-}':"
        cat "$work/output"
        failed=1
    fi
}

install='install -q -y --no-install-recommends'
machine complete 0 tool data pkg-config wanted apt-get
expect 0 '' ready
machine complete-elsewhere 1000 tool data pkg-config wanted-14
expect 0 '' ready
machine root 0 wanted apt-get
expect 0 "update -q;$install tool-package data-package module-package;" ready
machine root-half 0 tool pkg-config wanted apt-get
expect 0 "update -q;$install data-package;" ready
machine user 1000 tool pkg-config wanted sudo apt-get
expect 0 "sudo;update -q;sudo;$install data-package;" ready
machine user-without-sudo 1000 tool pkg-config apt-get
expect 1 '' 'data-package'
machine elsewhere 0 tool
expect 1 '' 'data-package module-package'
machine broken 0 apt-get-bad
expect 1 "update -q;$install tool-package data-package module-package;" 'still not found'
machine other-version 0 tool data pkg-config new-wanted apt-get-without
expect 0 "update -q;$install wanted-14;" ready
machine nothing-wanted 1000 tool data pkg-config
expect 0 '' ready
exit $failed
