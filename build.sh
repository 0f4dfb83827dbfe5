#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Sets up, builds, tests and runs exactloss. "./build.sh help" lists the steps.

((BASH_VERSINFO[0] >= 5)) || { echo "build.sh: bash 5 or later is needed, and this is $BASH_VERSION" >&2; exit 1; }
set -euo pipefail

ROOT=$(CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)
cd -- "$ROOT"

NATIVE_BUILD=build/native
BENCHMARK=build/bench/exactloss-bench
LAUNCHER=build/exactloss
CLI=java/exactloss-cli
MNIST_DIR=$ROOT/build/cache/mnist

# shellcheck source=.build/steps.sh
. .build/steps.sh
# shellcheck source=.build/requirements.sh
. .build/requirements.sh
# shellcheck source=.build/mnist.sh
. .build/mnist.sh
# shellcheck source=.build/natives.sh
. .build/natives.sh
# shellcheck source=.build/platforms.sh
. .build/platforms.sh
# shellcheck source=.build/java_aarch64.sh
. .build/java_aarch64.sh

# The one version number is CMake's.
version() {
    sed -n 's/^project(exactloss VERSION \([0-9][0-9.]*\).*/\1/p' CMakeLists.txt
}

# ---- native ---------------------------------------------------------------------------------------------------------

# configure [OPTION...]: from scratch, which takes a second and drops options that were given by hand or in another
# tree.
configure() {
    # The tests need more tools than a first build should ask for; once they are configured, they stay so.
    local testing=OFF
    ! grep -qs '^BUILD_TESTING:BOOL=ON' "$NATIVE_BUILD/CMakeCache.txt" || testing=ON
    cmake --preset release --fresh -DBUILD_TESTING:BOOL="$testing" "$@"
    mkdir -p "${BENCHMARK%/*}"
    ln -sfn ../native/native/bench/exactloss-bench "$BENCHMARK"
}

build_native() {
    configure
    cmake --build --preset libraries
    note "libexactloss $(version)"
}

build_native_tests() {
    configure -DBUILD_TESTING:BOOL=ON
    # Builds as much as possible, so that one failure doesn't hide others.
    cmake --build --preset release -- -k 0
    note built
}

# Tests that fail don't fail this step: the summary counts them.
native_tests() {
    ctest --test-dir "$NATIVE_BUILD" --parallel "$(nproc)" --output-on-failure --output-junit "$ROOT/build/ctest.xml" ||
        [[ -s build/ctest.xml ]]
}

# ---- Java -----------------------------------------------------------------------------------------------------------

# The jars get the native libraries of the platforms in EXACTLOSS_NATIVES, or those of this machine alone.
maven() {
    mvn -q -B -Dstyle.color=never -f java/pom.xml ${EXACTLOSS_NATIVES:+-Dexactloss.natives="$(natives_folder)"} "$@"
}

# natives_folder: prints the folder that has a folder of libraries for each platform.
natives_folder() {
    realpath -m -- "${EXACTLOSS_NATIVES:-$NATIVE_BUILD/natives}"
}

# install_java [REPOSITORY]
install_java() {
    local modules=exactloss,exactloss-cuda,exactloss-micrometer,exactloss-arrow,exactloss-spark,exactloss-bom
    maven -P release,spark -pl "$modules" -Dmaven.test.skip=true -Dspotless.check.skip=true \
        ${1:+-Dmaven.repo.local="$(realpath -m -- "$1")"} install
    note "io.github.exactloss: $modules $(version)"
}

# build_java MODULE: packages a module and those that it depends on, unless their sources are unchanged.
build_java() {
    local lib=java/$1/target/lib
    # Compares times of change: a copy may have its original's time of modification. Folders of sources count too,
    # because removing a file changes only its folder.
    if [[ -f $lib/built && $(<"$lib/built") == "$(natives_folder)" && -z $(find java LICENSE \
        "$NATIVE_BUILD"/native/libexactloss*.so ${EXACTLOSS_NATIVES:+"$(natives_folder)"} -name target -prune -o \
        \( ! -type d -o -path '*/src/*' \) -cnewer "$lib/built" -print -quit) ]]; then
        note "up to date"
    else
        note built
        rm -rf "$lib" "$LAUNCHER" # lib is a class path: jars of former dependencies must go
        natives_folder >build/java-inputs
        maven -P peers -pl "$1" -am -Dmaven.test.skip=true package # the peers' downloads are for that module alone
        mv build/java-inputs "$lib/built"
    fi
    [[ ! -f $CLI/target/lib/built ]] || write_launcher
}

