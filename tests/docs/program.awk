# The first program in a document: program.awk DOCUMENT. Blocks of C code without main() are fragments.
/^```c$/ { block = 1; text = ""; next }
/^```$/ && block {
    block = 0
    if (text !~ /int main\(/) next
    printf "%s", text
    exit
}
block { text = text $0 "\n" }
