// SPDX-License-Identifier: Apache-2.0
#include "shunt/app/not_built_in.hh"

#include <fmt/format.h>

#include <string_view>

namespace shunt::app {

std::vector<std::string> not_built_in(const farm::FarmConfig& config) {
    std::vector<std::string> texts;
    const auto refuse = [&texts](const std::string& place, std::string_view expected,
                                 std::string_view got) {
        texts.push_back(fmt::format("{}: expected {}; {} is not built into this version", place,
                                    expected, got));
    };
    for (std::size_t index = 0; index < config.listens.size(); ++index) {
        const farm::Listen& listen = config.listens[index];
        const std::string place = fmt::format("listen[{}]", index);
        if (listen.profile == farm::Profile::Handoff)
            refuse(place + ".profile", "\"endpoint\" or \"blob\"", "\"handoff\"");
        if (listen.application != farm::kHttpApplication &&
            listen.application != farm::kStreamApplication &&
            listen.application != farm::kGatewayApplication &&
            listen.application != farm::kEchoApplication)
            refuse(place + ".application", "\"http\", \"stream\", \"gateway\" or \"echo\"",
                   fmt::format("\"{}\"", listen.application));
    }
    return texts;
}

}  // namespace shunt::app
