// SPDX-License-Identifier: Apache-2.0
#include "shunt/node/stream_session.hh"

#include <algorithm>
#include <utility>
#include <variant>

#include "shunt/farm/request_start.hh"
#include "shunt/farm/session/tls_hello.hh"

namespace shunt::node {
namespace {

constexpr std::uint8_t kTlsHandshake = 22;
constexpr std::string_view kLineEnd = "\r\n";
constexpr std::string_view kHeadEnd = "\r\n\r\n";
constexpr std::string_view kStatusLine = "HTTP/1.1 200";

std::string_view as_text(ByteView bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

void append(std::vector<std::uint8_t>& target, std::string_view text) {
    target.insert(target.end(), text.begin(), text.end());
}

/// The code of a status line that is whole (RFC 9112 4); nothing if it is none of HTTP/1.
std::optional<int> status_of(std::string_view line) {
    const bool is_right = line.size() >= kStatusLine.size() &&
                          (line.starts_with("HTTP/1.1 ") || line.starts_with("HTTP/1.0 ")) &&
                          std::all_of(line.begin() + 9, line.begin() + 12,
                                      [](char c) { return c >= '0' && c <= '9'; });
    if (!is_right) return std::nullopt;
    return (line[9] - '0') * 100 + (line[10] - '0') * 10 + (line[11] - '0');
}

/// Another response follows this one for the same request (RFC 9110 15.2). Behind a 101 the
/// connection speaks something else.
bool is_interim(int status) {
    return status >= 100 && status < 200 && status != 101;
}

}  // namespace

void StreamSession::hear_client(ByteView bytes) {
    const std::size_t count = std::min(bytes.size(), kRequestMax - request_.size());
    const ByteView kept = bytes.first(count);
    request_.insert(request_.end(), kept.begin(), kept.end());
}

std::vector<std::uint8_t> StreamSession::pass(ByteView bytes) {
    if (bytes.empty()) return {};
    if (!hello_.empty() || (held_.empty() && bytes.front() == kTlsHandshake)) {
        read_tls(bytes);
        return {bytes.begin(), bytes.end()};
    }
    held_.insert(held_.end(), bytes.begin(), bytes.end());
    return pass_http();
}

std::vector<std::uint8_t> StreamSession::pass_http() {
    std::vector<std::uint8_t> passed;
    std::string_view text = as_text(held_);
    for (;;) {
        const std::string_view begun = text.substr(0, std::string_view("HTTP/1.").size());
        const std::size_t line_end = text.find(kLineEnd);
        const bool is_cut = line_end == std::string_view::npos;
        const auto status = is_cut ? std::nullopt : status_of(text.substr(0, line_end));
        const bool is_other = !std::string_view("HTTP/1.").starts_with(begun) ||
                              (!is_cut && !status) || text.size() > kHeldMax;
        if (is_other) break;
        const std::size_t head_end = text.find(kHeadEnd);
        const bool is_passed_by = status && is_interim(*status);
        if (is_cut || (is_passed_by && head_end == std::string_view::npos)) {
            held_.erase(held_.begin(), held_.end() - static_cast<std::ptrdiff_t>(text.size()));
            return passed;
        }
        const std::size_t end =
            is_passed_by ? head_end + kHeadEnd.size() : line_end + kLineEnd.size();
        append(passed, text.substr(0, end));
        text.remove_prefix(end);
        if (is_passed_by) continue;
        append(passed, field());
        break;
    }
    append(passed, text);
    held_.clear();
    is_over_ = true;
    return passed;
}

void StreamSession::read_tls(ByteView bytes) {
    hello_.insert(hello_.end(), bytes.begin(), bytes.end());
    const farm::ParsedHello parsed = farm::read_server_hello(hello_);
    const auto* hello = std::get_if<farm::TlsHello>(&parsed);
    if (hello != nullptr && !hello->is_echo && !hello->session_id.empty()) {
        sessions_.note_tls(hello->session_id);
    }
    is_over_ = !std::holds_alternative<farm::IncompleteHello>(parsed) || hello_.size() > kHeldMax;
}

std::vector<std::uint8_t> StreamSession::take_rest() {
    is_over_ = true;
    return std::exchange(held_, {});
}

/// None for a request that was not whole when its answer came: its cookies are not known.
std::string StreamSession::field() const {
    farm::RequestStart start(request_);
    std::string cookies;
    while (const auto value = start.next_cookies()) {
        if (!cookies.empty()) cookies += "; ";
        cookies += *value;
    }
    if (!start.target() || !start.is_over()) return {};
    return sessions_.greet({cookies, *start.target(), service_, port_, false}).field;
}

}  // namespace shunt::node
