# Sourced by the tests of this folder: what libgan.h declares. functions FILE prints the names of its functions.
functions()
{
    awk '/^GAN_API/ { declaration = $0
                      while (declaration !~ /\(/ && (getline line) > 0) declaration = declaration " " line
                      sub(/\(.*/, "", declaration)
                      sub(/.*[ *]/, "", declaration)
                      print declaration }' "$1" | LC_ALL=C sort
}
