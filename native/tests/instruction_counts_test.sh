#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# instruction_counts_test.sh PROGRAM COMPILER BUILD_TYPE: the AVX2 kernels take no more instructions for a block than
# they used to, and neither does a call on 64 elements. Instructions are counted, which gives the same number on any
# machine and under any load; a time would not. The counts depend on the compiler: the limits are those of GCC 12, and
# 2 % more.
#
# A change that makes a kernel faster with more instructions raises its number here, and says so in its message.
set -euo pipefail
program=$1 compiler=$2 build_type=$3

limits() {
    cat <<'END'
decode_8                500
sum_f32                2860
sum_f32_three_parts    6990
sum_f64                3700
sum_f16                2610
sum_bf16               3440
sum_and_count_f32      4870
select_32              2690
logits_f32            17350
sum_squares_f32        7350
log_f32               12730
log_of_logits_f32     32300
call_64                 252
END
}

skip() {
    echo "skipped: $1"
    exit 77
}
[[ $compiler == "GNU 12."* ]] || skip "the numbers are those of GCC 12, and this is $compiler"
[[ $build_type == Release ]] || skip "the numbers are those of a release build, and this is one for ${build_type:-no purpose}"
command -v valgrind >/dev/null || skip "there is no valgrind"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
valgrind --tool=callgrind --toggle-collect='counted_*' --callgrind-out-file="$work/out" "$program" 2>"$work/log" || {
    cat "$work/log"
    exit 1
}
callgrind_annotate --inclusive=yes --threshold=100 "$work/out" |
    sed -nE 's/^ *([0-9,]+) .*:counted_([a-z0-9_]+).*/\2 \1/p' | tr -d , >"$work/counts"

failed=0
while read -r kernel limit; do
    count=$(awk -v kernel="$kernel" '$1 == kernel { print $2 }' "$work/counts")
    printf '%-20s %6s instructions, at most %6d\n' "$kernel" "${count:-no}" "$limit"
    if [[ -z $count ]] || ((count > limit)); then
        failed=1
    fi
done < <(limits)
exit "$failed"
