#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# build.sh builds what it should where somebody configured build/native by hand, with the options that README.md names
# for C programs, and with another generator: a library of these would get into the jar without a word.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d "/tmp/exactloss by hand.XXXXXX")
trap 'rm -rf "$work"' EXIT
for path in .build CMakeLists.txt CMakePresets.json LICENSE build.sh native; do
    cp -R "$root/$path" "$work"
done
cd "$work"

if command -v make >/dev/null; then
    cmake -S . -B build/native -G 'Unix Makefiles' -DBUILD_TESTING=OFF
    rm build/native/CMakeCache.txt
fi
cmake --preset release -DBUILD_SHARED_LIBS=OFF -DBUILD_TESTING=OFF -DEXACTLOSS_X86_KERNELS=OFF -DEXACTLOSS_CUDA=OFF \
    -DCMAKE_BUILD_TYPE=Debug -DCMAKE_C_FLAGS=-DBY_HAND
# What an earlier build left is newer than every source, and is not what these make.
mkdir -p build/native/native build/native/natives/linux-other
touch build/native/native/libexactloss.so build/native/natives/linux-other/libexactloss.so
./build.sh native

if grep -E '^(BUILD_SHARED_LIBS|EXACTLOSS_[A-Z0-9_]*):.*=OFF$|^CMAKE_BUILD_TYPE:.*=Debug|=-DBY_HAND' \
    build/native/CMakeCache.txt; then
    echo "these options were given by hand"
    exit 1
fi
python3 - build/native/native/libexactloss.so <<'END'
import ctypes, platform, sys
library = ctypes.CDLL(sys.argv[1])
library.exactloss_isa_name_of.restype = ctypes.c_char_p
assert library.exactloss_isa_name_of(0) == b"portable"
END
[[ -s build/native/native/libexactloss_cuda.so ]]
[[ $(ls build/native/natives) == "linux-$(uname -m)" ]]
for library in build/native/natives/*/*; do
    cmp "$library" "build/native/native/${library##*/}"
done
if [[ $(uname -m) == x86_64 ]] && ! nm build/native/native/libexactloss.so | grep exactloss_kernels_avx2; then
    echo "the library is without the kernels for AVX2"
    exit 1
fi
