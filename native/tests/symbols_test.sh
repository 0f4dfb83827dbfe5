#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# symbols_test.sh LIBRARY [ARCHIVE]: the library defines no name that doesn't begin with exactloss_, and needs few functions,
# which every libc has: above all none of libm's, whose bits and speed differ from one libm to the next. LIBRARY may be that of
# another processor.
set -euo pipefail
library=$1 archive=${2-}
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
    # Weak names are those of the start-up files; a sanitizer's or a debug build's own functions are no matter.
    expect_none "$library needs other functions" \
        "$(nm -D --undefined-only "$library" | awk '$1 == "U" { sub("@.*", "", $2); print $2 }' |
            grep -vxE 'getenv|mem(cpy|move|set|cmp)|strcmp|fe[gs]etenv|__(asan|ubsan|lsan)_.*|__stack_chk_(fail|guard)' || true)"
    expect_none "$library depends on more than libc and libm" \
        "$(readelf --dynamic --wide "$library" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | grep -vE '^lib([cm]|asan|ubsan)\.' || true)"
fi
if [[ -n $archive ]]; then
    expect_none "$archive defines foreign names" "$(foreign_names -g "$archive")"
    nm -g --defined-only "$archive" | grep ' T exactloss_loss$' >/dev/null
fi
exit "$status"
