/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of kernels: one for each instruction set.
 *
 * Kernels work on blocks of at most BLOCK elements, or half as many doubles. Targets of every type are first decoded to
 * a mask, one bit an element, so that the kernels for predictions know nothing of target types; only the commonest
 * type, bytes, has a shorter way too. Bit j of word i belongs to element 64 * i + j; bits past the end of the block
 * are 0. All arrays may have any alignment.
 *
 * Predictions are float32 or float64, each with the same set of kernels; narrower types are widened to float32 first.
 */
#ifndef EXACTLOSS_KERNELS_H
#define EXACTLOSS_KERNELS_H

#include "compiler.h"
#include "exact_sum.h"
#include "features.h"
#include "losses/losses.h"
#include "options.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#define BLOCK 2048      /* small enough for the first-level cache, with its targets, and for a lane's int32_t */
#define LONG_BLOCK 8192 /* elements that are read once */

#define FEW 128 /* elements below 2 whose sum in units of 2^-42 a double holds */

#define MASK_WORDS (BLOCK / 64)

/* The mask of a block whose values are looked at without targets. */
static const uint64_t NO_TARGET[MASK_WORDS];

/*
 * Sets the bits of the elements whose bits among `relevant` are those of `wanted`, among targets[first] ..
 * targets[first + count - 1], and returns how many there are. wanted has no other bits than relevant ones.
 */
typedef int exactloss_decode(const void *targets, int64_t first, int count, uint64_t wanted, uint64_t relevant,
                             uint64_t *mask);

/* A sum that blocks are added to. */
typedef struct summation {
    exact_sum *sum;
    int unusual_blocks; /* the number of next blocks that are expected to be off the fast path, as an earlier one was */
    int is_from_memory; /* no cache holds the elements, which evict what a kernel reads beside them */
} summation;

/* Converts an array of `count` elements. */
typedef void exactloss_convert(const void *from, int count, void *to);

/*
 * out[i] = mask ? a[i] : b[i], where a scalar is one element that stands for all. In place of a or b too.
 */
typedef void exactloss_select(const uint64_t *mask, const void *a, int a_is_scalar, const void *b, int b_is_scalar,
                              int count, void *out);

/* Adds 1 - p for each of the `positives` elements whose mask bit is set, and p for the others. */
typedef void exactloss_add_distances(const void *predictions, const uint64_t *mask, int positives, int count,
                                     summation *s);

/*
 * The same for targets that are bytes, where 1 is positive; returns the number of positive ones. It keeps no mask, so a
 * block may have more elements: LONG_BLOCK.
 */
typedef int exactloss_add_by_bytes(const void *predictions, const unsigned char *targets, int count, summation *s);

/*
 * Writes the sum of the distances of 1 to LONG_BLOCK elements with such targets, divided by `divisor`, which is 1 or count, and
 * returns EXACTLOSS_OK. In any floating-point environment, and without a flag.
 */
typedef int exactloss_loss_of_block(int divisor, const void *predictions, const unsigned char *targets, double *loss,
                                    int64_t count);

/* The number of p >= limit (a real or NaN); *common receives how many of these have their mask bit set. */
typedef int exactloss_count_at_least(const void *predictions, const uint64_t *mask, int count, double limit,
                                     int *common);

/* Both in one pass: adds the distances, and counts. */
typedef int exactloss_add_and_count(const void *predictions, const uint64_t *mask, int positives, int count,
                                    double limit, int *common, summation *s);

/* Copies an array, past the caches if the instruction set can. The copy is complete only after stream_end(). */
typedef void exactloss_stream(const void *from, size_t size, void *to);

/*
 * The range of weights that are finite and not negative: all are multiples of 2^(least - 23) and below 2^above, which is 130
 * where one is -0.
 */
typedef struct weight_span {
    int least, above;
    int are_good; /* finite, and not negative; 0 also where one is -0 */
} weight_span;

/* From the smallest pattern except 0, and the largest; that is 0 where all weights are. */
static inline weight_span exactloss_weight_span(uint32_t least, uint32_t most) {
    return most == 0 ? (weight_span){0, 0, 1}
                     : (weight_span){(int)(least >> 23) - 127, (int)(most >> 23) - 126, most < 0x7f800000};
}

typedef weight_span exactloss_span_of_weights(const void *weights, int count);

/* The weights of a block, which are finite and not negative. */
typedef struct block_weights {
    const void *array; /* floats, or NULL: all are 1 */
    weight_span span;  /* unless that is NULL */
} block_weights;

/* What a pass over logits x may give, unless it is NULL. */
typedef struct logit_outputs {
    void *predictions; /* σ(x) */
    void *distances;   /* σ(-x) where the target is positive, σ(x) elsewhere */
    summation *sum;    /* the distances are added to it; only together with them */
    void *values;      /* of a loss */
    void *gradient;    /* g times the derivative of that */
} logit_outputs;

