# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Runs the steps of build.sh. Each prints one line, keeps its output in a log, and on failure says what to do. All of
# this goes to standard error: standard output is for the result, which may be JSON.

KEEP_GOING=false # after a step that failed
FAILED_STEPS=()

# What to do when a step fails, beyond reading its log.
advice() {
    case $1 in
        apt) echo "Is there a network, and are apt's package lists right? Or install these packages by hand: $2" ;;
        native*) echo "If the sources are as they should be: ./build.sh clean, then run it again." ;;
        java | install | *-tests) echo "If a download failed: check the network, or the mirror in ~/.m2/settings.xml." ;;
        *format) echo "./build.sh format puts it right." ;;
        lint) echo "./build.sh format puts the format right; shellcheck's remarks are for you." ;;
        *) echo "Put the cause right, then run it again: what succeeded is not done twice." ;;
    esac
}

# Tenths of seconds between two readings of EPOCHREALTIME, as seconds.
seconds_between() {
    local tenths=$(((${2/[.,]/} - ${1/[.,]/}) / 100000))
    printf '%d.%d s' $((tenths / 10)) $((tenths % 10))
}

# begin NAME: prints the beginning of a step's line.
begin() {
    printf '%-14s' "$1" >&2
}

# report START TEXT: prints the rest of the line.
report() {
    printf '%9s   %s\n' "$(seconds_between "$1" "$EPOCHREALTIME")" "$2" >&2
}

# note TEXT: sets the text in the line of the running step.
note() {
    printf '%s\n' "$1" >&3
}

# step NAME COMMAND [ARGUMENT...]
step() {
    local name=$1 log=build/log/$1.log start=$EPOCHREALTIME notes status
    shift
    begin "$name"
    # Not in an "if" or after "||": bash would ignore set -e inside the command then.
    set +e
    notes=$(
        set -e
        "$@" 3>&1 >"$log" 2>&1 </dev/null
    )
    status=$?
    set -e
    if ((status == 0)); then
        report "$start" "$notes"
        return
    fi
    if ((status == 130 || status == 143)); then # by SIGINT or SIGTERM: nothing to explain, nothing to go on with
        report "$start" interrupted
        exit "$status"
    fi
    report "$start" "FAILED (status $status)"
    {
        tail -n 25 "$log" | sed 's/\x1b\[[0-9;]*m//g; /^$/d; s/^/    /' # without colours
        echo "build.sh: the step $name failed; all its output is in $log"
        advice "$name" "$*"
    } >&2
    $KEEP_GOING || exit 1
    FAILED_STEPS+=("$name")
}

# stop TEXT: ends the build with one line.
stop() {
    printf '\nbuild.sh: %s\n' "$1" >&2
    exit 1
}

# replace_file FILE: writes standard input to a file that is never seen half-written.
replace_file() {
    local temporary
    temporary=$(mktemp "$1.XXXXXX")
    if ! cat >"$temporary"; then
        rm -f "$temporary"
        return 1
    fi
    chmod 644 "$temporary"
    mv -f "$temporary" "$1"
}

# quote TEXT: as one word of a POSIX shell.
quote() {
    printf "'%s'" "${1//\'/\'\\\'\'}"
}

trap 'printf "\nbuild.sh: interrupted\n" >&2; exit 130' INT
trap 'printf "\nbuild.sh: terminated\n" >&2; exit 143' TERM
