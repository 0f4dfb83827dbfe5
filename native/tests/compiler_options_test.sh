#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# compiler_options_test.sh SOURCE COMPILER GENERATOR LIBRARY: with the worst CFLAGS that a distribution or a user may have, the
# library gives the bits of LIBRARY, leaves alone how the process treats subnormals, and is machine code. Sources that are
# compiled without CMake refuse such options.
set -euo pipefail
source=$1 compiler=$2 generator=$3 library=$4

work=$(mktemp -d /tmp/exactloss-options.XXXXXX)
trap 'rm -rf "$work"' EXIT
echo 'int main(void) { return 0; }' >"$work/empty.c"

# takes OPTION: whether the compiler has it.
takes() {
    "$compiler" -Werror "$1" -c "$work/empty.c" -o "$work/empty.o" 2>/dev/null
}

# build NAME CFLAGS [CMAKE-OPTION...]
build() {
    env -u LDFLAGS CFLAGS="$2" cmake -S "$source" -B "$work/$1" -G "$generator" -DCMAKE_C_COMPILER="$compiler" \
        -DBUILD_TESTING=OFF -DEXACTLOSS_BUILD_BENCHMARKS=OFF -DEXACTLOSS_CUDA=OFF -DEXACTLOSS_WARNINGS_AS_ERRORS=OFF \
        "${@:3}"
    cmake --build "$work/$1"
}

# bits LIBRARY ISA: the results of all operations.
bits() {
    EXACTLOSS_MAX_ISA=$2 python3 -B "$source/native/tests/matrix_test.py" "$1" "$2" --child
}

# ---- all at once, on every instruction set --------------------------------------------------------------------------

options=
for option in -Ofast -ffast-math -funsafe-math-optimizations -ffinite-math-only -fno-signed-zeros -fno-trapping-math \
    -fassociative-math -freciprocal-math -mrecip -fsingle-precision-constant -fexcess-precision=standard -mfpmath=387 \
    -march=native -ffp-contract=fast -flto -frounding-math -funsigned-char -fshort-enums -fno-builtin -fno-inline; do
    ! takes "$option" || options+=" $option"
done
echo "CFLAGS:$options"
# No build type: its -O3 would come after these.
build shared "$options" -DCMAKE_BUILD_TYPE=None -DEXACTLOSS_CUDA=ON -DEXACTLOSS_NVCC=OFF
built=$work/shared/native/libexactloss.so

python3 - "$work"/shared/native/libexactloss*.so <<'END'
import ctypes, sys
smallest = float("5e-324")
for library in sys.argv[1:]:
    ctypes.CDLL(library)
    if smallest * float("1") != smallest:
        sys.exit(f"{library} makes its process flush subnormals")
END

for isa in portable neon sse2 sse4.1 avx2 avx512; do
    status=0
    bits "$library" "$isa" >"$work/wanted" || status=$?
    if ((status == 77)); then
        cat "$work/wanted"
        continue
    fi
    bits "$built" "$isa" >"$work/given"
    cmp "$work/wanted" "$work/given" || { echo "other bits on $isa"; exit 1; }
    echo "$(wc -l <"$work/given") cases on $isa, the same bits"
done

# An archive of link-time optimisation's code would be compiled, and optimised, when a program is linked with it.
build static "$options" -DBUILD_SHARED_LIBS=OFF
if readelf -SW "$work/static/native/libexactloss.a" | grep -m 1 '\.gnu\.lto\|\.llvm\.lto'; then
    echo "the archive is not machine code"
    exit 1
fi
readelf -h "$work/static/native/libexactloss.a" | grep -c 'Type: *REL' >/dev/null

# Without optimisation, where intrinsics are macros, compilers warn of more.
build debug '' -DCMAKE_BUILD_TYPE=Debug -DEXACTLOSS_WARNINGS_AS_ERRORS=ON

# ---- without CMake --------------------------------------------------------------------------------------------------

for file in exact_quotient totals gradient metrics cpu/kernels_portable; do
    compile=("$compiler" -std=c11 -I"$source/native/include" -I"$source/native/src" -fsyntax-only
        "$source/native/src/$file.c")
    "${compile[@]}"
    for option in -ffast-math -Ofast -ffinite-math-only -mfpmath=387; do
        if takes "$option" && "${compile[@]}" "$option" 2>"$work/refusal"; then
            echo "$file.c is compiled with $option"
            exit 1
        fi
    done
done
