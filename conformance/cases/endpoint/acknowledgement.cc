// SPDX-License-Identifier: Apache-2.0
/// Endpoint page, "Migration before an application is bound": the acknowledgement.
#include <algorithm>
#include <functional>

#include "cases/endpoint/steps.hh"
#include "cases/registry.hh"
#include "pdu/build.hh"
#include "pdu/repair.hh"

namespace conform {
namespace {

constexpr std::chrono::milliseconds kBeforeAcknowledgement{300};
constexpr std::size_t kSourceMac = 6;  // in a whole frame

Task<> moves_the_record(Stage& stage) {
    Client& client = stage.open_client();
    Peer& peer = stage.open_peer(client);
    const TestTimers& timers = stage.iut().timers;

    client.send(client.make_syn());
    const SegmentPattern syn_ack{.flags = tcp_flag::kSyn | tcp_flag::kAck, .acknowledgment = 1};
    client.learn_handshake((co_await client.expect("EP-2", syn_ack, timers.answer)).segment);
    const TcpSegment handshake_ack = client.make(tcp_flag::kAck);
    client.send(handshake_ack);
    // The request in two packets: the first decides, the second arrives while it is migrating.
    const TcpSegment request =
        client.make(tcp_flag::kPsh | tcp_flag::kAck, http_request(stage.iut().requests.moved));
    client.send(request);
    const endpoint::Offer offer = endpoint::take_offer(co_await peer.expect(
        "EP-4", endpoint::about(EncapsulationType::Connection, client), timers.answer));
    const TcpSegment held =
        client.make(tcp_flag::kPsh | tcp_flag::kAck, http_request(stage.iut().requests.local));
    client.send(held);

    // Before 0x03 nothing is forwarded: the record is still in Temporary.
    co_await peer.expect_silence("EP-9", "but 0x01 before it has acknowledged",
                                 kBeforeAcknowledgement, EncapsulationType::Connection);

    // 0x03: the home releases (EP-16), then what it held goes out in the order of arrival.
    const std::uint32_t copy = stage.random().next_u32();
    co_await endpoint::acknowledge(stage, peer, offer, copy);
    co_await endpoint::expect_forwarded(stage, client, peer, "EP-9", encode_tcp_packet(request));
    co_await endpoint::expect_forwarded(stage, client, peer, "EP-9", encode_tcp_packet(held));

    // The record is in Forward: later packets go at once, 0x01 never again, the client hears
    // nothing from the home.
    const TcpSegment later = client.make(tcp_flag::kAck);
    client.send(later);
    co_await endpoint::expect_forwarded(stage, client, peer, "EP-9", encode_tcp_packet(later));
    co_await peer.expect_silence("EP-9", "after the acknowledgement", timers.fall_back);
    co_await client.expect_silence("EP-9", "from the home after the acknowledgement",
                                   timers.silence);

    // EP-16: a repeated 0x03 is answered again: ext by 0x14, base by the handshake's ACK as 0x02.
    co_await endpoint::acknowledge(stage, peer, offer, copy);
    if (!stage.has_extensions()) {
        co_await endpoint::expect_forwarded(stage, client, peer, "EP-16",
                                            encode_tcp_packet(handshake_ack));
    }
}

/// A 0x03 that must not move the connection, sent while the home waits for the right one.
struct Imposture {
    const char* requirement;
    std::string what;
    std::function<void(Peer& peer, Bytes frame)> send;
};

/// Sends it about one connection after the other; each then moves by the right 0x03, and so did
/// one before the first: the twins of the silence.
Task<> expect_ignored(Stage& stage, const std::vector<Imposture>& impostures) {
    Client& before = stage.open_client();
    Peer& before_peer = stage.open_peer(before);
    const endpoint::Offer first = co_await endpoint::provoke_migration(stage, before, before_peer);
    co_await endpoint::acknowledge(stage, before_peer, first, stage.random().next_u32());
    co_await before_peer.expect("EP-9", endpoint::about(EncapsulationType::Forwarded, before),
                                stage.iut().timers.answer, EncapsulationType::Connection);
    for (const Imposture& imposture : impostures) {
        Client& client = stage.open_client();
        Peer& peer = stage.open_peer(client);
        const endpoint::Offer offer = co_await endpoint::provoke_migration(stage, client, peer);
        const std::uint32_t copy = stage.random().next_u32();
        const Bytes frame = peer.make(EncapsulationType::Acknowledgement,
                                      endpoint::acknowledgement_for(stage, offer, copy));
        imposture.send(peer, frame);
        const std::string after = "but 0x01 after 0x03 " + imposture.what;
        co_await peer.expect_silence(imposture.requirement, after.c_str(), kBeforeAcknowledgement,
                                     EncapsulationType::Connection);
        co_await endpoint::acknowledge(stage, peer, offer, copy);
        co_await peer.expect("EP-9", endpoint::about(EncapsulationType::Forwarded, client),
                             stage.iut().timers.answer, EncapsulationType::Connection);
    }
}

Task<> wrong_member_ignored(Stage& stage) {
    // Another member of the farm, which was offered nothing: its frame is in order.
    const ServerAddresses* other = &stage.server(1);
    const std::vector<Imposture> impostures = {
        {"EP-9", "from another member", [other](Peer& peer, Bytes frame) {
             std::copy(other->back_mac.octets.begin(), other->back_mac.octets.end(),
                       frame.begin() + kSourceMac);
             peer.send_frame(std::move(frame));
         }}};
    co_await expect_ignored(stage, impostures);
}

Task<> spoilt_acknowledgement_dropped(Stage& stage) {
    const auto spoilt = [](const char* requirement, const char* what, auto spoil) {
        return Imposture{requirement, what, [spoil](Peer& peer, Bytes frame) {
                             spoil(frame);
                             peer.send_frame(std::move(frame));
                         }};
    };
    const std::uint32_t control_ip = stage.iut().device.control_ip.value;
    const std::vector<Imposture> impostures = {
        spoilt(
            "FRM-4", "with a wrong checksum",
            [](Bytes& frame) { frame[kEthernetHeaderSize + kEncapsulationChecksumOffset] ^= 1; }),
        spoilt("FRM-6", "cut to 15 bytes",
               [](Bytes& frame) { frame.resize(kEthernetHeaderSize + 15); }),
        spoilt("FRM-6", "with Protocol 3",
               [](Bytes& frame) {
                   frame[kEthernetHeaderSize + 13] = 3;
                   repair_encapsulation_checksum(frame);
               }),
        spoilt("FRM-6", "with the device's control IP as Dest. IP",
               [control_ip](Bytes& frame) {
                   store_u32(frame, kEthernetHeaderSize + 6, control_ip);
                   repair_encapsulation_checksum(frame);
               }),
        spoilt("SEC-1", "from nobody's MAC address", [](Bytes& frame) { frame[kSourceMac] ^= 4; })};
    co_await expect_ignored(stage, impostures);
}

}  // namespace

std::vector<CaseInfo> endpoint_acknowledgement_cases() {
    return {{"endpoint/acknowledgement/moves-the-record",
             "After 0x03 the connection is forwarded: held packets first, never 0x01 again; before "
             "it nothing is.",
             {"EP-9", "EP-12", "EP-16"},
             "endpoint",
             "home",
             moves_the_record},
            {"endpoint/acknowledgement/wrong-member-ignored",
             "0x03 from a member that was offered nothing moves nothing.",
             {"EP-9", "EP-14"},
             "endpoint",
             "home",
             wrong_member_ignored},
            {"endpoint/acknowledgement/spoilt-acknowledgement-dropped",
             "0x03 that is cut, damaged, of an unknown Protocol, for somebody else or from a "
             "stranger moves nothing.",
             {"FRM-4", "FRM-6", "FRM-7", "SEC-1"},
             "endpoint",
             "home",
             spoilt_acknowledgement_dropped}};
}

}  // namespace conform
