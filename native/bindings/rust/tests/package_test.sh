#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# package_test.sh no_std|half LIBRARY_FOLDER WORK [OBJECT...]: a program that depends on the packaged crates, from a
# folder of vendored ones, gets the right bits. With objects, it is linked with a static library of these.
set -euo pipefail
program=$1 library=$2 work=$3
objects=("${@:4}")
folder=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
system_crates=/usr/share/cargo/registry # Debian's
if [[ $program == half && ! $(compgen -G "$system_crates/half-1.*") ]]; then
    echo "skipped: the crate half is not installed (librust-half-dev)"
    exit 77
fi

rm -rf "$work"
mkdir -p "$work/vendored"
"$folder/../package.sh" "$library" "$work/crates"
for crate in "$work"/crates/*.crate; do
    tar -xf "$crate" -C "$work/vendored"
    echo '{"files":{}}' >"$work/vendored/$(basename "$crate" .crate)/.cargo-checksum.json"
done
[[ $program != half ]] || ln -s "$system_crates"/*/ "$work/vendored"

export EXACTLOSS_LIB_DIR=$library LD_LIBRARY_PATH=$library CARGO_TARGET_DIR=$work/target
if ((${#objects[@]})); then
    mkdir "$work/static"
    ar rcs "$work/static/libexactloss.a" "${objects[@]}"
    export EXACTLOSS_LIB_DIR=$work/static EXACTLOSS_STATIC=1 LD_LIBRARY_PATH=
fi
cp -r "$folder/$program" "$work/program"
cd "$work/program"
cargo run --release --offline --config 'source.crates-io.replace-with = "vendored"' \
    --config "source.vendored.directory = '$work/vendored'"
