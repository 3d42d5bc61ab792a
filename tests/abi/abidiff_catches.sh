#!/bin/sh
# Changes a library made for this in each way that matters: abidiff.sh must tell those that break programs from those that
# do not. abidiff_catches.sh CC...
set -eu
here=$(cd "$(dirname "$0")" && pwd)
compiler=$*
command -v abidiff >/dev/null 2>&1 || { echo 'SKIP: abidw and abidiff (abigail-tools) are not installed' && exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/include"
failed=0
cat >"$work/first.h" <<'END'
#include <stddef.h>
typedef enum kind { KIND_A = 0, KIND_B = 1 } kind;
typedef struct some_options { size_t struct_size; long count; int size, reserved; } some_options;
typedef struct fixed { long a, b; } fixed;
int offered(const some_options *options, kind k, const fixed *f);
void second(long x);
END
cat >"$work/library.c" <<'END'
#include <library.h>
int offered(const some_options *options, kind k, const fixed *f) { return (int)(options->count + f->a) + (int)k; }
void second(long x) { (void)x; }
#ifdef ADDED
int added(void); int added(void) { return 1; }
#endif
END

# library EDIT DEFINITION: changes the header by sed.
library()
{
    sed "$1" "$work/first.h" >"$work/include/library.h"
    sed "$1" "$work/library.c" >"$work/changed.c"
    # shellcheck disable=SC2086
    $compiler -g -shared -fPIC $2 -I "$work/include" "$work/changed.c" -o "$work/library.so"
}

# expect pass|fail EDIT [DEFINITION]
expect()
{
    library "$2" "${3-}"
    result=pass
    sh "$here/abidiff.sh" "$work/baseline.abi" "$work/include" "$work/library.so" >"$work/output" 2>&1 || result=fail
    [ "$result" = "$1" ] && return
    echo "'$2 ${3-}': $result, expected $1"
    cat "$work/output"
    failed=1
}

library '' ''
sh "$here/abidiff.sh" --renew "$work/baseline.abi" "$work/include" "$work/library.so"
expect pass ''
expect pass '' -DADDED
expect pass 's/KIND_B = 1/KIND_B = 1, KIND_C = 2/'
expect fail '/second/d'
expect fail 's/long x/int x/'
expect fail 's/long count; int size,/int size; long count; int/'
expect fail 's/long a, b;/long b, a;/'
expect fail 's/long a, b;/long a, b, c;/'
expect fail 's/KIND_B = 1/KIND_B = 2/'
expect fail 's/size, reserved;/size, reserved; double added;/' # it may know its size, or not
expect fail 's/const fixed \*f/const some_options *f/; s/f->a/f->count/'
exit $failed
