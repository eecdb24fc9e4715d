// SPDX-License-Identifier: Apache-2.0
// What the program tells its user while it runs: one line of text each on stderr.
#pragma once

#include <optional>
#include <string_view>

namespace shunt::app {

enum class LogLevel { Trace, Debug, Info, Warning, Error, Off };

/// "trace", "debug", "info", "warn", "error", "off".
std::optional<LogLevel> parse_log_level(std::string_view name);

/// As parse_log_level() takes it.
std::string_view name_of(LogLevel level);

/// Lines below `level` are not written. Before the first call the level is Info.
void set_log_level(LogLevel level);
LogLevel current_log_level();
bool is_logged(LogLevel level);

void log_line(LogLevel level, std::string_view text);
inline void log_trace(std::string_view text) {
    log_line(LogLevel::Trace, text);
}
inline void log_debug(std::string_view text) {
    log_line(LogLevel::Debug, text);
}
inline void log_info(std::string_view text) {
    log_line(LogLevel::Info, text);
}
inline void log_warning(std::string_view text) {
    log_line(LogLevel::Warning, text);
}
inline void log_error(std::string_view text) {
    log_line(LogLevel::Error, text);
}

}  // namespace shunt::app
