# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# The native libraries of all platforms that this machine can build for, in build/natives/<platform>/, and the Java jars with
# them. Sourced by build.sh.

NATIVES=$ROOT/build/natives
TOOLCHAINS=$ROOT/native/cmake/toolchains

# What this machine builds beside its own platform: the platform | its toolchain file | the compiler that it names.
CROSS_PLATFORMS=(
    "linux-x86_64   | x86_64-linux-gnu   | x86_64-linux-gnu-gcc"
    "linux-aarch64  | aarch64-linux-gnu  | aarch64-linux-gnu-gcc"
    "windows-x86_64 | x86_64-w64-mingw32 | x86_64-w64-mingw32-gcc-posix"
    "macos-aarch64  | arm64-apple-macos  | macOS's clang"
    "macos-x86_64   | x86_64-apple-macos | macOS's clang"
)

# offer_needs NEED...: installs what is missing, if that can be done; otherwise goes on without it.
offer_needs() {
    local start=$EPOCHREALTIME need result="all there"
    begin tools
    for need in "$@"; do # one by one: a package that this system lacks must not keep it from the others
        (install_missing "$need") || result="some are missing: what needs them is left out"
    done
    report "$start" "$result"
}

# build_libraries NATIVES NAME [CMAKE_OPTION...]: the libraries alone, from scratch, into build/native-NAME and from there into
# the folder NATIVES.
build_libraries() {
    local folder=build/native-$2
    cmake --fresh -G Ninja -S . -B "$folder" -DCMAKE_BUILD_TYPE=Release -DBUILD_TESTING=OFF -DEXACTLOSS_BUILD_BENCHMARKS=OFF \
        "${@:3}"
    rm -rf "$folder/natives"
    cmake --build "$folder" --target exactloss_libraries
    cp -R "$folder/natives/." "$1"
}

# has_compiler COMPILER: of CROSS_PLATFORMS
has_compiler() {
    if [[ $1 == "macOS's clang" ]]; then
        [[ $(uname -s) == Darwin ]]
    else
        command -v "$1" >/dev/null
    fi
}

# collect_natives FOLDER...: takes the folders' libraries, and builds those of all other platforms that it can. What an earlier
# run collected stays until all of it is there.
collect_natives() {
    local folder row platform toolchain compiler new=$NATIVES.new left_out=()
    for folder in "$@"; do
        if is_within "$folder" "$NATIVES"; then
            stop "$folder lies in $NATIVES, which this step replaces: copy it to another place first"
        fi
    done
    rm -rf "$new"
    mkdir -p "$new"
    .build/natives.py "$new" "$@" >/dev/null
    if [[ ! -d $new/$(host_platform) ]]; then
        build_libraries "$new" host
    fi
    for row in "${CROSS_PLATFORMS[@]}"; do
        IFS='|' read -r platform toolchain compiler <<<"${row// | /|}"
        platform=${platform%% *} toolchain=${toolchain%% *}
        if [[ -d $new/$platform ]]; then
            continue
        elif has_compiler "$compiler"; then
            build_libraries "$new" "$platform" -DCMAKE_TOOLCHAIN_FILE="$TOOLCHAINS/$toolchain.cmake"
        else
            left_out+=("$platform (this machine lacks $compiler)")
        fi
    done
    platform=$(.build/natives.py "$new")
    rm -rf "$NATIVES"
    mv "$new" "$NATIVES"
    note "$(paste -sd ' ' <<<"$platform")"
    if ((${#left_out[@]} > 0)); then
        note "              left out: $(printf '%s, ' "${left_out[@]}" | sed 's/, $//')"
    fi
}

# is_within FOLDER OTHER: whether it is the other folder, or lies in it.
is_within() {
    [[ -d $1 && -d $2 && "$(cd -- "$1" && pwd -P)/" == "$(cd -- "$2" && pwd -P)/"* ]]
}

# The platform of this machine, by the names of the jars.
host_platform() {
    local system processor
    system=$(uname -s) processor=$(uname -m)
    system=${system/Darwin/macos}
    printf '%s-%s' "${system,,}" "${processor/#arm64/aarch64}"
}

# One jar of each module, for all platforms in NATIVES.
package_natives() {
    EXACTLOSS_NATIVES=$NATIVES \
        maven -pl exactloss,exactloss-cuda -am -Dmaven.test.skip=true -Dspotless.check.skip=true package
    note "java/exactloss/target/exactloss-$(version).jar"
}
