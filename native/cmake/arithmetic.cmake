# SPDX-License-Identifier: Apache-2.0
#
# What CFLAGS must not change: IEEE 754's arithmetic, in which each operation is rounded once to its own type, and in the
# place where it is written; and what an intrinsic does. The options come after CFLAGS, so that they win.
include(CheckCSourceCompiles)

# Whether the compiler defines macros: it knows what it compiles for, whatever the machine is called.
function(exactloss_check_compiler condition result)
  check_c_source_compiles("
    #if !(${condition})
    #error
    #endif
    int main(void) { return 0; }" ${result})
endfunction()
exactloss_check_compiler("defined __x86_64__ && !defined __ILP32__" EXACTLOSS_FOR_X86_64)
exactloss_check_compiler("defined __aarch64__ && !defined __ILP32__ && defined __ARM_NEON" EXACTLOSS_FOR_AARCH64)
exactloss_check_compiler("defined __x86_64__ || defined __i386__" EXACTLOSS_FOR_X86)

set(NO_FAST_MATH -fno-fast-math -fno-unsafe-math-optimizations)
set(FOR_GCC -fexcess-precision=fast -fno-single-precision-constant -ftrapping-math)
add_compile_options(
  -ffp-contract=off ${NO_FAST_MATH} -fno-finite-math-only -fno-associative-math -fno-reciprocal-math -fsigned-zeros
  -fno-math-errno
  "$<$<OR:$<COMPILE_LANG_AND_ID:C,GNU>,$<COMPILE_LANG_AND_ID:CXX,GNU>>:${FOR_GCC}>"
  # x87's registers have other precisions.
  "$<$<BOOL:${EXACTLOSS_FOR_X86}>:-msse2;-mfpmath=sse>"
  # GCC's _mm256_blendv_epi8 asks whether a char is negative.
  -fsigned-char
  # Across files, arithmetic could move to the other side of where its flags are read, and the function of one instruction
  # set could stand for that of another.
  -fno-lto)

# For the linker, -ffast-math means a start-up file that makes every process that loads the library flush subnormals; -O1,
# that an -Ofast before it does not count.
add_link_options(${NO_FAST_MATH} -O1 -fno-lto)
