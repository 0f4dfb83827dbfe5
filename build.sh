#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Sets up, builds, tests and runs exactloss. "./build.sh help" lists the steps.

((BASH_VERSINFO[0] >= 5)) || { echo "build.sh: bash 5 or later is needed, and this is $BASH_VERSION" >&2; exit 1; }
set -euo pipefail

ROOT=$(CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)
cd -- "$ROOT"

NATIVE_BUILD=build/native
NATIVE_LIBRARY=$ROOT/$NATIVE_BUILD/native/libexactloss.so
BENCHMARK=build/bench/exactloss-bench
LAUNCHER=build/exactloss
MNIST_DIR=$ROOT/build/cache/mnist
# The command's. The second is what Arrow needs, which carries the rows of a query, the third stops a warning about it.
JAVA_OPTIONS=(--enable-native-access=ALL-UNNAMED --add-opens=java.base/java.nio=ALL-UNNAMED
    -Dsun.misc.unsafe.memory.access=allow)

# shellcheck source=.build/steps.sh
. .build/steps.sh
# shellcheck source=.build/requirements.sh
. .build/requirements.sh
# shellcheck source=.build/mnist.sh
. .build/mnist.sh

help() {
    cat <<'END'
./build.sh [STEP [ARGUMENT...]]

  train    (when no step is named) set up, build, fetch MNIST, and train: build/exactloss train [ARGUMENT...]
  test     build everything and run every test, native and Java; ends with "N passed, N failed"
  test-exhaustive
           the sigmoid of all 2^32 floats on every instruction set of this machine: minutes
  test-pytorch
           compare with PyTorch in the same JVM; the first time it downloads that, 113 MB (Linux on x86-64)
  test-service
           the example service behind nginx, and under a minute of load with every answer and its memory checked
  setup    find the tools, install what is missing
  native   build the native library and its benchmark: build/native/native/libexactloss.so, build/bench/exactloss-bench
  java     build the Java modules and the command: build/exactloss
  install  install the Java modules, with their sources and documentation, into the local Maven repository, or that in
           the folder ARGUMENT
  mnist    fetch MNIST into build/cache/mnist and verify it
  service  build and start the HTTP service of java/examples/service: service [-DSETTING=VALUE...]
  cuda-selftest [OPTION...]
           on a machine with an NVIDIA GPU: compare it with the processor, bit for bit, and measure it
  bench    measure: the native benchmark, then the Java one; bench --json: the native one alone, as JSON
  bench-peers
           measure exactloss beside plain Java, the Vector API, PyTorch, ONNX Runtime and DuckDB in one JVM, and write
           build/peers/peers.md and pictures: a quarter of an hour; the first time it downloads 250 MB (Linux on x86-64).
           bench-peers --quick: a first impression; bench-peers --help: its other options
  bench-safepoint
           how long the JVM's safepoints wait for a thread that reads a 1 GiB array on the heap: half a minute
  bench-sql [ROWS [RUNS]]
           measure "exactloss eval SQL" against DuckDB's own average; by default on 10^8 rows, a file of 426 MB
  format   format the C and the Java sources
  lint     check their format, and the shell scripts
  clean    remove all build output, except for the fetched data in build/cache
  help     show this

A step runs what it needs before it, with one line for each on standard error. What has not changed is not built again.
Each step keeps its output in build/log/STEP.log.

Environment, all of it optional:
  JAVA_HOME            the JDK to use, 22 or later; otherwise the newest in the system's JVM folders
  CC, CXX              the C compiler, and the C++ compiler of the header's test (read when build/native is made)
  MAVEN_OPTS           JVM options for Maven
  EXACTLOSS_MNIST_DIR  a folder that has MNIST's four idx files; nothing is fetched then
  EXACTLOSS_MAX_ISA    portable, avx2 or avx512: no kernels above this one
END
}

# The one version number is CMake's.
version() {
    sed -n 's/^project(exactloss VERSION \([0-9][0-9.]*\).*/\1/p' CMakeLists.txt
}

# ---- native ---------------------------------------------------------------------------------------------------------

