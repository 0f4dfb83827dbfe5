#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# build.sh explains itself, from any folder, and refuses a step or a JDK that it can't use. A step that fails or is killed
# is reported, one that is interrupted ends the build, and standard output has nothing of either.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d "/tmp/exactloss steps.XXXXXX")
trap 'rm -rf "$work"' EXIT
cd /

# expect STATUS WORD ARGUMENT...: runs build.sh with the arguments; its output must have the word.
expect() {
    local wanted=$1 word=$2 status=0 output
    shift 2
    output=$("$root/build.sh" "$@" 2>&1 </dev/null) || status=$?
    if ((status != wanted)) || [[ $output != *"$word"* ]]; then
        printf 'build.sh %s: status %d instead of %d, or no "%s" in:\n%s\n' "$*" "$status" "$wanted" "$word" "$output"
        exit 1
    fi
}

for step in train test test-exhaustive test-pytorch test-spark test-service test-platforms setup native natives java \
    spark dist languages bindings install mnist service cuda-selftest bench bench-peers bench-safepoint bench-sql bench-spark format lint \
    clean help; do
    expect 0 $'\n'"  $step" help
done
expect 0 JAVA_HOME --help
expect 2 'no step "nonsense"' nonsense
expect 2 'takes no arguments' clean everything
expect 2 'takes one argument' install here there
expect 2 'bench-sql takes numbers of rows and of runs, not "1e8"' bench-sql 1e8

# One line, so that no list of steps pushes it off the screen.
[[ $("$root/build.sh" nonsense 2>&1) == 'build.sh: there is no step "nonsense"; see ./build.sh help' ]]

# The message names an unsuitable JAVA_HOME and the remedy, also if there are other JDKs.
mkdir -p "$work/old/bin"
touch "$work/old/bin/java" "$work/old/bin/javac"
chmod +x "$work/old/bin/java" "$work/old/bin/javac"
echo 'JAVA_VERSION="21.0.2"' >"$work/old/release"
JAVA_HOME=$work/old expect 1 "JAVA_HOME is $work/old, which is JDK 21.0.2: set it to a JDK 22 or later" setup
JAVA_HOME=/nonexistent expect 1 "JAVA_HOME is /nonexistent, which is no JDK: set it to a JDK 22 or later" setup

# What was collected of the natives is still there after a folder that is wrong, or that the step would replace.
# natives_from FOLDER: what is said of it
natives_from() {
    (
        ROOT=$work
        # shellcheck source=.build/steps.sh
        . "$root/.build/steps.sh"
        # shellcheck source=.build/natives.sh
        . "$root/.build/natives.sh"
        cd "$root"
        set -e
        collect_natives "$1"
    ) 2>&1
}
mkdir -p "$work/build/natives/linux-x86_64"
for case in "$work/build/natives/linux-x86_64|which this step replaces: copy it" "$work/build/natives/.|which this step replaces" \
    "$work/none|none is no folder"; do
    set +e # not in a condition, where set -e has no effect inside
    output=$(natives_from "${case%|*}")
    status=$?
    set -e
    if ((status == 0)) || [[ $output != *"${case#*|}"* || ! -d $work/build/natives/linux-x86_64 ]]; then
        printf 'natives from %s: %s\n' "${case%|*}" "$output"
        exit 1
    fi
done
rm -rf "$work/build"

mkdir -p "$work/build/log"
cd "$work"

# A platform that can't be tested has a report with the reason, also in a tree in which nothing was tested yet.
(
    ROOT=$work
    # shellcheck source=.build/steps.sh
    . "$root/.build/steps.sh"
    # shellcheck source=.build/platforms.sh
    . "$root/.build/platforms.sh"
    skip_platform java-aarch64 "there is no emulator" 3>/dev/null
)
grep -q 'skipped message="there is no emulator"' build/platforms/java-aarch64/ctest.xml
rm -rf build/platforms

# run_steps COMMAND: runs the steps of a build that keeps going, one of them with COMMAND. Then it prints the summary of
# "build.sh test".
run_steps() {
    (
        # shellcheck source=.build/steps.sh
        . "$root/.build/steps.sh"
        KEEP_GOING=true
        step tool bash -c "$1"
        step next true
        "$root/.build/test_summary.py" "${FAILED_STEPS[@]}"
    )
}

# expect_steps STATUS COMMAND WORD...: run_steps ends with the status, and its standard error has the words.
expect_steps() {
    local wanted=$1 command=$2 word status=0
    shift 2
    (run_steps "$command") >stdout 2>stderr || status=$?
    for word in "$@"; do
        if ((status != wanted)) || ! grep -qF -e "$word" stderr; then
            printf 'the step "%s": status %d instead of %d, or no "%s" in:\n' "$command" "$status" "$wanted" "$word"
            cat stderr
            exit 1
        fi
    done
}

for end in 'exit 1' 'kill -KILL $$' 'kill -SEGV $$'; do
    expect_steps 1 "echo the last words; $end" \
        FAILED 'the last words' 'the step tool failed' 'Put the cause right' 'next '
    grep -qx 'FAILED   the step tool' stdout
    tail -n 1 stdout | grep -qx '0 passed, 3 failed' # the step, and that there is no report of either kind
done
for signal in INT TERM; do
    expect_steps $((128 + $(kill -l "$signal"))) "kill -$signal \$\$" interrupted
    [[ ! -s stdout ]]
    ! grep -q next stderr || exit 1
done
