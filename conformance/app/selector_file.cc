// SPDX-License-Identifier: Apache-2.0
#include "app/selector_file.hh"

#include <fmt/format.h>

#include <string_view>

#include "attach/attachment.hh"
#include "attach/text_file.hh"

namespace conform {
namespace {

constexpr std::size_t kSelectorsMax = 10'000;
/// Longer than any id; matching a pattern of stars takes time that grows with its length.
constexpr std::size_t kLengthMax = 200;

std::string_view trimmed(std::string_view line) {
    line = line.substr(0, line.find('#'));
    const std::size_t first = line.find_first_not_of(" \t\r");
    if (first == std::string_view::npos) return {};
    return line.substr(first, line.find_last_not_of(" \t\r") - first + 1);
}

std::string read(const std::string& path) {
    try {
        return read_text_file(path);
    } catch (const TextFileError& error) {
        throw UsageError(error.what());
    }
}

void add_lines(const std::string& path, std::vector<PlacedSelector>& selectors) {
    const std::string text = read(path);
    const std::size_t before = selectors.size();
    std::size_t line = 0;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        const std::string_view selector = trimmed(std::string_view(text).substr(at, end - at));
        at = end + 1;
        ++line;
        if (selector.empty()) continue;
        const std::string place = fmt::format("{}:{}: ", path, line);
        if (selector.front() == '@') {
            throw UsageError(place + "expected a selector, got another file");
        }
        if (selector.size() > kLengthMax) {
            throw UsageError(
                fmt::format("{}expected a selector of {} letters at most", place, kLengthMax));
        }
        if (selectors.size() == kSelectorsMax) {
            throw UsageError(fmt::format("{}expected {} selectors at most", place, kSelectorsMax));
        }
        selectors.push_back({std::string(selector), place});
    }
    // A file without selectors would select everything.
    if (selectors.size() == before) {
        throw UsageError(fmt::format("{}: expected a selector, got none", path));
    }
}

}  // namespace

std::vector<PlacedSelector> expand_selectors(const std::vector<std::string>& words) {
    std::vector<PlacedSelector> selectors;
    for (const std::string& word : words) {
        if (word.starts_with('@')) {
            add_lines(word.substr(1), selectors);
        } else if (word.size() > kLengthMax) {
            throw UsageError(fmt::format("expected a selector of {} letters at most", kLengthMax));
        } else {
            selectors.push_back({word, ""});
        }
    }
    return selectors;
}

}  // namespace conform
