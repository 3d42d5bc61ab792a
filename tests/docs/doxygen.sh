#!/bin/sh
# Makes the pages of docs/Doxyfile; a warning is a failure: doxygen.sh PROJECT FOLDER
set -eu
project=$1 folder=$2
command -v doxygen >/dev/null || { echo 'SKIP: doxygen is not installed'; exit 77; }
cd "$project"
{ cat docs/Doxyfile; echo "OUTPUT_DIRECTORY = $folder/pages"; } | doxygen -
[ -s "$folder/pages/html/index.html" ] || { echo 'no pages were made'; exit 1; }
