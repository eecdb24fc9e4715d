// SPDX-License-Identifier: Apache-2.0
/// TCP page, TCP-14 (RFC 3168): marks of congestion instead of losses.
#include <fmt/format.h>

#include "cases/tcp/origin.hh"
#include "cases/tcp/steps.hh"

namespace conform {
namespace {

constexpr std::uint8_t kEcnFlags = tcp_flag::kEce | tcp_flag::kCwr;
constexpr std::uint8_t kMarked = 3;  // CE in the last two bits of the type of service

/// RFC 3168 6.1.1: a SYN that asks has ECE and CWR, an answer that agrees ECE alone.
Task<> connect_asking(Stage& stage, Client& client) {
    TcpSegment syn = client.make_syn();
    syn.flags |= kEcnFlags;
    client.send(syn);
    const SegmentPattern answer{.flags = tcp_flag::kSyn | tcp_flag::kAck, .acknowledgment = 1};
    const ReceivedSegment received =
        co_await client.expect("TCP-1", answer, stage.iut().timers.answer);
    const std::uint8_t flags = received.segment.flags & kEcnFlags;
    stage.check_that(flags == tcp_flag::kEce, "TCP-14", "ECE and no CWR, for ECN was offered",
                     describe_tcp_flags(received.segment.flags), received.frame);
    client.learn_handshake(received.segment);
    client.send(tcp_flag::kAck);
}

Task<> agreed_when_offered(Stage& stage) {
    co_await stage.expect_alive("before the case");
    Client& plain = stage.open_client();
    const ReceivedSegment answer = co_await plain.connect("TCP-1");
    stage.check_that((answer.segment.flags & kEcnFlags) == 0, "TCP-14",
                     "neither ECE nor CWR, for ECN was not offered",
                     describe_tcp_flags(answer.segment.flags), answer.frame);
    Client& client = stage.open_client();
    co_await connect_asking(stage, client);
    co_await tcp::exchange(stage, client, "TCP-14");
    co_await stage.expect_alive("after the case");
}

/// RFC 3168 6.1.3: from a mark on until the sender says that it has heard.
Task<> marks_echoed(Stage& stage) {
    constexpr std::ptrdiff_t kPart = 10;
    co_await stage.expect_alive("before the case");
    Client& client = stage.open_client();
    co_await connect_asking(stage, client);
    const Bytes request = tcp::local_request(stage);
    struct Step {
        bool is_marked;
        bool says_heard;
        bool is_echoed;
    };
    constexpr Step kSteps[] = {
        {false, false, false}, {true, false, true}, {false, false, true}, {false, true, false}};
    std::ptrdiff_t from = 0;
    for (const Step& step : kSteps) {
        TcpSegment segment = client.make(
            tcp_flag::kAck, Bytes(request.begin() + from, request.begin() + from + kPart));
        from += kPart;
        segment.type_of_service = step.is_marked ? kMarked : std::uint8_t{2};
        if (step.says_heard) segment.flags |= tcp_flag::kCwr;
        client.send(segment);
        const ReceivedSegment received =
            co_await tcp::expect_acknowledgment(stage, client, "TCP-1", client.next_sequence());
        stage.check_that(received.segment.has(tcp_flag::kEce) == step.is_echoed, "TCP-14",
                         step.is_echoed ? "ECE, for a mark has come" : "no ECE",
                         describe_tcp_flags(received.segment.flags), received.frame);
    }
    client.send(tcp_flag::kPsh | tcp_flag::kAck, Bytes(request.begin() + from, request.end()));
    co_await tcp::expect_response(stage, client, "TCP-14");
    co_await stage.expect_alive("after the case");
}

}  // namespace

std::vector<CaseInfo> tcp_marks_cases() {
    tcp::CaseList list;
    list.add("tcp/marks/agreed-when-offered", "A SYN that offers ECN gets it, no other one does.",
             {"TCP-14"}, agreed_when_offered);
    list.add("tcp/marks/echoed",
             "A mark of congestion is echoed until the client says that it has heard.", {"TCP-14"},
             marks_echoed);
    return list.take();
}

}  // namespace conform
