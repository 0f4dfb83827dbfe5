# SPDX-License-Identifier: Apache-2.0
#
# The tests of the installed product: the header, the library's symbols, the install tree, the examples, and the library
# as other processors, compilers and projects build it.
find_program(BASH_EXECUTABLE bash REQUIRED)
find_program(CXX_EXECUTABLE NAMES $ENV{CXX} c++ g++ clang++ REQUIRED)

# The library's objects as an archive, for a look at its names.
add_library(exactloss_archive STATIC $<TARGET_OBJECTS:exactloss_objects>)
set_target_properties(exactloss_archive PROPERTIES LINKER_LANGUAGE C)

add_executable(mnist_loss ${PROJECT_SOURCE_DIR}/native/examples/mnist_loss.c)
target_link_libraries(mnist_loss PRIVATE exactloss::exactloss exactloss_warnings)

# A shell script of this folder. It exits with 77 when it can't run here, after a line "skipped: REASON".
function(add_script_test name script)
  add_test(NAME ${name} COMMAND ${BASH_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/${script} ${ARGN})
  set_tests_properties(${name} PROPERTIES SKIP_RETURN_CODE 77 LABELS install)
endfunction()

add_script_test(symbols_test symbols_test.sh $<TARGET_FILE:exactloss> $<TARGET_FILE:exactloss_archive>)
if(BUILD_SHARED_LIBS AND EXACTLOSS_PLATFORM STREQUAL linux-x86_64)
  add_script_test(musl_test musl_test.sh ${CMAKE_CURRENT_SOURCE_DIR} $<TARGET_FILE:exactloss>)
endif()
if(BUILD_SHARED_LIBS AND EXACTLOSS_CUDA AND EXACTLOSS_FOR_GLIBC)
  add_script_test(glibc_test glibc_test.sh $<TARGET_FILE:exactloss> $<TARGET_FILE:exactloss_cuda>)
endif()
add_script_test(header_cxx_test header_cxx_test.sh
  ${CXX_EXECUTABLE} ${PROJECT_SOURCE_DIR}/native $<TARGET_FILE:exactloss>)
foreach(kind shared static)
  add_script_test(install_${kind}_test install_test.sh
    ${kind} ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR} ${PROJECT_VERSION} ${CMAKE_C_COMPILER} ${CMAKE_GENERATOR}
    ${CXX_EXECUTABLE})
endforeach()
add_script_test(portable_build_test portable_build_test.sh ${PROJECT_SOURCE_DIR} ${CMAKE_C_COMPILER} ${CMAKE_GENERATOR})
add_script_test(clang_build_test clang_build_test.sh ${PROJECT_SOURCE_DIR} ${CMAKE_GENERATOR})
add_script_test(cross_build_test cross_build_test.sh ${PROJECT_SOURCE_DIR} ${CMAKE_GENERATOR})
add_script_test(undefined_behaviour_test undefined_behaviour_test.sh
  ${PROJECT_SOURCE_DIR} ${CXX_EXECUTABLE} ${CMAKE_GENERATOR})
if(BUILD_SHARED_LIBS)
  add_script_test(compiler_options_test compiler_options_test.sh
    ${PROJECT_SOURCE_DIR} ${CMAKE_C_COMPILER} ${CMAKE_GENERATOR} $<TARGET_FILE:exactloss>)
endif()
add_script_test(subproject_test subproject_test.sh ${PROJECT_SOURCE_DIR} ${CMAKE_C_COMPILER} ${CMAKE_GENERATOR})

# The record is of machines with pointers of 64 bits.
if(BUILD_SHARED_LIBS AND CMAKE_SYSTEM_NAME STREQUAL "Linux" AND CMAKE_SIZEOF_VOID_P EQUAL 8)
  set(CUDA_LIBRARY_FILE)
  if(EXACTLOSS_CUDA)
    set(CUDA_LIBRARY_FILE $<TARGET_FILE:exactloss_cuda>)
  endif()
  add_test(NAME abi_test COMMAND ${Python3_EXECUTABLE} -B ${CMAKE_CURRENT_SOURCE_DIR}/abi/abi_test.py
    ${CMAKE_CURRENT_SOURCE_DIR}/abi/exactloss.abi ${PROJECT_SOURCE_DIR}/native/include/exactloss ${CMAKE_C_COMPILER}
    $<TARGET_FILE:exactloss> ${CUDA_LIBRARY_FILE})
  set_tests_properties(abi_test PROPERTIES LABELS install)
endif()

add_test(NAME example_c_test COMMAND mnist_loss)
set_tests_properties(example_c_test PROPERTIES PASS_REGULAR_EXPRESSION "^0\\.43333334227403003\n$" LABELS install)
