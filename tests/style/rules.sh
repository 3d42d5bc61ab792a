#!/bin/sh
# Style rules that neither the compiler nor clang-tidy knows: rules.sh ROOT
set -eu
cd "$1"
failed=0

# refuse SENTENCE FOLDERS PATTERN: prints the C and C++ lines in these folders that match the extended pattern.
refuse()
{
    # shellcheck disable=SC2086
    found=$(grep -rnE --include='*.[ch]' --include='*.[ch]pp' -e "$3" $2) || return 0
    echo "$1:"
    echo "$found"
    failed=1
}

refuse 'sizeof takes brackets' 'include lib examples tests' '\<sizeof( +[^ ]|\*)'
refuse 'integers are printed as (long long) by %lld' 'include lib examples tests' '\<(PRI[dioux]|SCN[dioux])[0-9A-Z]+|<inttypes\.h>'
refuse 'the functions of test cases are called test_...' tests '\<cmocka_unit_test[a-z_]*\(([^tf]|t[^e])'

# The headers of the API are one file each, however long.
long=$(find lib examples tests -name '*.[ch]' -exec awk 'FNR == 601 { print FILENAME }' {} +)
if [ -n "$long" ]; then
    echo "more than 600 lines: $long"
    failed=1
fi

# A function of the API names itself by __func__; its helpers, where that is another name, write it out.
found=$(find lib -name '*.c' -exec awk '
    /^[A-Za-z].*[ *]gan_[a-z0-9_]+\(/ { match($0, /gan_[a-z0-9_]+\(/); name = substr($0, RSTART, RLENGTH - 1) }
    /^}/ { name = "" }
    /gan_fail\(/ { fails = 1 }
    fails && name != "" && index($0, "\"" name ": ") { print FILENAME ":" FNR ": " $0 }
    /;$/ { fails = 0 }' {} +)
if [ -n "$found" ]; then
    echo 'a function names itself in messages by __func__:'
    echo "$found"
    failed=1
fi
exit $failed
