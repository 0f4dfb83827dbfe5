#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# install_test.sh shared|static SOURCE BUILD VERSION COMPILER GENERATOR CXX-COMPILER: programs in C and C++ are built
# against an install tree, by pkg-config and by find_package, and get the right bits. The tree is moved first: nothing
# in it may name its old place.
set -euo pipefail
kind=$1 source=$2 build=$3 version=$4 compiler=$5 generator=$6 cxx_compiler=$7
example=$source/native/examples/mnist_loss.c

work=$(mktemp -d /tmp/exactloss-install.XXXXXX)
trap 'rm -rf "$work"' EXIT

# expect WHAT ACTUAL WANTED
expect() {
    if [[ $2 != "$3" ]]; then
        printf '%s: %s, but it should be %s\n' "$1" "$2" "$3"
        exit 1
    fi
}

if [[ $kind == static ]]; then
    build=$work/build
    cmake -S "$source" -B "$build" -G "$generator" -DCMAKE_C_COMPILER="$compiler" -DBUILD_SHARED_LIBS=OFF \
        -DBUILD_TESTING=OFF -DEXACTLOSS_BUILD_BENCHMARKS=OFF
    cmake --build "$build"
fi
cmake --install "$build" --prefix "$work/staging"
mv "$work/staging" "$work/prefix"
prefix=$work/prefix

[[ -f $prefix/include/exactloss/exactloss.h ]]
libdir=$(dirname "$(find "$prefix" -name 'libexactloss.*' | head -n 1)")
if [[ $kind == shared && -e $libdir/libexactloss.so ]]; then
    expect "the library's file" "$(basename "$(readlink -f "$libdir/libexactloss.so")")" "libexactloss.so.$version"
    abi=$(awk '/^#define EXACTLOSS_ABI_VERSION/ { print $3 }' "$prefix/include/exactloss/exactloss.h")
    [[ -L $libdir/libexactloss.so.$abi ]]
fi
if grep -rIl "$work/staging" "$prefix"; then
    echo "these files name the place that the tree was installed to"
    exit 1
fi
export LD_LIBRARY_PATH=$libdir PKG_CONFIG_PATH=$libdir/pkgconfig

expect "pkg-config's version" "$(pkg-config --modversion exactloss)" "$version"
static=()
[[ $kind == shared ]] || static=(--static)
read -ra flags < <(pkg-config "${static[@]}" --cflags --libs exactloss)
"$compiler" -std=c11 -Wall -Wextra -Wpedantic -Werror "$example" "${flags[@]}" -o "$work/by-pkg-config"
expect "the program by pkg-config" "$("$work/by-pkg-config")" 0.43333334227403003
"$cxx_compiler" -std=c++20 -Wall -Wextra -Wpedantic -Werror "$source/native/bindings/cxx/mnist_loss.cpp" "${flags[@]}" \
    -o "$work/by-pkg-config-in-cxx"
expect "the program in C++" "$("$work/by-pkg-config-in-cxx")" 0.43333334227403003

cmake -S "$source/native/tests/consumers" -B "$work/consumer" -G "$generator" -DCMAKE_C_COMPILER="$compiler" \
    -DCMAKE_PREFIX_PATH="$prefix" -DEXACTLOSS_VERSION="$version" -DEXACTLOSS_EXAMPLE="$example"
cmake --build "$work/consumer"
expect "the program by find_package" "$("$work/consumer/consumer")" 0.43333334227403003

if [[ $kind == static ]] && ldd "$work/by-pkg-config" "$work/consumer/consumer" | grep libexactloss; then
    echo "these programs should need no shared library"
    exit 1
fi
