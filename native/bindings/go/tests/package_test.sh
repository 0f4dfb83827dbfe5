#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# package_test.sh LIBRARY_FOLDER INCLUDE_FOLDER WORK VERSION: a program that gets the packaged module from a folder that
# is laid out as a module proxy gets the right bits.
set -euo pipefail
library=$1 work=$3 version=$4
# shellcheck source=native/bindings/go/tests/go.sh
source "$(dirname "${BASH_SOURCE[0]}")/go.sh"
set_up_go "$@"
folder=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

go clean -modcache
rm -rf "$work/packages" "$work/proxy" "$work/consumer"
"$folder/../package.sh" "$library" "$work/packages"
module=$(sed -n 's/^module //p' "$folder/../go.mod")
versions=$work/proxy/$module/@v
mkdir -p "$versions"
echo "v$version" >"$versions/list"
echo "{\"Version\": \"v$version\"}" >"$versions/v$version.info"
cp "$folder/../go.mod" "$versions/v$version.mod"
cp "$work/packages/exactloss-go-$version.zip" "$versions/v$version.zip"

cp -r "$folder/consumer" "$work/consumer"
cd "$work/consumer"
# Go takes a version's files for unchangeable, and would remember those of the last run.
export GOPROXY=file://$work/proxy GONOSUMDB=$module GODEBUG=goindex=0
go get "$module@v$version"
result=$(go run .)
if [[ $result != 0.43333334227403003 ]]; then
    echo "the program says $result"
    exit 1
fi
