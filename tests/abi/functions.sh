# Sourced by the tests of this folder: what libgan.h declares.

# functions FILE: the names of its functions
functions()
{
    awk '/^GAN_API/ { declaration = $0
                      while (declaration !~ /\(/ && (getline line) > 0) declaration = declaration " " line
                      sub(/\(.*/, "", declaration)
                      sub(/.*[ *]/, "", declaration)
                      print declaration }' "$1" | LC_ALL=C sort
}

# without_comments FILE: its code
without_comments()
{
    awk '{ line = $0; code = ""
           while (line != "") {
               at = index(line, comment ? "*/" : "/*")
               if (!comment) code = code (at ? substr(line, 1, at - 1) : line)
               if (!at) break
               line = substr(line, at + 2)
               comment = !comment
           }
           print code }' "$1"
}
