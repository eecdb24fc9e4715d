// SPDX-License-Identifier: Apache-2.0
#include "shunt/app/node_request.hh"

#include <fmt/format.h>

namespace shunt::app {
namespace {

/// Null if the field is absent.
const Json* find(const Json& content, const char* field) {
    const auto found = content.find(field);
    return found == content.end() || found->is_null() ? nullptr : &*found;
}

Failure<Refusal> expected(const char* field, std::string_view what) {
    return malformed(fmt::format("{}: expected {}", field, what));
}

}  // namespace

Result<std::optional<std::string>, Refusal> NodeRequest::text(const char* field) const {
    const Json* value = find(content, field);
    if (value == nullptr) return std::optional<std::string>();
    if (!value->is_string()) return expected(field, "a text");
    return std::optional(value->get<std::string>());
}

Result<std::optional<bool>, Refusal> NodeRequest::flag(const char* field) const {
    const Json* value = find(content, field);
    if (value == nullptr) return std::optional<bool>();
    if (!value->is_boolean()) return expected(field, "true or false");
    return std::optional(value->get<bool>());
}

Result<std::optional<std::int64_t>, Refusal> NodeRequest::integer(const char* field,
                                                                  std::int64_t least,
                                                                  std::int64_t most) const {
    const Json* value = find(content, field);
    if (value == nullptr) return std::optional<std::int64_t>();
    // An unsigned number above 2^63 would come out negative.
    const bool is_in_range = value->is_number_integer() &&
                             (!value->is_number_unsigned() ||
                              value->get<std::uint64_t>() <= static_cast<std::uint64_t>(most)) &&
                             value->get<std::int64_t>() >= least &&
                             value->get<std::int64_t>() <= most;
    if (!is_in_range) {
        return expected(field, fmt::format("a whole number from {} to {}", least, most));
    }
    return std::optional(value->get<std::int64_t>());
}

}  // namespace shunt::app
