// SPDX-License-Identifier: Apache-2.0
#include "playback/http_requests.hh"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>

#include "pdu/http_message.hh"

namespace conform {
namespace {

constexpr std::string_view kLineEnd = "\r\n";
constexpr std::string_view kLastChunk = "\r\n\r\n";
constexpr std::size_t kHeadMost = std::size_t{64} << 10;
constexpr std::size_t kMethodMost = 16;
constexpr std::size_t kChunkLineMost = 1'024;

std::string_view as_text(ByteView bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Of the request whose first line begins `text`, whole or not.
std::optional<std::string> method_of(std::string_view text) {
    const std::string_view line = text.substr(0, text.find(kLineEnd));
    const std::size_t blank = line.find(' ');
    if (blank == 0 || blank > kMethodMost || line.find(" HTTP/1.") == std::string_view::npos)
        return {};
    const std::string_view word = line.substr(0, blank);
    if (!std::ranges::all_of(word, [](char c) { return c >= 'A' && c <= 'Z'; })) return {};
    return std::string(word);
}

/// Chunks and the trailer behind them; all that is left where they are not whole.
std::size_t chunked_size(std::string_view text) {
    std::size_t at = 0;
    for (;;) {
        const std::size_t line = text.substr(at, kChunkLineMost).find(kLineEnd);
        std::size_t size = 0;
        const auto [end, error] = std::from_chars(
            text.data() + at, text.data() + at + std::min(line, text.size() - at), size, 16);
        if (line == std::string_view::npos || error != std::errc{}) return text.size();
        if (size == 0) {
            const std::size_t last = text.find(kLastChunk, at);
            return last == std::string_view::npos ? text.size() : last + kLastChunk.size();
        }
        const std::size_t left = text.size() - at - line - kLineEnd.size();
        if (size > left || left - size < kLineEnd.size()) return text.size();
        at += line + kLineEnd.size() + size + kLineEnd.size();
    }
}

}  // namespace

std::vector<std::string> request_methods(ByteView text) {
    std::vector<std::string> methods;
    while (!text.empty()) {
        // RFC 9112 2.2: empty lines before a request mean nothing.
        while (as_text(text).starts_with(kLineEnd))
            text = text.subspan(kLineEnd.size());
        const ByteView head = text.first(std::min(text.size(), kHeadMost));
        auto method = method_of(as_text(head));
        if (!method) break;
        methods.push_back(std::move(*method));
        const auto request = parse_http_response(head);
        if (!request) break;
        text = text.subspan(request->head_size);
        const bool is_chunked = !request->values_of("Transfer-Encoding").empty();
        text =
            text.subspan(is_chunked ? chunked_size(as_text(text))
                                    : std::min(text.size(), request->content_length.value_or(0)));
    }
    return methods;
}

}  // namespace conform
