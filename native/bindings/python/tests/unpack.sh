#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# unpack.sh PACKAGE_SH LIBRARY_FOLDER FOLDER: builds the wheel into FOLDER/wheel, and unpacks it into FOLDER/package.

set -euo pipefail

rm -rf -- "$3/wheel" "$3/package"
"$1" "$2" "$3/wheel"
python3 -m zipfile -e "$3"/wheel/*.whl "$3/package"