/* The kernels of one loss, for arrays of floats or doubles. The mask tells where targets are positive. */
typedef struct loss_kernels {
    /* values[i] = the loss of a prediction; in place too. */
    void (*values)(const void *predictions, const uint64_t *mask, int count, void *values);

    /* gradient[i] = g times the derivative of the loss; in place too. g points to a real. */
    void (*gradient)(const void *predictions, const uint64_t *mask, int count, const void *g, void *gradient);

    /* Of logits, every output that there is. g is not read without a gradient. The outputs may be in place. */
    void (*from_logits)(const void *logits, const uint64_t *mask, int count, const void *g, logit_outputs to);
} loss_kernels;

/* The kernels for arrays of one type, float or double, which `real` stands for. */
typedef struct real_kernels {
    exactloss_add_distances *sum;
    exactloss_count_at_least *count_at_least;

    /* Adds w * d, where d is 1 - p where the mask is set, and p elsewhere. */
    void (*sum_weighted)(const void *values, block_weights weights, const uint64_t *mask, int count, summation *s);

    /* Adds d², or w * d² where there are weights. */
    void (*sum_squares)(const void *values, block_weights weights, const uint64_t *mask, int count, summation *s);

    /* Sets the bits of the elements with lower <= p <= upper, both of which are a real or NaN; NaN is in no range. */
    int (*within)(const void *predictions, int count, double lower, double upper, uint64_t *mask);

    /* out[i] = σ(x); in place too. */
    void (*sigmoid)(const void *logits, int count, void *out);

    /* values[i] += addends[i] */
    void (*add)(const void *addends, int count, void *values);

    /* values[i] *= weights[i], where the weights are floats */
    void (*multiply)(const void *weights, int count, void *values);

    /* Brings values of a magnitude above `most` to that magnitude; leaves NaN. */
    void (*limit)(double most, int count, void *values);

    loss_kernels losses[LOSS_COUNT];
} real_kernels;

/*
 * A type of predictions. Types narrower than float are widened to it exactly, and results are rounded back to nearest
 * even. Sums and counts need no array of floats.
 */
typedef struct real_type {
    int size; /* of an element in bytes */
    float_format format;
    exactloss_select *select;     /* between elements of the type */
    exactloss_add_distances *sum; /* of elements of the type */
    exactloss_add_by_bytes *sum_by_bytes;
    exactloss_add_and_count *sum_and_count;
    exactloss_convert *widen, *narrow; /* NULL for float and double */
    int wide_size;                     /* of a float or a double */
    exactloss_select *select_wide;     /* between these */
    const real_kernels *wide;          /* that take these */
} real_type;

/* The descriptor of an instruction set, with which its file ends: its kernels, and whether a machine has it. */
typedef struct exactloss_kernels {
    int (*support)(cpu_facts facts); /* EXACTLOSS_ISA_USABLE, _ABSENT or _DISABLED */
    int (*is_faithful)(void);        /* whether a machine that has it does what is relied on; NULL: of course */

    exactloss_decode *decode_8, *decode_32, *decode_64;             /* elements of this number of bits */
    exactloss_select *select_8, *select_16, *select_32, *select_64; /* between such elements */

    /* By the type of predictions. */
    exactloss_loss_of_block *loss_of_block[NUMBER_OF_TYPE(OPTION_P) + 1];

    exactloss_span_of_weights *span_of_weights;

    exactloss_stream *stream;
    void (*stream_end)(void);

    real_type f16, bf16, f32, f64;
} exactloss_kernels;

/* The number of ones; without an instruction: sums of pairs, of fours and of bytes, which the product adds up in its top byte. */
static inline int count_bits(uint64_t word) {
#if HAS_COUNT_OF_BITS
    return __builtin_popcountll(word);
#else
    word -= word >> 1 & 0x5555555555555555u;
    word = (word & 0x3333333333333333u) + (word >> 2 & 0x3333333333333333u);
    word = (word + (word >> 4)) & 0x0f0f0f0f0f0f0f0fu;
    return (int)(word * 0x0101010101010101u >> 56);
#endif
}

/* The definition that all others are tested against. Vector kernels leave some blocks to it. */
extern const exactloss_kernels exactloss_kernels_portable;

/* Packed bits are a mask already, so all instruction sets share their decoder. */
exactloss_decode exactloss_decode_bits;

/* An instruction set by its name; kernels is NULL where this build has none for it. */
typedef struct exactloss_isa {
    const char *name;
    const exactloss_kernels *kernels;
} exactloss_isa;

/* The instruction sets, from the lowest rank on, which is portable; NULL where there is no such number. */
const exactloss_isa *exactloss_isa_of(int number);

/* EXACTLOSS_ISA_USABLE, _ABSENT or _DISABLED on this machine. */
int exactloss_support_of(const exactloss_isa *isa);

/* Chooses the kernels of this process: the best that the machine has and EXACTLOSS_MAX_ISA allows. */
const exactloss_kernels *exactloss_choose_kernels(void);

/* The choice, once it is made. All threads choose the same, so it needs no lock. */
extern _Atomic(const exactloss_kernels *) exactloss_chosen_kernels;

/* The kernels that this process uses; NULL where EXACTLOSS_MAX_ISA is no known name. */
static inline const exactloss_kernels *exactloss_dispatch(void) {
    const exactloss_kernels *kernels = atomic_load_explicit(&exactloss_chosen_kernels, memory_order_acquire);
    return kernels != NULL ? kernels : exactloss_choose_kernels();
}

#endif