# run_java_tests STEP OPTION...: failed tests don't fail the step: the summary counts them, and all modules are tested.
# A crashed JVM fails it.
run_java_tests() {
    local log=build/log/$1.log
    find java -name surefire-reports -prune -exec rm -rf {} +
    maven -Dmaven.test.failure.ignore=true -Dsurefire.failIfNoSpecifiedTests=false "${@:2}"
    sed -n 's/^measured: //p' "$log" >&3
    ! grep -qE 'forked VM|forked process|Crashed tests' "$log"
}

java_tests() {
    find java -path '*/target/lib' -prune -exec rm -rf {} +
    rm -f "$LAUNCHER"
    natives_folder >build/java-inputs
    EXACTLOSS_MNIST_DIR=${EXACTLOSS_MNIST_DIR:-$MNIST_DIR} run_java_tests java-tests -Dspotless.check.skip=true verify
    find java -path '*/target/lib' -prune -exec cp -p build/java-inputs {}/built \;
    write_launcher
}

write_launcher() {
    mkdir -p $CLI/target/bin
    cp $CLI/src/main/scripts/exactloss $CLI/target/bin
    replace_file "$LAUNCHER" <<END
#!/bin/sh
# Written by build.sh: the command of this tree, with the JDK that built it.
root=\$(dirname -- "\$(dirname -- "\$(readlink -f -- "\$0")")")
export JAVA_HOME=$(quote "$JAVA_HOME")
export EXACTLOSS_MNIST_DIR="\${EXACTLOSS_MNIST_DIR:-\$root/${MNIST_DIR#"$ROOT"/}}"
export EXACTLOSS_BENCH="\${EXACTLOSS_BENCH:-\$root/$BENCHMARK}"
exec "\$root/$CLI/target/bin/exactloss" "\$@"
END
    chmod +x "$LAUNCHER"
}

# Puts the jars that "exactloss eval --spark" submits beside those of the command. build_java removes them when a source
# has changed.
build_spark() {
    local jars=$CLI/target/lib/spark
    if [[ -d $jars ]]; then
        note "up to date"
        return
    fi
    maven -P spark -pl exactloss-spark -am -Dmaven.test.skip=true -Dspotless.check.skip=true package
    rm -rf "$jars.new"
    mkdir "$jars.new"
    ln -s ../exactloss.jar "$jars.new"
    cp "java/exactloss-spark/target/exactloss-spark-$(version).jar" "$jars.new/exactloss-spark.jar"
    mv "$jars.new" "$jars"
    note built
}

