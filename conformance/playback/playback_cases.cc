// SPDX-License-Identifier: Apache-2.0
#include "playback/playback_cases.hh"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "playback/move_playback.hh"

namespace conform {

std::optional<PlayedSide> parse_played_side(std::string_view text) {
    if (text == "client") return PlayedSide::Client;
    if (text == "home") return PlayedSide::Home;
    if (text == "target") return PlayedSide::Target;
    return std::nullopt;
}

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
    // A part of the names of files.
    constexpr std::size_t kLongest = 80;
    stem.resize(std::min(stem.size(), kLongest));
    if (stem.empty()) stem = "capture";
    std::string name = stem;
    for (int count = 2; std::find(names_.begin(), names_.end(), name) != names_.end(); ++count)
        name = fmt::format("{}-{}", stem, count);
    return name;
}

CaseInfo& PlaybackCases::add_case(std::size_t number, const std::string& claim) {
    const std::string& id = texts_.emplace_back(fmt::format("replay/{}/{}", names_.back(), number));
    return cases_.emplace_back(CaseInfo{id, texts_.emplace_back(claim), {}, {}, {}, {}});
}

void PlaybackCases::add_connections(const CaptureFile& file) {
    std::vector<Exchange> exchanges = read_exchanges(file);
    if (exchanges.empty()) throw CaptureFileError(file.path + ": has no TCP connection");
    for (std::size_t i = 0; i < exchanges.size(); ++i) {
        const Exchange& exchange = exchanges_.emplace_back(std::move(exchanges[i]));
        CaseInfo& info =
            add_case(i + 1, fmt::format("What {} said to {} in {} is answered as it was.",
                                        exchange.client.to_string(), exchange.server.to_string(),
                                        file.path));
        info.needs_back = false;
        info.run = [&exchange, options = options_](Stage& stage) -> Task<> {
            if (!exchange.obstacle.empty()) throw NotRunnable(exchange.obstacle);
            return play_client(stage, exchange, options);
        };
    }
}

void PlaybackCases::add_moves(const CaptureFile& file) {
    std::vector<MoveExchange> moves = read_moves(file);
    if (moves.empty()) throw CaptureFileError(file.path + ": no TCP connection moves in it");
    const bool is_home = side_ == PlayedSide::Home;
    for (std::size_t i = 0; i < moves.size(); ++i) {
        const MoveExchange& move = moves_.emplace_back(std::move(moves[i]));
        CaseInfo& info = add_case(
            i + 1, fmt::format("What the {} of {} said in {} is answered as it was.",
                               is_home ? "home" : "target", move.client.to_string(), file.path));
        info.profile = "endpoint";
        info.role = is_home ? "target" : "home";
        info.needs = "base";
        info.run = [&move, is_home, options = options_](Stage& stage) -> Task<> {
            if (!move.obstacle.empty()) throw NotRunnable(move.obstacle);
            return is_home ? play_home(stage, move, options) : play_target(stage, move, options);
        };
    }
}

void PlaybackCases::add(const std::string& path) {
    const CaptureFile file = read_capture_file(path);
    names_.push_back(name_of(path));
    if (side_ == PlayedSide::Client) {
        add_connections(file);
    } else {
        add_moves(file);
    }
}

}  // namespace conform
