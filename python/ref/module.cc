// SPDX-License-Identifier: Apache-2.0
// shunt._ref: the reference implementation for Python. It holds nothing of the judge.
#include <pybind11/pybind11.h>

#include "arguments.hh"
#include "binding/sealed_class.hh"
#include "bindings.hh"

PYBIND11_MODULE(_ref, module) {
    module.doc() =
        "The reference implementation: codecs of the farm's formats, and farms in virtual time.";
    shunt::python::add_enums(module);
    shunt::python::bind_codecs(module);
    shunt::python::bind_simulator(module);
    shunt::python::bind_hosts(module);
    binding::seal_classes(module);
}
