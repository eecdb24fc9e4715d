// SPDX-License-Identifier: Apache-2.0
#include "report/progress.hh"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace conform {
namespace {

constexpr std::size_t kColumnsUnknown = 80;
constexpr std::size_t kColumnsMin = 20;

std::string minutes(Duration duration) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(duration).count();
    return fmt::format("{}:{:02}", seconds / 60, seconds % 60);
}

}  // namespace

std::string describe_progress(const RunProgress& progress, std::size_t columns) {
    std::string text = fmt::format("{}/{}", progress.done, progress.total);
    if (progress.failed > 0) text += fmt::format(", {} failed", progress.failed);
    if (progress.done > 0 && progress.done < progress.total) {
        const auto done = static_cast<std::int64_t>(progress.done);
        const auto left = static_cast<std::int64_t>(progress.total - progress.done);
        text += fmt::format(", {} left", minutes(progress.elapsed / done * left));
    }
    if (!progress.running.empty()) text += fmt::format(": {}", progress.running.front());
    if (progress.running.size() > 1) {
        text += fmt::format(" and {} more", progress.running.size() - 1);
    }
    // A line that wraps could not be drawn over.
    if (text.size() >= columns) text.resize(columns == 0 ? 0 : columns - 1);
    return text;
}

std::size_t terminal_columns() {
    winsize size{};
    if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col < kColumnsMin) {
        return kColumnsUnknown;
    }
    return size.ws_col;
}

std::string redrawn(std::string_view line) {
    return fmt::format("\r\x1b[K{}", line);
}

std::string erased() {
    return "\r\x1b[K";
}

}  // namespace conform
