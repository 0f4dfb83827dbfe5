#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# module_test.sh LIBRARY_FOLDER INCLUDE_FOLDER WORK VERSION: the module is formatted, go vet finds nothing, and its tests
# pass. EXACTLOSS_CASES names the conformance file.
set -euo pipefail
work=$3
# shellcheck source=native/bindings/go/tests/go.sh
source "$(dirname "${BASH_SOURCE[0]}")/go.sh"
set_up_go "$@"
cd "$(dirname "${BASH_SOURCE[0]}")/.."

unformatted=$(gofmt -l .)
if [[ $unformatted ]]; then
    printf 'gofmt would change:\n%s\n' "$unformatted"
    exit 1
fi
go vet ./...
go test -c -o "$work/module.test" .
"$work/module.test" -test.v
go build -o "$work" ./internal/overhead

# fails_with WORDS TEST COMMAND...: the test, run by the command, fails and says these words.
fails_with() {
    local output
    if output=$("${@:3}" "$work/module.test" -test.run "^$2\$" 2>&1) || [[ $output != *"$1"* ]]; then
        printf '%s: %s should fail and say "%s", but says:\n%s\n' "${*:3}" "$2" "$1" "$output"
        return 1
    fi
}
# One wrong digit.
sed '0,/^loss 3/s//loss 4/' "$EXACTLOSS_CASES" >"$work/changed.txt"
fails_with "was expected" TestConformance env EXACTLOSS_CASES="$work/changed.txt"
fails_with "unset the environment variable, or use one of ISAs()" Example env EXACTLOSS_MAX_ISA=unknown
# A library of another binary interface.
cc -shared -fPIC -o "$work/libother.so" -x c - <<<"int exactloss_abi_version(void) { return 99; }"
fails_with "has the binary interface 99" Example env LD_PRELOAD="$work/libother.so"
