// SPDX-License-Identifier: Apache-2.0
#include "shunt/farm/object/object_classes.hh"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "shunt/wire/object_messages.hh"

namespace shunt::farm {

bool ObjectClasses::is_name(std::string_view name) {
    constexpr std::string_view others = "._-";
    const auto is_allowed = [&](char one) {
        const bool is_letter = (one >= 'a' && one <= 'z') || (one >= 'A' && one <= 'Z');
        return is_letter || (one >= '0' && one <= '9') || others.find(one) != others.npos;
    };
    return !name.empty() && name.size() <= wire::kClassNameMax &&
           std::ranges::all_of(name, is_allowed);
}

std::optional<std::string> ObjectClasses::add(std::string_view name, Class added) {
    if (!is_name(name))
        return std::string("a class has a name of letters, digits and . _ -, 255 at most");
    if (classes_.contains(name)) return fmt::format("the class \"{}\" is here already", name);
    if (classes_.size() >= kMax) return fmt::format("{} classes are here already", kMax);
    classes_.emplace(name, std::move(added));
    return std::nullopt;
}

void ObjectClasses::remove_of(ProcessId process) {
    std::erase_if(classes_, [&](const auto& one) { return one.second.process == process; });
}

const ObjectClasses::Class* ObjectClasses::find(std::string_view name) const {
    const auto found = classes_.find(name);
    return found == classes_.end() ? nullptr : &found->second;
}

}  // namespace shunt::farm
