#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# dll_test.sh OBJDUMP COMPILER DLL ABI_RECORD: the DLL exports what the library does on other systems, and imports nothing but
# Windows's own libraries: the C library is one of two. COMPILER is CMake's name of it. What GCC compiles moves no vector to
# memory in a way that needs 32 or 64 bytes of alignment, which its stacks do not have there; Clang aligns them.
set -euo pipefail
objdump=$1 compiler=$2 dll=$3 record=$4
status=0

# expect_same WHAT WANTED HAVE
expect_same() {
    if [[ $2 != "$3" ]]; then
        printf '%s:\n' "$1"
        diff <(printf '%s\n' "$2") <(printf '%s\n' "$3") || true
        status=1
    fi
}

headers=$("$objdump" -p "$dll")
expect_same "exports" "$(sed -nE 's/^function [^(]*\b(exactloss_\w+)\(.*/\1/p' "$record" | grep -v '^exactloss_cuda_' | sort)" \
    "$(grep -oE '\bexactloss_\w+' <<<"$headers" | sort -u)"
imports=$(sed -nE 's/.*DLL Name: //p' <<<"$headers")
[[ -n $imports ]] || { echo "$objdump lists no imports of $dll"; exit 1; }
expect_same "imports" "" "$(grep -viE '^(kernel32|msvcrt|api-ms-win-crt-[a-z0-9-]+)\.dll$' <<<"$imports" || true)"

code=$("$objdump" -d --no-show-raw-insn "$dll")
grep -qE '%[yz]mm' <<<"$code" || { echo "there are no vectors in $dll"; exit 1; }
if [[ $compiler == GNU ]]; then
    expect_same "aligned moves" "" "$(grep -E 'vmov(aps|apd|dqa|dqa32|dqa64)\s.*%[yz]mm' <<<"$code" | grep '(' || true)"
fi
exit "$status"
