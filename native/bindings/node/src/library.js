// SPDX-License-Identifier: Apache-2.0
// Finds the native library, loads it, and declares its functions. Pointers are all `void *`: koffi then passes the
// address of a typed array's first element, and copies nothing.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import koffi from 'koffi';
import { ABI_VERSION } from './abi.js';

const { platform, arch, env } = process;
const [prefix, suffix] = platform === 'win32' ? ['', '.dll'] : ['lib', platform === 'darwin' ? '.dylib' : '.so'];

/** The file that this package carries for this platform, where it carries one. */
const packaged = fileURLToPath(new URL(`../lib/${platform}-${arch}/${prefix}exactloss${suffix}`, import.meta.url));

/** What the system's loader looks for: the number in the name is that of the binary interface. */
const installed =
    {
        linux: `libexactloss.so.${ABI_VERSION}`,
        darwin: `libexactloss.${ABI_VERSION}.dylib`,
    }[/** @type {string} */ (platform)] ?? `${prefix}exactloss${suffix}`;

/**
 * The first place that applies is the only one that is tried: a library that is there and does not work is an error.
 *
 * @returns {{ path: string, origin: string }}
 */
function find() {
    if (env.EXACTLOSS_LIBRARY) {
        return { path: env.EXACTLOSS_LIBRARY, origin: 'from the environment variable EXACTLOSS_LIBRARY' };
    }
    if (existsSync(packaged)) {
        return { path: packaged, origin: 'from this package' };
    }
    return { path: installed, origin: `from the system, since this package has no ${packaged}` };
}

/**
 * @param {string} path
 * @param {string} origin
 */
function load(path, origin) {
    try {
        const library = koffi.load(path);
        const version = library.func('int exactloss_abi_version(void)')();
        if (version !== ABI_VERSION) {
            throw new Error(`its binary interface has the version ${version}, and this package needs ${ABI_VERSION}`);
        }
        return library;
    } catch (cause) {
        throw new Error(
            `exactloss cannot load its native library ${path} (${origin}): ${/** @type {Error} */ (cause).message}. ` +
                `Set EXACTLOSS_LIBRARY to the path of a ${prefix}exactloss${suffix} for ${platform}-${arch}.`,
            { cause },
        );
    }
}

const { path, origin } = find();
const library = load(path, origin);

/**
 * A function that returns a status, with the names of its parameters. An array that a user gives has the name of the
 * user's argument.
 *
 * @typedef {import('koffi').KoffiFunc<(...args: any[]) => number> & { parameters: readonly string[] }} NativeFunction
 */

/**
 * @param {string} name
 * @param {string} parameters
 * @returns {NativeFunction}
 */
function declare(name, parameters) {
    return Object.assign(library.func(`int exactloss_${name}(${parameters})`), {
        parameters: parameters.split(', ').map((parameter) => parameter.replace(/.*[ *]/, '')),
    });
}

const BATCH = 'int options, void *predictions, void *targets, void *weights, int64_t count';

export const native = Object.freeze({
    loss: declare('loss', `${BATCH}, void *rows, void *losses, void *violation`),
    values: declare('values', `${BATCH}, void *out, void *violation`),
    gradient: declare(
        'gradient',
        `${BATCH}, double upstream, int64_t divisor, void *out, void *loss, void *violation`,
    ),
    evaluate: declare('evaluate', `${BATCH}, void *rows, double threshold, void *evaluations, void *violation`),
    metric: declare('metric', 'void *evaluation, int metric, void *value'),
    fBeta: declare('f_beta', 'void *evaluation, double beta, void *value'),
    accumulatorInit: declare('accumulator_init', 'void *accumulator, int options, double threshold'),
    accumulatorAdd: declare('accumulator_add', `void *accumulators, ${BATCH}, void *rows, void *violation`),
    accumulatorAddWithGradient: declare(
        'accumulator_add_with_gradient',
        `void *accumulator, ${BATCH}, double upstream, int64_t divisor, void *out, void *violation`,
    ),
    accumulatorMerge: declare('accumulator_merge', 'void *accumulator, void *other'),
    accumulatorResult: declare('accumulator_result', 'void *accumulator, void *evaluation'),
    accumulatorSerialize: declare(
        'accumulator_serialize',
        'void *accumulator, void *bytes, int64_t capacity, void *size',
    ),
    accumulatorDeserialize: declare('accumulator_deserialize', 'void *accumulator, void *bytes, int64_t size'),
    where: declare(
        'where',
        'int options, void *condition, void *a, void *b, int element_size, int64_t count, void *out',
    ),
    sigmoid: declare('sigmoid', 'int options, void *logits, int64_t count, void *out'),
});

/** @type {(status: number) => string} */
export const statusString = library.func('const char *exactloss_status_string(int status)');

/** The native library that is in use. */
export const libraryInfo = Object.freeze({
    path,
    version: /** @type {string} */ (library.func('const char *exactloss_version(void)')()),
    instructionSet: /** @type {string | null} */ (library.func('const char *exactloss_isa_name(void)')()),
});

/** @type {(array: ArrayBufferView) => bigint} */
export const addressOf = koffi.address;
