/* SPDX-License-Identifier: Apache-2.0 */
/* What ptx_to_cpp.py's output calls. */
#ifndef PTX_RUNTIME_H
#define PTX_RUNTIME_H

#include "executor.h"

#include <cmath>
#include <cstdint>
#include <cstring>

namespace ptx {

/* The value of a register, or of an immediate, as a type of an instruction: as many bits. */
template <class type, class reg> type get(reg value) {
    static_assert(sizeof(type) == sizeof(reg), "an instruction reads a register of another size");
    type result;
    std::memcpy(&result, &value, sizeof result);
    return result;
}

/* The same for a store or a conversion, which may take the low bits. */
template <class type, class reg> type get_stored(reg value) {
    if constexpr (sizeof(type) == sizeof(reg)) {
        return get<type>(value);
    } else {
        static_assert(sizeof(type) < sizeof(reg), "a store of a register that is too narrow");
        return static_cast<type>(value);
    }
}

/* Writes a register: as many bits, or less where a load may do so, and then the sign or zeros fill the rest. */
template <class reg, class type> void put(reg &to, type value) {
    static_assert(sizeof(type) == sizeof(reg), "an instruction writes a register of another size");
    std::memcpy(&to, &value, sizeof to);
}
template <class reg, class type> void put_loaded(reg &to, type value) {
    if constexpr (sizeof(type) == sizeof(reg)) {
        put(to, value);
    } else {
        static_assert(sizeof(type) < sizeof(reg), "a load into a register that is too narrow");
        to = static_cast<reg>(value);
    }
}

/* Memory, at an address that must be a multiple of all that is accessed at once. */
template <class type> type *memory(char *address, int elements) {
    if (reinterpret_cast<uintptr_t>(address) % (sizeof(type) * static_cast<size_t>(elements)) != 0) {
        executor::fail("a misaligned access to memory");
    }
    return reinterpret_cast<type *>(address);
}

inline char *global(uint64_t address) { return reinterpret_cast<char *>(address); }

template <class type> type shift_left(type value, uint32_t by) {
    return by >= 8 * sizeof value ? type(0) : static_cast<type>(value << by);
}
template <class type> type shift_right(type value, uint32_t by) {
    const uint32_t most = 8 * sizeof value - 1;
    return by > most ? static_cast<type>(value >> most >> 1) : static_cast<type>(value >> by);
}

/* bfi: puts `length` bits of a into b, from bit `start` on. */
template <class type> type insert_bits(type a, type b, uint32_t start, uint32_t length) {
    const type ones = length >= 8 * sizeof a ? ~type(0) : static_cast<type>((type(1) << length) - 1);
    return static_cast<type>((b & ~(ones << start)) | (a & ones) << start);
}

/* prmt: each hexadecimal digit of the selector picks one of the eight bytes of b:a. */
inline uint32_t permute(uint32_t a, uint32_t b, uint32_t selector) {
    const uint64_t bytes = static_cast<uint64_t>(b) << 32 | a;
    uint32_t result = 0;
    for (uint32_t i = 0; i < 4; i++) {
        const uint32_t digit = selector >> 4 * i & 15;
        if (digit > 7) {
            executor::fail("prmt that copies signs is not known here");
        }
        result |= static_cast<uint32_t>(bytes >> 8 * digit & 0xff) << 8 * i;
    }
    return result;
}

/* shfl.sync.down for warps that are not divided. */
inline uint32_t shuffle_down(uint32_t mask, uint32_t value, uint32_t distance, uint32_t clamp) {
    if (clamp != 31) {
        executor::fail("a shuffle within a part of a warp is not known here");
    }
    return static_cast<uint32_t>(executor::shuffle_down(mask, value, distance));
}

inline float half_to_float(uint16_t bits) {
    _Float16 half;
    std::memcpy(&half, &bits, sizeof half);
    return static_cast<float>(half);
}
inline uint16_t float_to_half(float value) {
    const auto half = static_cast<_Float16>(value);
    uint16_t bits;
    std::memcpy(&bits, &half, sizeof bits);
    return bits;
}

} // namespace ptx

#endif
