#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# musl_test.sh TESTS LIBRARY: the library that was built with glibc, which the Java jar has for both, in programs of musl. One
# is linked with it and has the bits of every platform; one loads it by dlopen(), as a JVM does.
set -euo pipefail
tests=$1 library=$2

if ! command -v musl-gcc >/dev/null; then
    echo "skipped: there is no musl-gcc"
    exit 77
fi
if nm -D "$library" | grep -qE ' U __(asan|ubsan)_'; then
    echo "skipped: the library has a sanitizer, which is glibc's"
    exit 77
fi

work=$(mktemp -d /tmp/exactloss-musl.XXXXXX)
trap 'rm -rf "$work"' EXIT
compile=(musl-gcc -std=c11 -O1 -ffp-contract=off -fno-fast-math -I"$tests/../include" -I"$tests/../src")
soname=$(readelf -d "$library" | sed -n 's/.*(SONAME).*\[\(.*\)\]/\1/p')
cp "$library" "$work/$soname"

"${compile[@]}" "$tests/platform_bits.c" "$tests/inputs.c" -o "$work/bits" "$work/$soname" -Wl,-rpath,"$work"
readelf -l "$work/bits" | grep 'interpreter: .*ld-musl'
"$work/bits" "$tests/platform_bits.txt"

cat >"$work/load.c" <<'END'
#include <dlfcn.h>
#include <exactloss/exactloss.h>
#include <stdio.h>

int main(int argc, char **argv) {
    const float predictions[] = {0.9f, 0.4f, 0.2f};
    const unsigned char targets[] = {1, 0, 1};
    double result = 0;
    void *library = dlopen(argv[argc - 1], RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        puts(dlerror());
        return 1;
    }
    __typeof__(&exactloss_loss) loss = (__typeof__(&exactloss_loss))dlsym(library, "exactloss_loss");
    const int status = loss(EXACTLOSS_MNIST | EXACTLOSS_MEAN | EXACTLOSS_P_FLOAT32 | EXACTLOSS_T_UINT8, predictions,
                            targets, NULL, 3, NULL, &result, NULL);
    printf("%.17g\n", result);
    return status != EXACTLOSS_OK || result != 0.43333334227403003;
}
END
"${compile[@]}" "$work/load.c" -o "$work/load"
"$work/load" "$library"
