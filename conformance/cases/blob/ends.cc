// SPDX-License-Identifier: Apache-2.0
/// Blob page, BL-16: how flows end, and what is told about them besides.
#include <fmt/format.h>

#include <algorithm>

#include "cases/blob/steps.hh"
#include "cases/endpoint/image.hh"
#include "cases/endpoint/steps.hh"
#include "cases/registry.hh"
#include "pdu/build.hh"

namespace conform {
namespace {

using blob::Forwarded;
using blob::Hosted;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kTwoMsl{60};
constexpr std::size_t kIpv4HeaderSize = 20;
constexpr std::size_t kQuotedTransport = 8;
constexpr std::uint8_t kUnreachable = 3;
constexpr std::uint8_t kFragmentationNeeded = 4;

/// Late, and the host has forgotten: what EP-31 has swallowed. Who forwards it does no harm.
Task<> send_late(Forwarded& moved, const char* when) {
    moved.client().send(tcp_flag::kPsh | tcp_flag::kAck, to_bytes("late"));
    co_await moved.client().expect_silence("BL-16", when, milliseconds(300));
    moved.port().forget_received();
}

/// BL-16: the tuple is nobody else's for 2MSL.
Task<> closed_keeps_mapping(Stage& stage) {
    Forwarded moved(stage);
    co_await moved.move();
    moved.tell(control_kind::kFlowClosed);
    co_await stage.sleep(milliseconds(20));
    co_await send_late(moved, "right behind 0x13");
    co_await stage.sleep(kTwoMsl - seconds(2));
    co_await send_late(moved, "within 2MSL of 0x13");
    co_await stage.sleep(kTwoMsl + seconds(1));
    moved.client().send(tcp_flag::kPsh | tcp_flag::kAck, to_bytes("late"));
    const SegmentPattern reset{.flags = tcp_flag::kRst};
    co_await moved.client().expect("BL-16", reset, stage.iut().timers.answer);
    co_await moved.port().expect_silence("BL-16", "of a mapping of 2MSL ago", milliseconds(50));
}

Task<> syn_is_fresh(Stage& stage) {
    Forwarded moved(stage);
    co_await moved.move();
    moved.tell(control_kind::kFlowClosed);
    co_await stage.sleep(milliseconds(20));
    ClientOffer offer = moved.client().offer();
    offer.initial_sequence = moved.client().next_sequence() + 100'000;
    Client& again = stage.open_successor(moved.client(), offer);
    co_await again.connect("BL-16");
    co_await endpoint::exchange_locally(stage, again);
    co_await moved.port().expect_silence("BL-16", "of a connection that is fresh",
                                         Duration::zero());
}

/// The quote that a router on the way to the client makes of a packet of the host's.
Bytes error_about(const Client& client, std::uint16_t mtu) {
    TcpSegment segment;
    segment.source = client.service();
    segment.destination = client.self();
    segment.sequence = client.server_initial_sequence() + 1;
    segment.acknowledgment = client.next_sequence();
    segment.flags = tcp_flag::kAck;
    segment.payload = Bytes(1'400, 0x55);
    Bytes quote = encode_tcp_packet(segment);
    quote.resize(kIpv4HeaderSize + kQuotedTransport);
    IcmpMessage message{client.self().address, client.service().address, kUnreachable,
                        kFragmentationNeeded};
    message.sequence = mtu;
    message.payload = std::move(quote);
    return encode_icmp_packet(message);
}

Bytes moved_icmp_body(const Client& client, const Bytes& packet) {
    Bytes body;
    append_u32(body, client.self().address.value);
    append_u16(body, client.self().port);
    append_u32(body, client.service().address.value);
    append_u16(body, client.service().port);
    append_u16(body, static_cast<std::uint16_t>(packet.size()));
    append(body, packet);
    return body;
}

Task<> errors_are_told(Stage& stage) {
    Forwarded moved(stage);
    co_await moved.move();
    const Bytes packet = error_about(moved.client(), 1'000);
    moved.client().carry(packet);
    const ReceivedControlFrame told = co_await moved.channel().expect(
        "BL-16", control_kind::kMovedIcmp, stage.iut().timers.answer);
    const Bytes wanted = moved_icmp_body(moved.client(), packet);
    stage.check_that(told.content.body == wanted, "BL-16", "0x16 with " + to_hex(wanted, 24),
                     to_hex(told.content.body, 24), told.frame);
    co_await moved.port().expect_silence("BL-16", "of an ICMP error", milliseconds(20));
    co_await moved.expect_forwarded("BL-16");
}

/// A host takes the path's MTU from 0x16: its next segments are shorter.
Task<> told_errors_count(Stage& stage) {
    constexpr std::size_t kMtuLeast = 552;  // TCP-13
    constexpr std::size_t kShorter = 100;
    Hosted hosted(stage);
    Client& client = hosted.client();
    client.set_window_field(250);  // scaled: 64,000 bytes
    hosted.block().snd_wnd = hosted.block().max_sndwnd = client.window_bytes();
    hosted.put_unread(http_request(stage.iut().requests.large));
    hosted.send_blob();
    co_await hosted.expect_accepted("BL-4");
    co_await hosted.commit();
    const auto first = co_await client.receive(stage.iut().timers.answer);
    if (!first) throw Violation({"BL-4", "a response", "nothing"});
    ReceivedSegment longest = *first;
    for (bool has_more = true; has_more;) {
        const auto more = co_await client.receive(milliseconds(5));
        has_more = more.has_value();
        if (has_more && more->segment.payload.size() > longest.segment.payload.size())
            longest = *more;
    }
    const std::size_t whole = stage.wire().capture()[longest.frame].frame.ipv4->bytes.size();
    const auto mtu = static_cast<std::uint16_t>(std::max(kMtuLeast, whole - kShorter));
    Bytes quote = encode_tcp_packet(longest.segment);
    quote.resize(kIpv4HeaderSize + kQuotedTransport);
    IcmpMessage message{client.self().address, client.service().address, kUnreachable,
                        kFragmentationNeeded};
    message.sequence = mtu;
    message.payload = std::move(quote);
    const Bytes body = moved_icmp_body(client, encode_icmp_packet(message));
    // As the page has it: of bodies that contradict themselves nothing is believed.
    Bytes cut(body.begin(), body.end() - 1);
    hosted.channel().send({control_kind::kMovedIcmp, 0, cut});
    hosted.channel().send({control_kind::kMovedIcmp, 0, body});
    const auto again = co_await client.receive(stage.iut().timers.answer);
    if (!again) throw Violation({"BL-16", "what was too long again, shorter", "nothing"});
    const std::size_t size = stage.wire().capture()[again->frame].frame.ipv4->bytes.size();
    stage.check_that(size <= mtu, "BL-16", fmt::format("packets of {} bytes at most", mtu),
                     fmt::format("{}", size), again->frame);
}

/// The client resets it: 0x13 at once, and 0x14 for what comes behind.
Task<> reset_is_told(Stage& stage) {
    Hosted hosted(stage);
    co_await hosted.move();
    TcpSegment reset = hosted.client().make(tcp_flag::kRst | tcp_flag::kAck);
    hosted.forward(reset);
    const ReceivedControlFrame closed = co_await hosted.channel().expect(
        "BL-16", control_kind::kFlowClosed, stage.iut().timers.answer);
    stage.check_that(closed.content.body == blob::flow_body(hosted.flow()), "BL-16",
                     "0x13 of " + describe_flow(hosted.flow()), to_hex(closed.content.body, 16),
                     closed.frame);
    co_await hosted.expect_silence("BL-16", "of what its client has reset", milliseconds(100));
}

/// The server closes first: TIME-WAIT at the host, which a SYN ends. It goes back as it came, with
/// the same number, and 0x13 tells that the flow is over.
Task<> close_is_told(Stage& stage) {
    Hosted hosted(stage);
    co_await hosted.move();
    Client& client = hosted.client();
    const std::string text =
        fmt::format("GET {} HTTP/1.1\r\nHost: conformance\r\nConnection: close\r\n\r\n",
                    stage.iut().requests.local);
    const TcpSegment request = client.make(tcp_flag::kPsh | tcp_flag::kAck, to_bytes(text));
    hosted.forward(request);
    bool is_closed = false;
    for (bool has_more = true; has_more && !is_closed;) {
        const auto received = co_await client.receive(stage.iut().timers.answer);
        has_more = received.has_value();
        if (!has_more) break;
        client.accept(received->segment);
        is_closed = received->segment.has(tcp_flag::kFin);
    }
    if (!is_closed) throw Violation({"BL-4", "a FIN after Connection: close", "none"});
    hosted.forward(client.make(tcp_flag::kFin | tcp_flag::kAck));
    co_await client.receive(stage.iut().timers.answer);  // the acknowledgment
    TcpSegment syn = client.make_syn();
    syn.sequence = client.next_sequence() + 100'000;
    const Bytes packet = encode_tcp_packet(syn);
    hosted.channel().forget_received();
    hosted.port().send(hosted.flow(), packet);
    const auto back = co_await hosted.port().receive(stage.iut().timers.answer);
    if (!back) throw Violation({"BL-16", "the SYN back at its home", "nothing"});
    const Bytes right = rewrite_to_flow(packet, stage.iut().device.forward_ip.front(),
                                        stage.server(0).forward_ip.front(), hosted.flow());
    stage.check_that(back->packet == right, "BL-16",
                     "the SYN as it came, with its flow: " + to_hex(right, 28),
                     to_hex(back->packet, 28), back->frame);
    const ReceivedControlFrame closed = co_await hosted.channel().expect(
        "BL-16", control_kind::kFlowClosed, stage.iut().timers.answer);
    stage.check_that(closed.content.body == blob::flow_body(hosted.flow()), "BL-16",
                     "0x13 of " + describe_flow(hosted.flow()), to_hex(closed.content.body, 16),
                     closed.frame);
}

/// EP-33: nobody reaches the host, for longer than it may own anything.
Task<> dead_host_resets(Stage& stage) {
    Forwarded moved(stage);
    co_await moved.move();
    moved.channel().cut();
    co_await stage.sleep(seconds(7));
    Client& client = moved.client();
    client.send(tcp_flag::kPsh | tcp_flag::kAck, to_bytes("anybody?"));
    const auto received = co_await client.receive(stage.iut().timers.answer);
    const bool is_reset = received && received->segment.has(tcp_flag::kRst);
    if (!is_reset) throw Violation({"EP-33", "RST for a client whose host is dead", "none"});
    stage.wire().capture()[received->frame].is_demanded = true;
    moved.channel().mend();
}

/// EP-33, the other side: who is cut off from the home neither answers nor acknowledges.
Task<> cut_off_is_silent(Stage& stage) {
    Hosted hosted(stage);
    co_await hosted.move();
    hosted.channel().cut();
    co_await stage.sleep(milliseconds(5'500));
    const TcpSegment request = hosted.connection().next_request();
    hosted.forward(request);
    co_await hosted.expect_silence("EP-33", "of an owner that is cut off", seconds(2));
    // It asks its home by 0x11 whether it may go on, and goes on by 0x15.
    hosted.channel().mend();
    co_await blob::await_channel(stage, hosted.channel());
    const ReceivedControlFrame asked =
        co_await hosted.channel().expect("BL-16", control_kind::kBlobAcknowledgement, seconds(12));
    stage.check_that(asked.content.body == blob::flow_body(hosted.flow()), "BL-16",
                     "0x11 of " + describe_flow(hosted.flow()), to_hex(asked.content.body, 16),
                     asked.frame);
    co_await hosted.expect_silence("EP-33", "before 0x15", milliseconds(200));
    co_await hosted.commit("BL-16");
    // Held or lost meanwhile: its client sends it again.
    hosted.port().send(hosted.flow(), encode_tcp_packet(request));
    co_await hosted.connection().expect_response(request);
    co_await hosted.connection().finish_response();
}

CaseInfo ends_case(std::string_view id, std::string_view claim,
                   std::vector<std::string_view> requirements, std::string_view role,
                   Task<> (*run)(Stage& stage)) {
    return {id, claim, std::move(requirements), "blob", role, run, "ext control-channel"};
}

}  // namespace

std::vector<CaseInfo> blob_ends_cases() {
    return {
        ends_case("blob/ends/closed-keeps-mapping",
                  "Behind 0x13 the tuple is still the flow's for 2MSL, and no longer.", {"BL-16"},
                  "forwarder", closed_keeps_mapping),
        ends_case("blob/ends/syn-is-fresh",
                  "Behind 0x13 a SYN of the client begins a connection of its own at once.",
                  {"BL-16"}, "forwarder", syn_is_fresh),
        ends_case("blob/ends/errors-are-told",
                  "An ICMP error about a connection that has moved goes to its host as 0x16.",
                  {"BL-16"}, "forwarder", errors_are_told),
        ends_case("blob/ends/dead-host-resets",
                  "A host that is dead has no connection: the client is reset.", {"BL-16", "EP-33"},
                  "forwarder", dead_host_resets),
        ends_case("blob/ends/told-errors-count", "A host believes the ICMP error of an 0x16.",
                  {"BL-16"}, "host", told_errors_count),
        ends_case("blob/ends/reset-is-told", "A client's RST ends the flow, and 0x13 tells.",
                  {"BL-16"}, "host", reset_is_told),
        ends_case("blob/ends/close-is-told",
                  "A SYN that ends TIME-WAIT at the host goes back as it came, and 0x13 tells that "
                  "the flow is over.",
                  {"BL-16"}, "host", close_is_told),
        ends_case("blob/ends/cut-off-is-silent",
                  "A host that is cut off from the home does not act until 0x15 answers its 0x11.",
                  {"BL-16", "EP-33"}, "host", cut_off_is_silent),
    };
}

}  // namespace conform
