# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# The native tests on other platforms: cross-built here, and run, most of them by an emulator. Sourced by build.sh. Each platform's reports
# are build/platforms/<name>/ctest.xml; one that can't be tested has a report that says why.

PLATFORMS=build/platforms
export WINEPREFIX=${WINEPREFIX:-$ROOT/build/cache/wine} WINEDEBUG=${WINEDEBUG:--all}

# The name | its toolchain file, whose compiler is needed | how its programs are run: a command, or nothing.
TESTED_PLATFORMS=(
    "linux-aarch64     | aarch64-linux-gnu   | qemu-aarch64"
    "linux-s390x       | s390x-linux-gnu     | qemu-s390x"
    "linux-arm         | arm-linux-gnueabihf | qemu-arm"
    "linux-i686        | i686-linux-gnu      | /usr/i686-linux-gnu/lib/ld-linux.so.2"
    "windows-x86_64    | x86_64-w64-mingw32  | wine"
    "linux-x86_64-musl | x86_64-linux-musl   |"
)

# ---- cmocka ----------------------------------------------------------------------------------------------------------

# fetch_cmocka: its sources into build/cache/cmocka, by apt, which verifies them. Debian's package is for Debian's own
# platforms alone. apt's lists are private: they are those of the machine, of sources.
fetch_cmocka() {
    local folder=$ROOT/build/cache/cmocka apt=$ROOT/build/cache/apt-sources file options
    [[ ! -d $folder ]] || return 0
    rm -rf "$folder.new" "$apt"
    mkdir -p "$folder.new" "$apt"/{parts,lists/partial,cache/archives/partial,download}
    for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.{list,sources}; do
        if [[ -f $file ]]; then
            sed -E 's/^Types:.*/Types: deb-src/; s/^deb /deb-src /' "$file" >"$apt/parts/${file##*/}"
        fi
    done
    options=(-o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts="$apt/parts" -o Dir::State::lists="$apt/lists"
        -o Dir::Cache="$apt/cache" -o APT::Sandbox::User="$(id -un)")
    apt-get "${options[@]}" update || true # a list without sources is no matter
    (cd "$apt/download" && apt-get "${options[@]}" source --download-only cmocka) &&
        rm -f "$apt"/download/*.asc &&
        tar -xf "$apt"/download/cmocka_*.orig.tar.* -C "$folder.new" --strip-components=1 &&
        rm -rf "$apt" &&
        mv "$folder.new" "$folder"
}

# build_cmocka FOLDER TOOLCHAIN: libcmocka-static.a in FOLDER/src
build_cmocka() {
    cmake --fresh -G Ninja -S build/cache/cmocka -B "$1" -DCMAKE_TOOLCHAIN_FILE="$TOOLCHAINS/$2.cmake" \
        -DCMAKE_BUILD_TYPE=Release -DWITH_STATIC_LIB=ON -DWITH_EXAMPLES=OFF
    cmake --build "$1" --target cmocka-static
}

# ---- a platform ------------------------------------------------------------------------------------------------------

# hindrance TOOLCHAIN RUNNER: why this machine can't compile for a platform, or run its programs; nothing if it can.
hindrance() {
    local compiler processor tool
    compiler=$(setting_of CMAKE_C_COMPILER "$1") processor=$(setting_of CMAKE_SYSTEM_PROCESSOR "$1")
    for tool in "$compiler" $2; do
        if ! command -v "$tool" >/dev/null; then
            echo "there is no $tool"
            return
        fi
    done
    if [[ $("$compiler" -dumpmachine) != "$processor"-* ]]; then # musl-gcc is called so on every processor
        echo "$compiler is for $("$compiler" -dumpmachine), and not for $processor"
    elif [[ -n $2 && $2 != qemu-* && $(uname -m) != x86_64 ]]; then
        echo "${2##*/} runs programs on an x86-64 alone, and this machine is $(uname -m)"
    fi
}

# setting_of VARIABLE TOOLCHAIN
setting_of() {
    sed -n "s/^set($1 \(.*\))\$/\1/p" "$TOOLCHAINS/$2.cmake"
}

# test_platform NAME [CTEST_OPTION...]: failed tests don't fail it, the summary counts them.
test_platform() {
    local folder=$PLATFORMS/$1 toolchain runner reason
    IFS='|' read -r _ toolchain runner < <(printf '%s\n' "${TESTED_PLATFORMS[@]}" | grep "^$1 ")
    read -r toolchain <<<"$toolchain"
    rm -f "$folder/ctest.xml"
    reason=$(hindrance "$toolchain" "$runner")
    if [[ -n $reason ]]; then
        skip_platform "$1" "$reason"
        return
    fi
    if ! fetch_cmocka; then
        skip_platform "$1" "the sources of cmocka could not be fetched"
        return
    fi
    build_cmocka "$folder/cmocka" "$toolchain"
    cmake --fresh -G Ninja -S . -B "$folder" -DCMAKE_TOOLCHAIN_FILE="$TOOLCHAINS/$toolchain.cmake" -DCMAKE_BUILD_TYPE=Release \
        -DBUILD_TESTING=ON -DEXACTLOSS_BUILD_BENCHMARKS=OFF -DEXACTLOSS_CUDA=OFF \
        -DCMOCKA_INCLUDE="$ROOT/build/cache/cmocka/include" -DCMOCKA_LIBRARY="$ROOT/$folder/cmocka/src/libcmocka-static.a"
    cmake --build "$folder"
    ctest --test-dir "$folder" --no-tests=error --parallel "$(nproc)" --output-on-failure --output-junit "$ROOT/$folder/ctest.xml" "${@:2}" ||
        [[ -s $folder/ctest.xml ]]
    note "$(bits_compared "$folder/ctest.xml")"
}

# skip_platform NAME REASON
skip_platform() {
    mkdir -p "$PLATFORMS/$1"
    printf '<testsuite><testcase name="all tests"><skipped message="%s"/></testcase></testsuite>\n' "$2" \
        >"$PLATFORMS/$1/ctest.xml"
    note "skipped: $2"
}

# bits_compared REPORT: what the tests platform_bits said.
bits_compared() {
    sed -nE 's/^.*\b([0-9]+) values by (\w+(\.1)?), .* 0 of them different.*/\1 \2/p' "$1" |
        awk '{ names = names (NR > 1 ? ", " : "") $2 } END { if (NR > 0) print $1 " values have the bits of all platforms: " names }'
}

# forget_platforms: the reports of an earlier run.
forget_platforms() {
    rm -f "$PLATFORMS"/*/*.xml
}

# The part that build.sh test has: of a platform that Java services run on, what takes less than two minutes.
test_aarch64_kernels() {
    test_platform linux-aarch64 \
        --tests-regex '^(kernels.*_neon|conformance_c_neon|exact_sum_test|fma_test|platform_bits_neon|dispatch_.*)$'
}
