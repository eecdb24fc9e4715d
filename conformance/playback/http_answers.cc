// SPDX-License-Identifier: Apache-2.0
#include "playback/http_answers.hh"

#include <algorithm>
#include <charconv>
#include <string_view>

#include "pdu/http_message.hh"

namespace conform {
namespace {

constexpr std::string_view kVersion = "HTTP/1.";
constexpr std::size_t kHeadMost = std::size_t{64} << 10;
/// Hexadecimal digits of a chunk's size, and what may stand behind them.
constexpr std::size_t kChunkLineMost = 1'024;
constexpr std::size_t kMethodMost = 16;
constexpr std::size_t kChunkSizeMost = std::size_t{1} << 32;

std::string_view as_text(ByteView bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

bool has_body(unsigned status) {
    return status >= 200 && status != 204 && status != 304;
}

bool is_chunked(const HttpResponse& response) {
    const std::vector<std::string> values = response.values_of("Transfer-Encoding");
    return !values.empty() && values.back().ends_with("chunked");
}

}  // namespace

void HttpAnswers::read(ByteView text, bool is_over) {
    while (is_http_ && read_ < text.size()) {
        const bool is_between = answers_.empty() || answers_.back().is_whole;
        if (is_between && !begin_answer(text)) break;
        read_body(text, is_over);
        if (!answers_.back().is_whole) break;
    }
    const bool is_open = is_over && !answers_.empty() && !answers_.back().is_whole;
    if (is_open && framing_ == Framing::UntilClose) answers_.back().is_whole = true;
}

bool HttpAnswers::begin_answer(ByteView text) {
    const ByteView rest = text.subspan(read_);
    const std::size_t known = std::min(rest.size(), kVersion.size());
    if (as_text(rest.first(known)) != kVersion.substr(0, known)) is_http_ = false;
    const auto head = parse_http_response(rest.first(std::min(rest.size(), kHeadMost)));
    if (!head && rest.size() >= kHeadMost) is_http_ = false;
    if (!is_http_ || !head) return false;
    const bool is_head = answered_ < methods_.size() && methods_[answered_] == "HEAD";
    if (head->status >= 200) ++answered_;
    length_ = head->content_length.value_or(0);
    framing_ = !has_body(head->status) || is_head ? Framing::None
               : is_chunked(*head)                ? Framing::Chunks
               : head->content_length             ? Framing::Length
                                                  : Framing::UntilClose;
    const std::size_t body = read_ + head->head_size;
    answers_.push_back({.begin = read_, .body = body, .end = body, .status = head->status});
    read_ = body;
    return true;
}

void HttpAnswers::read_body(ByteView text, bool is_over) {
    HttpAnswer& answer = answers_.back();
    switch (framing_) {
        case Framing::None:
            answer.is_whole = true;
            break;
        case Framing::Chunks:
            while (!answer.is_whole && read_chunk(text)) {
            }
            break;
        case Framing::Length:
        case Framing::UntilClose: {
            const bool is_length = framing_ == Framing::Length;
            const std::size_t there = text.size() - read_;
            const std::size_t left = length_ - (is_length ? answer.content.size() : 0);
            const std::size_t taken = is_length ? std::min(there, left) : there;
            append(answer.content, text.subspan(read_, taken));
            read_ += taken;
            answer.is_whole = is_length ? taken == left : is_over;
            break;
        }
    }
    answer.end = read_;
}

bool HttpAnswers::read_chunk(ByteView text) {
    HttpAnswer& answer = answers_.back();
    const std::string_view rest = as_text(text.subspan(read_));
    const std::size_t line = rest.substr(0, kChunkLineMost).find("\r\n");
    if (line == std::string_view::npos) {
        is_http_ = rest.size() < kChunkLineMost;
        return false;
    }
    std::size_t size = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + line, size, 16);
    if (error != std::errc{} || end == rest.data() || size > kChunkSizeMost) {
        is_http_ = false;
        return false;
    }
    const std::size_t whole = line + 2 + size + 2;
    if (rest.size() < whole) return false;
    append(answer.content, text.subspan(read_ + line + 2, size));
    read_ += whole;
    answer.end = read_;
    // Fields behind the last chunk are not looked for: nobody here has seen one.
    answer.is_whole = size == 0;
    return true;
}

std::optional<std::string> method_of(ByteView payload) {
    const std::string_view text = as_text(payload);
    const std::size_t blank = text.find(' ');
    const bool is_request = text.find(" HTTP/1.") != std::string_view::npos;
    if (!is_request || blank > kMethodMost) return {};
    const bool is_word =
        std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(blank),
                    [](char c) { return c >= 'A' && c <= 'Z'; });
    if (blank == 0 || !is_word) return {};
    return std::string(text.substr(0, blank));
}

}  // namespace conform
