#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The published Java modules have what a public repository asks for, and the libraries of all platforms that they are given.
# Two builds in different folders have the same bytes, with any options of their build folders. Another project needs the
# dependency and the flag, and nothing else: on the class path and on the module path, with every suitable JDK here.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
tests=$root/.build/tests
work=$(mktemp -d "/tmp/exactloss artifact.XXXXXX")
trap 'rm -rf "$work"' EXIT
# shellcheck source=.build/requirements.sh
. "$root/.build/requirements.sh"
version=$(sed -n 's/^project(exactloss VERSION \([0-9][0-9.]*\).*/\1/p' "$root/CMakeLists.txt")

# link_repository REPOSITORY: makes a Maven repository with everything in the user's own except this project's modules.
link_repository() {
    local own=$HOME/.m2/repository folder=. part
    for part in io github exactloss; do
        mkdir -p "$1/$folder"
        [[ ! -d $own/$folder ]] || find "$own/$folder" -mindepth 1 -maxdepth 1 ! -name "$part" -exec ln -s -t "$1/$folder" {} +
        folder=$folder/$part
    done
}

# build NAME [OPTION...]: copies this tree to a path that contains NAME, configures its build folder with CMake's
# OPTIONs, and installs the module to the repository NAME.
build() {
    local tree="$work/tree $1"
    mkdir "$tree"
    tar -C "$root" --exclude=./build --exclude=target --exclude=./.git -cf - . | tar -C "$tree" -xf -
    (($# == 1)) || (cd "$tree" && cmake --preset release -DBUILD_TESTING=OFF "${@:2}" >/dev/null)
    link_repository "$work/$1"
    "$tree/build.sh" install "$work/$1" || {
        cat "$tree/build/log/install.log"
        exit 1
    }
    cp -R "$tree/build/native/natives" "$work/natives of $1"
}

build first
mv "$work/natives of first" "$work/natives"
platform=linux-$(uname -m)
[[ -s $work/natives/$platform/libexactloss.so && -s $work/natives/$platform/libexactloss_cuda.so ]]
python3 "$tests/published_modules.py" "$work/first" "$version" "$platform"

# The second one gets what other machines built, here no real libraries.
case $platform in
    linux-x86_64) other=linux-aarch64 ;;
    *) other=linux-x86_64 ;;
esac
for file in "$other/libexactloss.so" "$other/libexactloss_cuda.so" windows-x86_64/exactloss.dll \
    macos-aarch64/libexactloss.dylib; do
    mkdir -p "$work/natives/${file%/*}"
    echo "no library" >"$work/natives/$file"
done
EXACTLOSS_NATIVES="$work/natives" build 'the second' \
    -DBUILD_SHARED_LIBS=OFF -DEXACTLOSS_X86_KERNELS=OFF -DCMAKE_C_FLAGS=-O0
python3 "$tests/published_modules.py" "$work/the second" "$version" "$platform" "$other" windows-x86_64 macos-aarch64

# All but the jar that has more libraries, and its checksum in lists of contents, is the same, and so is what was built.
diff -r "$work/natives of the second/$platform" "$work/natives/$platform"
differences=$(cd "$work/first" && find io/github/exactloss -type f ! -name 'maven-metadata*' ! -name _remote.repositories \
    ! -name '*-cyclonedx.json' \
    ! -exec cmp -s {} "$work/the second/{}" \; -print)
artifact=io/github/exactloss/exactloss/$version/exactloss-$version
[[ $differences == "$artifact.jar" ]] || { echo "these files differ: $differences"; exit 1; }

# expect_loss JAVA OPTION...: the program prints the loss, and nothing on standard error.
expect_loss() {
    local output status=0
    output=$("$@" 2>&1) || status=$?
    if ((status != 0)) || [[ $output != 0.43333334227403003 ]]; then
        printf '%s: status %d, and it printed:\n%s\n' "$*" "$status" "$output"
        exit 1
    fi
}

