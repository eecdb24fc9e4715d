// SPDX-License-Identifier: Apache-2.0
#include "script/line_words.hh"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <charconv>
#include <utility>

#include "engine/suggestion.hh"

namespace conform {
namespace {

constexpr std::int64_t kRelativeMax = 0xFFFFFFFF;

}  // namespace

LineWords::LineWords(std::string file, std::size_t line, std::string_view text)
    : file_(std::move(file)), line_(line) {
    constexpr std::string_view blanks = " \t\r";
    std::size_t at = text.find_first_not_of(blanks);
    while (at != std::string_view::npos && text[at] != '#') {
        std::size_t end = text.find_first_of(blanks, at);
        if (text[at] == '"') {
            end = text.find('"', at + 1);
            if (end == std::string_view::npos) fail("expected a second quotation mark");
            ++end;
        }
        words_.emplace_back(text.substr(at, end - at));
        at = text.find_first_not_of(blanks, std::min(end, text.size()));
    }
}

std::string_view LineWords::peek() const {
    return empty() ? std::string_view() : std::string_view(words_[next_]);
}

std::string LineWords::take(const char* what) {
    if (empty()) fail(fmt::format("expected {}, got the end of the line", what));
    return words_[next_++];
}

bool LineWords::take_if(std::string_view word) {
    if (peek() != word || empty()) return false;
    ++next_;
    return true;
}

std::int64_t LineWords::take_relative(const char* what) {
    const std::string word = take(what);
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
    if (error != std::errc() || end != word.data() + word.size() || value > kRelativeMax ||
        value < -kRelativeMax) {
        fail(fmt::format("expected {}, got {}", what, word));
    }
    return value;
}

std::uint32_t LineWords::take_number(const char* what, std::uint32_t most) {
    const std::string word(peek());
    const std::int64_t value = take_relative(what);
    if (value < 0 || value > most) {
        fail(fmt::format("expected {} from 0 to {}, got {}", what, most, word));
    }
    return static_cast<std::uint32_t>(value);
}

std::string LineWords::rest() const {
    const std::vector<std::string> left(words_.begin() + static_cast<std::ptrdiff_t>(next_),
                                        words_.end());
    return fmt::format("{}", fmt::join(left, " "));
}

void LineWords::finish() const {
    if (!empty()) fail(fmt::format("expected the end of the line, got {}", peek()));
}

void LineWords::fail(const std::string& text) const {
    throw ScriptError(fmt::format("{}:{}: {}", file_, line_, text));
}

void LineWords::refuse(const std::string& got, const std::vector<std::string>& known) const {
    fail(fmt::format("expected one of {}, got {}{}", fmt::join(known, ", "), got,
                     did_you_mean(got, known)));
}

}  // namespace conform
