#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# dll_test.sh DLL ABI_RECORD: the DLL exports what the library does on other systems, imports nothing but Windows's own
# libraries, and moves no vector to memory in a way that needs 32 or 64 bytes of alignment, which stacks do not have there.
set -euo pipefail
dll=$1 record=$2
objdump=x86_64-w64-mingw32-objdump
status=0

# expect_same WHAT WANTED HAVE
expect_same() {
    if [[ $2 != "$3" ]]; then
        printf '%s:\n' "$1"
        diff <(printf '%s\n' "$2") <(printf '%s\n' "$3") || true
        status=1
    fi
}

expect_same "exports" "$(sed -nE 's/^function [^(]*\b(exactloss_\w+)\(.*/\1/p' "$record" | grep -v '^exactloss_cuda_' | sort)" \
    "$("$objdump" -p "$dll" | sed -nE 's/^\s*\[ *[0-9]+\] (exactloss_\w+)$/\1/p' | sort)"
expect_same "imports" "$(printf 'KERNEL32.dll\nmsvcrt.dll')" "$("$objdump" -p "$dll" | sed -n 's/.*DLL Name: //p' | sort)"

moves=$("$objdump" -d --no-show-raw-insn "$dll" | grep -E '%[yz]mm' || true)
[[ -n $moves ]] || { echo "there are no vectors in $dll"; exit 1; }
expect_same "aligned moves" "" "$(grep -E 'vmov(aps|apd|dqa|dqa32|dqa64)\s.*\(' <<<"$moves" || true)"
exit "$status"
