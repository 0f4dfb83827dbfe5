/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The loss of one block of byte targets: a part of kernels_vector.h and of kernels_portable.c.
 *
 * In a short call, the floating-point environment would cost as much as the sum: to read MXCSR, a processor waits for all
 * earlier operations. So the loss of few elements needs no environment, as nothing is rounded but the quotient, and that by
 * integers, and as no flag is raised:
 *
 * 1. Before any operation takes a prediction, its pattern is compared, as an integer, with those of 2^-19 and 2. All that is
 *    in between is a multiple of 2^-42. What is not, a NaN or a subnormal number too, is left to loss_by_bytes().
 * 2. To change a sign, and to widen a float to a double, is exact. Any sum of up to FEW = 128 such numbers is a multiple of
 *    2^-42 and at most 2^8: it has at most 50 bits, which a double holds. So the order of the additions does not matter, and
 *    neither does the rounding mode, except for the sign of a sum that is 0.
 */

/* A sum in units of 2^-42, as far apart as doubles are from 2^10 to 2^11. A conversion raises a flag on some processors. */
static inline int64_t units_of(double sum) {
    const double zero = 0x1.8p10, shifted = zero + sum;
    int64_t from, to;
    memcpy(&from, &zero, sizeof from);
    memcpy(&to, &shifted, sizeof to);
    return to - from;
}

/*
 * Writes the quotient of a sum of few elements, rounded once, to nearest, by integers. The divisor is at most FEW, so the integer
 * quotient has 57 bits or more. It never lies in the middle between two doubles: if it has finitely many bits, it has no more
 * than the sum, 50.
 */
static __attribute__((noinline)) int write_quotient(double sum, int divisor, double *loss) {
    const int64_t units = units_of(sum);
    if (units == 0) {
        *loss = 0;
        return EXACTLOSS_OK;
    }
    const uint64_t magnitude = units < 0 ? 0 - (uint64_t)units : (uint64_t)units;
    const int up = __builtin_clzll(magnitude);
    const uint64_t quotient = (magnitude << up) / (uint64_t)divisor;
    const int down = 63 - __builtin_clzll(quotient) - 52;
    const uint64_t significand = (quotient + ((uint64_t)1 << (down - 1))) >> down;
    const uint64_t exponent = (uint64_t)(1023 + 52 - 42 + down - up);
    const uint64_t bits = ((uint64_t)units & (uint64_t)1 << 63) + ((exponent - 1) << 52) + significand;
    memcpy(loss, &bits, sizeof bits);
    return EXACTLOSS_OK;
}

/* The same, where a quotient by a power of two is exact. */
static inline __attribute__((always_inline)) int end_few(double sum, int divisor, double *loss) {
    if ((divisor & (divisor - 1)) != 0) {
        return write_quotient(sum, divisor, loss);
    }
    const double quotient = sum / (double)divisor;
    uint64_t bits;
    memcpy(&bits, &quotient, sizeof bits);
    bits = bits << 1 == 0 ? 0 : bits; /* never -0 */
    memcpy(loss, &bits, sizeof bits);
    return EXACTLOSS_OK;
}

/* Sums few elements of float or bfloat16, `size` bytes; returns 0 if one of them is out of range. */
static inline __attribute__((always_inline)) int add_scalars(const unsigned char *predictions, int size,
                                                             const unsigned char *targets, int64_t count, double *sum) {
    double values = 0;
    int positives = 0;
    for (int64_t i = 0; i < count; i++) {
        uint32_t bits;
        float p;
        if (size == 4) {
            memcpy(&bits, predictions + 4 * (size_t)i, sizeof bits);
        } else {
            uint16_t upper;
            memcpy(&upper, predictions + 2 * (size_t)i, sizeof upper);
            bits = (uint32_t)upper << 16;
        }
        if (bits < 0x36000000 || bits > 0x3fffffff) {
            return 0;
        }
        memcpy(&p, &bits, sizeof p);
        values += targets[i] == 1 ? -(double)p : (double)p;
        positives += targets[i] == 1;
    }
    *sum = values + (double)positives;
    return 1;
}

static __attribute__((noinline)) int loss_by_bytes(int divisor, const void *predictions, const unsigned char *targets,
                                                   double *loss, int64_t count, exactloss_add_by_bytes *sum_by_bytes) {
    exact_sum sum;
    exactloss_sum_init(&sum);
    summation s = {.sum = &sum};
    const fp_environment saved = fp_environment_enter();
    sum_by_bytes(predictions, targets, (int)count, &s);
    exactloss_sum_divide(&sum, divisor, loss, NULL);
    fp_environment_leave(saved);
    return EXACTLOSS_OK;
}

/* A kernel. It makes calls only to return what they return, and the arguments lie where exactloss_loss() has them. */
#define LOSS_OF_BLOCK(name)                                                                                            \
    int name(int divisor, const void *predictions, const unsigned char *targets, double *loss, int64_t count)

/* Defines one for few elements, by an expression that sums them. It saves no registers for any other. */
#define DEFINE_LOSS_OF_FEW(attribute, name, sum_by_bytes, add)                                                         \
    static attribute LOSS_OF_BLOCK(name) {                                                                             \
        double sum;                                                                                                    \
        return add ? end_few(sum, divisor, loss)                                                                       \
                   : loss_by_bytes(divisor, predictions, targets, loss, count, sum_by_bytes);                          \
    }

/* Defines one for any elements. */
#define DEFINE_LOSS_OF_BLOCK(type)                                                                                     \
    static LOSS_OF_BLOCK(loss_of_block_##type) {                                                                       \
        return loss_by_bytes(divisor, predictions, targets, loss, count, sum_by_bytes_##type);                         \
    }
