// SPDX-License-Identifier: Apache-2.0
// The parts of shunt._ref, one source each.
#pragma once

#include <pybind11/pybind11.h>

namespace shunt::python {

/// Encapsulation header, payloads, control block.
void bind_codecs(pybind11::module_& module);
/// Worlds, and the scenarios of shunt-sim.
void bind_simulator(pybind11::module_& module);
/// Hosts with sockets.
void bind_hosts(pybind11::module_& module);

}  // namespace shunt::python
