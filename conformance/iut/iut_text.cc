// SPDX-License-Identifier: Apache-2.0
#include "iut/iut_text.hh"

#include <algorithm>

#include "attach/text_file.hh"
#include "iut/iut_file.hh"

namespace conform {
namespace {

constexpr int kDotsMax = 16;

/// Behind the string that begins at `start` (TOML 1.0, "String").
std::size_t end_of_string(std::string_view text, std::size_t start) {
    const char quote = text[start];
    const std::string three(3, quote);
    const bool is_long = text.substr(start, 3) == three;
    for (std::size_t at = start + (is_long ? 3 : 1); at < text.size(); ++at) {
        if (text[at] == '\\' && quote == '"') {
            ++at;
        } else if (text[at] == '\n' && !is_long) {
            return at;  // the parser complains
        } else if (text[at] == quote && !is_long) {
            return at + 1;
        } else if (text.substr(at, 3) == three) {
            // Up to two quotes may stand before the three that end it.
            at += three.size();
            while (at < text.size() && text[at] == quote)
                ++at;
            return at;
        }
    }
    return text.size();
}

}  // namespace

std::string read_iut_text(const std::string& path) {
    try {
        return read_text_file(path);
    } catch (const TextFileError& error) {
        throw IutFileError(error.what());
    }
}

int line_of_deep_key(std::string_view text) {
    int dots = 0;
    for (std::size_t at = 0; at < text.size();) {
        const char c = text[at];
        if (c == '"' || c == '\'') {
            at = end_of_string(text, at);
        } else if (c == '#') {
            at = std::min(text.find('\n', at), text.size());
        } else {
            if (std::string_view("\n=,[]{}").find(c) != std::string_view::npos) dots = 0;
            if (c == '.' && ++dots > kDotsMax) {
                return 1 + static_cast<int>(std::count(text.begin(), text.begin() + at, '\n'));
            }
            ++at;
        }
    }
    return 0;
}

}  // namespace conform
