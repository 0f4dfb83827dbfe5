/* SPDX-License-Identifier: Apache-2.0 */
#include "inputs.h"

#include <math.h>
#include <string.h>

const char *const INPUT_KIND_NAMES[INPUT_KINDS] = {"uniform", "fast range",  "edges",     "ones",
                                                   "ties",    "tiny",        "subnormal", "raw scores",
                                                   "plateau", "huge values", "mixed",     "any bits"};

uint64_t next_random(uint64_t *state) {
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static float from_bits(uint32_t bits) {
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static float any_finite(uint64_t random) {
    const float value = from_bits((uint32_t)random);
    return isfinite(value) ? value : from_bits((uint32_t)random & 0xff7fffffu);
}

float next_float(input_kind kind, uint64_t *state) {
    static const float EDGE_VALUES[] = {0.0f, -0.0f, 1.0f, -1.0f, 0x1p-19f, 0x1p-22f, 0x1p-23f, 0.5f};
    const uint64_t random = next_random(state);
    const float unit = (float)(random >> 40) * 0x1p-24f;
    switch (kind) {
        case UNIFORM:
            return unit;
        case FAST_RANGE:
            return from_bits(0x36000000u + (uint32_t)(random >> 16) % (0x3f800001u - 0x36000000u));
        case EDGES: {
            const float edge = EDGE_VALUES[random % 8];
            const int side = (int)(random >> 8) % 8;
            return side == 0 ? nextafterf(edge, INFINITY) : side == 1 ? nextafterf(edge, -INFINITY) : edge;
        }
        case ONES:
            return 1.0f;
        case TIES:
            return (float)(1 + 2 * (random % 0x1fffff)) * 0x1p-22f;
        case TINY:
            return from_bits((127 - (uint32_t)(random >> 40) % 100) << 23) * ((float)(random & 0xffff) * 0x1p-16f);
        case SUBNORMAL:
            return from_bits((uint32_t)random & 0x807fffffu & ((random >> 32 & 3) == 0 ? 0x80000000u : UINT32_MAX));
        case RAW_SCORES:
            return 100.0f * unit - 50.0f;
        case PLATEAU:
            return random % 4096 == 0 ? -0x1p7f : 0x1.fffffep6f;
        case HUGE_VALUES:
            return (random & 1 ? -3e38f : 3e38f) + (float)(random >> 34) * 0x1p97f;
        case MIXED:
            return any_finite(random);
        default:
            return from_bits((uint32_t)random | ((random >> 32 & 63) == 0 ? 0x7f800000u : 0));
    }
}

void fill_floats(input_kind kind, uint64_t *state, unsigned char *floats, int count) {
    for (int i = 0; i < count; i++) {
        const float value = next_float(kind, state);
        memcpy(floats + 4 * i, &value, sizeof value);
    }
}

static double from_wide_bits(uint64_t bits) {
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

double next_double(input_kind kind, uint64_t *state) {
    static const double EDGE_VALUES[] = {0.0, -0.0, 1.0, -1.0, 0x1p-48, 0x1p-51, 1.0 + 0x1p-20, 0.5};
    const uint64_t random = next_random(state);
    const double unit = (double)(random >> 11) * 0x1p-53;
    switch (kind) {
        case UNIFORM:
            return unit;
        case FAST_RANGE:
            return from_wide_bits(0x3cf0000000000000u + random % (0x3ff0000000000001u - 0x3cf0000000000000u));
        case EDGES: {
            const double edge = EDGE_VALUES[random % 8];
            const int side = (int)(random >> 8) % 8;
            return side == 0 ? nextafter(edge, INFINITY) : side == 1 ? nextafter(edge, -INFINITY) : edge;
        }
        case ONES:
            return 1.0;
        case TIES:
            return (double)(1 + 2 * (random % 0x3ffffffffffff)) * 0x1p-51;
        case TINY:
            return from_wide_bits((1023 - random % 433) << 52) * ((double)(next_random(state) >> 11) * 0x1p-53);
        case SUBNORMAL:
            return from_wide_bits((random & 0x800fffffffffffffu) >> (random >> 56 & 1 ? 40 : 0));
        case RAW_SCORES:
            return 100.0 * unit - 50.0;
        case PLATEAU:
            return random % 4096 == 0 ? -0x1p7 : 0x1.fffffffffffffp6;
        case HUGE_VALUES:
            return (random & 1 ? -1.7e308 : 1.7e308) + unit * 0x1p1000;
        case MIXED:
            return isfinite(from_wide_bits(random)) ? from_wide_bits(random)
                                                    : from_wide_bits(random & 0xffbfffffffffffffu);
        default:
            return from_wide_bits(random | ((random & 63) == 0 ? 0x7ff0000000000000u : 0));
    }
}

void fill_doubles(input_kind kind, uint64_t *state, unsigned char *doubles, int count) {
    for (int i = 0; i < count; i++) {
        const double value = next_double(kind, state);
        memcpy(doubles + 8 * i, &value, sizeof value);
    }
}

void fill_bytes(int odd, uint64_t *state, unsigned char *bytes, int count) {
    for (int i = 0; i < count; i++) {
        const uint64_t random = next_random(state);
        bytes[i] = (unsigned char)(odd && (random & 0x70) == 0 ? random >> 8 : random & 1);
    }
}

void fill_float_targets(int odd, uint64_t *state, unsigned char *floats, int count) {
    static const float ODD_VALUES[] = {-0.0f, NAN, 0x1.000002p0f, 0x1.fffffep-1f, 255.0f, -1.0f, INFINITY, 0x1p-149f};
    for (int i = 0; i < count; i++) {
        const uint64_t random = next_random(state);
        const float value = odd && (random & 0x70) == 0 ? ODD_VALUES[random >> 8 & 7] : (float)(random & 1);
        memcpy(floats + 4 * i, &value, sizeof value);
    }
}
