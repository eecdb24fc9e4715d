// SPDX-License-Identifier: Apache-2.0
#include "cases/tcp/steps.hh"

#include <fmt/format.h>

#include <algorithm>

#include "pdu/build.hh"
#include "pdu/http_message.hh"

namespace conform::tcp {
namespace {

constexpr unsigned kOk = 200;

/// Its head, and as many bytes as that says; a response without a length ends with the connection.
bool is_whole(ByteView response, bool has_ended) {
    const auto parsed = parse_http_response(response);
    if (!parsed) return false;
    if (!parsed->content_length) return has_ended;
    return response.size() >= parsed->head_size + *parsed->content_length;
}

}  // namespace

Bytes local_request(const Stage& stage) {
    return http_request(stage.iut().requests.local);
}

Task<ReceivedSegment> expect_text(Stage& stage, Client& client, const char* requirement) {
    const Duration patience = stage.iut().timers.answer;
    const Time deadline = stage.wire().now() + patience;
    for (;;) {
        const Duration left = std::max(deadline - stage.wire().now(), Duration::zero());
        std::optional<ReceivedSegment> received = co_await client.receive(left);
        if (!received) {
            throw Violation({requirement, "text for the client",
                             fmt::format("none within {} ms", milliseconds_of(patience))});
        }
        if (received->segment.has(tcp_flag::kRst)) {
            throw Violation({requirement, "text for the client", "RST", received->frame});
        }
        if (!received->segment.payload.empty()) co_return std::move(*received);
    }
}

Task<bool> expect_response(Stage& stage, Client& client, const char* requirement) {
    Bytes response;
    bool has_ended = false;
    std::size_t frame = stage.wire().capture().size();
    const Time deadline = stage.wire().now() + 2 * stage.iut().timers.answer;
    while (!is_whole(response, has_ended)) {
        const Duration left = std::max(deadline - stage.wire().now(), Duration::zero());
        const std::optional<ReceivedSegment> received = co_await client.receive(left);
        if (!received) {
            throw Violation({requirement, "a whole response for the client",
                             fmt::format("{} bytes of one", response.size())});
        }
        const TcpSegment& segment = received->segment;
        frame = received->frame;
        if (segment.has(tcp_flag::kRst)) {
            throw Violation({requirement, "a whole response for the client", "RST", frame});
        }
        if (segment.sequence == client.acknowledged()) {
            append(response, segment.payload);
            has_ended = has_ended || segment.has(tcp_flag::kFin);
        }
        client.accept(segment);
        if (segment.length() > 0) client.send(tcp_flag::kAck);
    }
    const unsigned status = parse_http_response(response)->status;
    stage.check_that(status == kOk, requirement, "a response with status 200",
                     fmt::format("{}", status), frame);
    co_return has_ended;
}

Task<bool> exchange(Stage& stage, Client& client, const char* requirement) {
    client.send(tcp_flag::kPsh | tcp_flag::kAck, local_request(stage));
    const bool has_ended = co_await expect_response(stage, client, requirement);
    co_return has_ended;
}

Task<> expect_service(Stage& stage, const char* requirement) {
    co_await stage.expect_alive("when its service is asked for");
    Client& client = stage.open_client();
    co_await client.connect(requirement);
    co_await exchange(stage, client, requirement);
}

Task<ReceivedSegment> expect_acknowledgment(Stage& stage, Client& client, const char* requirement,
                                            std::uint32_t number) {
    const SegmentPattern pattern{.flags = tcp_flag::kAck,
                                 .acknowledgment = number - client.initial_sequence(),
                                 .payload_size = 0};
    ReceivedSegment received =
        co_await client.expect(requirement, pattern, stage.iut().timers.answer);
    co_return received;
}

Task<> expect_no_text(Stage& stage, Client& client, const char* requirement, const char* when) {
    const Time deadline = stage.wire().now() + stage.iut().timers.silence;
    for (;;) {
        const Duration left = deadline - stage.wire().now();
        if (left <= Duration::zero()) co_return;
        const std::optional<ReceivedSegment> received = co_await client.receive(left);
        if (!received) co_return;
        if (received->segment.payload.empty() && !received->segment.has(tcp_flag::kRst)) continue;
        throw Violation({requirement, fmt::format("no text for the client {}", when),
                         describe(client.to_relative(received->segment)), received->frame});
    }
}

Task<std::vector<ReceivedSegment>> collect(Client& client, Duration pause, Duration at_most) {
    std::vector<ReceivedSegment> segments;
    std::optional<Time> begin;
    for (;;) {
        std::optional<ReceivedSegment> received = co_await client.receive(pause);
        if (!received) co_return segments;
        if (!begin) begin = received->at;
        const bool is_late = received->at - *begin > at_most;
        segments.push_back(std::move(*received));
        if (is_late) co_return segments;
    }
}

void send_unreachable(Client& client, const TcpSegment& quoted, std::uint8_t code,
                      std::uint16_t mtu) {
    constexpr std::uint8_t kUnreachable = 3;
    constexpr std::size_t kQuotedSize = 28;
    IcmpMessage error{quoted.destination.address, quoted.source.address, kUnreachable, code};
    error.sequence = mtu;
    error.payload = encode_tcp_packet(quoted);
    error.payload.resize(kQuotedSize);
    client.carry(encode_icmp_packet(error));
}

std::size_t send_packet(Stage& stage, ByteView packet) {
    return send_frame(stage, encode_ethernet(stage.iut().device.front_mac, stage.iut().client_mac,
                                             ether_type::kIpv4, packet));
}

std::size_t send_frame(Stage& stage, Bytes frame) {
    return stage.wire().send_as_is(Link::Front, std::move(frame));
}

}  // namespace conform::tcp
