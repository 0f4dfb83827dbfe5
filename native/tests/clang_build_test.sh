#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# clang_build_test.sh SOURCE GENERATOR: clang compiles the library and the benchmark without a warning.
set -euo pipefail
source=$1 generator=$2

# Distributions have it with its version in its name.
compiler=$(compgen -c clang | grep -E '^clang(-[0-9]+)?$' | sort -V | tail -n 1) || true
if [[ -z $compiler ]]; then
    echo "skipped: there is no clang"
    exit 77
fi

work=$(mktemp -d /tmp/exactloss-clang.XXXXXX)
trap 'rm -rf "$work"' EXIT
cmake -S "$source" -B "$work" -G "$generator" -DCMAKE_C_COMPILER="$compiler" -DBUILD_TESTING=OFF \
    -DEXACTLOSS_WARNINGS_AS_ERRORS=ON
cmake --build "$work"
