#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# glibc_test.sh LIBRARY...: the libraries run with glibc from 2.17 on: no function that they need has a newer version.
set -euo pipefail
oldest=2.17
status=0

for library in "$@"; do
    versions=$(readelf --version-info --wide "$library" | sed -n 's/.*Name: GLIBC_\([0-9.]*\).*/\1/p' | sort -u -V)
    echo "$library: $(paste -sd ' ' <<<"$versions")"
    if [[ -z $versions ]] || ! printf '%s\n' "$versions" "$oldest" | sort -V -C; then
        echo "it needs a newer glibc than $oldest"
        status=1
    fi
done
exit "$status"
