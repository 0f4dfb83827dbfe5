#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# cxx_test.sh COMPILER STANDARD OPTION SOURCE NATIVE LIBRARY VERSION [OBJECT ARGUMENT...]: a compiler compiles a program
# with exactloss.hpp without a warning, and the program succeeds. COMPILER is g++ or clang++. Where there is none of this
# name, it is the newest with its version in its name. CXXFLAGS are further options.
set -euo pipefail
wanted=$1 standard=$2 option=$3 source=$4 native=$5 library=$6 version=$7
shift 7

compiler=$wanted
command -v "$compiler" >/dev/null ||
    compiler=$(compgen -c "$wanted" | grep -xE "${wanted//+/\\+}-[0-9]+" | sort -V | tail -n 1) || true
if [[ -z $compiler ]]; then
    echo "skipped: there is no $wanted"
    exit 77
fi
if ! "$compiler" "-std=$standard" -x c++ -fsyntax-only - <<<'#include <span>' 2>/dev/null; then
    echo "skipped: $compiler has no $standard"
    exit 77
fi

read -ra flags <<<"${CXXFLAGS:-}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$compiler" "-std=$standard" -O1 -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Werror \
    "$option" "${flags[@]}" -I"$native/include" -I"$native/conformance" -DEXPECTED_VERSION="\"$version\"" \
    "$source" ${1:+"$1"} "$library" "-Wl,-rpath,$(dirname "$library")" -o "$work/program"
"$work/program" "${@:2}"
