// SPDX-License-Identifier: Apache-2.0
/// Blob page, "Flow identifiers", with the device as forwarder: numbers, and the packets that carry
/// them (BL-10, BL-11, BL-17).
#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "cases/blob/steps.hh"
#include "cases/registry.hh"
#include "pdu/build.hh"
#include "pdu/fragments.hh"

namespace conform {
namespace {

using blob::Forwarded;
using std::chrono::milliseconds;

constexpr std::size_t kTcpChecksum = 16;
constexpr std::size_t kIpv4HeaderSize = 20;

/// The next number of a counter that has no half of zero.
std::uint32_t behind(std::uint32_t flow) {
    ++flow;
    while (source_port_of(flow) == 0 || destination_port_of(flow) == 0)
        ++flow;
    return flow;
}

Task<> numbers_counted(Stage& stage) {
    constexpr std::size_t kConnections = 6;
    std::vector<std::unique_ptr<Forwarded>> moved;
    for (std::size_t i = 0; i < kConnections; ++i) {
        moved.push_back(std::make_unique<Forwarded>(stage));
        co_await moved.back()->move();
        if (i == 0) continue;
        stage.check_that(moved[i]->flow() == behind(moved[i - 1]->flow()), "BL-10",
                         "the number behind that of the connection before, " +
                             describe_flow(behind(moved[i - 1]->flow())),
                         describe_flow(moved[i]->flow()), moved[i]->frame());
    }
    // Each is its own connection's still.
    for (const auto& each : moved)
        co_await each->expect_forwarded("BL-11");
}

/// Between two servers a number stands for one flow, whoever is its forwarder.
Task<> live_number_skipped(Stage& stage) {
    Forwarded first(stage);
    co_await first.move();
    blob::Hosted taken(stage);
    taken.set_flow(behind(first.flow()));
    co_await taken.move();
    Forwarded second(stage);
    co_await second.provoke("BL-10");
    stage.check_that(
        second.flow() != taken.flow(), "BL-10",
        fmt::format("another number than the host's own {}", describe_flow(taken.flow())),
        "the same", second.frame());
    second.accept();
    co_await second.expect_commit("BL-10");
    co_await second.expect_held_forwarded("BL-14");
    co_await second.expect_forwarded("BL-11");
    co_await taken.exchange();
}

/// Random at boot: after a restart the counter does not go on, nor begin anew from the same.
Task<> drawn_at_boot(Stage& stage) {
    constexpr std::uint32_t kNear = 1'000;
    Forwarded before(stage);
    co_await before.provoke();
    before.accept();
    co_await before.expect_commit("BL-14");
    const std::uint64_t boot = stage.channel().greeting()->boot;
    const auto answer = co_await stage.upper_tester().request("restart");
    if (!answer.is_ok) throw NotRunnable("the device does not restart");
    if (!co_await stage.channel().wait_until_restarted(boot, std::chrono::seconds(12))) {
        throw Violation({"CTL-7", "a channel with another boot number", "none"});
    }
    Forwarded after(stage);
    co_await after.provoke();
    const std::uint32_t distance = after.flow() - before.flow();
    stage.check_that(
        distance > kNear && distance < 0U - kNear, "BL-10",
        "another start of the counter than before the restart",
        fmt::format("{} after {}", describe_flow(after.flow()), describe_flow(before.flow())),
        after.frame());
    after.accept();
    co_await after.expect_commit("BL-14");
}

/// Whatever the client's stack writes stands there again.
Task<> nothing_else_changed(Stage& stage) {
    Forwarded moved(stage);
    co_await moved.move();
    Client& client = moved.client();
    std::vector<TcpSegment> segments(6, client.make(tcp_flag::kPsh | tcp_flag::kAck));
    for (TcpSegment& segment : segments)
        segment.identification = static_cast<std::uint16_t>(stage.random().next_u32());
    segments[0].payload = to_bytes("odd");
    segments[1].payload = Bytes(1'400, 0xA5);
    segments[2].ip_options = {0x94, 4, 0, 0};  // router alert (RFC 2113)
    segments[3].type_of_service = 0x28;
    segments[3].time_to_live = 3;
    segments[4].is_fragmentation_forbidden = false;
    segments[4].sack = {{client.acknowledged() + 10, client.acknowledged() + 20}};
    segments[5].flags = tcp_flag::kFin | tcp_flag::kAck;
    for (const TcpSegment& segment : segments) {
        moved.send(segment);
        co_await moved.expect_held_forwarded("BL-11");
    }
    // One that its client's network has spoilt is as wrong behind both rewrites, for the host to
    // drop.
    Bytes spoilt = encode_tcp_packet(client.make(tcp_flag::kAck, to_bytes("spoilt")));
    const std::size_t at = kIpv4HeaderSize + kTcpChecksum;
    store_u16(spoilt, at, static_cast<std::uint16_t>(load_u16(spoilt, at) ^ 0x1234U));
    client.carry(spoilt);
    co_await moved.port().expect("BL-11", moved.flow(), spoilt, stage.iut().timers.answer);
}

/// BL-17: the host gets one packet, the header of which is the device's to make (EP-21).
Task<> fragments_assembled(Stage& stage) {
    constexpr std::size_t kPiece = 24;
    Forwarded moved(stage);
    co_await moved.move();
    Client& client = moved.client();
    TcpSegment segment = client.make(tcp_flag::kPsh | tcp_flag::kAck, Bytes(300, 0x42));
    segment.is_fragmentation_forbidden = false;
    const Bytes packet = encode_tcp_packet(segment);
    std::vector<Bytes> pieces = split_packet(packet, kPiece);
    std::reverse(pieces.begin(), pieces.end());
    for (const Bytes& piece : pieces)
        client.carry(piece);
    client.count_sent(segment);
    const auto received = co_await moved.port().receive(stage.iut().timers.answer);
    if (!received) throw Violation({"BL-17", "the packet that was in fragments", "nothing"});
    const Bytes right = rewrite_to_flow(packet, stage.iut().device.forward_ip.front(),
                                        stage.server(0).forward_ip.front(), moved.flow());
    stage.check_that(std::ranges::equal(ip_payload_of(received->packet), ip_payload_of(right)),
                     "BL-17", "the client's segment in one packet, readdressed",
                     to_hex(ip_payload_of(received->packet), 16), received->frame);
    co_await moved.expect_forwarded("BL-17");
}

/// BL-17: datagrams at the port of a blob service are nobody's.
Task<> datagrams_not_covered(Stage& stage) {
    UdpClient& client = stage.open_udp_client();
    Peer& peer = stage.open_peer(client);
    FlowPort port(stage.wire(), stage.iut(), stage.server(0));
    client.send("before");
    co_await stage.sleep(milliseconds(20));
    std::vector<UpperTester::Field> fields = {
        {"connection",
         fmt::format("{}>{}/udp", client.self().to_string(), client.service().to_string())},
        {"to", stage.server(0).name}};
    co_await stage.upper_tester().request("migrate", std::move(fields));
    const EncapsulationPattern offer{.type = EncapsulationType::Connection};
    co_await peer.expect("BL-17", offer, stage.iut().timers.answer);
    co_await blob::expect_none(stage, stage.channel(), "BL-17", control_kind::kBlob,
                               "for a UDP flow", milliseconds(50));
    co_await port.expect_silence("BL-17", "of UDP", Duration::zero());
}

CaseInfo forwarding_case(std::string_view id, std::string_view claim,
                         std::vector<std::string_view> requirements, Task<> (*run)(Stage& stage)) {
    return {id, claim, std::move(requirements), "blob", "forwarder", run, "ext control-channel"};
}

}  // namespace

std::vector<CaseInfo> blob_forwarding_cases() {
    return {
        forwarding_case("blob/forwarding/numbers-counted",
                        "Each connection has the next number of a counter, with no half of zero.",
                        {"BL-10", "BL-11"}, numbers_counted),
        forwarding_case("blob/forwarding/live-number-skipped",
                        "A number that the host has given to a flow of its own is skipped.",
                        {"BL-10"}, live_number_skipped),
        forwarding_case("blob/forwarding/drawn-at-boot",
                        "Where the counter begins is drawn at each start.", {"BL-10"},
                        drawn_at_boot),
        forwarding_case("blob/forwarding/nothing-else-changed",
                        "A forwarded packet is the client's but for addresses, ports and "
                        "checksums, which stay as right or wrong as they were.",
                        {"BL-11"}, nothing_else_changed),
        forwarding_case("blob/forwarding/fragments-assembled",
                        "A client's fragments leave as one packet.", {"BL-17"},
                        fragments_assembled),
        forwarding_case("blob/forwarding/datagrams-not-covered",
                        "A UDP flow moves as the endpoint profile has it.", {"BL-17"},
                        datagrams_not_covered),
    };
}

}  // namespace conform
