#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# test.sh SUITE LIBRARY_FOLDER BUILD: packs the package, installs it in BUILD/project as a user would, and runs a suite
# there: "behaviour" or "conformance" by Node's test runner, or "types" by the TypeScript compiler. Nothing is written
# elsewhere. The first two need EXACTLOSS_OTHER_ABI, a library of another ABI, and EXACTLOSS_CASES, the file of cases.
set -euo pipefail
suite=$1 library_folder=$2 build=$3
here=$(cd -- "$(dirname -- "$0")" && pwd)
project=$build/project

skip() {
    echo "skipped: $1"
    exit 77
}

# npm's registry has koffi and what the tests need. It is asked again only when the package has changed.
install_package() {
    local tarball
    rm -rf "$build/dist"
    "$here/package.sh" "$library_folder" "$build/dist" >/dev/null
    tarball=$(echo "$build"/dist/exactloss-*.tgz)
    mkdir -p "$project"
    if [[ -e $project/installed.tgz ]] && cmp -s "$tarball" "$project/installed.tgz"; then
        return
    fi
    rm -rf "$project"
    mkdir -p "$project"
    node - "$here/package.json" "$tarball" >"$project/package.json" <<'JS'
const [, , file, tarball] = process.argv;
const { devDependencies } = JSON.parse(require('fs').readFileSync(file, 'utf8'));
console.log(JSON.stringify({
    private: true, type: 'module', dependencies: { exactloss: `file:${tarball}` }, devDependencies,
}));
JS
    (cd -- "$project" && npm install --no-package-lock --ignore-scripts --no-audit --no-fund --prefer-offline \
        --no-update-notifier --loglevel=error) >"$build/install.log" 2>&1 ||
        skip "npm install failed: $(tr '\n' ' ' <"$build/install.log")"
    cp "$tarball" "$project/installed.tgz"
}

[[ $suite != conformance || -e $EXACTLOSS_CASES ]] || skip "there is no $EXACTLOSS_CASES"
command -v node >/dev/null || skip "there is no node"
command -v npm >/dev/null || skip "there is no npm"
(($(node -p 'parseInt(process.versions.node)') >= 20)) || skip "node $(node --version) is older than 20"

mkdir -p "$build"
exec 9>"$build/lock"
flock 9 # the suites share the project
install_package
flock -u 9

# Each suite has a folder, since they may run at the same time.
work=$project/$suite
rm -rf "$work"
mkdir "$work"
unset EXACTLOSS_LIBRARY
case $suite in
    behaviour)
        cp -R "$here"/{README.md,test,examples} "$work"
        cd -- "$work"
        node --expose-gc --test test/*.test.js
        ;;
    conformance)
        cp -R "$here/test" "$work"
        cd -- "$work"
        node --test test/conformance/*.test.js
        ;;
    types)
        cp -R "$here"/{package.json,tsconfig.json,index.js,index.d.ts,src,types} "$work"
        cd -- "$work"
        ../node_modules/.bin/tsc --project .
        ;;
    *)
        echo "there is no suite $suite" >&2
        exit 1
        ;;
esac