# configure [OPTION...]: makes the build folder where there is none, or where an option differs from its cache.
configure() {
    local cache=$NATIVE_BUILD/CMakeCache.txt option fits=true
    if [[ -f $cache ]] && ! grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$ROOT" "$cache"; then
        rm -rf "$NATIVE_BUILD" # the repository was moved, and CMake's cache holds absolute paths
    fi
    [[ -f $NATIVE_BUILD/build.ninja ]] || fits=false
    for option in "$@"; do
        grep -qxF -e "${option#-D}" "$cache" 2>/dev/null || fits=false
    done
    $fits || cmake --preset release "$@"
}

build_native() {
    # The tests need more tools than a first build should ask for; once they are configured, they stay so.
    [[ -f $NATIVE_BUILD/build.ninja ]] || set -- -DBUILD_TESTING:BOOL=OFF
    configure "$@"
    cmake --build "$NATIVE_BUILD" --target exactloss_libraries exactloss-bench
    link_benchmark
    note "libexactloss $(version)"
}

link_benchmark() {
    mkdir -p "${BENCHMARK%/*}"
    ln -sfn "../native/native/bench/exactloss-bench" "$BENCHMARK"
}

build_native_tests() {
    configure -DBUILD_TESTING:BOOL=ON
    # As much as can be built: what can't be is a failure, but not the only news.
    cmake --build "$NATIVE_BUILD" -- -k 0
    link_benchmark
    note built
}

# Tests that fail don't fail this step: the summary counts them.
native_tests() {
    ctest --test-dir "$NATIVE_BUILD" --parallel "$(nproc)" --output-on-failure --output-junit "$ROOT/build/ctest.xml" ||
        [[ -s build/ctest.xml ]]
}

# ---- Java -----------------------------------------------------------------------------------------------------------

maven() {
    mvn -q -B -Dstyle.color=never -f java/pom.xml -Drevision="$(version)" \
        -Dexactloss.native.library="$NATIVE_LIBRARY" "$@"
}

# install_java [REPOSITORY]
install_java() {
    maven -P release -pl exactloss,exactloss-arrow -Dmaven.test.skip=true -Dspotless.check.skip=true \
        ${1:+-Dmaven.repo.local="$(realpath -m -- "$1")"} install
    note "io.github.exactloss:exactloss:$(version) and exactloss-arrow"
}

# A hash of everything that the Java build reads.
java_inputs() {
    {
        printf '%s\n' "$ROOT" "$JAVA_HOME" "$(version)"
        sha256sum "${NATIVE_LIBRARY%/*}"/libexactloss*.so
        find java -name target -prune -o -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum
    } | sha256sum
}

# build_java MODULE: packages a module and those that it depends on, unless nothing that they are made of has changed.
build_java() {
    local module=$1 stamp=build/stamp/$1 inputs
    inputs=$(java_inputs)
    if [[ -d java/$module/target && -f $stamp && $(<"$stamp") == "$inputs" ]]; then
        note "up to date"
    else
        note built
        forget_java "$module"
        maven -P peers -pl "$module" -am -Dmaven.test.skip=true package # the peers' downloads are for that module alone
        remember_java "$inputs" "$module"
    fi
    if [[ $module == exactloss-cli ]]; then
        write_launcher
    fi
}

# Tests that fail don't fail this step: the summary counts them, and every module gets its turn. A JVM that died does.
java_tests() {
    local inputs
    inputs=$(java_inputs)
    forget_java exactloss-cli benchmarks examples/service
    find java -name surefire-reports -prune -exec rm -rf {} +
    EXACTLOSS_MNIST_DIR=${EXACTLOSS_MNIST_DIR:-$MNIST_DIR} \
        maven -Dmaven.test.failure.ignore=true -Dspotless.check.skip=true verify
    remember_java "$inputs" exactloss-cli benchmarks examples/service
    write_launcher
    ! grep -qE 'forked VM|forked process|Crashed tests' build/log/java-tests.log
}

# The tests of that module alone, with what they need. Unpacked, PyTorch takes 450 MB of its target folder.
pytorch_tests() {
    rm -rf java/pytorch-tests/target/surefire-reports
    maven -P pytorch -pl pytorch-tests -am -Dmaven.test.failure.ignore=true -Dsurefire.failIfNoSpecifiedTests=false \
        -Dtest='io/github/exactloss/pytorch/**' test
    note "with PyTorch for Java, from Maven Central: org.bytedeco's pytorch, openblas and javacpp, 113 MB"
    ! grep -qE 'forked VM|forked process|Crashed tests' build/log/pytorch-tests.log
}

