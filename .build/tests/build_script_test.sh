#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# build.sh explains itself, from any folder, and refuses what it doesn't know.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
cd /

# expect STATUS WORD ARGUMENT...: runs build.sh with the arguments; its output must have the word.
expect() {
    local wanted=$1 word=$2 status=0 output
    shift 2
    output=$("$root/build.sh" "$@" 2>&1 </dev/null) || status=$?
    if ((status != wanted)) || [[ $output != *"$word"* ]]; then
        printf 'build.sh %s: status %d instead of %d, or no "%s" in:\n%s\n' "$*" "$status" "$wanted" "$word" "$output"
        exit 1
    fi
}

for step in train test setup native java mnist bench format lint clean help; do
    expect 0 "  $step " help
done
expect 0 JAVA_HOME --help
expect 2 'no step "nonsense"' nonsense
expect 2 'takes no arguments' clean everything
