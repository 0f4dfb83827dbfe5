/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why the sum is exact, and no integer of it overflows. It is the idea of cpu/sum_vector.h, cut to a GPU: values
 * are split one by one, and a thread decides for the few that it has at hand, and keeps its sums in registers.
 *
 * 1. The fast path takes a group of elements that are 0 or in [SMALLEST, 1], which the largest bit pattern, and the
 *    smallest less 1 (of which 0 becomes the largest) tell: negative values, NaN and infinities have large patterns.
 *    Each is a multiple of 2^-42, so with c = 6 and c' = 6 * 2^-21
 *        h = y + c          lies in [5, 7], where floats are 2^-21 apart: y rounded to these
 *        l = y + (c + c' - h)  lies in [5, 7] * 2^-21, where they are 2^-42 apart: the rest, exactly
 *    and the bit patterns less those of c and c' are integers of at most 2^21 and 2^20, which are added: at most 16 of
 *    them in an int32_t. (Doubles: c' = 6 * 2^-50, multiples of 2^-100, at most 2^50 and 2^49, 4 in an int64_t.)
 *
 * 2. An element by itself takes up to four such steps, at 6 * 2^21, 6, 6 * 2^-21 and 6 * 2^-42: all floats of 0 or
 *    2^-40 <= |y| <= 2^21, so that confident models and raw scores stay in registers. (Doubles: the two above.)
 *
 * 3. Anything else goes to the bins of the block in shared memory, as in exact_sum.c; NaN and infinities are counted.
 *
 * 4. A thread has at most 2^18 elements. Of floats, a part of one is at most 2^21: 2^39. Of doubles, parts are kept as
 *    two numbers, below 2^32 and the rest: 2^50. A warp has 32 of these: 2^55. In elements.cuh a thread has at most 2^10
 *    elements, of which each adds at most 2^52 to a sum: 2^62, and it is split as those of doubles when the thread ends.
 *    In the block's bins, each of 2^26 elements changes one by less than 2^33: 2^59. In elements.cuh each of 2^18 changes
 *    one by less than 2^36, as it has three products, which change one up to three times. When the block ends, every
 *    bin gives its upper half to the next one, in one step, without waiting for a carry: they are then below 2^33, and
 *    added to the device's words.
 *
 * All of this is integers by the time that threads meet, so the order in which they do makes no difference.
 */
#pragma once

#include "layout.h"
#include "losses.cuh"

#define PARTS 4
#define WARPS (BLOCK_THREADS / 32)
#define TOTAL_WORDS WORDS_OF(total_words)

static_assert(WARPS * PARTS <= BLOCK_THREADS, "each part of a sum has a thread that adds it");

/* What a block shares. */
struct block_memory {
    total_words total;
    int64_t parts[LOSS_COUNT + 1][WARPS][PARTS]; /* of each loss and of the weights */
};

static __shared__ block_memory block;

/* Adds to a block's word, or to the device's. */
static __device__ __forceinline__ void add_word(uint64_t *word, uint64_t value) {
    atomicAdd((unsigned long long *)word, (unsigned long long)value);
}

/* Adds to a word of the block that stays below 2^32, of which the lower half is enough. */
static __device__ __forceinline__ void add_count(uint64_t *word, uint32_t count) { atomicAdd((unsigned *)word, count); }

/* Adds units * 2^(position - EXACT_SUM_ONE) to a sum of the block. */
static __device__ __forceinline__ void add_to_bins(sum_words &sum, int64_t units, int position) {
    uint64_t *bin = sum.bins + position / 32;
    const int shift = position % 32;
    const int64_t low = (int64_t)((uint64_t)(units & 0xffffffff) << shift);
    const int64_t high = (int64_t)((uint64_t)(units >> 32) << shift);
    int64_t first = low & 0xffffffff, second = (low >> 32) + (high & 0xffffffff);
#pragma unroll 1 /* an addition is a loop of its own on most GPUs, and many instructions */
    for (int i = 0; i < 3; i++) {
        add_word(bin + i, (uint64_t)first);
        first = second;
        second = high >> 32;
    }
}

/* Adds any double to a sum of the block. */
static __device__ __forceinline__ void add_any(sum_words &sum, double y) {
    const uint64_t bits = f64_bits(y);
    const int exponent = (int)(bits >> 52 & 0x7ff);
    const int64_t fraction = (int64_t)(bits & 0xfffffffffffff);
    if (exponent == 0x7ff) {
        uint64_t *infinities = is_negative(y) ? &sum.negative_infinities : &sum.positive_infinities;
        add_count(fraction != 0 ? &sum.nan_count : infinities, 1);
        return;
    }
    const int64_t mantissa = exponent == 0 ? fraction : fraction | (int64_t)1 << 52;
    add_to_bins(sum, is_negative(y) ? -mantissa : mantissa, EXACT_SUM_ONE - 1074 + (exponent == 0 ? 0 : exponent - 1));
}

/* ------------------------------------------------------------------------------------------------- of floats -- */

struct float_sum {
    typedef float real;
    int64_t parts[PARTS]; /* in units of 2^0, 2^-21, 2^-42 and 2^-63 */

    /* The units of a part are 2^-below_one. */
    static __device__ __forceinline__ int below_one(int part) { return 21 * part; }

    /* Adds one element; or returns false where it is out of the range of the parts. */
    __device__ __forceinline__ bool add(float y) {
        const uint32_t smallest = 87u << 23, magnitude = bits_of(y) & 0x7fffffffu; /* 2^-40 */
        if (magnitude != 0 && magnitude - smallest > (148u << 23) - smallest) {    /* 2^21 */
            return false;
        }
        float scale = 0x1p21f;
#pragma unroll
        for (int i = 0; i < PARTS; i++) {
            const float c = 6 * scale, h = __fadd_rn(y, c);
            parts[i] += (int32_t)(bits_of(h) - bits_of(c));
            y = __fsub_rn(y, __fsub_rn(h, c));
            scale *= 0x1p-21f;
        }
        return true;
    }
};

template <uint32_t SMALLEST> struct float_group {
    uint32_t largest, smallest_less_1;
    int32_t high, low;

    __device__ __forceinline__ float_group() : largest(0), smallest_less_1(0xffffffffu), high(0), low(0) {}

    /* Adds p with the sign flipped where the lowest bit of a mask is set. */
    __device__ __forceinline__ void add(float p, uint32_t mask) {
        const uint32_t bits = bits_of(p);
        largest = bits > largest ? bits : largest;
        smallest_less_1 = bits - 1 < smallest_less_1 ? bits - 1 : smallest_less_1;
        const float y = flip(p, mask), h = __fadd_rn(y, 6);
        high += (int32_t)(bits_of(h) - bits_of(6.0f));
        low += (int32_t)(bits_of(__fadd_rn(y, __fsub_rn(6 + 6 * 0x1p-21f, h))) - bits_of(6 * 0x1p-21f));
    }

    __device__ __forceinline__ bool is_exact() const {
        return largest <= bits_of(1.0f) && smallest_less_1 >= SMALLEST - 1;
    }

    /* Adds a group that is exact. */
    __device__ __forceinline__ void end(float_sum &sum) const {
        sum.parts[1] += high;
        sum.parts[2] += low;
    }
};

/* ------------------------------------------------------------------------------------------------ of doubles -- */

struct double_sum {
    typedef double real;
    int64_t parts[PARTS]; /* in units of 2^-100, 2^-68, 2^-50 and 2^-18 */

    static __device__ __forceinline__ int below_one(int part) { return 100 - 50 * (part / 2) - 32 * (part % 2); }

    __device__ __forceinline__ void add_split(int64_t high, int64_t low) {
        parts[0] += low & 0xffffffff;
        parts[1] += low >> 32;
        parts[2] += high & 0xffffffff;
        parts[3] += high >> 32;
    }

    __device__ __forceinline__ bool add(double y);
};

struct double_group {
    uint64_t largest, smallest_less_1;
    int64_t high, low;

    __device__ __forceinline__ double_group() : largest(0), smallest_less_1(~0ull), high(0), low(0) {}

    __device__ __forceinline__ void add(double p, uint32_t mask) {
        const uint64_t bits = bits_of(p);
        largest = bits > largest ? bits : largest;
        smallest_less_1 = bits - 1 < smallest_less_1 ? bits - 1 : smallest_less_1;
        const double y = flip(p, mask), h = __dadd_rn(y, 6);
        high += (int64_t)(bits_of(h) - bits_of(6.0));
        low += (int64_t)(bits_of(__dadd_rn(y, __dsub_rn(6 + 6 * 0x1p-50, h))) - bits_of(6 * 0x1p-50));
    }

    __device__ __forceinline__ bool is_exact() const {
        return largest <= bits_of(1.0) && smallest_less_1 >= f64_type::SMALLEST - 1;
    }

    __device__ __forceinline__ void end(double_sum &sum) const { sum.add_split(high, low); }
};

__device__ __forceinline__ bool double_sum::add(double y) {
    double_group alone;
    alone.add(f64_from_bits(f64_bits(y) & ~(1ull << 63)), is_negative(y));
    if (!alone.is_exact()) {
        return false;
    }
    alone.end(*this);
    return true;
}

/* ------------------------------------------------------------------------------------- of threads and blocks -- */

/* What a thread has counted. */
struct thread_counts {
    uint32_t positives, above, hits;

    /* Counts the elements of a mask of positive targets, and one of predictions above the threshold. */
    __device__ __forceinline__ void count(uint32_t positive, uint32_t is_above) {
        positives += (uint32_t)__popc(positive);
        above += (uint32_t)__popc(is_above);
        hits += (uint32_t)__popc(positive & is_above);
    }
};

/* Word i of the block. */
static __device__ __forceinline__ uint64_t *block_word(int i) { return (uint64_t *)&block.total + i; }

/* Makes the block's words 0, all threads together. */
static __device__ __forceinline__ void begin_block() {
#pragma unroll 1
    for (int i = (int)threadIdx.x; i < TOTAL_WORDS; i += BLOCK_THREADS) {
        *block_word(i) = 0;
    }
    __syncthreads();
}

/*
 * Word i of the block, as it is added to the device's: a bin's lower half, and the upper half of the bin before. Where
 * a linear loss has summed distances, they are multiplied by its factor.
 */
static __device__ __forceinline__ uint64_t settled_word(int i, bool has_distances) {
    const uint64_t word = *block_word(i);
    const int sum = (i - COUNT_WORDS) / WORDS_OF(sum_words); /* 0: of the weights */
    const int bin = (i - COUNT_WORDS) % WORDS_OF(sum_words) - SPECIAL_WORDS;
    if (i < COUNT_WORDS || bin < 0) {
        return word;
    }
    const uint64_t carry = bin == 0 ? 0 : (uint64_t)((int64_t)*block_word(i - 1) >> 32);
    return ((word & 0xffffffff) + carry) * (uint64_t)(has_distances ? factor_of(sum - 1) : 1);
}

/* Adds up the sums of a warp's threads, and leaves the parts as those of a number in the block's memory. */
template <class sum_type> static __device__ __forceinline__ void end_warp(sum_type &sum, int number) {
#pragma unroll 1
    for (int distance = 16; distance > 0; distance /= 2) {
#pragma unroll
        for (int i = 0; i < PARTS; i++) {
            sum.parts[i] += __shfl_down_sync(0xffffffffu, sum.parts[i], distance);
        }
    }
    if (threadIdx.x % 32 == 0) {
#pragma unroll
        for (int i = 0; i < PARTS; i++) {
            block.parts[number][threadIdx.x / 32][i] = sum.parts[i];
        }
    }
}

/* Adds the counts of a warp's threads to the block's words. */
static __device__ __forceinline__ void end_warp(thread_counts &counts) {
#pragma unroll 1
    for (int distance = 16; distance > 0; distance /= 2) {
        counts.positives += __shfl_down_sync(0xffffffffu, counts.positives, distance);
        counts.above += __shfl_down_sync(0xffffffffu, counts.above, distance);
        counts.hits += __shfl_down_sync(0xffffffffu, counts.hits, distance);
    }
    if (threadIdx.x % 32 == 0) {
        add_count(&block.total.positives, counts.positives);
        add_count(&block.total.above, counts.above);
        add_count(&block.total.hits, counts.hits);
    }
}

/* Adds the parts that the warps have left of a sum, in units of 2^`scale` times those of its type. */
template <class sum_type> static __device__ __forceinline__ void add_parts(int number, int scale, sum_words &sum) {
    const int thread = (int)threadIdx.x, part = thread / WARPS;
    if (part < PARTS) {
        add_to_bins(sum, block.parts[number][thread % WARPS][part], EXACT_SUM_ONE + scale - sum_type::below_one(part));
    }
}

/* Adds the block's words, once all threads have added to them, to the device's. */
static __device__ __forceinline__ void end_block(const cuda_job &job, bool has_distances) {
    __syncthreads();
#pragma unroll 1
    for (int i = (int)threadIdx.x; i < TOTAL_WORDS; i += BLOCK_THREADS) {
        const uint64_t value = settled_word(i, has_distances);
        if (value != 0) {
            add_word((uint64_t *)job.total + i, value);
        }
    }
    if (threadIdx.x == 0) {
        add_word(&job.total->blocks, 1);
    }
    if (threadIdx.x == 0 && blockIdx.x == 0) {
        add_word(&job.total->count, (uint64_t)job.count);
        add_word(&job.total->weighted, job.weights == 0 ? 0 : (uint64_t)job.count);
    }
}
