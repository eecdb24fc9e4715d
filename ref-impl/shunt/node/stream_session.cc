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
constexpr std::string_view kVersion = "HTTP/1.";
constexpr std::string_view kStatus = "HTTP/1.1 200";

std::string_view as_text(ByteView bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

void append(std::vector<std::uint8_t>& target, std::string_view text) {
    target.insert(target.end(), text.begin(), text.end());
}

/// The code of a status line (RFC 9112 4); nothing if it is none of HTTP/1.
std::optional<int> status_of(std::string_view line) {
    const bool is_right = line.size() >= kStatus.size() &&
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

/// Where the head's empty line ends; a line feed alone ends a line too (RFC 9112 2.2). 0: it has
/// not come.
std::size_t end_of_head(std::string_view text) {
    for (std::size_t at = text.find('\n'); at != std::string_view::npos;) {
        const std::size_t next = text.find('\n', at + 1);
        if (next == std::string_view::npos) return 0;
        const std::string_view line = text.substr(at + 1, next - at - 1);
        if (line.empty() || line == "\r") return next + 1;
        at = next;
    }
    return 0;
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

/// Nothing is held of what answers no whole request: its client's cookies are not known.
std::vector<std::uint8_t> StreamSession::pass_http() {
    std::vector<std::uint8_t> passed;
    std::string_view text = as_text(held_);
    bool is_cut = false;
    while (read_request()) {
        if (!kVersion.starts_with(text.substr(0, kVersion.size()))) break;
        const std::size_t line_end = text.find('\n');
        is_cut = line_end == std::string_view::npos;
        if (is_cut) break;
        const auto status = status_of(text.substr(0, line_end));
        if (!status) break;
        const bool is_final = !is_interim(*status);
        const std::size_t end = is_final ? line_end + 1 : end_of_head(text);
        is_cut = end == 0;
        if (is_cut) break;
        append(passed, text.substr(0, end));
        text.remove_prefix(end);
        if (!is_final) continue;
        append(passed, sessions_.greet(*read_request()).field);
        break;
    }
    const bool is_held = is_cut && text.size() <= kHeldMax;
    if (!is_held) append(passed, text);
    const std::size_t kept = is_held ? text.size() : 0;
    held_.erase(held_.begin(), held_.end() - static_cast<std::ptrdiff_t>(kept));
    is_over_ = !is_held;
    return passed;
}

void StreamSession::read_tls(ByteView bytes) {
    hello_.insert(hello_.end(), bytes.begin(), bytes.end());
    const farm::ParsedHello parsed = farm::read_server_hello(hello_);
    const auto* hello = std::get_if<farm::TlsHello>(&parsed);
    if (hello != nullptr && !hello->is_echo && !hello->session_id.empty()) {
        const farm::ParsedHello asked = farm::read_client_hello(request_);
        const auto* client = std::get_if<farm::TlsHello>(&asked);
        const bool is_echo = client != nullptr && client->session_id == hello->session_id;
        sessions_.note_tls(hello->session_id, is_echo);
    }
    is_over_ = !std::holds_alternative<farm::IncompleteHello>(parsed) || hello_.size() > kHeldMax;
}

std::vector<std::uint8_t> StreamSession::take_rest() {
    is_over_ = true;
    return std::exchange(held_, {});
}

/// The client's first request, as far as it matters here; nothing: its head is not whole, or it is
/// none of HTTP/1.
std::optional<Sessions::Request> StreamSession::read_request() {
    farm::RequestStart start(request_);
    cookies_.clear();
    while (const auto value = start.next_cookies()) {
        if (!cookies_.empty()) cookies_ += "; ";
        cookies_ += *value;
    }
    if (!start.target() || !start.is_over()) return std::nullopt;
    return Sessions::Request{cookies_, *start.target(), service_, port_, false};
}

}  // namespace shunt::node
