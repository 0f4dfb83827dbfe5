#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Makes the committed Java bindings from the headers in native/include/exactloss.
#
#   java/bindings/generate.sh           writes src/generated/java of java/exactloss and java/exactloss-cuda anew
#   java/bindings/generate.sh --check   writes nothing; fails, showing the difference, if one of these is out of date
#
# Needs jextract 22 (newer ones emit calls that JDK 22 lacks), in JEXTRACT_HOME/bin or on the PATH. Only a change of the
# headers needs this script: the build compiles the committed files.
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)

fail() {
    echo "generate.sh: $1" >&2
    exit "$2"
}

case "${1-}" in
    '' | --check) ;;
    *) fail "unknown argument '$1'; usage: generate.sh [--check]" 2 ;;
esac

if [ -n "${JEXTRACT_HOME-}" ]; then
    jextract=$JEXTRACT_HOME/bin/jextract
else
    jextract=jextract
fi
command -v "$jextract" >/dev/null || fail "no jextract: put it on the PATH, or set JEXTRACT_HOME" 1

# Generated in an empty folder first, so that a failure leaves the committed files alone and no stale class survives.
fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT

# generate HEADER MODULE PACKAGE INCLUDES
generate() {
    grep -v '^#' "$root/java/bindings/$4" >"$fresh/$4"
    # No -l: the symbols come from the loader of the facade's classes, after System.load.
    "$jextract" "@$fresh/$4" --output "$fresh/$2" --target-package "$3" "$root/native/include/exactloss/$1"
}
generate exactloss.h exactloss io.github.exactloss.internal.bindings includes.txt
generate exactloss_arrow.h exactloss io.github.exactloss.internal.bindings includes_arrow.txt
generate exactloss_cuda.h exactloss-cuda io.github.exactloss.cuda.internal.bindings includes_cuda.txt

for module in exactloss exactloss-cuda; do
    committed=$root/java/$module/src/generated/java
    if [ "${1-}" = --check ]; then
        diff -r -u "$committed" "$fresh/$module" || fail "the committed bindings are out of date; run generate.sh" 1
    else
        rm -rf "$committed"
        mkdir -p "$(dirname "$committed")"
        mv "$fresh/$module" "$committed"
    fi
done
