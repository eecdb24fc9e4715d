// SPDX-License-Identifier: Apache-2.0
/// TCP page, TCP-7, TCP-13 (RFC 5961, RFC 5927): what wants to end or change a connection that it
/// does not know.
#include <fmt/format.h>

#include "cases/registry.hh"
#include "cases/tcp/steps.hh"
#include "pdu/build.hh"

namespace conform {
namespace {

/// Within any window that a host announces after its handshake.
constexpr std::uint32_t kWithin = 100;
constexpr std::uint32_t kBeyond = 1U << 30;
constexpr std::uint8_t kUnreachable = 3;
constexpr std::uint8_t kNetUnreachable = 0;
constexpr std::uint8_t kHostUnreachable = 1;

TcpSegment reset_at(Client& client, std::uint32_t distance) {
    TcpSegment reset = client.make(tcp_flag::kRst);
    reset.timestamps.reset();
    reset.sequence += distance;
    return reset;
}

/// RFC 5961 3.2: the very next number ends the connection; the same tuple is free at once.
Task<> exact_reset_taken(Stage& stage) {
    constexpr std::ptrdiff_t kFirst = 20;
    co_await stage.expect_alive("before the case");
    Client& client = stage.open_client();
    co_await client.connect("TCP-7");
    // Half a request: the device has nothing to say or to close yet.
    const Bytes request = tcp::local_request(stage);
    client.send(tcp_flag::kAck, Bytes(request.begin(), request.begin() + kFirst));
    co_await tcp::expect_acknowledgment(stage, client, "TCP-7", client.next_sequence());
    client.send(reset_at(client, 0));
    Client& successor = stage.open_successor(client);
    co_await successor.connect("TCP-7");
    co_await tcp::exchange(stage, successor, "TCP-7");
    co_await stage.expect_alive("after the case");
}

/// RFC 5961 3.2: another number within the window is asked about, and the connection lives.
Task<> near_reset_challenged(Stage& stage) {
    co_await stage.expect_alive("before the case");
    Client& client = stage.open_client();
    co_await client.connect("TCP-7");
    tcp::send_packet(stage, encode_tcp_packet(reset_at(client, kWithin)));
    co_await tcp::expect_acknowledgment(stage, client, "TCP-7", client.next_sequence());
    co_await tcp::exchange(stage, client, "TCP-7");
    co_await stage.expect_alive("after the case");
}

/// RFC 5961 3.2: out of the window it has not come.
Task<> far_reset_dropped(Stage& stage) {
    co_await stage.expect_alive("before the case");
    Client& client = stage.open_client();
    co_await client.connect("TCP-7");
    tcp::send_packet(stage, encode_tcp_packet(reset_at(client, kBeyond)));
    co_await client.expect_silence("TCP-7", "for a reset out of the window",
                                   stage.iut().timers.silence);
    co_await tcp::exchange(stage, client, "TCP-7");
    co_await stage.expect_alive("after the case");
}

/// RFC 5961 4.2: whoever sent it, a SYN is asked about.
Task<> syn_challenged(Stage& stage) {
    co_await stage.expect_alive("before the case");
    Client& client = stage.open_client();
    co_await client.connect("TCP-7");
    TcpSegment syn = client.make(tcp_flag::kSyn);
    syn.sequence += kWithin;
    tcp::send_packet(stage, encode_tcp_packet(syn));
    co_await tcp::expect_acknowledgment(stage, client, "TCP-7", client.next_sequence());
    co_await tcp::exchange(stage, client, "TCP-7");
    co_await stage.expect_alive("after the case");
}

/// An ICMP error about `quoted`, a segment of the device.
void send_error(Stage& stage, const TcpSegment& quoted, std::uint8_t code) {
    constexpr std::size_t kQuotedSize = 28;
    Bytes quote = encode_tcp_packet(quoted);
    quote.resize(kQuotedSize);
    IcmpMessage error{quoted.destination.address, quoted.source.address, kUnreachable, code};
    error.payload = std::move(quote);
    tcp::send_packet(stage, encode_icmp_packet(error));
}

/// RFC 1122 4.2.3.9, RFC 5461: a soft error about a living connection does not end it.
Task<> soft_error_survived(Stage& stage) {
    constexpr std::ptrdiff_t kFirst = 20;
    co_await stage.expect_alive("before the case");
    Client& client = stage.open_client();
    co_await client.connect("TCP-13");
    const Bytes request = tcp::local_request(stage);
    client.send(tcp_flag::kAck, Bytes(request.begin(), request.begin() + kFirst));
    const ReceivedSegment received =
        co_await tcp::expect_acknowledgment(stage, client, "TCP-13", client.next_sequence());
    for (const std::uint8_t code : {kNetUnreachable, kHostUnreachable})
        send_error(stage, received.segment, code);
    co_await client.expect_silence("TCP-13", "for ICMP errors that may pass",
                                   stage.iut().timers.silence / 4);
    client.send(tcp_flag::kPsh | tcp_flag::kAck, Bytes(request.begin() + kFirst, request.end()));
    co_await tcp::expect_response(stage, client, "TCP-13");
    co_await stage.expect_alive("after the case");
}

}  // namespace

std::vector<CaseInfo> tcp_resets_cases() {
    const auto about = [](std::string_view id, std::string_view claim,
                          std::vector<std::string_view> requirements, Task<> (*run)(Stage&)) {
        return CaseInfo{id, claim, std::move(requirements), "tcp", "", run, "", false};
    };
    return {about("tcp/resets/exact-reset-taken",
                  "A reset with the next number ends the connection, and its tuple is free.",
                  {"TCP-1", "TCP-7"}, exact_reset_taken),
            about("tcp/resets/near-reset-challenged",
                  "A reset elsewhere in the window is answered with an acknowledgment.", {"TCP-7"},
                  near_reset_challenged),
            about("tcp/resets/far-reset-dropped",
                  "A reset out of the window is dropped in silence.", {"TCP-7"}, far_reset_dropped),
            about("tcp/resets/syn-challenged",
                  "A SYN on a connection is answered with an acknowledgment.", {"TCP-7"},
                  syn_challenged),
            about("tcp/resets/soft-error-survived",
                  "An ICMP error that may pass does not end a connection.", {"TCP-13"},
                  soft_error_survived)};
}

}  // namespace conform
