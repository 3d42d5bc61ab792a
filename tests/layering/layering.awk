# Holds the includes of source files against the rules of lib/; prints each that breaks one. Input: the files, by
# their path from the root of the project (lib/core/status.c, examples/minimal.c).
#
# - A folder of lib/ sees itself and the folders below it, and enters another one by its door only: lib/x sees of
#   lib/y nothing but y/y.h. Paths are written from lib/.
# - Some headers of the system belong to one place.
# - Examples see the public headers only.
BEGIN {
    sees["core"] = " "
    sees["kernels"] = " core "
    sees["layers"] = " core kernels "
    sees["model"] = " core kernels layers io "
    sees["train"] = " core kernels layers model data io "
    sees["metrics"] = " core kernels "
    sees["data"] = sees["io"] = sees["dist"] = " core "

    place["cblas.h"] = "^lib/kernels/product/"
    place["immintrin.h"] = place["arm_neon.h"] = "^lib/kernels/"
    place["pthread.h"] = "^lib/core/"
    place["jansson.h"] = "^lib/core/json\\.c$"
    place["zlib.h"] = "^lib/(data|io)/"
    place["png.h"] = "^lib/io/"
    place["signal.h"] = "^lib/core/threads\\.c$"
    place["assert.h"] = place["locale.h"] = place["err.h"] = "never"
}

FNR == 1 {
    count = split(FILENAME, path, "/")
    folder = path[1] == "lib" && count > 2 ? path[2] : ""
    if (path[1] == "lib" && !(folder in sees)) complain("is in no folder of lib/ that has a rule")
}

/^[ \t]*#[ \t]*include[ \t]*[<"]/ {
    header = $0
    quoted = header ~ /include[ \t]*"/
    sub(/^[^<"]*[<"]/, "", header)
    sub(/[>"].*/, "", header)
    if (header ~ /(^|\/)\.\.?\//) complain("includes " header ", a path that is relative to the file")
    else if (folder != "") in_lib()
    else if (path[1] == "examples" && quoted && header ~ /\//) complain("includes " header ", which is not public")
}

function in_lib(    parts)
{
    if (header in place && FILENAME !~ place[header]) complain("includes " header ", which has no place here")
    if (!quoted || header == "libgan.h") return
    if (split(header, parts, "/") < 2) complain("includes " header ", which is not written from lib/")
    else if (parts[1] == folder) return
    else if (index(sees[folder], " " parts[1] " ") == 0) complain("includes " header ", which is not below it")
    else if (header != parts[1] "/" parts[1] ".h") complain("includes " header ", past the door of its folder")
}

function complain(sentence)
{
    print FILENAME ":" FNR ": " sentence
    broken++
}

END {
    if (NR == 0) {
        print "there was nothing to read"
        broken++
    }
    exit broken > 0
}
