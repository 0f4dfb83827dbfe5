#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# symbols_test.sh LIBRARY ARCHIVE: the library defines no name that doesn't begin with exactloss_, and has no dependency
# but libc and libm.
set -euo pipefail
library=$1 archive=$2
status=0

# foreign_names NM-OPTION... FILE: the names that it defines and that don't begin with exactloss_.
foreign_names() {
    nm --defined-only "$@" | awk 'NF == 3 && $3 !~ /^exactloss_/ { print $3 }'
}

# expect_none WHAT LIST
expect_none() {
    if [[ -n $2 ]]; then
        printf '%s:\n%s\n' "$1" "$2"
        status=1
    fi
}

if [[ $library == *.so* ]]; then
    expect_none "$library exports foreign names" "$(foreign_names -D "$library")"
    expect_none "$library depends on more than libc and libm" \
        "$(ldd "$library" | grep -vE '^\s*(linux-vdso\.so|(/\S*/)?ld-|libc\.|libm\.|/\S*/ld-)' || true)"
fi
expect_none "$archive defines foreign names" "$(foreign_names -g "$archive")"
nm -g --defined-only "$archive" | grep ' T exactloss_loss$' >/dev/null
exit "$status"
