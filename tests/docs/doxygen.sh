#!/bin/sh
# Makes the pages of docs/Doxyfile, of which a warning is a failure: doxygen.sh DOXYGEN PROJECT FOLDER
set -eu
doxygen=$1 project=$2 folder=$3
cd "$project"
{ cat docs/Doxyfile; echo "OUTPUT_DIRECTORY = $folder/pages"; } | "$doxygen" -
[ -s "$folder/pages/html/index.html" ] || { echo 'no pages were made'; exit 1; }