# compare_with_published MODULES: what a release does before it replaces the last one.
compare_with_published() {
    mvn -q -B -Dstyle.color=never -f "$work/tree the second/java/pom.xml" -P spark -pl "$1" \
        -Dmaven.repo.local="$work/the second" -Drevision="$version-next" -Dbaseline.version="$version" \
        -Dmaven.test.skip=true -Dspotless.check.skip=true verify \
        >compare.log 2>&1 </dev/null
}
cd "$work"
find_jdk
compare_with_published exactloss,exactloss-cuda,exactloss-micrometer,exactloss-arrow,exactloss-spark || {
    cat compare.log
    exit 1
}
sed -i 's/public static String version()/static String version()/' \
    "tree the second/java/exactloss/src/main/java/io/github/exactloss/NativeLibrary.java"
if compare_with_published exactloss || ! grep -q 'NativeLibrary.version():METHOD_LESS_ACCESSIBLE' compare.log; then
    echo "a method that is no longer public is not noticed"
    cat compare.log
    exit 1
fi

cat >"$work/Cuda.java" <<'JAVA'
import io.github.exactloss.cuda.CudaDevice;

class Cuda {
    public static void main(String[] arguments) {
        System.out.println(CudaDevice.absence().orElse("CUDA is there"));
    }
}
JAVA

# expect_cuda WORDS OPTION...: what the program says of CUDA has the words.
expect_cuda() {
    local output
    output=$("$JAVA_HOME/bin/java" --enable-native-access=ALL-UNNAMED "${@:2}" "$work/Cuda.java" 2>&1) || true
    if ! grep -q -e "$1" <<<"$output"; then
        printf '%s\nprinted:\n%s\n' "${*:2}" "$output"
        exit 1
    fi
}

cp -r "$tests/consumer" scores
cd scores
jar="$work/the second/$artifact.jar"
cuda="$work/the second/io/github/exactloss/exactloss-cuda/$version/exactloss-cuda-$version"
used=false
while read -r JAVA_HOME; do
    export JAVA_HOME
    jdk=$(jdk_version "$JAVA_HOME")
    mvn -q -B -Dstyle.color=never -Dmaven.repo.local="$work/the second" -Dexactloss.version="$version" clean package </dev/null
    for path in class module; do
        if ! grep -q 'tests="6" errors="0" skipped="0" failures="0"' \
            target/surefire-reports/TEST-*-"$path"-path.xml; then
            echo "JDK $jdk: not all tests passed on the $path path"
            exit 1
        fi
    done
    deny=()
    ((${jdk%%[!0-9]*} < 24)) || deny=(--illegal-native-access=deny)
    expect_loss "$JAVA_HOME/bin/java" --enable-native-access=ALL-UNNAMED "${deny[@]}" \
        -cp "target/scores-1.jar:$jar" com.example.scores.Main
    expect_loss "$JAVA_HOME/bin/java" --enable-native-access=io.github.exactloss "${deny[@]}" \
        -p "target/scores-1.jar:$jar" -m com.example.scores/com.example.scores.Main
    expect_cuda 'CUDA is there\|no NVIDIA driver\|CUDA unavailable' -cp "$jar:$cuda.jar:$cuda-$platform.jar"
    expect_cuda "add the dependency io.github.exactloss:exactloss-cuda:$version:$platform, " -cp "$jar:$cuda.jar"
    # Maven puts a jar that no module requires on the class path.
    for natives in "-cp|$cuda-$platform.jar" \
        "-p|$jar:$cuda.jar:$cuda-$platform.jar|--add-modules|io.github.exactloss.cuda.${platform/-/.}"; do
        IFS='|' read -ra options <<<"$natives"
        expect_cuda 'CUDA is there\|no NVIDIA driver\|CUDA unavailable' -p "$jar:$cuda.jar" \
            --add-modules io.github.exactloss.cuda "${options[@]}"
    done
    echo "used with JDK $jdk"
    used=true
done < <(jdk_homes | xargs -d '\n' realpath | sort -u)
$used