# The command for other machines of this kind, and the libraries and headers for C.
build_dist() {
    local name folder
    name=exactloss-$(version)-$(uname -s | tr '[:upper:]' '[:lower:]')-$(uname -m)
    folder=build/dist/$name
    rm -rf build/dist
    mkdir -p "$folder"/{bin,lib}
    cmake --install "$NATIVE_BUILD" --prefix "$folder"
    cmake --install "$NATIVE_BUILD" --prefix "$folder" --component bench
    cp $CLI/target/bin/exactloss "$folder/bin"
    cp $CLI/target/lib/*.jar "$folder/lib"
    [[ ! -d $CLI/target/lib/spark ]] || cp -RP $CLI/target/lib/spark "$folder/lib"
    cp LICENSE README.md "$folder"
    tar -czf "$folder.tar.gz" -C build/dist "$name"
    rm -rf "$folder"
    cpack --config "$NATIVE_BUILD/CPackConfig.cmake" -B "$PWD/build/dist"
    rm -rf build/dist/_CPack_Packages
    write_checksums
    note "$folder.tar.gz, and the C library's packages"
}

# For "sha256sum --check SHA256SUMS".
write_checksums() {
    (cd build/dist && sha256sum -- *exactloss*) | replace_file build/dist/SHA256SUMS
}

# The packages of all other languages whose tools there are.
build_bindings() {
    local folder=$PWD/build/dist script status left_out=()
    mkdir -p "$folder"
    rm -f "$folder"/*.{whl,crate,tgz,zip}
    for script in native/bindings/*/package.sh; do
        status=0
        "$script" "$PWD/$NATIVE_BUILD/native" "$folder" || status=$?
        if ((status == 77)); then # after a line that says why, as tests do
            left_out+=("$(basename "${script%/*}")")
        elif ((status != 0)); then
            return "$status"
        fi
    done
    write_checksums
    note "build/dist${left_out:+, without ${left_out[*]}: build/log/bindings.log says why}"
}

# ---- the rest -------------------------------------------------------------------------------------------------------

format() {
    configure
    cmake --build --preset release --target c-format
    maven -P pytorch,peers,spark spotless:apply # which downloads nothing of theirs
}

lint() {
    local status=0
    configure
    cmake --build --preset release --target c-format-check shellcheck -- -k 0 || status=1
    maven -P pytorch,peers,spark spotless:check || status=1
    return "$status"
}

# ---- the steps ------------------------------------------------------------------------------------------------------

step_clean() {
    find java -name target -prune -exec rm -rf {} +
    if [[ -d build ]]; then
        find build -mindepth 1 -maxdepth 1 ! -name cache -exec rm -rf {} +
    fi
}

step_help() { cat .build/help.txt; }
step_setup() { setup "${BUILD_NEEDS[@]}"; }
step_native() { step_setup; step native build_native; }
step_java() { step_native; step java build_java exactloss-cli; }
step_spark() { step_java; step spark build_spark; }
step_dist() { step_java; step dist build_dist; step bindings build_bindings; }
step_languages() { setup "${BUILD_NEEDS[@]}" "${LANGUAGE_NEEDS[@]}"; }
step_bindings() { step_native; step bindings build_bindings; }
step_install() { step_native; step install install_java "$@"; }

# step_natives [FOLDER...]: of libraries that other machines built
step_natives() {
    setup "${BUILD_NEEDS[@]}" "${PYTHON_NEEDS[@]}"
    step native build_native
    offer_needs "${CROSS_NEEDS[@]}"
    step natives collect_natives "$@"
    step jar package_natives
}

step_test-platforms() {
    setup "${BUILD_NEEDS[@]}" "${PYTHON_NEEDS[@]}"
    offer_needs "${CROSS_NEEDS[@]}" "${PLATFORM_NEEDS[@]}"
    local row
    KEEP_GOING=true
    forget_platforms
    step native build_native
    for row in "${TESTED_PLATFORMS[@]}"; do
        step "${row%% *}" test_platform "${row%% *}"
    done
    step java-aarch64 test_java_aarch64
    .build/test_summary.py --platforms "${FAILED_STEPS[@]}"
}

step_mnist() { step_setup; step mnist fetch_mnist; }

step_format() {
    setup "${BUILD_NEEDS[@]}" "${FORMAT_NEEDS[@]}"
    step format format
}

step_lint() {
    setup "${BUILD_NEEDS[@]}" "${FORMAT_NEEDS[@]}" "${LINT_NEEDS[@]}"
    step lint lint
}

step_train() {
    step_java
    step mnist fetch_mnist
    exec "$LAUNCHER" train "$@"
}

step_test() {
    setup "${BUILD_NEEDS[@]}" "${PYTHON_NEEDS[@]}" "${TEST_NEEDS[@]}" "${FORMAT_NEEDS[@]}"
    KEEP_GOING=true
    rm -f build/ctest.xml
    forget_platforms
    step native build_native_tests
    step mnist fetch_mnist
    step java-tests java_tests
    step dist build_dist
    step c-format cmake --build --preset release --target c-format-check
    step java-format maven -P pytorch,peers,spark spotless:check
    step native-tests native_tests
    step aarch64-tests test_aarch64_kernels
    .build/test_summary.py "${FAILED_STEPS[@]}"
}

# test_module STEP MODULE OPTION...: runs some tests of one module, and builds the modules that they need.
test_module() {
    KEEP_GOING=true
    step native build_native
    step "$1" run_java_tests "$1" -pl "$2" -am "${@:3}" test
    .build/test_summary.py --module "$2" "${FAILED_STEPS[@]}"
}

step_test-pytorch() {
    setup "${BUILD_NEEDS[@]}" "${PYTHON_NEEDS[@]}" "${TEST_NEEDS[@]}"
    test_module pytorch-tests pytorch-tests -P pytorch -Dtest='io/github/exactloss/pytorch/**'
}

step_test-spark() {
    setup "${BUILD_NEEDS[@]}" "${PYTHON_NEEDS[@]}" "${TEST_NEEDS[@]}"
    step_spark
    test_module spark-tests exactloss-spark -P spark -Dtest='io/github/exactloss/spark/**'
}

step_test-service() {
    setup "${BUILD_NEEDS[@]}" "${PYTHON_NEEDS[@]}" "${TEST_NEEDS[@]}" "${LOAD_NEEDS[@]}"
    test_module service-tests examples/service -Dexcluded.tests=none \
        -Dtest=ProxyTest,LoadTest
}

step_test-exhaustive() {
    setup "${BUILD_NEEDS[@]}" "${PYTHON_NEEDS[@]}" "${TEST_NEEDS[@]}"
    step native build_native_tests
    "$NATIVE_BUILD/native/tests/sigmoid_test" all "$(nproc)"
    exec "$NATIVE_BUILD/native/tests/log_test" all "$(nproc)"
}

step_service() {
    step_native
    step java build_java examples/service
    exec "$JAVA_HOME/bin/java" "$@" -jar java/examples/service/target/exactloss-service.jar
}

step_cuda-selftest() {
    setup "${BUILD_NEEDS[@]}" "${PYTHON_NEEDS[@]}" "${TEST_NEEDS[@]}"
    step native build_native_tests
    exec "$NATIVE_BUILD/native/tests/cuda/exactloss-cuda-selftest" "$@"
}

step_bench() {
    step_native
    if (($# > 0)); then
        exec "$BENCHMARK" "$@" # for a program that reads JSON, not JMH's table
    fi
    step java build_java benchmarks
    "$BENCHMARK"
    exec "$JAVA_HOME/bin/java" -jar java/benchmarks/target/benchmarks.jar
}

step_bench-peers() {
    step_native
    step peers build_java peers
    # Without sun.misc.unsafe each JVM of JMH would print a warning. Without dontinline the compiler gives up half of
    # the Vector API in the middle of JMH's loop, and makes it 10 times slower.
    exec "$JAVA_HOME/bin/java" --enable-native-access=ALL-UNNAMED --add-modules=jdk.incubator.vector \
        -Dsun.misc.unsafe.memory.access=allow -Dorg.bytedeco.javacpp.cachedir="$ROOT/build/cache/javacpp" \
        -XX:CompileCommand=quiet '-XX:CompileCommand=dontinline,io.github.exactloss.peers.JavaLoops::mean*' \
        -cp 'java/peers/target/lib/*' io.github.exactloss.peers.Peers --native "$BENCHMARK" --output build/peers "$@"
}

step_bench-safepoint() {
    step_native
    step java build_java benchmarks
    exec "$JAVA_HOME/bin/java" -Xmx2g --enable-native-access=ALL-UNNAMED -Xlog:safepoint:file=build/log/safepoint.log \
        -cp java/benchmarks/target/benchmarks.jar io.github.exactloss.benchmarks.TimeToSafepoint build/log/safepoint.log
}

# step_bench-sql [ROWS [RUNS]]
step_bench-sql() {
    require_numbers bench-sql "$@"
    step_native
    step java build_java benchmarks
    exec "$JAVA_HOME/bin/java" --enable-native-access=ALL-UNNAMED --add-opens=java.base/java.nio=ALL-UNNAMED \
        -Dsun.misc.unsafe.memory.access=allow -cp java/benchmarks/target/benchmarks.jar \
        io.github.exactloss.benchmarks.SqlBenchmark build/scores "$@"
}

# step_bench-spark [ROWS [RUNS]]
step_bench-spark() {
    require_numbers bench-spark "$@"
    step_native
    step spark maven -P spark -pl exactloss-spark -am -DskipTests -Dspotless.check.skip=true package \
        dependency:build-classpath -Dmdep.outputFile="$ROOT/build/spark-class-path"
    exec "$JAVA_HOME/bin/java" -Xmx4g --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow \
        -cp "java/exactloss-spark/target/test-classes:java/exactloss-spark/target/classes:$(<build/spark-class-path)" \
        io.github.exactloss.spark.SparkBenchmark build/scores "$@"
}

# require_numbers STEP ARGUMENT...: of rows and of runs
require_numbers() {
    local number
    for number in "${@:2}"; do
        [[ $number =~ ^[1-9][0-9]{0,9}$ ]] || usage_error "$1 takes numbers of rows and of runs, not \"$number\""
    done
}

usage_error() {
    echo "build.sh: $1; see ./build.sh help" >&2
    exit 2
}

main() {
    local name=${1-train}
    [[ $name != -h && $name != --help ]] || name=help
    declare -F "step_$name" >/dev/null || usage_error "there is no step \"$name\""
    case $name in
        train | service | cuda-selftest | natives | bench | bench-peers | bench-sql | bench-spark) ;;
        install) (($# <= 2)) || usage_error "the step install takes one argument: the folder of a Maven repository" ;;
        *) (($# <= 1)) || usage_error "the step $name takes no arguments" ;;
    esac
    mkdir -p build/log
    "step_$name" "${@:2}"
}

main "$@"
