#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# make_ptx.sh NVCC FILE: compiles the kernels to PTX for all architectures from sm_75 on. The committed kernels.ptx is
# what it writes, with the version of nvcc that kernels.ptx names.
#
# The compiler calls its output a newer version of PTX than its instructions need, which older drivers refuse. It is
# relabelled as the oldest version that knows sm_75, and ptxas judges whether that is true (cuda_binaries_test.py).
set -euo pipefail
nvcc=$1 file=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# A third of the text: without comments, indents, and what makes names unique among many programs.
# shellcheck disable=SC2016 # nothing in it is for the shell
compact='
    s/^\.version .*/.version 6.3/
    s/^[ \t]+//; s/[ \t]+/ /g; s/, /,/g; /^\/\//d; /^$/d
    s/%(p|f|fd|r|rd|rs)([0-9<])/\1\2/g
    s/exactloss_[a-z_]+_param_0/job/; s/_ZN?[0-9]+\w*blockE?\b/block/g; s/\$L__BB/L/g'

"$nvcc" -std=c++17 -Werror all-warnings -ptx -arch=compute_75 -o "$work/kernels.ptx" "$(dirname "$0")/kernels.cu"
{
    printf '// SPDX-License-Identifier: Apache-2.0\n// Written by make_ptx.sh with nvcc %s; not for editing.\n' \
        "$("$nvcc" --version | sed -n 's/.*release .*, V//p')"
    sed -E "$compact" "$work/kernels.ptx"
} >"$file"
