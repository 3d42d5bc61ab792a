# Checks the includes of source files against the rules of lib/; prints each that breaks one. Input: the files, by
# their path from the project's root (lib/core/status/status.c, examples/minimal.c).
#
# - A folder of lib/ sees itself and the folders below it, and enters another only by its door: lib/x sees nothing of
#   lib/y but y/y.h. Paths are written from lib/.
# - A folder in it is a room, whose door is y/room/room.h. Other rooms of its folder, and the folder's door, enter it
#   only by that. Rooms do not include each other in circles, nor anything in their folder outside the rooms. A room
#   has no folders, and at most 10 files.
# - No two files of lib/ have one name.
# - Sources compiled once for each instruction set, marked by GAN_ISA_TABLE, end in _isa, and no others do.
# - Some system headers belong to one place.
# - Examples see only the public headers.
BEGIN {
    sees["core"] = " "
    sees["kernels"] = " core "
    sees["layers"] = " core kernels "
    sees["model"] = " core kernels layers io "
    sees["train"] = " core kernels layers model data io "
    sees["game"] = " core kernels layers model train data io "
    sees["metrics"] = " core kernels "
    sees["onnx"] = " core layers model io "
    sees["data"] = sees["io"] = sees["dist"] = " core "

    place["cblas.h"] = "^lib/kernels/product/"
    place["immintrin.h"] = place["arm_neon.h"] = "^lib/kernels/.*_isa\\.[ch]$"
    place["dlfcn.h"] = place["signal.h"] = "^lib/core/platform/platform_posix\\.c$"
    place["pthread.h"] = "^lib/core/(platform|blas|threads)/"
    place["zlib.h"] = "^lib/(data|io)/"
    place["png.h"] = "^lib/(data|io)/"
    place["jpeglib.h"] = place["jerror.h"] = "^lib/data/"
    place["windows.h"] = "^lib/(core/platform/platform|io/atomic/replacement)_windows\\.c$"
    place["assert.h"] = place["locale.h"] = place["err.h"] = "never"
}

FNR == 1 {
    count = split(FILENAME, path, "/")
    folder = path[1] == "lib" && count > 2 ? path[2] : ""
    room = folder != "" && count > 3 ? path[3] : ""
    if (path[1] == "lib" && !(folder in sees)) complain("is in no folder of lib/ that has a rule")
    end_file()
    file = FILENAME
    has_table = 0
    if (folder != "" && path[count] in named) complain("has the name of " named[path[count]])
    if (folder != "") named[path[count]] = FILENAME
    if (folder != "" && count > 4) complain("is in a folder of a room")
    if (room != "" && ++files[folder "/" room] == 11) complain("is the 11th file of its room")
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

/^const .*GAN_ISA_TABLE\(/ { has_table = 1 }

# What is known of a file once it has been read.
function end_file()
{
    if (has_table && file !~ /_isa\.c$/)
        complain_of(file, "has a table for each instruction set, and its name does not end in _isa")
    if (!has_table && file ~ /_isa\.c$/)
        complain_of(file, "has no table for each instruction set, and its name ends in _isa")
}

function in_lib(    parts)
{
    if (header in place && FILENAME !~ place[header]) complain("includes " header ", which has no place here")
    if (!quoted || header == "libgan.h") return
    if (split(header, parts, "/") < 2) complain("includes " header ", which is not written from lib/")
    else if (parts[1] == folder) in_folder(parts)
    else if (index(sees[folder], " " parts[1] " ") == 0) complain("includes " header ", which is not below it")
    else if (header != parts[1] "/" parts[1] ".h") complain("includes " header ", past the door of its folder")
}

function in_folder(parts,    own, other)
{
    own = folder "/" room
    other = header ~ /\/.*\// ? parts[1] "/" parts[2] : parts[1] "/"
    if (other == own) return
    if (other == parts[1] "/") complain("includes " header ", which is outside the rooms of its folder")
    else if (header != other "/" parts[2] ".h") complain("includes " header ", past the door of its room")
    else if (room != "") enters[own] = enters[own] " " other
}

# Whether a room leads back to `goal` through those it enters; `seen` holds those already asked.
function leads(from, goal, seen,    next_rooms, n, i)
{
    n = split(enters[from], next_rooms, " ")
    for (i = 1; i <= n; i++) {
        if (next_rooms[i] == goal) return 1
        if (next_rooms[i] in seen) continue
        seen[next_rooms[i]] = 1
        if (leads(next_rooms[i], goal, seen)) return 1
    }
    return 0
}

function complain(sentence)
{
    complain_of(FILENAME ":" FNR, sentence)
}

function complain_of(place, sentence)
{
    print place ": " sentence
    broken++
}

END {
    end_file()
    for (from in enters) rooms[from]
    for (from in rooms) {
        split("", seen)
        if (leads(from, from, seen)) {
            print "lib/" from " includes itself by way of other rooms"
            broken++
        }
    }
    if (NR == 0) {
        print "there was nothing to read"
        broken++
    }
    exit broken > 0
}
