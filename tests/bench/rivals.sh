#!/bin/sh
# How gan-bench handles its rivals' answers, with fake rivals: one that runs the case, one that is missing, one that
# talks nonsense, one that is not there.
set -eu
bench=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat >"$folder/pytorch_rival.py" <<'END'
echo "ready Made-up 1.5"
while read -r count; do echo "$count"; done
END
echo 'echo "missing Made-up it is not installed"' >"$folder/tensorflow_rival.py"
echo 'echo "hello"' >"$folder/jax_rival.py"

failed=0
# expect PATTERN FILE
expect()
{
    grep -q "$1" "$2" || { echo "no '$1' in:"; cat "$2"; failed=1; }
}

"$bench" sample-1 --runs 2 --threads 1 --python sh --scripts "$folder" >"$folder/table" 2>"$folder/errors"
expect '^sample-1  *libgan [0-9]' "$folder/table"
# It takes one second per run.
expect '^sample-1  *Made-up 1.5  *1  *1000.000  *1000.000  *1000.000' "$folder/table"
expect 'tensorflow is left out: it is not installed$' "$folder/table"
expect "jax is left out: it answers 'hello'$" "$folder/table"
expect 'onnxruntime is left out: it ended without an answer$' "$folder/table"
expect '^sample-1  *floor' "$folder/table"

"$bench" start-up --csv --runs 1 --threads 1 --python sh --scripts "$folder" >"$folder/table" 2>"$folder/errors"
expect '^start-up,libgan,[0-9.]*,1,' "$folder/table"
expect '^start-up,Made-up,1.5,1,' "$folder/table"
expect 'tensorflow is left out' "$folder/errors"

# A rival that stops in the middle is an error, not a result.
echo 'echo "ready Made-up 1.5"; read -r count; echo 1' >"$folder/pytorch_rival.py"
if "$bench" sample-1 --runs 1 --threads 1 --python sh --scripts "$folder" >"$folder/table" 2>"$folder/errors"; then
    echo "a rival that stops is not noticed"
    failed=1
fi
expect 'pytorch stopped answering' "$folder/errors"
exit $failed
