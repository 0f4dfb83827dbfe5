#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# package_test.sh: where the tools of a language are missing, its package.sh says so, and exits as a skipped test. The
# step "bindings" of build.sh leaves such a language out, and takes any other status for a failure.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/bin"
for tool in bash dirname mkdir realpath sed; do
    ln -s "$(command -v $tool)" "$work/bin"
done

for script in */package.sh; do
    status=0
    output=$(PATH=$work/bin "$script" "$work" "$work/packages" 2>&1) || status=$?
    if ((status != 77)) || [[ $output != "skipped: there is no "* ]]; then
        printf '%s without tools: status %d instead of 77, and:\n%s\n' "$script" "$status" "$output"
        exit 1
    fi
done