# The tests with nginx and wrk.
service_tests() {
    rm -rf java/examples/service/target/surefire-reports
    maven -pl examples/service -am -Dmaven.test.failure.ignore=true -Dsurefire.failIfNoSpecifiedTests=false \
        -Dexcluded.tests=none -Dtest=ProxyTest,LoadTest test
    sed -n 's/^measured: //p' build/log/service-tests.log >&3
    ! grep -qE 'forked VM|forked process|Crashed tests' build/log/service-tests.log
}

# The class path is a folder, so no jar that was a dependency once may stay in it. A command without jars would only
# confuse, so the launcher goes too.
forget_java() {
    local module
    for module in "$@"; do
        rm -rf "build/stamp/$module" "java/$module/target/lib"
        [[ $module != exactloss-cli ]] || rm -f "$LAUNCHER"
    done
}

# remember_java INPUTS MODULE...
remember_java() {
    local inputs=$1 module
    shift
    for module in "$@"; do
        mkdir -p "$(dirname "build/stamp/$module")"
        printf '%s\n' "$inputs" | replace_file "build/stamp/$module"
    done
}

write_launcher() {
    replace_file "$LAUNCHER" <<END
#!/bin/sh
# Written by build.sh: the exactloss command, with the JDK that it was built with.
root=$(quote "$ROOT")
java=$(quote "$JAVA_HOME/bin/java")
if [ ! -x "\$java" ]; then
    echo "exactloss: \$java is gone; run \$root/build.sh java again" >&2
    exit 1
fi
export EXACTLOSS_MNIST_DIR="\${EXACTLOSS_MNIST_DIR:-\$root/${MNIST_DIR#"$ROOT"/}}"
export EXACTLOSS_BENCH="\${EXACTLOSS_BENCH:-\$root/$BENCHMARK}"
exec "\$java" ${JAVA_OPTIONS[*]} \\
    -cp "\$root/java/exactloss-cli/target/lib/*" io.github.exactloss.cli.Main "\$@"
END
    chmod +x "$LAUNCHER"
}

# ---- the rest -------------------------------------------------------------------------------------------------------

# format_c OPTION...
format_c() {
    find native \( -name '*.[ch]' -o -name '*.cpp' -o -name '*.cu' -o -name '*.cuh' \) -print0 |
        xargs -0 clang-format "$@"
}

format() {
    format_c -i
    maven -P pytorch,peers spotless:apply # which downloads nothing of theirs
}

lint() {
    local status=0
    format_c --dry-run --Werror || status=1
    find . -name build -prune -o \( -name '*.sh' -o -path ./.ci/run \) -print0 | xargs -0 shellcheck -x || status=1
    maven -P pytorch,peers spotless:check || status=1
    return "$status"
}

clean() {
    find java -name target -prune -exec rm -rf {} +
    if [[ -d build ]]; then
        find build -mindepth 1 -maxdepth 1 ! -name cache -exec rm -rf {} +
    fi
}

step_setup() {
    setup "${BUILD_NEEDS[@]}"
}

step_native() {
    step_setup
    step native build_native
}

step_java() {
    step_native
    step java build_java exactloss-cli
}

step_install() {
    step_native
    step install install_java "$@"
}

step_mnist() {
    step_setup
    step mnist fetch_mnist
}

step_format() {
    setup "${BUILD_NEEDS[@]}" "${FORMAT_NEEDS[@]}"
    step native build_native
    step format format
}

step_lint() {
    setup "${BUILD_NEEDS[@]}" "${FORMAT_NEEDS[@]}" "${LINT_NEEDS[@]}"
    step native build_native
    step lint lint
}

step_clean() {
    clean
}

step_help() {
    help
}

step_train() {
    step_java
    step mnist fetch_mnist
    exec "$LAUNCHER" train "$@"
}

