#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# package.sh LIBRARY_FOLDER DESTINATION: writes the module as the zip file that Go's tools unpack. It has no binaries, so
# the folder of the library does not matter.
set -euo pipefail
if ! command -v python3 >/dev/null; then
    echo "skipped: there is no python3"
    exit 77
fi
destination=$2
mkdir -p "$destination"
destination=$(realpath "$destination")
cd "$(dirname "${BASH_SOURCE[0]}")"
root=../../..

version=$(sed -n 's/^project(exactloss VERSION \([0-9.]*\) .*/\1/p' $root/CMakeLists.txt)
module=$(sed -n 's/^module //p' go.mod)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
folder=$work/$module@v$version
mkdir -p "$folder"
cp -r -- *.go *.h go.mod internal README.md $root/LICENSE "$folder"

rm "$folder"/{cases,conformance}_test.go # their cases are not in the package

# Not zip, which not every machine has, and without entries of folders, which Go refuses.
python3 - "$work" "$destination/exactloss-go-$version.zip" <<'PYTHON'
import pathlib, sys, zipfile

work = pathlib.Path(sys.argv[1])
with zipfile.ZipFile(sys.argv[2], "w", zipfile.ZIP_DEFLATED) as archive:
    for path in sorted(work.rglob("*")):
        if path.is_file():
            # The same bytes from the same sources: the time is the earliest that a zip file can have.
            entry = zipfile.ZipInfo(str(path.relative_to(work)))
            archive.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED)
PYTHON
