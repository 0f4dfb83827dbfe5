# SPDX-License-Identifier: Apache-2.0
#
# natives/<os>-<arch>/ in the build folder has the shared libraries, under the names that Java's loader looks for. The Java
# build takes this folder, or another one with the platforms of several machines.
string(TOLOWER ${CMAKE_SYSTEM_NAME} EXACTLOSS_OS)
if(APPLE)
  set(EXACTLOSS_OS macos)
endif()
set(EXACTLOSS_ARCH ${CMAKE_SYSTEM_PROCESSOR})
if(EXACTLOSS_FOR_X86_64)
  set(EXACTLOSS_ARCH x86_64)
elseif(EXACTLOSS_FOR_AARCH64)
  set(EXACTLOSS_ARCH aarch64)
endif()

set(EXACTLOSS_PREFIX lib)
if(WIN32)
  set(EXACTLOSS_PREFIX)
endif()

set(NATIVES)
file(REMOVE_RECURSE ${PROJECT_BINARY_DIR}/natives) # what another configuration built
if(BUILD_SHARED_LIBS)
  foreach(library exactloss exactloss_cuda)
    if(TARGET ${library})
      set(NATIVE ${PROJECT_BINARY_DIR}/natives/${EXACTLOSS_OS}-${EXACTLOSS_ARCH}/)
      string(APPEND NATIVE ${EXACTLOSS_PREFIX}${library}${CMAKE_SHARED_LIBRARY_SUFFIX})
      add_custom_command(OUTPUT ${NATIVE}
        COMMAND ${CMAKE_COMMAND} -E copy $<TARGET_FILE:${library}> ${NATIVE}
        DEPENDS ${library} VERBATIM)
      list(APPEND NATIVES ${NATIVE})
    endif()
  endforeach()
endif()
add_custom_target(exactloss_natives ALL DEPENDS ${NATIVES})
add_dependencies(exactloss_libraries exactloss_natives)
