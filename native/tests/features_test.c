/* SPDX-License-Identifier: Apache-2.0 */
/* Which facts about an x86-64 processor and its operating system make an instruction set usable: every one is needed. */
#include "cpu/kernels.h"
#include "exactloss/exactloss.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define FMA (1u << 12)
#define SSE41 (1u << 19)
#define POPCNT (1u << 23)
#define OSXSAVE (1u << 27)
#define AVX (1u << 28)
#define F16C (1u << 29)
#define AVX2 (1u << 5)
#define AVX512F (1u << 16)
#define AVX512DQ (1u << 17)
#define AVX512BW (1u << 30)
#define AVX512VL (1u << 31)

static const cpu_facts ALL = {FMA | SSE41 | POPCNT | OSXSAVE | AVX | F16C,
                              AVX2 | AVX512F | AVX512DQ | AVX512BW | AVX512VL, 0xe7};

static int support_with(cpu_facts facts, const char *name) {
    int i = 0;
    while (strcmp(exactloss_isa_of(i)->name, name) != 0) {
        i++;
    }
    return exactloss_isa_of(i)->kernels->support(facts);
}

static void all_facts_make_all_usable(void **unused) {
    (void)unused;
    for (int i = 0; exactloss_isa_of(i) != NULL; i++) {
        const exactloss_kernels *kernels = exactloss_isa_of(i)->kernels;
        assert_true(kernels == NULL || kernels->support(ALL) == EXACTLOSS_ISA_USABLE);
    }
}

static void no_facts_leave_the_baseline(void **unused) {
    (void)unused;
    const cpu_facts none = {0, 0, 0};
    assert_int_equal(EXACTLOSS_ISA_USABLE, support_with(none, "portable"));
    assert_int_equal(EXACTLOSS_ISA_USABLE, support_with(none, "sse2"));
    assert_int_equal(EXACTLOSS_ISA_ABSENT, support_with(none, "sse4.1"));
    assert_int_equal(EXACTLOSS_ISA_ABSENT, support_with(none, "avx2"));
    assert_int_equal(EXACTLOSS_ISA_ABSENT, support_with(none, "avx512"));
}

/* The public function looks at this machine, and so does the internal one behind it. */
static void this_machine_has_its_facts(void **unused) {
    (void)unused;
    const cpu_facts facts = exactloss_read_cpu();
    for (int i = 0; exactloss_isa_of(i) != NULL; i++) {
        const exactloss_isa *isa = exactloss_isa_of(i);
        const int support = isa->kernels == NULL ? EXACTLOSS_ISA_ABSENT : isa->kernels->support(facts);
        assert_int_equal(support, exactloss_support_of(isa));
        assert_int_equal(support, exactloss_isa_support(isa->name));
    }
}

static void every_processor_feature_is_needed(void **unused) {
    (void)unused;
    static const uint32_t LEAF1[] = {FMA, POPCNT, AVX, F16C};
    static const uint32_t LEAF7[] = {AVX512F, AVX512DQ, AVX512BW, AVX512VL};
    for (int i = 0; i < 4; i++) {
        cpu_facts facts = ALL;
        facts.leaf1_ecx &= ~LEAF1[i];
        assert_int_equal(EXACTLOSS_ISA_ABSENT, support_with(facts, "avx2"));
        assert_int_equal(EXACTLOSS_ISA_ABSENT, support_with(facts, "avx512"));
    }
    for (int i = 0; i < 4; i++) {
        cpu_facts facts = ALL;
        facts.leaf7_ebx &= ~LEAF7[i];
        assert_int_equal(EXACTLOSS_ISA_USABLE, support_with(facts, "avx2"));
        assert_int_equal(EXACTLOSS_ISA_ABSENT, support_with(facts, "avx512"));
    }
    cpu_facts facts = ALL;
    facts.leaf7_ebx &= ~AVX2;
    assert_int_equal(EXACTLOSS_ISA_ABSENT, support_with(facts, "avx2"));
    const cpu_facts old = {SSE41 | POPCNT, 0, 0}; /* whose operating system need not know of wider registers */
    assert_int_equal(EXACTLOSS_ISA_USABLE, support_with(old, "sse4.1"));
    for (uint32_t needed = SSE41; needed != 0; needed = needed == SSE41 ? POPCNT : 0) {
        facts = old;
        facts.leaf1_ecx &= ~needed;
        assert_int_equal(EXACTLOSS_ISA_ABSENT, support_with(facts, "sse4.1"));
    }
}

static void the_operating_system_must_save_the_registers(void **unused) {
    (void)unused;
    for (uint64_t xcr0 = 0; xcr0 < 256; xcr0++) {
        cpu_facts facts = ALL;
        facts.xcr0 = xcr0;
        const int avx2 = (xcr0 & 6) == 6, avx512 = avx2 && (xcr0 & 0xe0) == 0xe0;
        assert_int_equal(avx2 ? EXACTLOSS_ISA_USABLE : EXACTLOSS_ISA_DISABLED, support_with(facts, "avx2"));
        assert_int_equal(avx512 ? EXACTLOSS_ISA_USABLE : EXACTLOSS_ISA_DISABLED, support_with(facts, "avx512"));
    }
    cpu_facts facts = ALL;
    facts.leaf1_ecx &= ~OSXSAVE;
    assert_int_equal(EXACTLOSS_ISA_DISABLED, support_with(facts, "avx2"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_facts_make_all_usable),
        cmocka_unit_test(no_facts_leave_the_baseline),
        cmocka_unit_test(this_machine_has_its_facts),
        cmocka_unit_test(every_processor_feature_is_needed),
        cmocka_unit_test(the_operating_system_must_save_the_registers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
