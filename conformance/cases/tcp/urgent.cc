// SPDX-License-Identifier: Apache-2.0
/// TCP page, TCP-1 (RFC 9293 3.8.5, RFC 6093): urgent pointers.
#include <fmt/format.h>

#include <algorithm>

#include "cases/tcp/origin.hh"
#include "cases/tcp/steps.hh"

namespace conform {
namespace {

using tcp::Origin;

/// Behind the end of any segment and at its edges.
std::vector<std::uint16_t> pointers_for(std::size_t size) {
    const auto length = static_cast<std::uint16_t>(size);
    return {0, 1, length, static_cast<std::uint16_t>(length + 1), 65'535};
}

TcpSegment urgent(Client& client, std::uint16_t pointer, Bytes text) {
    TcpSegment segment = client.make(tcp_flag::kUrg | tcp_flag::kAck, std::move(text));
    segment.urgent_pointer = pointer;
    return segment;
}

/// Whatever the application makes of text that is urgent (a kernel takes a byte out of the stream),
/// TCP takes it: part of a request, so that there is nothing to answer.
Task<> pointers_harmless(Stage& stage, Origin origin) {
    constexpr std::size_t kPart = 4;
    co_await stage.expect_alive("before the case");
    Client& client = *co_await tcp::establish(stage, origin, "TCP-1");
    const Bytes request = tcp::local_request(stage);
    auto from = request.begin();
    for (const std::uint16_t pointer : pointers_for(kPart)) {
        client.carry(urgent(client, pointer, {}));
        client.send(urgent(client, pointer, Bytes(from, from + kPart)));
        from += kPart;
        co_await stage.expect_alive("behind a segment with an urgent pointer");
    }
    TcpSegment closed = urgent(client, 1, {});
    closed.window = 0;
    client.carry(closed);
    client.send(tcp_flag::kAck, Bytes(from, from + kPart));
    const Time deadline = stage.wire().now() + stage.iut().timers.answer;
    for (bool is_taken = false; !is_taken;) {
        const Duration left = std::max(deadline - stage.wire().now(), Duration::zero());
        const std::optional<ReceivedSegment> received = co_await client.receive(left);
        if (!received || received->segment.has(tcp_flag::kRst)) {
            throw Violation({"TCP-1", "an acknowledgment of text behind urgent pointers",
                             received ? "RST" : "nothing"});
        }
        is_taken = received->segment.acknowledgment == client.next_sequence();
    }
    TcpSegment fin = urgent(client, 65'535, {});
    fin.flags |= tcp_flag::kFin;
    client.send(fin);
    co_await tcp::collect(client, stage.iut().timers.silence / 8, stage.iut().timers.silence / 4);
    client.send(tcp_flag::kRst | tcp_flag::kAck);
    co_await tcp::expect_service(stage, "TCP-1");
    co_await stage.expect_alive("after the case");
}

/// RFC 6093 4: urgent data is in the stream like any other.
Task<> stays_in_stream(Stage& stage, Origin origin) {
    constexpr std::size_t kPart = 6;
    co_await stage.expect_alive("before the case");
    Client& client = *co_await tcp::establish(stage, origin, "TCP-1");
    const Bytes request = tcp::local_request(stage);
    auto from = request.begin();
    for (const std::uint16_t pointer : pointers_for(kPart)) {
        client.send(urgent(client, pointer, Bytes(from, from + kPart)));
        from += kPart;
    }
    client.send(urgent(client, 3, Bytes(from, request.end())));
    co_await tcp::expect_response(stage, client, "TCP-1");
    co_await tcp::exchange(stage, client, "TCP-1");
    co_await stage.expect_alive("after the case");
}

}  // namespace

std::vector<CaseInfo> tcp_urgent_cases() {
    tcp::CaseList list;
    list.add_both<pointers_harmless>(
        "tcp/urgent/pointers-harmless",
        "Urgent pointers at, behind and far behind the end of a segment do no harm.", {"TCP-1"});
    list.add_both_for_members<stays_in_stream>("tcp/urgent/stays-in-stream",
                                               "Text that is marked urgent is read like any other.",
                                               {"TCP-1"});
    return list.take();
}

}  // namespace conform
