// SPDX-License-Identifier: Apache-2.0
// Runs native calls: on this thread at once, or on a thread of libuv's pool while this one goes on.
import { OK } from './abi.js';
import { lengthOf, nameOf, requireFixed } from './arrays.js';
import { failure } from './errors.js';

/**
 * A native call, with its arguments checked.
 *
 * @typedef {object} Call
 * @property {import('./library.js').NativeFunction} native
 * @property {any[]} args
 * @property {import('./results.js').Results} results the memory of its results
 */

/**
 * Arrays that another thread will read or write, with their lengths and the names of their arguments.
 *
 * @typedef {{ arrays: any[], lengths: number[], names: readonly string[] }} Lease
 *
 * @typedef {{ call: Call, lease: Lease, resolve: () => void, reject: (error: unknown) => void }} Job
 */

/** Calls beyond these wait: koffi takes memory for each call that has begun, and refuses the 257th. */
const MAX_RUNNING = 64;

let running = 0;

/** @type {Job[]} */
const waiting = [];

/** @param {Call} call */
export function perform({ native, args, results }) {
    const status = native(...args);
    if (status !== OK) {
        throw failure(status, results);
    }
}

/**
 * Lends the arrays among some arguments. They are held while a call is pending, so their memory stays, unless the
 * program gives it away: by a transfer, which cannot be prevented, but is noticed before each call and after it.
 *
 * @param {any[]} args that have just been checked
 * @param {readonly string[]} parameters their names
 * @returns {Lease}
 */
export function lend(args, parameters) {
    const isArray = args.map((argument) => nameOf(argument) !== undefined);
    const arrays = args.filter((_, i) => isArray[i]);
    const names = parameters.filter((_, i) => isArray[i]);
    arrays.forEach((array, i) => requireFixed(array, names[i]));
    return { arrays, lengths: arrays.map(lengthOf), names };
}

/**
 * @param {Call} call
 * @param {Lease} [lease] of its arrays, where they were checked before
 * @returns {Promise<void>}
 */
export function performAsync(call, lease = lend(call.args, call.native.parameters)) {
    return new Promise((resolve, reject) => {
        waiting.push({ call, lease, resolve, reject });
        start();
    });
}

function start() {
    while (running < MAX_RUNNING && waiting.length > 0) {
        const job = /** @type {Job} */ (waiting.shift());
        try {
            requireUntouched(job.lease);
            job.call.native.async(...job.call.args, (error, status) => finish(job, error, status));
            running++;
        } catch (error) {
            job.reject(error);
        }
    }
}

/**
 * @param {Job} job
 * @param {Error | null} error
 * @param {number} status
 */
function finish(job, error, status) {
    running--;
    start();
    try {
        requireUntouched(job.lease);
        if (error) {
            throw error;
        }
        if (status !== OK) {
            throw failure(status, job.call.results);
        }
        job.resolve();
    } catch (problem) {
        job.reject(problem);
    }
}

/** @param {Lease} lease */
function requireUntouched({ arrays, lengths, names }) {
    // Shared memory may grow meanwhile, and an array over all of it with it.
    const touched = arrays.findIndex((array, i) => lengthOf(array) < lengths[i]);
    if (touched >= 0) {
        throw new TypeError(
            `the buffer of ${names[touched]} was transferred before the promise was settled: transfer it afterwards`,
        );
    }
}
