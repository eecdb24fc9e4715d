// SPDX-License-Identifier: Apache-2.0
#include "pdu/http_message.hh"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace conform {
namespace {

constexpr std::string_view kLineEnd = "\r\n";
constexpr std::string_view kHeadEnd = "\r\n\r\n";
constexpr std::string_view kVersion = "HTTP/1.";
constexpr std::size_t kStatusAt = 9;  // behind "HTTP/1.1 "
constexpr std::size_t kStatusSize = 3;

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool is_same_name(std::string_view one, std::string_view other) {
    return std::equal(one.begin(), one.end(), other.begin(), other.end(),
                      [](char a, char b) { return lower(a) == lower(b); });
}

std::string_view trimmed(std::string_view text) {
    const std::size_t begin = text.find_first_not_of(" \t");
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(" \t") + 1 - begin);
}

/// More than anybody waits for. What a device says goes into sums, which do not overflow with it.
constexpr std::size_t kContentMost = std::size_t{1} << 40;

template <class Number>
std::optional<Number> read_number(std::string_view digits) {
    Number number = 0;
    const char* end = digits.data() + digits.size();
    const auto [at, error] = std::from_chars(digits.data(), end, number);
    if (error != std::errc{} || at != end) return std::nullopt;
    return number;
}

unsigned status_of(std::string_view line) {
    if (!line.starts_with(kVersion) || line.size() < kStatusAt + kStatusSize) return 0;
    return read_number<unsigned>(line.substr(kStatusAt, kStatusSize)).value_or(0);
}

}  // namespace

std::vector<std::string> HttpResponse::values_of(std::string_view name) const {
    std::vector<std::string> values;
    for (const HttpField& field : fields) {
        if (is_same_name(field.name, name)) values.push_back(field.value);
    }
    return values;
}

Bytes encode(const HttpRequest& request) {
    std::string text =
        fmt::format("{} {} HTTP/1.1\r\nHost: conformance\r\n", request.method, request.target);
    for (const HttpField& field : request.fields)
        text += fmt::format("{}: {}\r\n", field.name, field.value);
    return to_bytes(text + std::string(kLineEnd));
}

std::optional<HttpResponse> parse_http_response(ByteView bytes) {
    const std::string text(bytes.begin(), bytes.end());
    const std::size_t end = text.find(kHeadEnd);
    if (end == std::string::npos) return std::nullopt;
    HttpResponse response;
    response.head_size = end + kHeadEnd.size();
    std::string_view rest = std::string_view(text).substr(0, end + kLineEnd.size());
    const auto take_line = [&rest] {
        const std::size_t length = rest.find(kLineEnd);
        const std::string_view line = rest.substr(0, length);
        rest.remove_prefix(length + kLineEnd.size());
        return line;
    };
    response.status = status_of(take_line());
    while (!rest.empty()) {
        const std::string_view line = take_line();
        const std::size_t colon = line.find(':');
        if (colon == std::string_view::npos) continue;
        response.fields.push_back(
            {std::string(line.substr(0, colon)), std::string(trimmed(line.substr(colon + 1)))});
    }
    const std::vector<std::string> lengths = response.values_of("Content-Length");
    if (lengths.empty()) return response;
    response.content_length = read_number<std::size_t>(lengths.front());
    if (response.content_length) {
        response.content_length = std::min(*response.content_length, kContentMost);
    }
    return response;
}

}  // namespace conform
