#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# package.sh LIBRARY_FOLDER DESTINATION: packages both crates, as cargo publish would, and builds each from its package.
set -euo pipefail
# shellcheck source=native/bindings/rust/tests/cargo.sh
source "$(dirname "${BASH_SOURCE[0]}")/tests/cargo.sh"
require_cargo 90 # packages workspaces whose crates depend on each other
library=$(realpath "$1") destination=$2
mkdir -p "$destination"
destination=$(realpath "$destination")

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export EXACTLOSS_LIB_DIR=$library CARGO_TARGET_DIR=$work
cd "$(dirname "${BASH_SOURCE[0]}")"
cargo package --workspace --offline --locked --allow-dirty --no-metadata
cp "$work"/package/*.crate "$destination"
