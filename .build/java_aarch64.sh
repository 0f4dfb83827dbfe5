# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Tests of the Java module on aarch64: Maven runs on this machine's JVM, the tests in one for aarch64 under QEMU. Used by
# build.sh.

AARCH64_ROOT=$ROOT/build/cache/debian-aarch64 # a few unpacked packages of a newer Debian than this one may be
AARCH64_RELEASE=trixie
AARCH64_JRE=openjdk-25-jre-headless
AARCH64_PACKAGES=("$AARCH64_JRE" libc6 zlib1g libstdc++6 libgcc-s1)

# Of the loader, which starts a JVM for each test, some. Of what computes: the worked examples, the cases of all languages,
# memory that ends at an unreadable page, and the same bits from all kernels and threads.
AARCH64_TESTS="PlatformTest,LibraryInTheJarTest#musl*,NativeLoaderTest#versionsAgree+theNamedFileIsLoaded+anotherAbiVersion"
AARCH64_TESTS+="+everyClassLoaderLoadsALibrary,BindingsTest,IsaTest,LossTest,ConformanceTest,GuardPageTest,SameBitsTest"

# test_java_aarch64: takes the library that the native tests of aarch64 built. Its reports lie beside those of other platforms,
# as the next tests of this one delete Maven's.
test_java_aarch64() {
    local natives=$ROOT/$PLATFORMS/linux-aarch64/natives
    local library=$natives/linux-aarch64/libexactloss.so
    if [[ ! -f $library ]] || ! command -v qemu-aarch64 >/dev/null; then
        skip_platform java-aarch64 "there is no library for aarch64, or no qemu-aarch64"
        return
    fi
    set +e # in a condition, bash would ignore set -e inside
    (
        set -e
        fetch_aarch64_jre
    )
    set -e
    if [[ ! -x $AARCH64_ROOT/java/bin/java ]]; then
        skip_platform java-aarch64 "a JVM for aarch64 could not be fetched"
        return
    fi
    # Tests that compile a library find a compiler for aarch64.
    EXACTLOSS_NATIVES=$natives CC=aarch64-linux-gnu-gcc run_java_tests java-aarch64 -pl exactloss \
        -Djvm="$AARCH64_ROOT/java/bin/java" -Dexactloss.native.library="$library" \
        -Dbindings.library="$ROOT/$NATIVE_BUILD/native/libexactloss.so" -Dtest.emulator="$AARCH64_ROOT/emulate" \
        -Dtest="$AARCH64_TESTS" test
    mkdir -p "$PLATFORMS/java-aarch64"
    mv java/exactloss/target/surefire-reports/TEST-*.xml "$PLATFORMS/java-aarch64"
    note "tests of the module exactloss in a JVM for aarch64"
}

# fetch_aarch64_jre: unpacks a JVM for aarch64, and what it needs of the system, without installing anything.
fetch_aarch64_jre() {
    local folder=$AARCH64_ROOT.new package link
    [[ ! -x $AARCH64_ROOT/java/bin/java ]] || return 0
    rm -rf "$folder"
    mkdir -p "$folder/apt"
    download_aarch64_packages "$folder/apt"
    for package in "$folder"/apt/*.deb; do
        dpkg-deb -x "$package" "$folder"
    done
    rm -rf "$folder/apt"
    [[ -e $folder/lib ]] || ln -s usr/lib "$folder/lib"
    # Its configuration lies in /etc, which would be this machine's.
    while read -r link; do
        ln -sfn -r "$folder$(readlink "$link")" "$link"
    done < <(find "$folder/usr" -lname '/etc/*')
    ln -s "usr/lib/jvm/java-${AARCH64_JRE//[!0-9]/}-openjdk-arm64" "$folder/java"
    write_emulator "$folder/emulate"
    write_emulated_java "$folder/java/bin/java"
    rm -rf "$AARCH64_ROOT"
    mv "$folder" "$AARCH64_ROOT"
}

# download_aarch64_packages FOLDER: by the system's apt, from the mirror that it uses, with lists of its own in FOLDER.
download_aarch64_packages() {
    local folder=$1 mirror options
    # shellcheck disable=SC2016 # apt-get's variable
    mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Label: Debian' | head -n 1)
    [[ -n $mirror ]] || stop "apt has no list of Debian's packages: run apt-get update as root"
    mkdir -p "$folder"/{lists,archives}/partial
    touch "$folder/status"
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $AARCH64_RELEASE main" >"$folder/sources.list"
    options=(-o Dir::State="$folder" -o Dir::State::status="$folder/status" -o Dir::Cache="$folder"
        -o Dir::Etc::sourcelist="$folder/sources.list" -o Dir::Etc::sourceparts=/dev/null
        -o APT::Architecture=arm64 -o APT::Architectures::=arm64 -o APT::Sandbox::User=)
    apt-get "${options[@]}" update
    (cd "$folder" && apt-get "${options[@]}" download "${AARCH64_PACKAGES[@]}")
}

# write_emulator FILE: a script that runs a program for aarch64, with the libraries that lie beside it.
write_emulator() {
    replace_file "$1" <<'END'
#!/bin/sh
exec qemu-aarch64 -L "$(dirname -- "$0")" "$@"
END
    chmod +x "$1"
}

# write_emulated_java FILE: replaces the program by a script that emulates it, so that tests can start JVMs too. The JVM
# itself forks for a new process: its helper program for that is no program of this machine.
write_emulated_java() {
    mv "$1" "$1-aarch64"
    replace_file "$1" <<'END'
#!/bin/sh
java=$(readlink -f -- "$0")
exec "${java%/usr/lib/jvm/*}/emulate" "$java-aarch64" -XX:TieredStopAtLevel=1 -XX:+UseSerialGC \
    -Djdk.lang.Process.launchMechanism=FORK "$@"
END
    chmod +x "$1"
}
