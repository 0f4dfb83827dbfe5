#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The example service in a root like a container's: everything read-only, /tmp without leave to execute, a user without a
# name. With the command of its Dockerfile it gives the right bits. Without the library's file it says what is wrong and
# what to do.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
service=$root/java/examples/service
library=$(echo "$root"/build/native/natives/*/libexactloss.so)

skip() {
    echo "skipped: $1"
    exit 77
}

[[ -f $service/target/exactloss-service.jar && -d $service/target/lib && -f $library ]] ||
    skip "the service is not built; ./build.sh test builds it"
unshare --user --map-root-user --mount true 2>/dev/null || skip "unshare can't make a user namespace here"

# shellcheck source=.build/requirements.sh
. "$root/.build/requirements.sh"
find_jdk
jdk=$(realpath "$JAVA_HOME")
work=$(mktemp -d "/tmp/exactloss container.XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work"

# What the Dockerfile copies into the image, and the command that it gives it.
mkdir -p image/opt/exactloss-service image/{dev,etc,jdk,old,proc,tmp,usr}
cp -R "$service"/target/{exactloss-service.jar,lib} "$library" image/opt/exactloss-service
for name in bin lib lib64; do
    if [[ -L /$name ]]; then
        cp -P "/$name" image
    elif [[ -d /$name ]]; then
        mkdir "image/$name"
    fi
done
touch image/dev/{null,random,urandom}
echo 'root:x:0:0::/:/bin/sh' >image/etc/passwd
chmod -R a+rX "$work"
mapfile -t command < <(python3 - "$service/Dockerfile" <<'PYTHON'
import json, re, sys

text = open(sys.argv[1], encoding="utf-8").read().replace("\\\n", "")
print("\n".join(json.loads(re.search(r"^ENTRYPOINT (\[.*\])$", text, re.MULTILINE).group(1))))
PYTHON
)

# Begins a command that runs in the root, as the user 4711. It becomes that process, so that a signal reaches it.
# shellcheck disable=SC2016 # the inner shell's variables
contained=(unshare --user --map-root-user --mount bash -euc '
    image=$1 jdk=$2
    shift 2
    mount --bind "$image" "$image"
    cd "$image"
    for folder in /usr /bin /lib /lib64; do
        [[ -L $folder || ! -d $folder ]] || mount --rbind -o ro "$folder" ".$folder"
    done
    mount --bind "$jdk" jdk
    for file in dev/null dev/random dev/urandom; do
        mount --bind "/$file" "$file"
    done
    mount --rbind /proc proc
    mount -t tmpfs -o noexec,mode=1777 none tmp
    mount -o remount,bind,ro jdk
    mount -o remount,bind,ro .
    pivot_root . old
    umount -l /old
    cd /
    export PATH=/jdk/bin:/usr/bin
    exec unshare --user --map-user=4711 --map-group=4711 "$@"' bash "$work/image" "$jdk")

# The root is what it should be.
# shellcheck disable=SC2016 # the inner shell's
"${contained[@]}" sh -c '! touch /opt/file && touch /tmp/file && cp /bin/true /tmp && ! /tmp/true &&
    [ "$(id -u)" = 4711 ] && ! id -un' >root.log 2>&1 || { cat root.log; exit 1; }

options=("${command[@]:1:${#command[@]}-3}")
jar=("${command[@]: -2}")
"${contained[@]}" java "${options[@]}" -Dserver.port=0 "${jar[@]}" >service.log 2>&1 &
process=$!
trap 'kill -KILL "$process" 2>/dev/null || true; rm -rf "$work"' EXIT
python3 - "$process" <<'PYTHON'
import os, re, struct, sys, time, urllib.request

process = int(sys.argv[1])
for _ in range(2400):
    said = open("service.log", encoding="utf-8").read()
    port = re.search(r"^listening on port (\d+)$", said, re.MULTILINE)
    if port:
        break
    if not os.path.exists(f"/proc/{process}"):
        sys.exit(f"the service ended: {said}")
    time.sleep(0.05)
else:
    sys.exit(f"the service runs, and has not listened in 120 s: {said}")
request = urllib.request.Request(
    f"http://127.0.0.1:{port.group(1)}/loss?predictions=float32&targets=uint8&count=3",
    struct.pack("<3f3B", 0.9, 0.4, 0.2, 1, 0, 1), {"Content-Type": "application/octet-stream"})
with urllib.request.urlopen(request, timeout=60) as answer:
    body = answer.read().decode()
assert body.startswith('{"loss":0.43333334227403003,'), body
PYTHON
kill "$process"
status=0
wait "$process" || status=$?
((status == 143)) || { echo "after SIGTERM the status is $status"; cat service.log; exit 1; }

# The jar's copy can't be loaded from /tmp.
without=()
for option in "${options[@]}"; do
    [[ $option == -Dexactloss.library.path=* ]] || without+=("$option")
done
((${#without[@]} == ${#options[@]} - 1))
status=0
output=$(timeout 120 "${contained[@]}" java "${without[@]}" -Dserver.port=0 "${jar[@]}" 2>&1) || status=$?
for words in "exactloss-service: can't load the exactloss library; tried /tmp (java.io.tmpdir), to unpack META-INF/native/" \
    "if the folder is mounted noexec, set -Djava.io.tmpdir=FOLDER" "-Dexactloss.library.path=FILE"; do
    if ((status != 1)) || [[ $output != *"$words"* ]] || (($(wc -l <<<"$output") != 1)); then
        printf 'status %d, and without "%s":\n%s\n' "$status" "$words" "$output"
        exit 1
    fi
done
