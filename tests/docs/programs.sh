#!/bin/sh
# Compiles the documentation's C code: programs.sh FOLDER INCLUDE DOCUMENT HEADER CC.... A block with main() is a program.
# Others see the names of the header: one that defines a function is a file, any other is the body of a function, and may
# omit lines by "...".
set -eu
folder=$1 include=$2 document=$3 names=$4
shift 4
rm -rf "$folder"
mkdir -p "$folder"

awk -v folder="$folder" -v names="$names" '
    /^```c$/ { block = 1; text = ""; last = ""; next }
    /^```$/ && block {
        block = 0
        file = folder "/" ++count ".c"
        if (text ~ /int main\(/) print text > file
        else if (text ~ /^[a-z].*\)\n\{/) printf "#include \"%s\"\n%s", names, text > file
        else printf "#include \"%s\"\nvoid fragment(void);\nvoid fragment(void)\n{\n%s%s\n}\n", names, text, \
             last ~ /[;}\/]$/ ? "" : ";" > file
        next
    }
    block && !/^ *\.\.\.$/ { text = text $0 "\n"; last = $0 }
' "$document"

count=0
for program in "$folder"/*.c; do
    "$@" -std=c11 -Wall -Wextra -Werror -Wno-unused-variable -I "$include" -fsyntax-only "$program"
    count=$((count + 1))
done
[ -f "$folder/1.c" ] && echo "$count compiled"
