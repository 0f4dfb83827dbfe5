#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The published Java module: two builds in different folders have the same bytes, whatever options their build folders
# had. A project elsewhere needs only the dependency and the flag, on the class path and on the module path, with every
# suitable JDK of this machine.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
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
    rm -rf "$tree"
}

build first
build 'the second' -DBUILD_SHARED_LIBS=OFF -DEXACTLOSS_X86_KERNELS=OFF -DCMAKE_C_FLAGS=-O0
artifact=io/github/exactloss/exactloss/$version/exactloss-$version
for file in .jar -sources.jar -javadoc.jar .pom; do
    cmp "$work/first/$artifact$file" "$work/the second/$artifact$file"
done

python3 - "$work/first/$artifact" <<'PYTHON'
import json, sys, zipfile
import xml.etree.ElementTree as ElementTree

artifact = sys.argv[1]
names = {kind: zipfile.ZipFile(f"{artifact}{kind}.jar").namelist() for kind in ("", "-sources", "-javadoc")}

def check(condition, problem):
    if not condition:
        sys.exit(problem)

with zipfile.ZipFile(f"{artifact}.jar") as jar:
    metadata = json.loads(jar.read("META-INF/native-image/io.github.exactloss/exactloss/reachability-metadata.json"))
    check(len(metadata["foreign"]["downcalls"]) > 20, f"too few downcalls: {metadata}")
check("module-info.class" in names[""] and "META-INF/LICENSE" in names[""], names[""])
check(any(name.startswith("META-INF/native/") and "exactloss." in name for name in names[""]), "no native library")
for source in ("MnistLoss.java", "bindings/exactloss_h.java"):
    check(f"io/github/exactloss/{source}" in names["-sources"], f"{source} is missing")
pages = [name for name in names["-javadoc"] if name.endswith(".html")]
check(any(page.endswith("/MnistLoss.html") for page in pages), "MnistLoss has no page")
check(not any("bindings" in page for page in pages), "the bindings have pages")

pom = ElementTree.parse(f"{artifact}.pom").getroot()
tags = [element.tag.rpartition("}")[2] for element in pom]
check("parent" not in tags and "build" not in tags, tags)
text = open(f"{artifact}.pom", encoding="utf-8").read()
check("${" not in text and "<scope>test" not in text, text)
PYTHON

# expect_loss JAVA OPTION...: the program prints the loss, and nothing on standard error.
expect_loss() {
    local output status=0
    output=$("$@" 2>&1) || status=$?
    if ((status != 0)) || [[ $output != 0.43333334227403003 ]]; then
        printf '%s: status %d, and it printed:\n%s\n' "$*" "$status" "$output"
        exit 1
    fi
}

cp -r "$root/.build/tests/consumer" "$work/scores"
cd "$work/scores"
jar=$work/first/$artifact.jar
used=false
while read -r JAVA_HOME; do
    export JAVA_HOME
    jdk=$(jdk_version "$JAVA_HOME")
    mvn -q -B -Dstyle.color=never -Dmaven.repo.local="$work/first" -Dexactloss.version="$version" clean package </dev/null
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
    echo "used with JDK $jdk"
    used=true
done < <(jdk_homes | xargs -d '\n' realpath | sort -u)
$used
