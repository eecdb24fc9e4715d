// SPDX-License-Identifier: Apache-2.0
// Classes of which Python never holds an object that C++ has not made: pybind11 hands the storage
// of a bare `Class.__new__(Class)` to methods as if a constructor had run. It knows neither the
// judge nor what is judged; both modules use it.
#pragma once

#include <pybind11/pybind11.h>

namespace binding {

namespace py = pybind11;

/// For a class with constructors: what __new__ returns is whole, as Python's own immutable types
/// are. The __init__ that Python calls behind it finds the object made, and does nothing.
inline py::custom_type_setup whole_from_new() {
    return py::custom_type_setup([](PyHeapTypeObject* made) {
        made->ht_type.tp_new = [](PyTypeObject* type, PyObject* arguments,
                                  PyObject* keywords) -> PyObject* {
            PyObject* self = py::detail::make_new_instance(type);
            if (self == nullptr || type->tp_init(self, arguments, keywords) == 0) return self;
            Py_DECREF(self);
            return nullptr;
        };
    });
}

/// For a class whose objects the module alone makes: calling it, or its __new__, is a TypeError.
inline py::custom_type_setup made_by_module() {
    return py::custom_type_setup([](PyHeapTypeObject* made) {
        made->ht_type.tp_new = [](PyTypeObject* type, PyObject*, PyObject*) -> PyObject* {
            PyErr_Format(PyExc_TypeError, "%s: only the module makes objects of this class",
                         type->tp_name);
            return nullptr;
        };
    });
}

/// The last step of a module: none of its classes can be derived from, changed, or given to an
/// object of another class, each of which would go around the above.
inline void seal_classes(const py::module_& module) {
    for (const auto& entry : module.attr("__dict__").cast<py::dict>()) {
        if (!py::isinstance<py::type>(entry.second)) continue;
        auto* type = reinterpret_cast<PyTypeObject*>(entry.second.ptr());
        if (py::detail::get_type_info(type) == nullptr) continue;  // an enum of Python's
        type->tp_flags &= ~Py_TPFLAGS_BASETYPE;
        type->tp_flags |= Py_TPFLAGS_IMMUTABLETYPE;
        PyType_Modified(type);
    }
}

}  // namespace binding
