// SPDX-License-Identifier: Apache-2.0
#include "attach/json_line.hh"

namespace conform {
namespace {

constexpr int kDepthMax = 64;

}  // namespace

nlohmann::json parse_json_line(std::string_view line) {
    using Json = nlohmann::json;
    bool is_too_deep = false;
    // What begins is within `depth` others.
    const auto is_kept = [&](int depth, Json::parse_event_t event, const Json&) {
        using Event = Json::parse_event_t;
        const bool begins = event == Event::array_start || event == Event::object_start;
        is_too_deep = is_too_deep || (begins && depth >= kDepthMax);
        return !is_too_deep;
    };
    Json parsed = Json::parse(line, is_kept, false);
    return is_too_deep ? Json(Json::value_t::discarded) : parsed;
}

}  // namespace conform
