# SPDX-License-Identifier: Apache-2.0
#
# cmake --install: headers, libraries, their .pc files, the CMake package and the licence. The installed tree may be moved.
include(CMakePackageConfigHelpers)

set(EXACTLOSS_PACKAGE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/exactloss)

set(EXACTLOSS_LIBRARIES exactloss)
if(EXACTLOSS_CUDA)
  list(APPEND EXACTLOSS_LIBRARIES exactloss_cuda)
endif()
install(TARGETS ${EXACTLOSS_LIBRARIES} EXPORT exactloss-targets
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
  RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(DIRECTORY include/exactloss DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
  FILES_MATCHING PATTERN "*.h" PATTERN "*.hpp")

# find_package(exactloss 0.1): before 1.0, a minor version may change what a program is compiled against.
install(EXPORT exactloss-targets NAMESPACE exactloss:: DESTINATION ${EXACTLOSS_PACKAGE_DIR})
configure_package_config_file(cmake/exactloss-config.cmake.in ${CMAKE_CURRENT_BINARY_DIR}/exactloss-config.cmake
  INSTALL_DESTINATION ${EXACTLOSS_PACKAGE_DIR}
  NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/exactloss-config-version.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES
  ${CMAKE_CURRENT_BINARY_DIR}/exactloss-config.cmake
  ${CMAKE_CURRENT_BINARY_DIR}/exactloss-config-version.cmake
  DESTINATION ${EXACTLOSS_PACKAGE_DIR})

# Relative to the .pc files themselves, unless the folders were given as absolute paths.
if(IS_ABSOLUTE "${CMAKE_INSTALL_LIBDIR}")
  set(EXACTLOSS_PC_PREFIX "${CMAKE_INSTALL_PREFIX}")
else()
  file(RELATIVE_PATH EXACTLOSS_PC_PREFIX "/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/")
  string(REGEX REPLACE "/$" "" EXACTLOSS_PC_PREFIX "\${pcfiledir}/${EXACTLOSS_PC_PREFIX}")
endif()
foreach(dir LIBDIR INCLUDEDIR)
  if(IS_ABSOLUTE "${CMAKE_INSTALL_${dir}}")
    set(EXACTLOSS_PC_${dir} "${CMAKE_INSTALL_${dir}}")
  else()
    set(EXACTLOSS_PC_${dir} "\${prefix}/${CMAKE_INSTALL_${dir}}")
  endif()
endforeach()
foreach(library ${EXACTLOSS_LIBRARIES})
  configure_file(cmake/${library}.pc.in ${CMAKE_CURRENT_BINARY_DIR}/${library}.pc @ONLY)
  install(FILES ${CMAKE_CURRENT_BINARY_DIR}/${library}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endforeach()

install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DATAROOTDIR}/licenses/exactloss)

# cpack: a .deb and a .tar.gz of what is installed.
if(PROJECT_IS_TOP_LEVEL)
  set(CPACK_PACKAGE_NAME libexactloss-dev)
  set(CPACK_PACKAGE_VENDOR "The exactloss developers")
  set(CPACK_PACKAGE_CONTACT "The exactloss developers <https://github.com/exactloss/exactloss>")
  set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
  set(CPACK_PACKAGE_HOMEPAGE_URL https://github.com/exactloss/exactloss)
  set(CPACK_RESOURCE_FILE_LICENSE ${PROJECT_SOURCE_DIR}/LICENSE)
  set(CPACK_COMPONENTS_ALL Unspecified) # without the benchmark
  set(CPACK_GENERATOR TGZ)
  string(TOLOWER ${CMAKE_SYSTEM_NAME} EXACTLOSS_SYSTEM)
  set(CPACK_PACKAGE_FILE_NAME libexactloss-${PROJECT_VERSION}-${EXACTLOSS_SYSTEM}-${CMAKE_SYSTEM_PROCESSOR})
  set(CPACK_DEB_COMPONENT_INSTALL OFF)
  set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
  set(CPACK_DEBIAN_PACKAGE_SECTION libdevel)
  set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
  find_program(DPKG_SHLIBDEPS dpkg-shlibdeps)
  if(DPKG_SHLIBDEPS)
    list(APPEND CPACK_GENERATOR DEB)
  endif()
  include(CPack)
endif()
