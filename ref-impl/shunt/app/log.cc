// SPDX-License-Identifier: Apache-2.0
// The only file that compiles spdlog's headers.
#include "shunt/app/log.hh"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <memory>

namespace shunt::app {
namespace {

struct Level {
    std::string_view name;
    spdlog::level::level_enum value;
};

/// In the order of LogLevel.
constexpr std::array<Level, 6> kLevels = {{{"trace", spdlog::level::trace},
                                           {"debug", spdlog::level::debug},
                                           {"info", spdlog::level::info},
                                           {"warn", spdlog::level::warn},
                                           {"error", spdlog::level::err},
                                           {"off", spdlog::level::off}}};

spdlog::logger& logger() {
    static const std::shared_ptr<spdlog::logger> instance = [] {
        auto sink = std::make_shared<spdlog::sinks::stderr_sink_st>();
        auto made = std::make_shared<spdlog::logger>("shunt", std::move(sink));
        made->set_pattern("%Y-%m-%dT%H:%M:%S.%f %l: %v");
        made->flush_on(spdlog::level::trace);
        return made;
    }();
    return *instance;
}

const Level& level_of(LogLevel level) {
    return kLevels.at(static_cast<std::size_t>(level));
}

/// A line stays one line whatever it quotes.
std::string without_control_characters(std::string_view text) {
    std::string line(text);
    std::replace_if(
        line.begin(), line.end(),
        [](char character) { return static_cast<unsigned char>(character) < ' '; }, ' ');
    return line;
}

}  // namespace

std::optional<LogLevel> parse_log_level(std::string_view name) {
    for (std::size_t index = 0; index < kLevels.size(); ++index)
        if (kLevels[index].name == name) return static_cast<LogLevel>(index);
    return std::nullopt;
}

std::string_view name_of(LogLevel level) {
    return level_of(level).name;
}

LogLevel current_log_level() {
    const auto value = logger().level();
    const auto found = std::ranges::find(kLevels, value, &Level::value);
    return static_cast<LogLevel>(found - kLevels.begin());
}

void set_log_level(LogLevel level) {
    logger().set_level(level_of(level).value);
}

bool is_logged(LogLevel level) {
    return logger().should_log(level_of(level).value);
}

void log_line(LogLevel level, std::string_view text) {
    if (is_logged(level)) logger().log(level_of(level).value, without_control_characters(text));
}

}  // namespace shunt::app
