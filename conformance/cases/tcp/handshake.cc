// SPDX-License-Identifier: Apache-2.0
/// TCP page, TCP-1, TCP-2, TCP-3: the handshake.
#include <fmt/format.h>

#include "cases/tcp/origin.hh"
#include "cases/tcp/steps.hh"
#include "pdu/build.hh"

namespace conform {
namespace {

constexpr std::uint8_t kSynAck = tcp_flag::kSyn | tcp_flag::kAck;
const SegmentPattern kAnswer{.flags = kSynAck, .acknowledgment = 1};
/// RFC 6298: 1 s initially, 3 s where a device is as careful as RFC 1122; and time to answer.
constexpr std::chrono::milliseconds kRepetition{3'500};

Task<> options_answered(Stage& stage) {
    co_await stage.expect_alive("before the case");
    Client& client = stage.open_client();
    const ReceivedSegment answer = co_await client.connect("TCP-1");
    const TcpSegment& segment = answer.segment;
    stage.check_that(segment.mss.has_value(), "TCP-2", "an MSS in the SYN/ACK", "none",
                     answer.frame);
    stage.check_that(segment.window_scale.has_value(), "TCP-2",
                     "a window scale for the one offered", "none", answer.frame);
    stage.check_that(segment.is_sack_permitted, "TCP-2", "SACK permitted, as it was offered", "not",
                     answer.frame);
    stage.check_that(segment.timestamps.has_value(), "TCP-2", "timestamps, as they were offered",
                     "none", answer.frame);
    co_await tcp::exchange(stage, client, "TCP-2");
    co_await stage.expect_alive("after the case");
}

Task<> options_not_offered(Stage& stage) {
    co_await stage.expect_alive("before the case");
    ClientOffer offer;
    offer.window_scale = {};
    offer.is_sack_permitted = false;
    offer.has_timestamps = false;
    Client& client = stage.open_client(offer);
    const ReceivedSegment answer = co_await client.connect("TCP-1");
    const TcpSegment& segment = answer.segment;
    const auto refuse = [&](bool is_there, const char* what) {
        stage.check_that(!is_there, "TCP-2", fmt::format("no {}, which was not offered", what),
                         what, answer.frame);
    };
    refuse(segment.window_scale.has_value(), "window scale");
    refuse(segment.is_sack_permitted, "SACK permitted");
    refuse(segment.timestamps.has_value(), "timestamps");
    co_await tcp::exchange(stage, client, "TCP-2");
    co_await stage.expect_alive("after the case");
}

/// CVE-2019-11479: an MSS that leaves no room for text has a floor, and a response comes whole.
Task<> odd_mss_harmless(Stage& stage) {
    constexpr std::size_t kLeast = 8;
    constexpr std::uint16_t kSizes[] = {0, 1, 8, 48};
    co_await stage.expect_alive("before the case");
    for (const std::uint16_t mss : kSizes) {
        ClientOffer offer;
        offer.mss = mss;
        Client& client = stage.open_client(offer);
        co_await client.connect("TCP-2");
        client.send(tcp_flag::kPsh | tcp_flag::kAck, tcp::local_request(stage));
        const ReceivedSegment first = co_await tcp::expect_text(stage, client, "TCP-2");
        stage.check_that(
            first.segment.payload.size() >= kLeast, "TCP-2",
            fmt::format("{} bytes of text or more in a segment, for an MSS of {}", kLeast, mss),
            fmt::format("{}", first.segment.payload.size()), first.frame);
        client.accept(first.segment);
        client.send(tcp_flag::kAck);
        co_await tcp::collect(client, stage.iut().timers.silence / 20,
                              stage.iut().timers.silence / 10);
        client.send(tcp_flag::kRst | tcp_flag::kAck);
    }
    co_await tcp::expect_service(stage, "TCP-2");
    co_await stage.expect_alive("after the case");
}

/// RFC 6298 5.5: the SYN/ACK goes again, at growing distances, until it is acknowledged.
Task<> syn_ack_repeated(Stage& stage) {
    co_await stage.expect_alive("before the case");
    Client& client = stage.open_client();
    client.send(client.make_syn());
    const ReceivedSegment first = co_await client.expect("TCP-1", kAnswer, kRepetition);
    const ReceivedSegment second = co_await client.expect("TCP-3", kAnswer, kRepetition);
    const ReceivedSegment third = co_await client.expect("TCP-3", kAnswer, 2 * kRepetition);
    stage.check("TCP-3", "repeated SYN/ACK with the sequence number", first.segment.sequence,
                second.segment.sequence, second.frame);
    const Duration pause = second.at - first.at;
    const Duration longer = third.at - second.at;
    stage.check_that(2 * longer >= 3 * pause, "TCP-3",
                     fmt::format("the third SYN/ACK {} ms or more behind the second",
                                 milliseconds_of(3 * pause / 2)),
                     fmt::format("{} ms", milliseconds_of(longer)), third.frame);
    client.learn_handshake(first.segment);
    client.send(tcp_flag::kAck);
    co_await tcp::exchange(stage, client, "TCP-1");
    co_await stage.expect_alive("after the case");
}

/// RFC 9293 3.10.7.4: the same SYN once more gets the same answer.
Task<> syn_repeated(Stage& stage) {
    // Before its own time to repeat the SYN/ACK has come (RFC 6298 2.1).
    constexpr std::chrono::milliseconds kAtOnce{500};
    co_await stage.expect_alive("before the case");
    Client& client = stage.open_client();
    const TcpSegment syn = client.make_syn();
    client.send(syn);
    const ReceivedSegment first = co_await client.expect("TCP-1", kAnswer, kRepetition);
    client.send(syn);
    const ReceivedSegment second = co_await client.expect("TCP-1", kAnswer, kAtOnce);
    stage.check("TCP-1", "a SYN/ACK with the sequence number", first.segment.sequence,
                second.segment.sequence, second.frame);
    client.learn_handshake(first.segment);
    client.send(tcp_flag::kAck);
    co_await tcp::exchange(stage, client, "TCP-1");
    co_await stage.expect_alive("after the case");
}

/// RFC 9293 3.10.7.4, fifth: in SYN-RECEIVED an acknowledgment of something else is reset, and the
/// connection waits on.
Task<> wrong_acknowledgment_reset(Stage& stage) {
    co_await stage.expect_alive("before the case");
    Client& client = stage.open_client();
    client.send(client.make_syn());
    const ReceivedSegment answer = co_await client.expect("TCP-1", kAnswer, kRepetition);
    client.learn_handshake(answer.segment);
    TcpSegment wrong = client.make(tcp_flag::kAck);
    wrong.acknowledgment += 1'000;
    client.send(wrong);
    const SegmentPattern reset{.flags = tcp_flag::kRst, .sequence = 1'001};
    co_await client.expect("TCP-1", reset, stage.iut().timers.answer);
    client.send(tcp_flag::kAck);
    co_await tcp::exchange(stage, client, "TCP-1");
    co_await stage.expect_alive("after the case");
}

/// RFC 9293 3.10.7.4, first: a SYN with a number that is not of the window comes from an older
/// attempt, or from somebody else: it is answered as any segment out of the window, or not at all,
/// and the handshake goes on.
Task<> foreign_syn_harmless(Stage& stage) {
    constexpr std::uint32_t kElsewhere = 1U << 30;
    co_await stage.expect_alive("before the case");
    Client& client = stage.open_client();
    const TcpSegment syn = client.make_syn();
    client.send(syn);
    const ReceivedSegment first = co_await client.expect("TCP-1", kAnswer, kRepetition);
    for (const std::uint32_t sequence : {syn.sequence - kElsewhere, syn.sequence - 1}) {
        TcpSegment foreign = syn;
        foreign.sequence = sequence;
        client.carry(foreign);
    }
    const std::vector<ReceivedSegment> answers =
        co_await tcp::collect(client, stage.iut().timers.silence / 8, stage.iut().timers.silence);
    for (const ReceivedSegment& each : answers) {
        const bool is_of_the_first = !each.segment.has(tcp_flag::kRst) &&
                                     each.segment.has(tcp_flag::kAck) &&
                                     each.segment.acknowledgment == syn.sequence + 1;
        stage.check_that(is_of_the_first, "TCP-1",
                         "an acknowledgment of the first SYN, or no answer to another one",
                         describe(client.to_relative(each.segment)), each.frame);
    }
    client.learn_handshake(first.segment);
    client.send(tcp_flag::kAck);
    co_await tcp::exchange(stage, client, "TCP-1");
    co_await stage.expect_alive("after the case");
}

/// A frame of the device from that port to the client, from number `from` on.
const CapturedFrame* find_segment(const Capture& capture, std::size_t from, SocketAddress source,
                                  SocketAddress destination) {
    for (std::size_t number = from; number < capture.size(); ++number) {
        const CapturedFrame& captured = capture[number];
        if (captured.direction != Direction::FromDevice || !captured.frame.ipv4) continue;
        const auto& segment = captured.frame.ipv4->tcp;
        if (segment && segment->source == source && segment->destination == destination) {
            return &captured;
        }
    }
    return nullptr;
}

/// RFC 9293 3.10.7.1: where nobody listens a SYN is reset, with the number that accepts it.
Task<> closed_port_reset(Stage& stage) {
    constexpr std::uint16_t kDiscard = 9;
    co_await tcp::expect_service(stage, "TCP-1");
    Client& client = stage.open_client();
    TcpSegment syn = client.make_syn();
    syn.destination.port = kDiscard;
    const std::size_t number = tcp::send_packet(stage, encode_tcp_packet(syn));
    co_await stage.sleep(stage.iut().timers.answer / 2);
    const CapturedFrame* found =
        find_segment(stage.wire().capture(), number + 1, syn.destination, syn.source);
    if (found == nullptr) {
        throw Violation({"TCP-1", "RST for a SYN to a port where nobody listens", "nothing"});
    }
    const TcpSegment& segment = *found->frame.ipv4->tcp;
    const std::size_t at = stage.wire().capture().size() - 1;
    stage.check_that(segment.has(tcp_flag::kRst | tcp_flag::kAck), "TCP-1", "RST,ACK",
                     describe_tcp_flags(segment.flags), at);
    stage.check("TCP-1", "RST with sequence", 0, segment.sequence, at);
    stage.check("TCP-1", "RST with acknowledgment", syn.sequence + 1, segment.acknowledgment, at);
    co_await tcp::expect_service(stage, "TCP-1");
    co_await stage.expect_alive("after the case");
}

}  // namespace

std::vector<CaseInfo> tcp_handshake_cases() {
    tcp::CaseList list;
    list.add("tcp/handshake/options-answered",
             "A SYN/ACK has MSS, window scale, SACK permitted and timestamps where the SYN had.",
             {"TCP-1", "TCP-2"}, options_answered);
    list.add("tcp/handshake/options-not-offered",
             "A SYN/ACK has no option that the SYN did not offer.", {"TCP-2"}, options_not_offered);
    list.add("tcp/handshake/odd-mss-harmless",
             "An MSS of 0, 1, 8 or 48 does not make segments of nearly nothing.", {"TCP-2"},
             odd_mss_harmless);
    list.add("tcp/handshake/syn-ack-repeated",
             "An unacknowledged SYN/ACK goes again, the same, at growing distances.",
             {"TCP-1", "TCP-3"}, syn_ack_repeated);
    list.add("tcp/handshake/syn-repeated", "The same SYN once more gets the same answer.",
             {"TCP-1"}, syn_repeated);
    list.add("tcp/handshake/wrong-acknowledgment-reset",
             "An acknowledgment of what was not sent is reset, and the handshake goes on.",
             {"TCP-1"}, wrong_acknowledgment_reset);
    list.add("tcp/handshake/foreign-syn-harmless",
             "A SYN with another number does not disturb the handshake that goes on.", {"TCP-1"},
             foreign_syn_harmless);
    list.add("tcp/handshake/closed-port-reset",
             "A SYN to a port where nobody listens gets RST,ACK with sequence 0 that accepts it.",
             {"TCP-1"}, closed_port_reset);
    return list.take();
}

}  // namespace conform
