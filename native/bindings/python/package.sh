#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# package.sh LIBRARY_FOLDER DESTINATION: packs the C library of a folder, and the Python package, into a wheel.

set -euo pipefail

if ! command -v python3 >/dev/null; then
    echo "skipped: there is no python3"
    exit 77
fi
(($# == 2)) || { echo "usage: $0 LIBRARY_FOLDER DESTINATION" >&2; exit 2; }
mkdir -p -- "$2"
exec python3 -B "$(dirname -- "${BASH_SOURCE[0]}")/backend/exactloss_build.py" "$1" "$2"
