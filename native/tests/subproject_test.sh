#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# subproject_test.sh SOURCE COMPILER GENERATOR: a project that adds this one, and tests of its own, gets the library and
# keeps its defaults.
set -euo pipefail
source=$1 compiler=$2 generator=$3

work=$(mktemp -d /tmp/exactloss-subproject.XXXXXX)
trap 'rm -rf "$work"' EXIT
cat >"$work/CMakeLists.txt" <<END
cmake_minimum_required(VERSION 3.22)
project(parent LANGUAGES C)
include(CTest)
add_subdirectory("$source" exactloss)
add_executable(program "$source/native/examples/mnist_loss.c")
target_link_libraries(program PRIVATE exactloss::exactloss)
add_test(NAME program COMMAND program)
END
cmake -S "$work" -B "$work/build" -G "$generator" -DCMAKE_C_COMPILER="$compiler"
cmake --build "$work/build"

if grep -E '^(CMAKE_BUILD_TYPE:.*=.+|BUILD_SHARED_LIBS:.*)$' "$work/build/CMakeCache.txt"; then
    echo "these are the parent's to choose"
    exit 1
fi
tests=$(cd "$work/build" && ctest --show-only)
if [[ $tests != *"Total Tests: 1" ]]; then
    printf 'the parent has one test, and this is its list:\n%s\n' "$tests"
    exit 1
fi
[[ $("$work/build/program") == 0.43333334227403003 ]]
