// SPDX-License-Identifier: Apache-2.0
// Requests with and without sessions, hellos, and what backends answer.
#include <string>
#include <string_view>
#include <utility>

#include "fuzz_target.hh"
#include "session_start/known_sessions.hh"

namespace shunt::fuzz {
namespace {

Seed seed(std::string name, std::uint8_t piece, std::string_view client, std::string_view backend) {
    std::vector<std::uint8_t> bytes{static_cast<std::uint8_t>(piece - 1), 0, 0};
    store_u16(bytes, 1, static_cast<std::uint16_t>(client.size()));
    bytes.insert(bytes.end(), client.begin(), client.end());
    bytes.insert(bytes.end(), backend.begin(), backend.end());
    return {std::move(name), std::move(bytes)};
}

std::string head(std::string_view target, std::string_view fields) {
    return "GET " + std::string(target) + " HTTP/1.1\r\nHost: a\r\n" + std::string(fields) + "\r\n";
}

/// A hello of TLS 1.2 with server 2's session id: `type` 1 a client's, 2 a server's.
std::string hello(char type) {
    std::string body("\x03\x03", 2);
    body += std::string(32, 'R');
    body += '\x04';
    const ByteView id = KnownSessions::tls_id();
    body.append(id.begin(), id.end());
    body += type == 1 ? std::string("\x00\x02\xC0\x2F\x01\x00", 6) : std::string("\xC0\x2F\x00", 3);
    const std::string message =
        std::string(1, type) + std::string(2, '\0') + static_cast<char>(body.size()) + body;
    return std::string("\x16\x03\x03", 3) + '\0' + static_cast<char>(message.size()) + message;
}

}  // namespace

std::vector<Seed> seeds() {
    const std::string cookie = "Cookie: a=b; SHUNT=" + KnownSessions().genuine(2) + "\r\n";
    constexpr std::string_view answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    return {
        seed("no-session", 7, head("/", ""), answer),
        seed("session", 16, head("/s2/x", cookie), answer),
        seed("own-session", 16, head("/", "Cookie: SHUNT=" + KnownSessions().genuine(1) + "\r\n"),
             answer),
        seed("parameter", 16, head("/x?a&SHUNT=" + KnownSessions().genuine(2) + "&b", ""), answer),
        seed("two-cookie-fields", 3, head("/", "COOKIE:x\r\n" + cookie), answer),
        seed("interim-response", 5, head("/", ""),
             "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404 No\r\n\r\n"),
        seed("half-a-request", 1, head("/", "").substr(0, 20), answer),
        seed("no-http", 1, "EHLO a\r\n", "220 b\r\n"),
        seed("hello", 9, hello(1), hello(2)),
        seed("hello-cut", 1, hello(1).substr(0, 40), hello(2).substr(0, 40)),
    };
}

}  // namespace shunt::fuzz
