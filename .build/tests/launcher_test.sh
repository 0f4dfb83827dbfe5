#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The command that build.sh puts in place: from another folder, through a symbolic link, with spaces in its arguments, in
# every locale, with a temporary folder that the user names, and into a pipe that nobody reads.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
if [[ ! -x $root/build/exactloss ]]; then
    echo "skipped: build/exactloss is not there; ./build.sh java makes it"
    exit 77
fi

work=$(mktemp -d "/tmp/exactloss launcher.XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work"
ln -s "$root/build/exactloss" exactloss

python3 - <<'END'
import array

def save(path, type, numbers):
    header = f"{{'descr': '{type}', 'fortran_order': False, 'shape': ({len(numbers)},), }}".ljust(117) + "\n"
    with open(path, "wb") as file:
        file.write(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode() + numbers.tobytes())

save("the predictions.npy", "<f4", array.array("f", [0.9, 0.4, 0.2]))
save("the targets.npy", "|u1", array.array("B", [1, 0, 1]))
END
./exactloss eval --predictions "the predictions.npy" --targets "the targets.npy" --json >evaluation.json
./exactloss info --json >info.json
./exactloss bench --quick --suite calls --json >benchmark.json 2>/dev/null
status=0
./exactloss bench --suite nope 2>errors || status=$?
((status == 2)) && [[ $(wc -l <errors) == 1 ]] && grep -q 'there is no suite "nope"' errors
python3 - <<'END'
import json

evaluation = json.load(open("evaluation.json"))
assert evaluation["loss"] == 0.43333334227403003, evaluation
assert evaluation["count"] == 3 and evaluation["positives"] == 2, evaluation
assert json.load(open("info.json"))

benchmark = json.load(open("benchmark.json"))
assert benchmark["machine"], benchmark
FIELDS = "operation predictions targets isa threads elements labels bytes_per_element ns_per_element ns_per_element_min "
FIELDS += "ns_per_element_max gb_per_s share_of_bandwidth"
assert all(field in row for row in benchmark["rows"] for field in FIELDS.split()), benchmark
assert any("share_of_inexact" in row for row in benchmark["rows"]), benchmark
END

status=0
./exactloss no-such-command 2>/dev/null || status=$?
((status == 2))

# The bytes of a query and of a file's name are the same in every locale, also in one that is not installed.
printf 'prediction,target,city\n0.75,1,Köln\n0.25,0,Bonn\n0.5,1,Köln\n' >'Kölns Werte.csv'
for locale in C POSIX C.UTF-8 xx_XX.UTF-8; do
    LC_ALL=$locale ./exactloss eval --json --report "Köln $locale.html" \
        "SELECT prediction, target FROM 'Kölns Werte.csv' WHERE city <> 'Köln'" >city.json 2>errors
    python3 - "Köln $locale.html" <<'END'
import json, sys

evaluation = json.load(open("city.json"))
assert evaluation["loss"] == 0.25 and evaluation["count"] == 1, evaluation
assert "city &lt;&gt; 'Köln'" in open(sys.argv[1], encoding="utf-8").read().replace("&#39;", "'")
END
done

# Nothing stays in the temporary folder.
mkdir "temporary files"
TMPDIR="$work/temporary files" ./exactloss eval --json "SELECT 0.5::FLOAT, 1" >half.json
left=$(ls -A "temporary files")
[[ -z $left ]] || { echo "the command leaves $left"; exit 1; }
TMPDIR=$work/missing ./exactloss eval --json "SELECT 0.5::FLOAT, 1" | cmp - half.json

# A reader that goes away is no failure to report, as with other commands.
exec 5> >(:)
wait "$!"
status=0
./exactloss info >&5 2>errors || status=$?
if ((status != 141)) || [[ -s errors ]]; then
    echo "status $status, and it said:"
    cat errors
    exit 1
fi

mkdir -p "a:b/bin"
cp "$root/java/exactloss-cli/target/bin/exactloss" "a:b/bin"
[[ $("a:b/bin/exactloss" info 2>&1) == *"it is in the folder $work/a:b, "*colon* ]]
