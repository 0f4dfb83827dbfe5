#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# portable_build_test.sh SOURCE COMPILER GENERATOR: the library with the portable kernels alone, as on other processors,
# builds and is right.
set -euo pipefail
source=$1 compiler=$2 generator=$3
programs=(exact_sum_test api_test arguments_test accumulator_test forged_forms_test targets_test dispatch_test)

work=$(mktemp -d /tmp/exactloss-portable.XXXXXX)
trap 'rm -rf "$work"' EXIT

cmake -S "$source" -B "$work" -G "$generator" -DCMAKE_C_COMPILER="$compiler" -DEXACTLOSS_X86_KERNELS=OFF -DEXACTLOSS_NEON_KERNELS=OFF \
    -DEXACTLOSS_BUILD_BENCHMARKS=OFF
cmake --build "$work" --target exactloss "${programs[@]}"
if nm "$work/native/libexactloss.so" | grep -E 'kernels_(neon|sse|avx)'; then
    echo "these kernels should have been left out"
    exit 1
fi
unset EXACTLOSS_MAX_ISA
for program in "${programs[@]}"; do
    "$work/native/tests/$program"
done
# The instruction sets that it has no kernels for are known by name all the same.
for isa in portable neon sse2 sse4.1 avx2 avx512 sse9; do
    EXACTLOSS_MAX_ISA=$isa "$work/native/tests/dispatch_test"
done
