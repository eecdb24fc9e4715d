// SPDX-License-Identifier: Apache-2.0
// The classes of which a node can make objects, by name: its own, and those of processes (OBJ-3).
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shunt/farm/object/object.hh"

namespace shunt::farm {

class ObjectClasses {
  public:
    static constexpr std::size_t kMax = 256;

    struct Class {
        ObjectFactory factory;  // empty: of a process
        ProcessId process = 0;
    };

    /// Of letters, digits and `.`, `_`, `-`; wire::kClassNameMax at most.
    static bool is_name(std::string_view name);

    /// Why it cannot be added; nothing: it is.
    std::optional<std::string> add(std::string_view name, Class added);
    /// The process has ended.
    void remove_of(ProcessId process);
    /// Null if there is none of that name.
    const Class* find(std::string_view name) const;
    /// In the order of the names.
    const std::map<std::string, Class, std::less<>>& all() const { return classes_; }

  private:
    std::map<std::string, Class, std::less<>> classes_;
};

}  // namespace shunt::farm
