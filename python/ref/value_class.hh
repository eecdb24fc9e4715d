// SPDX-License-Identifier: Apache-2.0
// A C++ struct as a Python value: keyword arguments, read-only fields, replace(), equality, hash,
// repr. What a field can hold is checked by from_python() of its type.
#pragma once

#include <fmt/format.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "arguments.hh"
#include "binding/sealed_class.hh"

namespace shunt::python {

template <typename Value>
class ValueClass {
  public:
    /// Raises if the fields contradict each other, or are beyond what this class can hold.
    using Check = void (*)(const Value&);

    ValueClass(py::module_& module, const char* name, const char* documentation)
        : fields_(std::make_shared<Fields>()),
          name_(name),
          class_(module, name, documentation, binding::whole_from_new()) {}

    template <typename Member>
    ValueClass& field(const char* name, Member Value::*member, const char* documentation) {
        fields_->push_back({name, [member](const Value& value) { return to_python(value.*member); },
                            [member, name](Value& value, py::handle given) {
                                from_python(given, name, value.*member);
                            }});
        class_.def_property_readonly(
            name, [member](const Value& value) { return to_python(value.*member); }, documentation);
        return *this;
    }

    /// The class, for what is its own; called once, behind the fields.
    py::class_<Value>& finish(Check check = nullptr) {
        const auto fields = fields_;
        const std::string name = name_;
        const auto changed = [fields, name, check](Value value, const py::kwargs& changes) {
            change(*fields, name, value, changes);
            if (check != nullptr) check(value);
            return value;
        };
        class_.def(py::init([changed](const py::kwargs& given) { return changed({}, given); }));
        class_.def("replace", changed, "A copy in which the named fields are others.");
        class_.def("__eq__", [fields](const Value& self, py::handle other) -> py::object {
            if (!py::isinstance<Value>(other)) {
                return py::reinterpret_borrow<py::object>(Py_NotImplemented);
            }
            return py::bool_(all(*fields, self).equal(all(*fields, other.cast<const Value&>())));
        });
        class_.def("__hash__",
                   [fields](const Value& self) { return py::hash(all(*fields, self)); });
        // By functools.partial, which every protocol of pickle takes; copy uses it too.
        class_.def("__reduce__", [fields](const py::object& self) {
            py::dict given;
            for (const Field& field : *fields)
                given[field.name] = field.get(self.cast<const Value&>());
            const auto partial = py::module_::import("functools").attr("partial");
            return py::make_tuple(partial(py::type::of(self), **given), py::tuple());
        });
        class_.def("__repr__", [fields, name](const Value& self) {
            std::string text;
            for (const Field& field : *fields) {
                text += fmt::format("{}{}={}", text.empty() ? "" : ", ", field.name,
                                    py::repr(field.get(self)).template cast<std::string>());
            }
            return fmt::format("{}({})", name, text);
        });
        return class_;
    }

  private:
    struct Field {
        const char* name;
        std::function<py::object(const Value&)> get;
        std::function<void(Value&, py::handle)> set;
    };
    using Fields = std::vector<Field>;

    static void change(const Fields& fields, const std::string& class_name, Value& value,
                       const py::kwargs& changes) {
        for (const auto& [key, given] : changes) {
            const std::string name = to_text(key, "a field's name");
            const Field* wanted = nullptr;
            std::string known;
            for (const Field& field : fields) {
                if (field.name == name) wanted = &field;
                known += fmt::format("{}{}", known.empty() ? "" : ", ", field.name);
            }
            if (wanted == nullptr) {
                throw py::type_error(
                    fmt::format("{}: no field {}; it has {}", class_name, name, known));
            }
            wanted->set(value, given);
        }
    }

    static py::tuple all(const Fields& fields, const Value& value) {
        py::tuple values(fields.size());
        for (std::size_t i = 0; i < fields.size(); ++i)
            values[i] = fields[i].get(value);
        return values;
    }

    std::shared_ptr<Fields> fields_;
    const char* name_;
    py::class_<Value> class_;
};

}  // namespace shunt::python
