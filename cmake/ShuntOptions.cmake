# SPDX-License-Identifier: Apache-2.0
# How everything is compiled: language level, warnings as errors, sanitizers by preset, ccache.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

option(SHUNT_WERROR "Treat warnings as errors" ON)
set(SHUNT_SANITIZE "" CACHE STRING "Sanitizers for everything, e.g. address,undefined")
option(SHUNT_COVERAGE "Instrument for line and branch coverage" OFF)
option(SHUNT_FUZZER "Instrument everything for libFuzzer (clang++)" OFF)

find_program(SHUNT_CCACHE ccache)
if(SHUNT_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_C_COMPILER_LAUNCHER "${SHUNT_CCACHE}")
  set(CMAKE_CXX_COMPILER_LAUNCHER "${SHUNT_CCACHE}")
endif()

# One interface target carries the warnings, so that third-party code would not get them.
add_library(shunt_options INTERFACE)
target_compile_options(shunt_options INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wnon-virtual-dtor
  -Wold-style-cast -Wcast-align -Wimplicit-fallthrough)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # Everything is position independent, for the Python modules; nobody replaces a function of ours
  # at load time, so that g++ may inline them as clang++ does.
  target_compile_options(shunt_options INTERFACE -fno-semantic-interposition)
endif()
if(SHUNT_WERROR)
  target_compile_options(shunt_options INTERFACE -Werror)
endif()
if(SHUNT_SANITIZE)
  target_compile_options(shunt_options INTERFACE
    -fsanitize=${SHUNT_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(shunt_options INTERFACE -fsanitize=${SHUNT_SANITIZE})
endif()
if(SHUNT_COVERAGE)
  target_compile_options(shunt_options INTERFACE --coverage -O0)
  target_link_options(shunt_options INTERFACE --coverage)
endif()
if(SHUNT_FUZZER)
  # Edges and comparisons for the fuzzer, without its main(), which fuzz/ alone links; and counters
  # of source lines for what tools/fuzz prints.
  target_compile_options(shunt_options INTERFACE
    -fsanitize=fuzzer-no-link -fprofile-instr-generate -fcoverage-mapping)
  target_link_options(shunt_options INTERFACE -fprofile-instr-generate)
endif()
