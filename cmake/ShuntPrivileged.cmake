# SPDX-License-Identifier: Apache-2.0
# Tests that need a network namespace: each gets one of its own, which dies with it. Where the
# machine gives none (no root), they are left out, and the configuration says so.
include_guard(GLOBAL)

execute_process(COMMAND unshare --net true RESULT_VARIABLE result OUTPUT_QUIET ERROR_QUIET)
set(SHUNT_HAS_NAMESPACES FALSE)
if(result EQUAL 0)
  set(SHUNT_HAS_NAMESPACES TRUE)
else()
  message(STATUS "Left out, as they need root (CAP_SYS_ADMIN, CAP_NET_ADMIN): label privileged")
endif()
set_property(GLOBAL PROPERTY SHUNT_HAS_NAMESPACES ${SHUNT_HAS_NAMESPACES})

# shunt_privileged_test(<name> <command> ..)
function(shunt_privileged_test name)
  get_property(has_namespaces GLOBAL PROPERTY SHUNT_HAS_NAMESPACES)
  if(NOT has_namespaces)
    return()
  endif()
  add_test(NAME ${name} COMMAND unshare --net ${ARGN})
  # They run in wall time: what else the machine does would be taken for the device's delay.
  set_tests_properties(${name} PROPERTIES LABELS privileged TIMEOUT 120 RUN_SERIAL TRUE)
endfunction()
