// SPDX-License-Identifier: Apache-2.0
#include "playback/playback_cases.hh"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

namespace conform {

std::string PlaybackCases::name_of(const std::string& path) {
    std::string stem = std::filesystem::path(path).stem().string();
    std::replace_if(
        stem.begin(), stem.end(),
        [](char c) {
            const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                                  (c >= '0' && c <= '9') || c == '-' || c == '_';
            return !is_plain;
        },
        '-');
    if (stem.empty()) stem = "capture";
    std::string name = stem;
    for (int count = 2; std::find(names_.begin(), names_.end(), name) != names_.end(); ++count)
        name = fmt::format("{}-{}", stem, count);
    names_.push_back(name);
    return name;
}

void PlaybackCases::add(const std::string& path) {
    std::vector<Exchange> exchanges = read_exchanges(read_capture_file(path));
    if (exchanges.empty()) throw CaptureFileError(path + ": has no TCP connection");
    const std::string name = name_of(path);
    for (std::size_t i = 0; i < exchanges.size(); ++i) {
        const Exchange& exchange = exchanges_.emplace_back(std::move(exchanges[i]));
        const std::string& id = texts_.emplace_back(fmt::format("replay/{}/{}", name, i + 1));
        const std::string& claim = texts_.emplace_back(
            fmt::format("What {} said to {} in {} is answered as it was.",
                        exchange.client.to_string(), exchange.server.to_string(), path));
        CaseInfo info{id, claim, {}, {}, {}, {}};
        info.run = [&exchange, options = options_](Stage& stage) -> Task<> {
            if (!exchange.obstacle.empty()) throw NotRunnable(exchange.obstacle);
            return play_client(stage, exchange, options);
        };
        info.needs_back = false;
        cases_.push_back(std::move(info));
    }
}

}  // namespace conform
