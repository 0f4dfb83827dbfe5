#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# undefined_behaviour_test.sh SOURCE CXX GENERATOR: Clang's sanitizer, which looks for more than GCC's (an offset to NULL, a
# conversion that loses bits), finds no undefined behaviour where the tests take the library to the edges of its numbers.
set -euo pipefail
source=$1 cxx=$2 generator=$3
programs=(arguments_test accumulator_test forged_forms_test api_test metrics_test operations_test targets_test exact_sum_test
    view_arrow_test view_dlpack_test)
cuda_programs=(cuda_calls_test cuda_faults_test)

work=$(mktemp -d /tmp/exactloss-undefined.XXXXXX)
trap 'rm -rf "$work"' EXIT

# Distributions have it with its version in its name, and the sanitizers in a package of their own.
checks=-fsanitize=undefined,implicit-conversion,local-bounds,nullability
echo 'int main(int count, char **arguments) { return arguments[count - 1][0] == 0; }' >"$work/program.c"
compiler=
for candidate in $(compgen -c clang | grep -E '^clang(-[0-9]+)?$' | sort -V); do
    ! "$candidate" "$checks" "$work/program.c" -o "$work/program" 2>/dev/null || compiler=$candidate
done
if [[ -z $compiler ]]; then
    echo "skipped: there is no clang with sanitizers"
    exit 77
fi

# The fake GPU is another compiler's: it is no part of the library.
CC=$compiler CXX=$cxx CFLAGS="$checks -fno-sanitize-recover=all" cmake -S "$source" -B "$work/build" -G "$generator" \
    -DCMAKE_BUILD_TYPE=RelWithDebInfo -DEXACTLOSS_NVCC=OFF -DEXACTLOSS_BUILD_BENCHMARKS=OFF
cmake --build "$work/build" --target "${programs[@]}" "${cuda_programs[@]}" fake_cuda_ptx

for program in "${programs[@]}"; do
    "$work/build/native/tests/$program"
done
EXACTLOSS_MAX_ISA=portable "$work/build/native/tests/operations_test"
for program in "${cuda_programs[@]}"; do
    EXACTLOSS_MAX_ISA=portable LD_LIBRARY_PATH=$work/build/native/tests/cuda/driver \
        "$work/build/native/tests/cuda/$program"
done
