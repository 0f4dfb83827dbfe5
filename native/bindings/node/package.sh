#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# package.sh LIBRARY_FOLDER DESTINATION: makes DESTINATION/exactloss-VERSION.tgz for npm. It carries the library that
# LIBRARY_FOLDER has. The version is CMake's.
set -euo pipefail
for tool in node npm; do
    if ! command -v $tool >/dev/null; then
        echo "skipped: there is no $tool"
        exit 77
    fi
done
library_folder=$1 destination=$2
here=$(cd -- "$(dirname -- "$0")" && pwd)
root=$here/../../..

version=$(sed -n 's/^project(exactloss VERSION \([0-9.]*\).*/\1/p' "$root/CMakeLists.txt")
for name in libexactloss.so libexactloss.dylib exactloss.dll; do
    [[ ! -e $library_folder/$name ]] || library=$name
done
if [[ -z ${library-} ]]; then
    echo "there is no libexactloss in $library_folder: build it first" >&2
    exit 1
fi

package=$(mktemp -d)
trap 'rm -rf "$package"' EXIT
cp -R "$here"/{package.json,index.js,index.d.ts,src,README.md} "$root/LICENSE" "$package"
platform=$(node -p 'process.platform + "-" + process.arch')
mkdir -p "$package/lib/$platform" "$destination"
destination=$(cd -- "$destination" && pwd)
cp -L "$library_folder/$library" "$package/lib/$platform/"
chmod -R u=rwX,go=rX "$package"
cd -- "$package"
npm pkg set "version=$version"
npm pack --silent --ignore-scripts --pack-destination "$destination"
