// SPDX-License-Identifier: Apache-2.0
// Reads native/conformance/cases.txt, whose README describes it: the cases, and the arrays that their lines stand for.
import { bfloat16, float16, packedBits } from 'exactloss';

/**
 * Each case as { name, operation, lines }, with its lines as lists of tokens.
 *
 * @param {string} text
 */
export function* casesOf(text) {
    let current;
    let number = 0;
    for (const line of text.split('\n')) {
        const tokens = line.split(' ');
        if (line.startsWith('#') || line === '') {
            continue;
        } else if (tokens[0] === 'case') {
            current = { name: tokens[1], operation: tokens[2], lines: [] };
        } else if (tokens[0] === 'done') {
            number++;
            yield current;
            current = undefined;
        } else if (tokens[0] === 'end') {
            if (number !== Number(tokens[1])) {
                throw new Error(`the file has ${number} cases, and says that it has ${tokens[1]}`);
            }
            return;
        } else {
            current.lines.push(tokens);
        }
    }
    throw new Error('the file has no last line');
}

const WIDTHS = {
    uint8: 1,
    int8: 1,
    float16: 2,
    bfloat16: 2,
    float32: 4,
    int32: 4,
    float64: 8,
    int64: 8,
};
const PATTERNS = { 1: Uint8Array, 2: Uint16Array, 4: Uint32Array, 8: BigUint64Array };
const VIEWS = {
    uint8: Uint8Array,
    int8: Int8Array,
    int32: Int32Array,
    int64: BigInt64Array,
    float32: Float32Array,
    float64: Float64Array,
};

/** The bit patterns of an array, in an array of unsigned integers. */
export function patternsOf([type, count, kind, ...rest]) {
    const width = type.startsWith('bits:') ? 1 : WIDTHS[type];
    const patterns = new PATTERNS[width](Number(count));
    const convert = width === 8 ? (pattern) => pattern : Number;
    const next = elementsOf(
        kind,
        rest.map((token) => BigInt(`0x${token}`)),
        1n << BigInt(8 * width - 1),
    );
    for (let i = 0; i < patterns.length; i++) {
        patterns[i] = convert(BigInt.asUintN(8 * width, next(i)));
    }
    return patterns;
}

/** The function that gives element i, one after the other. */
function elementsOf(kind, numbers, sign) {
    if (kind === 'bits') {
        return (i) => numbers[i];
    }
    const random = generator(numbers[0]);
    const [first, length] = numbers.slice(1);
    switch (kind) {
        case 'range':
            return () => first + (random() % length);
        case 'signed':
            return () => {
                const word = random();
                return (first + ((word >> 1n) % length)) | (word & 1n ? sign : 0n);
            };
        case 'choice':
            return () => numbers[1 + Number(random() % BigInt(numbers.length - 1))];
        default:
            throw new Error(`there is no kind ${kind} of arrays`);
    }
}

/** splitmix64 */
export function generator(seed) {
    let state = seed;
    return () => {
        state = BigInt.asUintN(64, state + 0x9e3779b97f4a7c15n);
        let z = state;
        z = BigInt.asUintN(64, (z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n);
        z = BigInt.asUintN(64, (z ^ (z >> 27n)) * 0x94d049bb133111ebn);
        return z ^ (z >> 31n);
    };
}

/** The array that the library takes. */
export function arrayOf(tokens) {
    const [type, count] = tokens;
    const patterns = patternsOf(tokens);
    if (type.startsWith('bits:')) {
        return packed(patterns, Number(type.slice('bits:'.length)));
    }
    switch (type) {
        case 'float16':
            return float16(patterns);
        case 'bfloat16':
            return bfloat16(patterns);
        default:
            return new VIEWS[type](patterns.buffer, 0, Number(count));
    }
}

function packed(bits, offset) {
    const bytes = new Uint8Array((offset + bits.length + 7) >> 3);
    bits.forEach((bit, i) => {
        bytes[(offset + i) >> 3] |= bit << ((offset + i) & 7);
    });
    return packedBits(bytes, bits.length, offset);
}

/** A double from its bit pattern, or NaN from the token nan. */
export function float64Of(token) {
    return token === 'nan' ? NaN : new Float64Array(BigUint64Array.of(BigInt(`0x${token}`)).buffer)[0];
}

/** A float from its bit pattern, or NaN from the token nan. */
export function float32Of(token) {
    return token === 'nan' ? NaN : new Float32Array(Uint32Array.of(Number(`0x${token}`)).buffer)[0];
}

/** The 64-bit FNV-1a hash of the bytes of an array, in 16 digits; by halves, since BigInts are slow. */
export function fnv1aOf(array) {
    let [high, low] = [0xcbf29ce4, 0x84222325];
    for (const byte of new Uint8Array(array.buffer, array.byteOffset, array.byteLength)) {
        low = (low ^ byte) >>> 0;
        // times 2^40 + 0x1b3
        const product = low * 0x1b3;
        high = (Math.imul(high, 0x1b3) + Math.floor(product / 2 ** 32) + (low << 8)) >>> 0;
        low = product >>> 0;
    }
    return [high, low].map((half) => half.toString(16).padStart(8, '0')).join('');
}
