# SPDX-License-Identifier: Apache-2.0
#
# Copies what the Java jars take into natives/<platform>/, under the names that their loader knows. No such folder is made
# for a platform that Java does not run on, nor by a build of static libraries. CUDA's driver is for glibc.
file(REMOVE_RECURSE ${PROJECT_BINARY_DIR}/natives) # what another configuration built
if(BUILD_SHARED_LIBS AND EXACTLOSS_PLATFORM)
  set(COPIES)
  set(FOR_JAVA ${EXACTLOSS_LIBRARIES})
  if(EXACTLOSS_PLATFORM MATCHES "-musl$")
    list(REMOVE_ITEM FOR_JAVA exactloss_cuda)
  endif()
  foreach(library ${FOR_JAVA})
    set(COPY ${PROJECT_BINARY_DIR}/natives/${EXACTLOSS_PLATFORM}/${EXACTLOSS_LIBRARY_PREFIX}${library}${CMAKE_SHARED_LIBRARY_SUFFIX})
    add_custom_command(OUTPUT ${COPY}
      COMMAND ${CMAKE_COMMAND} -E copy $<TARGET_FILE:${library}> ${COPY}
      DEPENDS ${library})
    list(APPEND COPIES ${COPY})
  endforeach()
  add_custom_target(exactloss_natives ALL DEPENDS ${COPIES})
  add_dependencies(exactloss_libraries exactloss_natives)
endif()
