// SPDX-License-Identifier: Apache-2.0
// Where the native library is found, and what an error says where it isn't.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { libraryInfo } from 'exactloss';

const PACKAGE = dirname(fileURLToPath(import.meta.resolve('exactloss')));

/**
 * What a program that imports the package prints.
 *
 * @param {string} library of the environment
 * @param {string} [folder] of the package
 */
function run(library, folder = PACKAGE) {
    const program = `import('${folder}/index.js').then(({ libraryInfo, mnistLoss }) => {
        console.log(libraryInfo.path);
        mnistLoss(new Float32Array(1), new Uint8Array(1));
    });`;
    const { stdout, stderr, status } = spawnSync(process.execPath, ['-e', program], {
        env: { ...process.env, EXACTLOSS_LIBRARY: library },
        encoding: 'utf8',
    });
    return { output: stdout.trim(), error: stderr, status };
}

test('the package carries the library', () => {
    assert.ok(libraryInfo.path.startsWith(join(PACKAGE, 'lib', `${process.platform}-${process.arch}`)));
    assert.equal(libraryInfo.version, JSON.parse(readFileSync(join(PACKAGE, 'package.json'), 'utf8')).version);
    assert.equal(typeof libraryInfo.instructionSet, 'string');
});

test('the environment names another one', (context) => {
    const folder = mkdtempSync(join(tmpdir(), 'exactloss-'));
    context.after(() => rmSync(folder, { recursive: true }));
    const copy = join(folder, 'copy.so');
    cpSync(libraryInfo.path, copy);
    assert.deepEqual(run(copy), { output: copy, error: '', status: 0 });
});

test('a library that the environment names and that is not there is an error', () => {
    const { error, status } = run('/nowhere/libexactloss.so');
    assert.notEqual(status, 0);
    assert.match(
        error,
        new RegExp(
            'cannot load its native library /nowhere/libexactloss.so \\(from the environment variable ' +
                'EXACTLOSS_LIBRARY\\): .*No such file.*Set EXACTLOSS_LIBRARY to the path of',
        ),
    );
});

test('so is a file that is no library', (context) => {
    const folder = mkdtempSync(join(tmpdir(), 'exactloss-'));
    context.after(() => rmSync(folder, { recursive: true }));
    writeFileSync(join(folder, 'text.so'), 'text');
    assert.match(run(join(folder, 'text.so')).error, /cannot load its native library .*text\.so/);
});

test('and a library with another binary interface', () => {
    assert.match(
        run(process.env.EXACTLOSS_OTHER_ABI).error,
        /binary interface has the version 999, and this package needs 1\./,
    );
});

test('a package without a library for this platform takes that of the system', (context) => {
    // Beside the installed package, from where koffi is found.
    const folder = mkdtempSync(join(dirname(PACKAGE), 'without-library-'));
    context.after(() => rmSync(folder, { recursive: true }));
    cpSync(PACKAGE, folder, { recursive: true });
    rmSync(join(folder, 'lib'), { recursive: true });
    const { output, error } = run('', folder);
    assert.match(
        output + error,
        /^libexactloss\.so\.1$|cannot load its native library libexactloss\.so\.1 \(from the system, since this package/,
    );
});

test('an unknown name in EXACTLOSS_MAX_ISA is an error of the first call', () => {
    const program = `import('${PACKAGE}/index.js').then(({ libraryInfo, mnistLoss }) => {
        console.log(libraryInfo.instructionSet);
        mnistLoss(new Float32Array(1), new Uint8Array(1));
    });`;
    const { stdout, stderr } = spawnSync(process.execPath, ['-e', program], {
        env: { ...process.env, EXACTLOSS_MAX_ISA: 'sse9' },
        encoding: 'utf8',
    });
    assert.equal(stdout, 'null\n');
    assert.match(stderr, /EXACTLOSS_MAX_ISA is the name of no instruction set; unset it/);
});
