# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0

# require_cargo MINOR: exits, as a skipped test, unless there is Cargo 1.MINOR or a later one.
require_cargo() {
    local version
    if ! version=$(cargo --version 2>/dev/null); then
        echo "skipped: there is no cargo"
        exit 77
    fi
    if [[ ! $version =~ ^cargo\ 1\.([0-9]+) ]] || ((BASH_REMATCH[1] < $1)); then
        echo "skipped: $version is older than 1.$1"
        exit 77
    fi
}
