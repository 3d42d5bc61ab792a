#!/bin/sh
# Downloads the four files of MNIST and checks them: see fetch-mnist.sh --help.
set -eu
mirror=https://ossci-datasets.s3.amazonaws.com/mnist/

# MD5 of the files, as torchvision publishes them.
checksums='f68b3c2dcbeaaa9fbdd348bbdeb94873  train-images-idx3-ubyte.gz
d53e105ee54ea40749a09fcbcd1e9432  train-labels-idx1-ubyte.gz
9fb629c4189551a2d022fa330f9573f3  t10k-images-idx3-ubyte.gz
ec29112dd5afa0611ce80d1b7f02629c  t10k-labels-idx1-ubyte.gz'

usage()
{
    cat <<EOT
fetch-mnist.sh DIR [OPTION]...

Downloads the four files of MNIST into DIR, for mnist_gan --data DIR. Intact files are kept.

  --mirror URL      the folder that has the files; default: $mirror
  --checksums FILE  download the files that FILE lists, one per line, "MD5  NAME" as md5sum prints it: for mirrors of
                    other data in the same format
  --help            this text
EOT
}

refuse()
{
    echo "fetch-mnist.sh: $1" >&2
    exit "${2-1}"
}

md5_of()
{
    if command -v md5sum >/dev/null 2>&1; then
        md5sum <"$1" | cut -d ' ' -f 1
    elif command -v openssl >/dev/null 2>&1; then
        openssl md5 -r <"$1" | cut -d ' ' -f 1
    else
        refuse 'md5sum or openssl is needed to check the files'
    fi
}

download()
{
    if command -v curl >/dev/null 2>&1; then
        curl --fail --location --silent --show-error --connect-timeout 30 --output "$2" "$1"
    elif command -v wget >/dev/null 2>&1; then
        wget --no-verbose --connect-timeout=30 --tries=2 --output-document="$2" "$1"
    else
        refuse 'curl or wget is needed to download; on Debian: apt-get install curl'
    fi
}

folder=
while [ $# -gt 0 ]; do
    case $1 in
    --help)
        usage
        exit 0
        ;;
    --mirror | --checksums)
        [ $# -gt 1 ] || refuse "$1: a value is missing" 2
        if [ "$1" = --mirror ]; then
            mirror=$2
        else
            checksums=$(cat "$2") || refuse "--checksums $2: cannot be read" 2
        fi
        shift
        ;;
    -*) refuse "$1: no such option (--help lists the options)" 2 ;;
    *)
        [ -z "$folder" ] || refuse "$1: the folder is already given: $folder" 2
        folder=$1
        ;;
    esac
    shift
done
[ -n "$folder" ] || refuse 'name the folder to download to (see --help)' 2
mkdir -p "$folder"

# A file gets its name only once it is complete and correct: until then it is NAME.part.
fetch()
{
    file=$folder/$2
    if [ -e "$file" ] && [ "$(md5_of "$file")" = "$1" ]; then
        echo "$file: already there"
        return 0
    fi
    echo "$file: downloading"
    if ! download "${mirror%/}/$2" "$file.part"; then
        rm -f "$file.part"
        refuse "$2 could not be downloaded from $mirror"
    fi
    found=$(md5_of "$file.part")
    if [ "$found" != "$1" ]; then
        rm -f "$file.part"
        refuse "$2 from $mirror is corrupt and was removed: its MD5 is $found, expected $1"
    fi
    mv -f "$file.part" "$file"
}

echo "$checksums" | while read -r md5 name; do
    [ -n "$md5" ] || continue
    case $name in
    '' | */* | .*) refuse "'$md5 $name' in the checksums is not \"MD5  NAME\"" 2 ;;
    esac
    fetch "$md5" "$name"
done
