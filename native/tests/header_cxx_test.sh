#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# header_cxx_test.sh COMPILER NATIVE LIBRARY: the headers are C++ too, each by itself. The C example compiles as C++17,
# without a warning.
set -euo pipefail
compiler=$1 native=$2 library=$3

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$compiler" -x c++ -std=c++17 -Wall -Wextra -Wpedantic -Werror -I"$native/include" "$native/examples/mnist_loss.c" \
    -x none "$library" -lm "-Wl,-rpath,$(dirname "$library")" -o "$work/mnist_loss"
for header in "$native"/include/exactloss/*.h; do
    "$compiler" -x c++ -std=c++17 -Wall -Wextra -Wpedantic -Werror -fsyntax-only -include "$header" /dev/null
done
[[ $("$work/mnist_loss") == 0.43333334227403003 ]]
