#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The command that build.sh puts in place: from another folder, through a symbolic link, with spaces in its arguments.
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
