# SPDX-License-Identifier: Apache-2.0
# How a folder becomes targets: sources into a library, x_test.cc beside them into one test program.

find_package(GTest REQUIRED)
include(GoogleTest)

# shunt_tests(<name> PREFIX <prefix> LABEL <label> SOURCES .. DEPS ..)
# One label and the timeout in PROPERTIES of each discovered test (CMake 3.25 drops a second label).
function(shunt_tests name)
  cmake_parse_arguments(ARG "" "PREFIX;LABEL;TIMEOUT" "SOURCES;DEPS" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 60)
  endif()
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE shunt_options ${ARG_DEPS} GTest::gmock GTest::gtest_main)
  # What is tested is optimized, the tests are not: they take half the time to compile.
  target_compile_options(${name} PRIVATE $<$<CONFIG:RelWithDebInfo>:-O0 -g1>)
  gtest_discover_tests(${name}
    TEST_PREFIX "${ARG_PREFIX}." DISCOVERY_TIMEOUT 60
    PROPERTIES LABELS "${ARG_LABEL}" TIMEOUT ${ARG_TIMEOUT})
endfunction()

# shunt_layer(<layer> DEPS <targets>): library shunt_<layer> of the current folder and below,
# test program <layer>_test, and a check that every header compiles alone.
function(shunt_layer layer)
  cmake_parse_arguments(ARG "" "" "DEPS;EXCLUDE" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*.cc")
  file(GLOB_RECURSE headers CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*.hh")
  set(tests ${sources})
  # x_fixture is what the tests of a folder share.
  list(FILTER sources EXCLUDE REGEX "_(test|fixture)\\.cc$")
  list(FILTER headers EXCLUDE REGEX "_fixture\\.hh$")
  list(FILTER tests INCLUDE REGEX "_(test|fixture)\\.cc$")
  if(ARG_EXCLUDE)
    list(FILTER sources EXCLUDE REGEX "${ARG_EXCLUDE}")
    list(FILTER tests EXCLUDE REGEX "${ARG_EXCLUDE}")
  endif()
  set(library shunt_${layer})
  if(sources)
    add_library(${library} STATIC ${sources})
    set(scope PUBLIC)
  else()
    add_library(${library} INTERFACE)
    set(scope INTERFACE)
  endif()
  target_include_directories(${library} ${scope} "${CMAKE_SOURCE_DIR}/ref-impl")
  target_link_libraries(${library} ${scope} ${ARG_DEPS})
  if(sources)
    target_link_libraries(${library} PRIVATE shunt_options)
  endif()
  if(headers)
    target_sources(${library} ${scope} FILE_SET HEADERS
      BASE_DIRS "${CMAKE_SOURCE_DIR}/ref-impl" FILES ${headers})
    set_target_properties(${library} PROPERTIES VERIFY_INTERFACE_HEADER_SETS ON)
  endif()
  if(tests)
    shunt_tests(${layer}_test PREFIX ${layer} LABEL unit SOURCES ${tests} DEPS ${library})
  endif()
endfunction()
