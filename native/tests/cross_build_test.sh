#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# cross_build_test.sh SOURCE GENERATOR: the libraries and the benchmark compile and link for aarch64, and need no more
# there than libc and libm. Only the compiler is named: what it compiles for, CMake has to ask it.
set -euo pipefail
source=$1 generator=$2
compiler=aarch64-linux-gnu-gcc

if ! command -v "$compiler" >/dev/null; then
    echo "skipped: there is no $compiler"
    exit 77
fi

work=$(mktemp -d /tmp/exactloss-cross.XXXXXX)
trap 'rm -rf "$work"' EXIT
cmake -S "$source" -B "$work" -G "$generator" -DCMAKE_C_COMPILER="$compiler" -DBUILD_TESTING=OFF -DEXACTLOSS_NVCC=OFF \
    -DEXACTLOSS_WARNINGS_AS_ERRORS=ON
cmake --build "$work"

for file in libexactloss.so libexactloss_cuda.so bench/exactloss-bench; do
    readelf -h "$work/native/$file" | grep 'Machine: *AArch64'
    # The benchmark has the objects of one library in it, and links with the other.
    needed=$(readelf -d "$work/native/$file" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' |
        grep -vE '^(libc|libm|libdl|libpthread|ld-linux-aarch64|libexactloss_cuda)\.so' || true)
    if [[ -n $needed ]]; then
        echo "$file needs $needed"
        exit 1
    fi
done
"$source/native/tests/symbols_test.sh" "$work/native/libexactloss.so"
"$source/native/tests/glibc_test.sh" "$work/native/libexactloss.so" "$work/native/libexactloss_cuda.so"
if aarch64-linux-gnu-nm "$work/native/libexactloss.so" | grep -i avx; then
    echo "these kernels are of another processor"
    exit 1
fi
