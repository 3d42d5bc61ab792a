#!/bin/sh
# Breaks every rule of symbols.sh once, in a library made for this; fails if one is missed: catches.sh NM AR CC...
set -eu
symbols=$(cd "$(dirname "$0")" && pwd)/symbols.sh nm=$1 ar=$2
shift 2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/lib"
echo 'GAN_API void gan_offered(void);' >"$work/libgan.h"
printf '#define GAN_ONE 1\nstatic inline int gan_two(void) { return 2; }\n' >"$work/lib/door.h"
cat >"$work/lib/a.c" <<'EOT'
#include "door.h"
/* Calls gan_dead() in a comment only. */
void gan_offered(void);
int gan_helper(int x);
void gan_offered(void) { gan_helper(GAN_ONE + gan_two()); }
EOT
echo 'int gan_helper(int x); int gan_helper(int x) { return x; }' >"$work/lib/b.c"
failed=0

# expect SENTENCES EXTENSION CODE: what is reported when a file with this code is added to the library.
expect()
{
    rm -f "$work"/lib/c.* "$work"/*.o "$work/lib.a"
    echo "$3" >"$work/lib/c.$2"
    (cd "$work" && $compiler -c lib/*.c && "$ar" rc lib.a ./*.o)
    sh "$symbols" "$nm" "$work/lib.a" "$work/libgan.h" "$work/lib" >"$work/output" || :
    said=$(grep -v 'is an exception' "$work/output" || :)
    [ "$said" != "$1" ] || return 0
    echo "expected '$1', got:"
    cat "$work/output"
    failed=1
}

compiler=$*
expect '' c 'extern int gan_helper(int);'
expect 'gan_dead is used by no other file: it is dead, or should be static' c \
    'int gan_dead(void); int gan_dead(void) { return 1; }'
expect 'helper is not static, and its name does not begin with gan_
helper is used by no other file: it is dead, or should be static' c 'int helper; /* helper */'
expect 'GAN_THREE is defined in a header and used nowhere' h '#define GAN_THREE 3 /* not GAN_THREE */'
expect 'gan_three is defined in a header and used nowhere' h 'static inline int gan_three(void) { return 3; }'

# That library needs none of the exceptions, so that each is reported; an empty library does not pass.
if ! grep -q 'is an exception, which it no longer has to be' "$work/output"; then
    echo 'exceptions that nothing needs are not told of'
    failed=1
fi
rm "$work/lib.a"
"$ar" rc "$work/lib.a"
if sh "$symbols" "$nm" "$work/lib.a" "$work/libgan.h" "$work/lib" >/dev/null 2>&1; then
    echo 'a library without functions passes'
    failed=1
fi
exit $failed
