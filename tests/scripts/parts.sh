#!/bin/sh
# The parts that a script's first comment describes are those that it accepts and those that it has: parts.sh SCRIPT...
set -eu
failed=0

# differ SCRIPT WHAT PARTS DOCUMENTED
differ()
{
    [ "$3" != "$4" ] || return 0
    echo "$1 describes the parts" $4 "and $2" $3
    failed=1
}

for script in "$@"; do
    described=$(sed -n '2,/^[^#]/s/^#   \([a-z0-9-]\{1,\}\)  .*/\1/p' "$script" | sort)
    [ -n "$described" ] || { echo "$script describes no parts" && failed=1; }
    defined=$(sed -n 's/^part_\([a-z0-9_]*\)()$/\1/p' "$script" | tr _ - | sort)
    refusal=$(sh "$script" no-part 2>&1) && { echo "$script accepts any part" && failed=1; }
    accepted=$(echo "$refusal" | sed 's/.*the parts are //' | tr ' ' '\n' | sort)
    differ "$script" defines "$defined" "$described"
    differ "$script" accepts "$accepted" "$described"
done
exit $failed
