# SPDX-License-Identifier: Apache-2.0
#
# What differs between processors, operating systems and compilers: names and options. src/compiler.h has the sources'
# part of it, src/fp_environment.h and src/cpu that of the instruction sets.
include(CheckCSourceCompiles)

# ---- the platform ----------------------------------------------------------------------------------------------------

list(LENGTH CMAKE_OSX_ARCHITECTURES ARCHITECTURES)
if(ARCHITECTURES GREATER 1)
  message(FATAL_ERROR "CMAKE_OSX_ARCHITECTURES names several processors, and their sources differ: build once for each, "
    "and join the libraries by lipo -create")
endif()

# Whether the compiler finds a condition true: it knows what it compiles for, whatever the machine is called.
function(exactloss_check_compiler condition result)
  check_c_source_compiles("
    #include <limits.h>
    #if !(${condition})
    #error
    #endif
    int main(void) { return 0; }" ${result})
endfunction()
exactloss_check_compiler("defined __x86_64__ && !defined __ILP32__" EXACTLOSS_FOR_X86_64)
exactloss_check_compiler("defined __aarch64__ && !defined __ILP32__ && defined __ARM_NEON" EXACTLOSS_FOR_AARCH64)
exactloss_check_compiler("defined __x86_64__ || defined __i386__" EXACTLOSS_FOR_X86)
exactloss_check_compiler("defined __GLIBC__" EXACTLOSS_FOR_GLIBC) # which <limits.h> defines

# The name of the platform in the Java jar, <os>-<arch>[-musl]; empty where there is no Java library.
set(EXACTLOSS_OS_Linux linux)
set(EXACTLOSS_OS_Windows windows)
set(EXACTLOSS_OS_Darwin macos)
set(EXACTLOSS_PLATFORM)
set(EXACTLOSS_OS ${EXACTLOSS_OS_${CMAKE_SYSTEM_NAME}})
if(EXACTLOSS_OS AND EXACTLOSS_FOR_X86_64)
  set(EXACTLOSS_PLATFORM ${EXACTLOSS_OS}-x86_64)
elseif(EXACTLOSS_OS AND EXACTLOSS_FOR_AARCH64)
  set(EXACTLOSS_PLATFORM ${EXACTLOSS_OS}-aarch64)
endif()
if(EXACTLOSS_PLATFORM AND EXACTLOSS_OS STREQUAL linux AND NOT EXACTLOSS_FOR_GLIBC)
  string(APPEND EXACTLOSS_PLATFORM -musl)
endif()

# ---- arithmetic ------------------------------------------------------------------------------------------------------

# What CFLAGS must not change: IEEE 754's arithmetic, in which each operation is rounded once to its own type, and in the
# place where it is written; and what an intrinsic does. The options come after CFLAGS, so that they win.
set(NO_FAST_MATH -fno-fast-math -fno-unsafe-math-optimizations)
# Clang has no -ftrapping-math that it takes for every processor: there kernels_few_test holds that no operation raises a flag
# before the check that it stands behind.
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

# Ubuntu's compiler calls functions of glibc that no other libc has.
if(EXACTLOSS_OS STREQUAL linux)
  add_compile_options(-U_FORTIFY_SOURCE)
endif()

# ---- warnings --------------------------------------------------------------------------------------------------------

set(EXACTLOSS_WARNINGS
  -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wundef
  $<$<BOOL:${EXACTLOSS_WARNINGS_AS_ERRORS}>:-Werror>
  # MinGW's isnan() and signbit() convert their argument to each of the types that they choose from.
  $<$<BOOL:${MINGW}>:-Wno-float-conversion>)

# ---- instruction sets ------------------------------------------------------------------------------------------------

set(IS_GCC $<C_COMPILER_ID:GNU>)
set(IS_CLANG $<C_COMPILER_ID:Clang,AppleClang>)

# Outside of the kernels, a vector would be a pair of fields that were just stored one by one, for which a load has to
# wait.
set(EXACTLOSS_NO_PAIRS $<${IS_GCC}:-fno-tree-slp-vectorize> $<${IS_CLANG}:-fno-slp-vectorize>)

# The portable kernels are the reference that every other kernel is tested against: no vectoriser may touch them.
set(EXACTLOSS_PORTABLE_OPTIONS -fno-tree-vectorize ${EXACTLOSS_NO_PAIRS})

# Of a tree of two-operand instructions some copy an operand first, of a chain none: 5 % faster.
set(EXACTLOSS_SSE2_OPTIONS $<${IS_GCC}:-fno-tree-reassoc>)
set(EXACTLOSS_SSE41_OPTIONS -msse4.1 -mpopcnt ${EXACTLOSS_SSE2_OPTIONS})

# The stack of a Windows program is aligned to 16 bytes, and GCC does not align vectors of 32 and 64 there (its bug 54412):
# where Debian's compiler does not already, the assembler makes the moves such that any address will do.
set(UNALIGNED_MOVES $<$<AND:$<BOOL:${MINGW}>,${IS_GCC}>:-Wa,-muse-unaligned-vector-move>)

# Before a function returns or jumps to another one, GCC clears the upper halves of vector registers, which otherwise slow down
# the SSE code of callers. It leaves that out before a jump to a function of the same file whose registers it knows.
set(CLEARS_UPPER_HALVES $<${IS_GCC}:-fno-ipa-ra>)

# GCC interleaves independent chains of operations only if told to: logits take a fifth less time. Of 16 registers it must
# not use more than there are: logits take a tenth less time, logarithms an eighth. Scheduled for the first processors with
# AVX2, which suits the later ones too: 2 % faster than the generic schedule.
set(INTERLEAVED $<${IS_GCC}:-fschedule-insns>)
set(EXACTLOSS_AVX2_OPTIONS
  -mavx2 -mfma -mf16c -mpopcnt -mtune=haswell ${INTERLEAVED} $<${IS_GCC}:-fsched-pressure> ${CLEARS_UPPER_HALVES}
  ${UNALIGNED_MOVES})
set(EXACTLOSS_AVX512_OPTIONS
  -mavx512f -mavx512bw -mavx512dq -mavx512vl -mfma -mpopcnt ${INTERLEAVED} ${CLEARS_UPPER_HALVES}
  ${UNALIGNED_MOVES}
  # Without optimisation GCC's intrinsics are macros, which make a mask of -1.
  $<${IS_GCC}:-Wno-sign-conversion>)

# ---- libraries -------------------------------------------------------------------------------------------------------

# libm for the floating-point environment, where it is not MXCSR's or FPCR's.
set(EXACTLOSS_LIBM $<$<NOT:$<BOOL:${WIN32}>>:m>)

# The library for GPUs loads the driver. Before glibc 2.34 what it needs for that was in two other libraries, which are still
# there: src/cuda/driver.c.
set(EXACTLOSS_LIBDL ${CMAKE_DL_LIBS})
if(EXACTLOSS_FOR_GLIBC)
  set(EXACTLOSS_LIBDL -Wl,--push-state,--no-as-needed -l:libdl.so.2 -l:libpthread.so.0 -Wl,--pop-state)
endif()

# Libraries depend on nothing that they do not use. No name may be missing, but for those of a sanitizer, which Clang links
# with programs alone.
set(EXACTLOSS_LINK_OPTIONS)
if(CMAKE_SYSTEM_NAME STREQUAL Linux)
  set(EXACTLOSS_LINK_OPTIONS -Wl,--as-needed)
  if(NOT CMAKE_C_FLAGS MATCHES "-fsanitize=")
    list(APPEND EXACTLOSS_LINK_OPTIONS -Wl,-z,defs)
  endif()
elseif(MINGW)
  set(EXACTLOSS_LINK_OPTIONS -static-libgcc)
endif()

# A DLL has no "lib" in its name: Java's System.loadLibrary("exactloss") means exactloss.dll.
set(EXACTLOSS_LIBRARY_PREFIX ${CMAKE_SHARED_LIBRARY_PREFIX})
if(WIN32)
  set(EXACTLOSS_LIBRARY_PREFIX)
endif()

# A Windows program looks for DLLs in its own folder.
if(WIN32 AND PROJECT_IS_TOP_LEVEL)
  set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
endif()
