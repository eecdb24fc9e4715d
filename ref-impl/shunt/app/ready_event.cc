// SPDX-License-Identifier: Apache-2.0
#include "shunt/app/ready_event.hh"

#include <unistd.h>

#include <nlohmann/json.hpp>

#include "shunt/app/version.hh"

namespace shunt::app {

std::string ready_event(const NodeOptions& options, const farm::Server& self) {
    nlohmann::ordered_json event = {
        {"event", "ready"}, {"name", self.name},
        {"id", self.id},    {"version", kVersion},
        {"pid", getpid()},  {"time", options.time == TimeMode::Wall ? "wall" : "virtual"}};
    if (options.front) event["front"] = runtime::to_string(*options.front);
    if (options.back) event["back"] = runtime::to_string(*options.back);
    if (options.control) event["control"] = *options.control;
    return event.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace shunt::app