step_test() {
    setup "${BUILD_NEEDS[@]}" "${TEST_NEEDS[@]}" "${FORMAT_NEEDS[@]}"
    KEEP_GOING=true
    rm -rf build/ctest.xml java/pytorch-tests/target/surefire-reports
    step native build_native_tests
    step mnist fetch_mnist
    step java-tests java_tests
    step c-format format_c --dry-run --Werror
    step java-format maven -P pytorch,peers spotless:check
    step native-tests native_tests
    .build/test_summary.py "${FAILED_STEPS[@]}"
}

step_test_pytorch() {
    setup "${BUILD_NEEDS[@]}" "${TEST_NEEDS[@]}"
    KEEP_GOING=true
    step native build_native
    step pytorch-tests pytorch_tests
    .build/test_summary.py --module pytorch-tests "${FAILED_STEPS[@]}"
}

step_test_service() {
    setup "${BUILD_NEEDS[@]}" "${TEST_NEEDS[@]}" "${LOAD_NEEDS[@]}"
    KEEP_GOING=true
    step native build_native
    step service-tests service_tests
    .build/test_summary.py --module examples/service "${FAILED_STEPS[@]}"
}

step_test_exhaustive() {
    setup "${BUILD_NEEDS[@]}" "${TEST_NEEDS[@]}"
    step native build_native_tests
    exec "$NATIVE_BUILD/native/tests/sigmoid_test" all "$(nproc)"
}

step_service() {
    step_native
    step java build_java examples/service
    exec "$JAVA_HOME/bin/java" "$@" -jar java/examples/service/target/exactloss-service.jar
}

step_cuda_selftest() {
    setup "${BUILD_NEEDS[@]}" "${TEST_NEEDS[@]}"
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

step_bench_peers() {
    local version options=()
    step_native
    step peers build_java peers
    version=$(jdk_version "$JAVA_HOME")
    ((${version%%[!0-9]*} < 23)) || options=(--sun-misc-unsafe-memory-access=allow) # or each JVM of JMH would warn of it
    # In the middle of JMH's loop the compiler gives up half of the Vector API, which is then 10 times slower.
    options+=(-XX:CompileCommand=quiet '-XX:CompileCommand=dontinline,io.github.exactloss.peers.JavaLoops::mean*')
    exec "$JAVA_HOME/bin/java" --enable-native-access=ALL-UNNAMED --add-modules=jdk.incubator.vector "${options[@]}" \
        -Dorg.bytedeco.javacpp.cachedir="$ROOT/build/cache/javacpp" -cp 'java/peers/target/lib/*' \
        io.github.exactloss.peers.Peers --native "$BENCHMARK" --output build/peers "$@"
}

step_bench_safepoint() {
    step_native
    step java build_java benchmarks
    exec "$JAVA_HOME/bin/java" -Xmx2g --enable-native-access=ALL-UNNAMED -Xlog:safepoint:file=build/log/safepoint.log \
        -cp java/benchmarks/target/benchmarks.jar io.github.exactloss.benchmarks.TimeToSafepoint build/log/safepoint.log
}

# step_bench_sql [ROWS [RUNS]]
step_bench_sql() {
    step_native
    step java build_java benchmarks
    exec "$JAVA_HOME/bin/java" "${JAVA_OPTIONS[@]}" -cp java/benchmarks/target/benchmarks.jar \
        io.github.exactloss.benchmarks.SqlBenchmark build/scores "$@"
}

main() {
    local name=${1-train}
    case $name in
        train | service | cuda-selftest | bench | bench-peers | bench-sql) ;;
        install)
            (($# <= 2)) || usage_error "the step install takes one argument: the folder of a Maven repository"
            ;;
        -h | --help) name=help ;;
        test | test-exhaustive | test-pytorch | test-service | bench-safepoint | setup | native | java | mnist | format | \
            lint | clean | help)
            if (($# > 1)); then
                usage_error "the step $name takes no arguments"
            fi
            ;;
        *) usage_error "there is no step \"$name\"" ;;
    esac
    (($# == 0)) || shift
    mkdir -p build/log
    "step_${name//-/_}" "$@"
}

usage_error() {
    printf 'build.sh: %s\n\n' "$1" >&2
    help >&2
    exit 2
}

main "$@"
