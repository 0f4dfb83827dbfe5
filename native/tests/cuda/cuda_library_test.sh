#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# cuda_library_test.sh LIBRARY HEADER COMPILER: the library exports what its header declares and nothing else, needs
# libc alone (in the files of older releases, and libm where the floating-point environment is there), and is below
# 280 kB; the header is C++ too.
set -euo pipefail
library=$1 header=$2 compiler=$3
status=0

exported=$(nm -D --defined-only "$library" | awk '{ print $3 }' | sort)
declared=$(grep -o 'exactloss_cuda_[a-z0-9_]*(' "$header" | tr -d '(' | sort -u)
if ! difference=$(diff <(echo "$declared") <(echo "$exported")); then
    printf 'declared (<) and exported (>) names differ:\n%s\n' "$difference"
    status=1
fi
# libdl and libpthread are parts of libc that older releases have as files.
libc='lib(c|dl|pthread)\.'
if [[ $(uname -m) != x86_64 ]]; then
    libc='lib(c|m|dl|pthread)\.'
fi
if others=$(ldd "$library" | grep -vE "^\s*(linux-vdso\.so|(/\S*/)?ld-|$libc|/\S*/ld-)"); then
    printf 'it needs more than libc:\n%s\n' "$others"
    status=1
fi
size=$(stat -L -c %s "$library")
if ((size >= 280000)); then
    echo "it has $size bytes"
    status=1
fi
"$compiler" -x c++ -std=c++17 -Wall -Wextra -Wpedantic -Werror -fsyntax-only "$header"
echo "$size bytes, $(wc -l <<<"$exported") functions"
exit "$status"
