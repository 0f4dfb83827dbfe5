#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# crates_test.sh LIBRARY_FOLDER HEADER WORK VERSION PYTHON: the crates are as the header says, formatted, free of
# warnings, documented, and pass their tests. EXACTLOSS_CASES names the conformance file.
set -euo pipefail
library=$1 header=$2 work=$3 version=$4 python=$5
# shellcheck source=native/bindings/rust/tests/cargo.sh
source "$(dirname "${BASH_SOURCE[0]}")/cargo.sh"
require_cargo 65
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export EXACTLOSS_LIB_DIR=$library LD_LIBRARY_PATH=$library CARGO_TARGET_DIR=$work

# fails_with WORDS COMMAND...: the command fails, and says these words.
fails_with() {
    local output
    if output=$("${@:2}" 2>&1); then
        echo "${*:2} should fail"
        return 1
    fi
    if [[ $output != *"$1"* ]]; then
        printf '%s should say "%s", but says:\n%s\n' "${*:2}" "$1" "$output"
        return 1
    fi
}

mkdir -p "$work"
"$python" generate.py --check "$header" exactloss-sys/src/bindings.rs
sed 's/EXACTLOSS_SUM 0x200/EXACTLOSS_SUM 0x201/' "$header" >"$work/changed.h"
fails_with "is not what exactloss.h says" "$python" generate.py --check "$work/changed.h" exactloss-sys/src/bindings.rs

if ! grep -qx "version = \"$version\"" Cargo.toml || ! grep -q "exactloss-sys.*version = \"$version\"" Cargo.toml; then
    echo "Cargo.toml should have the version $version, twice: for the crates, and for exactloss-sys as a dependency"
    exit 1
fi

if cargo fmt --version; then
    cargo fmt --check
fi
export RUSTFLAGS="-D warnings" RUSTDOCFLAGS="-D warnings"
if cargo clippy --version; then
    cargo clippy --offline --locked --workspace --all-targets -- -D warnings
    cargo clippy --offline --locked --package exactloss --no-default-features -- -D warnings
fi
cargo test --offline --locked --workspace
# One wrong digit.
sed '0,/^loss 3/s//loss 4/' "$EXACTLOSS_CASES" >"$work/changed.txt"
fails_with "1 of" env EXACTLOSS_CASES="$work/changed.txt" cargo test --offline --locked --test conformance
cargo build --offline --locked --package exactloss --example mnist_loss
cargo doc --offline --locked --workspace --no-deps

example=$work/debug/examples/mnist_loss
[[ $("$example") == 0.43333334227403003 ]]
fails_with "Status(12)" env EXACTLOSS_MAX_ISA=unknown "$example"
# A library of another binary interface.
cc -shared -fPIC -o "$work/libother.so" -x c - <<<"int exactloss_abi_version(void) { return 99; }"
fails_with "Abi { library: 99 }" env LD_PRELOAD="$work/libother.so" "$example"

# The library by pkg-config, and none.
cat >"$work/exactloss.pc" <<END
Name: exactloss
Description: the library of the build
Version: $version
Libs: -L$library -lexactloss
END
mkdir -p "$work/empty"
unset EXACTLOSS_LIB_DIR
export CARGO_TARGET_DIR=$work/by_pkg_config
PKG_CONFIG_PATH=$work cargo run --offline --locked --example mnist_loss
fails_with "EXACTLOSS_LIB_DIR to the folder of libexactloss" env PKG_CONFIG_PATH= PKG_CONFIG_LIBDIR="$work/empty" \
    cargo build --offline --locked
