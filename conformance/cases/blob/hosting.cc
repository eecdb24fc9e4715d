// SPDX-License-Identifier: Apache-2.0
/// Blob page, with the device as host: what a blob makes of it, until when it is silent, and how it
/// finds the connection of a rewritten packet (BL-4, BL-5, BL-12 to BL-15).
#include <fmt/format.h>

#include <algorithm>

#include "cases/blob/steps.hh"
#include "cases/registry.hh"
#include "pdu/build.hh"
#include "pdu/fragments.hh"

namespace conform {
namespace {

using blob::Hosted;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kCopyLife{60};
constexpr milliseconds kHold{50};
constexpr std::size_t kHeldMost = 16;

/// The client's next request, which nobody has read.
Bytes unread_request(const Stage& stage) {
    return http_request(stage.iut().requests.local);
}

/// What answers the unread request: numbers, clock and addresses are the home's (EP-25).
Task<> expect_unread_served(Hosted& hosted) {
    TcpSegment request = hosted.client().make(tcp_flag::kAck);
    request.timestamps = TcpTimestamps{hosted.block().ts_recent, hosted.block().ts_val};
    co_await hosted.connection().expect_response(request);
    co_await hosted.connection().finish_response();
    co_await hosted.exchange();
}

/// Something comes for the client, which acknowledges it; the rest of a response follows.
Task<> expect_answered(Stage& stage, Hosted& hosted, const char* requirement, const char* what) {
    const auto received = co_await hosted.client().receive(stage.iut().timers.answer);
    if (!received) throw Violation({requirement, what, "nothing for the client"});
    hosted.client().accept(received->segment);
    co_await hosted.connection().finish_response();
}

/// BL-4, BL-12, BL-15: MovedIn looks at every number of the answers.
Task<> serves_as_if_accepted(Stage& stage) {
    Hosted hosted(stage);
    hosted.send_blob();
    co_await hosted.expect_accepted("BL-4");
    co_await hosted.commit();
    const TcpSegment request = hosted.connection().next_request();
    hosted.forward(request);
    const auto first = co_await hosted.client().receive(stage.iut().timers.answer);
    if (!first) throw Violation({"BL-4", "a response", "nothing for the client"});
    stage.check_that(first->segment.source == hosted.client().service(), "BL-15",
                     "a reply from the service address, " + hosted.client().service().to_string(),
                     first->segment.source.to_string(), first->frame);
    hosted.client().accept(first->segment);
    co_await hosted.connection().finish_response();
    for (int i = 0; i < 3; ++i)
        co_await hosted.exchange();
    co_await hosted.port().expect_silence("BL-15", "of what is served", Duration::zero());
}

/// Nothing is seen, until it is committed.
Task<> unread_waits_for_commit(Stage& stage) {
    Hosted hosted(stage);
    hosted.put_unread(unread_request(stage));
    hosted.send_blob();
    co_await hosted.expect_accepted("BL-4");
    co_await hosted.expect_silence("BL-14", "of an endpoint that is not committed",
                                   seconds(3) + stage.iut().timers.silence);
    co_await hosted.commit();
    co_await expect_unread_served(hosted);
}

Task<> unsent_is_sent(Stage& stage) {
    const Bytes text = to_bytes("what the home has never sent");
    Hosted hosted(stage);
    hosted.put_unsent(text);
    hosted.send_blob();
    co_await hosted.expect_accepted("BL-4");
    co_await hosted.expect_silence("BL-14", "of an endpoint that is not committed",
                                   milliseconds(200));
    co_await hosted.commit();
    const auto received = co_await hosted.client().receive(stage.iut().timers.answer);
    if (!received) throw Violation({"BL-4", "the bytes of section 5", "nothing"});
    stage.check_that(received->segment.payload == text, "BL-4",
                     "the bytes of section 5: " + to_hex(text, 16),
                     to_hex(received->segment.payload, 16), received->frame);
    stage.check("BL-4", "sequence", hosted.block().snd_nxt, received->segment.sequence,
                received->frame);
    hosted.client().accept(received->segment);
    hosted.forward(hosted.client().make(tcp_flag::kAck));
    co_await hosted.exchange();
}

Task<> first_packet_releases(Stage& stage) {
    Hosted hosted(stage);
    hosted.send_blob();
    co_await hosted.expect_accepted("BL-4");
    co_await hosted.expect_silence("BL-14", "before a packet of the client's", milliseconds(100));
    hosted.forward(hosted.connection().next_request());
    co_await expect_answered(stage, hosted, "BL-14", "a forwarded request answered");
    co_await hosted.exchange();
}

/// EP-13: what its checksum does not vouch for releases nothing.
Task<> spoilt_packet_dropped(Stage& stage) {
    Hosted hosted(stage);
    hosted.put_unread(unread_request(stage));
    hosted.send_blob();
    co_await hosted.expect_accepted("BL-4");
    Bytes packet = encode_tcp_packet(hosted.client().make(tcp_flag::kAck, to_bytes("spoilt")));
    packet.back() ^= 0x20U;
    hosted.port().send(hosted.flow(), packet);
    co_await hosted.expect_silence("BL-12", "after a packet whose checksum is wrong",
                                   milliseconds(200));
    co_await hosted.commit();
    co_await expect_unread_served(hosted);
}

/// Two copies: one is committed when 60 s are not over yet, the other one later.
Task<> copy_ends(Stage& stage) {
    Hosted soon(stage);
    Hosted late(stage);
    soon.put_unread(unread_request(stage));
    for (Hosted* each : {&soon, &late}) {
        each->send_blob();
        co_await each->expect_accepted("BL-4");
    }
    const Duration margin = milliseconds(500) + stage.iut().timers.tolerance;
    co_await soon.expect_silence("BL-14", "of a copy that waits", kCopyLife - margin);
    co_await soon.commit();
    TcpSegment request = soon.client().make(tcp_flag::kAck);
    const auto answer = co_await soon.client().receive(stage.iut().timers.answer);
    stage.check_that(answer && !answer->segment.has(tcp_flag::kRst), "BL-14",
                     "an answer to the unread request", "none", 0);
    co_await stage.sleep(2 * margin);
    late.tell(control_kind::kCommit);
    co_await late.expect_unknown("BL-14");
    co_await late.expect_silence("BL-14", "of a copy that has ended", milliseconds(100));
}

/// A loss of the channel is no release, nor an end: the next one brings 0x15 again.
Task<> waits_through_lost_channel(Stage& stage) {
    Hosted hosted(stage);
    hosted.put_unread(unread_request(stage));
    hosted.send_blob();
    co_await hosted.expect_accepted("BL-4");
    hosted.channel().close();
    co_await blob::await_channel(stage, hosted.channel());
    co_await hosted.expect_silence("BL-14", "through a loss of the channel", seconds(2));
    co_await hosted.commit();
    // 0x15 is repeated where its answer was lost.
    co_await hosted.commit();
    const auto answer = co_await hosted.client().receive(stage.iut().timers.answer);
    if (!answer) throw Violation({"BL-14", "the unread request answered", "nothing"});
}

/// 0x13 of its forwarder ends a copy that was not released.
Task<> taken_back_ends_copy(Stage& stage) {
    Hosted hosted(stage);
    hosted.put_unread(unread_request(stage));
    hosted.send_blob();
    co_await hosted.expect_accepted("BL-4");
    hosted.tell(control_kind::kFlowClosed);
    co_await stage.sleep(milliseconds(10));
    hosted.tell(control_kind::kCommit);
    co_await hosted.expect_unknown("BL-14");
    co_await hosted.expect_silence("BL-14", "of what was taken back", milliseconds(100));
    Hosted twin(stage);
    co_await twin.move();
}

/// BL-13: a packet of no flow waits for 50 ms, then its forwarder is told.
Task<> unknown_is_told(Stage& stage) {
    Hosted hosted(stage);
    const Time sent = stage.wire().now();
    hosted.port().send(hosted.flow(), encode_tcp_packet(hosted.connection().next_request()));
    const ReceivedControlFrame told = co_await hosted.channel().expect(
        "BL-13", control_kind::kFlowUnknown, stage.iut().timers.answer);
    stage.check_that(told.content.body == blob::flow_body(hosted.flow()), "BL-13",
                     "0x14 of " + describe_flow(hosted.flow()), to_hex(told.content.body, 16),
                     told.frame);
    const Duration margin = milliseconds(2) + stage.iut().timers.tolerance;
    stage.check_that(told.at - sent >= kHold - margin, "BL-13", "0x14 after 50 ms",
                     fmt::format("after {} ms", milliseconds_of(told.at - sent)), told.frame);
    co_await hosted.expect_silence("BL-13", "of no flow", milliseconds(100));
    co_await hosted.move();
}

/// BL-13, BL-14: packets that overtake their blob are held, sixteen of them.
Task<> early_packets_held(Stage& stage) {
    constexpr std::size_t kPieces = kHeldMost + 4;
    Hosted hosted(stage);
    Client& client = hosted.client();
    const Bytes text = unread_request(stage);
    const std::size_t size = text.size() / kPieces;
    std::vector<TcpSegment> pieces;
    pieces.reserve(kPieces);
    const std::uint32_t first = client.next_sequence();
    for (std::size_t i = 0; i < kPieces; ++i) {
        const std::size_t end = i + 1 == kPieces ? text.size() : (i + 1) * size;
        const ByteView piece = ByteView(text).subspan(i * size, end - i * size);
        TcpSegment segment = client.make(tcp_flag::kAck, {piece.begin(), piece.end()});
        client.count_sent(segment);
        pieces.push_back(std::move(segment));
    }
    for (const TcpSegment& piece : pieces)
        hosted.port().send(hosted.flow(), encode_tcp_packet(piece));
    co_await stage.sleep(milliseconds(20));
    hosted.send_blob(control_flag::kEager);
    co_await hosted.expect_accepted("BL-13");
    std::uint32_t acknowledged = 0;
    for (;;) {
        const auto received = co_await client.receive(milliseconds(300));
        if (!received) break;
        acknowledged = received->segment.acknowledgment - first;
    }
    stage.check("BL-13", "bytes of the packets that were held", kHeldMost * size, acknowledged,
                stage.wire().capture().size() - 1);
    for (std::size_t i = kHeldMost; i < kPieces; ++i)
        hosted.port().send(hosted.flow(), encode_tcp_packet(pieces[i]));
    co_await hosted.connection().expect_response(pieces.back());
    co_await hosted.connection().finish_response();
    co_await hosted.exchange();
}

/// BL-14: an eager blob releases by itself.
Task<> eager_releases(Stage& stage) {
    Hosted hosted(stage);
    hosted.put_unread(unread_request(stage));
    hosted.send_blob(control_flag::kEager);
    co_await hosted.expect_accepted("BL-14");
    co_await expect_answered(stage, hosted, "BL-14", "the unread request answered at once");
    co_await hosted.exchange();
}

/// The flow is looked up together with the sender, who has to be a member (SEC-1, SEC-12, SYS-5).
Task<> strangers_dropped(Stage& stage) {
    Hosted hosted(stage);
    co_await hosted.move();
    FlowPort third(stage.wire(), stage.iut(), stage.server(1));
    third.hear_only(hosted.flow());
    const TcpSegment request = hosted.connection().next_request();
    const Bytes packet = encode_tcp_packet(request);
    const Ipv4Address device = stage.iut().device.forward_ip.front();
    const auto frame_from = [&](MacAddress mac, Ipv4Address address) {
        return encode_ethernet(stage.iut().device.back_mac, mac, ether_type::kIpv4,
                               rewrite_to_flow(packet, address, device, hosted.flow()));
    };
    // A member's address from another's MAC, and an address that is no member's.
    const ServerAddresses& member = stage.server(0);
    for (const Ipv4Address address : {member.forward_ip.front(), member.control_ip,
                                      stage.iut().clients.front(), member.front_ip}) {
        const bool is_own = address == member.forward_ip.front();
        // Behind routers a MAC says nothing (FRM-3).
        if (is_own && stage.wire().framing().is_routed) continue;
        hosted.port().send_frame(
            frame_from(is_own ? stage.server(1).back_mac : member.back_mac, address));
        co_await hosted.expect_silence("BL-12", "after a stranger's packet", milliseconds(100));
    }
    co_await blob::expect_none(stage, hosted.channel(), "BL-12", control_kind::kFlowUnknown,
                               "about a stranger's packet", Duration::zero());
    // Another member's flow of that number is another flow.
    third.send(hosted.flow(), packet);
    co_await hosted.expect_silence("BL-12", "after another member's packet", milliseconds(100));
    const ReceivedControlFrame told = co_await stage.channel(1).expect(
        "BL-13", control_kind::kFlowUnknown, stage.iut().timers.answer);
    stage.check_that(told.content.body == blob::flow_body(hosted.flow()), "BL-13",
                     "0x14 of " + describe_flow(hosted.flow()), to_hex(told.content.body, 16),
                     told.frame);
    hosted.forward(request);
    co_await hosted.connection().expect_response(request);
    co_await hosted.connection().finish_response();
}

/// BL-12: a routed back link lowers the TTL, and nothing else.
Task<> lower_ttl_accepted(Stage& stage) {
    Hosted hosted(stage);
    hosted.send_blob();
    co_await hosted.expect_accepted("BL-4");
    co_await hosted.commit();
    TcpSegment request = hosted.connection().next_request();
    request.time_to_live = 1;
    hosted.forward(request);
    co_await expect_answered(stage, hosted, "BL-12", "a packet restored and answered");
    co_await hosted.exchange();
}

/// A packet too long for the back link comes in pieces.
Task<> fragments_of_a_rewritten(Stage& stage) {
    Hosted hosted(stage);
    co_await hosted.move();
    TcpSegment request = hosted.connection().next_request();
    request.is_fragmentation_forbidden = false;
    const Bytes packet =
        rewrite_to_flow(encode_tcp_packet(request), stage.server(0).forward_ip.front(),
                        stage.iut().device.forward_ip.front(), hosted.flow());
    hosted.client().count_sent(request);
    for (const Bytes& piece : split_packet(packet, 24)) {
        hosted.port().send_frame(encode_ethernet(
            stage.iut().device.back_mac, stage.server(0).back_mac, ether_type::kIpv4, piece));
    }
    co_await expect_answered(stage, hosted, "BL-17", "a request in fragments answered");
    co_await hosted.exchange();
}

/// Section 3: the next packet to the client has the home's TOS. TTL and IP id are anybody's to
/// choose who looks at them from outside.
Task<> ip_state_goes_on(Stage& stage) {
    constexpr std::uint8_t kTypeOfService = 0x28;
    Hosted hosted(stage);
    hosted.ip() = {37, kTypeOfService, 0, 0x4711};
    hosted.put_unread(unread_request(stage));
    hosted.send_blob();
    co_await hosted.expect_accepted("BL-4");
    co_await hosted.commit();
    const auto received = co_await hosted.client().receive(stage.iut().timers.answer);
    if (!received) throw Violation({"BL-4", "the unread request answered", "nothing"});
    const ByteView packet = stage.wire().capture()[received->frame].frame.ipv4->bytes;
    stage.check("BL-4", "TOS", kTypeOfService, packet[1], received->frame);
}

CaseInfo hosting_case(std::string_view id, std::string_view claim,
                      std::vector<std::string_view> requirements, Task<> (*run)(Stage& stage)) {
    return {id, claim, std::move(requirements), "blob", "host", run, "ext control-channel"};
}

std::vector<CaseInfo> lookup_cases() {
    return {
        hosting_case("blob/hosting/unknown-is-told",
                     "A packet of no flow waits for 50 ms; then its forwarder gets 0x14.",
                     {"BL-13"}, unknown_is_told),
        hosting_case("blob/hosting/early-packets-held",
                     "Sixteen packets that overtake their blob are held for it.",
                     {"BL-13", "BL-14"}, early_packets_held),
        hosting_case("blob/hosting/strangers-dropped",
                     "A flow is its forwarder's: the same number from elsewhere is not.",
                     {"BL-12", "BL-13"}, strangers_dropped),
        hosting_case("blob/hosting/lower-ttl-accepted",
                     "A packet whose TTL routers have lowered is served.", {"BL-12"},
                     lower_ttl_accepted),
        hosting_case("blob/hosting/fragments-assembled",
                     "A rewritten packet that comes in fragments is put together first.",
                     {"BL-12", "BL-17"}, fragments_of_a_rewritten),
        hosting_case("blob/hosting/spoilt-packet-dropped",
                     "A packet whose checksum is wrong releases nothing and is not taken.",
                     {"BL-12", "BL-14"}, spoilt_packet_dropped),
    };
}

}  // namespace

std::vector<CaseInfo> blob_hosting_cases() {
    std::vector<CaseInfo> cases = {
        hosting_case("blob/hosting/serves-as-if-accepted",
                     "What a blob brought is served towards its client as its home left it.",
                     {"BL-4", "BL-12", "BL-15"}, serves_as_if_accepted),
        hosting_case("blob/hosting/unread-waits-for-commit",
                     "A request in section 4 reaches the application once 0x15 has come.",
                     {"BL-4", "BL-5", "BL-14"}, unread_waits_for_commit),
        hosting_case("blob/hosting/unsent-is-sent",
                     "The bytes of section 5 reach the client, once 0x15 has come.",
                     {"BL-4", "BL-5", "BL-14"}, unsent_is_sent),
        hosting_case("blob/hosting/first-packet-releases",
                     "The first forwarded packet releases what no 0x15 has.", {"BL-14"},
                     first_packet_releases),
        hosting_case("blob/hosting/copy-ends",
                     "A copy that nobody releases ends after 60 s, and not before.", {"BL-14"},
                     copy_ends),
        hosting_case("blob/hosting/waits-through-lost-channel",
                     "A host that waits is silent through a loss of the channel, and answers each "
                     "0x15.",
                     {"BL-14"}, waits_through_lost_channel),
        hosting_case("blob/hosting/taken-back-ends-copy", "0x13 ends a copy that was not released.",
                     {"BL-14"}, taken_back_ends_copy),
        hosting_case("blob/eager/releases-its-host", "An eager blob releases its host by itself.",
                     {"BL-4", "BL-14"}, eager_releases),
        hosting_case("blob/hosting/ip-state-goes-on",
                     "The TOS of the next packet to the client is that of section 3.", {"BL-4"},
                     ip_state_goes_on),
    };
    for (CaseInfo& info : lookup_cases())
        cases.push_back(std::move(info));
    return cases;
}

}  // namespace conform
