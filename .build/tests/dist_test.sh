#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The archive that "build.sh dist" makes: unpacked into another folder, its command runs without this tree, by the Java in
# JAVA_HOME or on the PATH, and its message names the fault of an unsuitable Java.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
archives=("$root"/build/dist/exactloss-*-*.tar.gz)
if [[ ! -f ${archives[0]} ]]; then
    echo "skipped: build/dist has no archive; ./build.sh dist makes it"
    exit 77
fi

work=$(mktemp -d "/tmp/exactloss dist.XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work"
tar -xzf "${archives[0]}"
mv exactloss-* "the folder"
for file in LICENSE README.md include/exactloss/exactloss.h; do
    [[ -s "the folder/$file" ]] || { echo "the archive has no $file"; exit 1; }
done
ln -s "the folder/bin/exactloss" exactloss

(cd "$root/build/dist" && sha256sum --quiet --check SHA256SUMS)
# The C library's packages have the same files, and the archive can lie anywhere.
mkdir deb archive
tar -xzf "$root"/build/dist/libexactloss-*.tar.gz -C archive --strip-components=1
if command -v dpkg-deb >/dev/null; then
    dpkg-deb -x "$root"/build/dist/libexactloss-dev_*.deb deb
    diff <(cd archive && find . | sort) <(cd deb/usr && find . | sort)
fi
read -ra flags < <(PKG_CONFIG_PATH=archive/lib/pkgconfig pkg-config --cflags --libs exactloss)
cc "$root/native/examples/mnist_loss.c" -o example "${flags[@]}" -Wl,-rpath,"$PWD/archive/lib"
[[ $(./example) == 0.43333334227403003 ]]

# shellcheck source=.build/requirements.sh
. "$root/.build/requirements.sh"
find_jdk
jdk=$JAVA_HOME
query="SELECT * FROM (VALUES (0.9::FLOAT, 1), (0.4::FLOAT, 0), (0.2::FLOAT, 1)) AS scores(prediction, target)"

./exactloss eval --json "$query" >home.json
env -u JAVA_HOME PATH="$jdk/bin:$PATH" ./exactloss eval --json "$query" >path.json
./exactloss bench --quick --suite calls --json >benchmark.json 2>/dev/null
python3 - "the folder/lib/libexactloss.so" <<'END'
import ctypes, json, sys

for name in ("home", "path"):
    evaluation = json.load(open(f"{name}.json"))
    assert evaluation["loss"] == 0.43333334227403003, evaluation
assert json.load(open("benchmark.json"))["rows"]
assert ctypes.CDLL(sys.argv[1]).exactloss_abi_version() > 0
END

# expect_refusal MESSAGE COMMAND...: it fails, and says only this.
expect_refusal() {
    local message=$1 output status=0
    shift
    output=$("$@" 2>&1) || status=$?
    if ((status != 1)) || [[ $output != "exactloss: $message" ]]; then
        printf '%s: status %d, and it printed:\n%s\n' "$*" "$status" "$output"
        exit 1
    fi
}

# The jars for Spark are those in the archive, where there are some; the library's is there once.
spark="the folder/lib/spark"
if [[ ! -d $spark ]]; then
    mkdir "$spark"
    ln -s ../exactloss.jar "$spark"
    touch "$spark/exactloss-spark.jar"
fi
[[ -L $spark/exactloss.jar && $spark/exactloss.jar -ef "the folder/lib/exactloss.jar" ]]
mkdir -p submit/bin
# shellcheck disable=SC2016 # the variables of that script
printf '#!/bin/sh\nprintf "%%s\\n" "$@" >"$SPARK_HOME/arguments"\nexit 3\n' >submit/bin/spark-submit
chmod +x submit/bin/spark-submit
expect_refusal "spark-submit ended with the status 3" \
    env -u EXACTLOSS_SPARK SPARK_HOME="$work/submit" ./exactloss eval --spark local "SELECT 1"
grep -q '/the%20folder/lib/spark/exactloss.jar,file:.*/the%20folder/lib/spark/exactloss-spark.jar$' submit/arguments

mkdir -p "old/bin" tools
printf '#!/bin/sh\necho "openjdk version \\"21.0.2\\" 2024-01-16" >&2\n' >old/bin/java
chmod +x old/bin/java
for tool in dirname readlink sed sh; do
    ln -s "$(command -v "$tool")" tools
done
expect_refusal "old/bin/java is Java 21: set JAVA_HOME to a Java 22 or later" env JAVA_HOME=old ./exactloss info
expect_refusal "$work/old/bin/java is Java 21: set JAVA_HOME to a Java 22 or later" \
    env -u JAVA_HOME PATH="$work/old/bin:$work/tools" ./exactloss info
expect_refusal "JAVA_HOME is /nonexistent, which has no bin/java: set it to a Java 22 or later" \
    env JAVA_HOME=/nonexistent ./exactloss info
expect_refusal "there is no java on the PATH: install Java 22 or later, or set JAVA_HOME to one" \
    env -u JAVA_HOME PATH="$work/tools" ./exactloss info
