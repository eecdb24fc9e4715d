// SPDX-License-Identifier: Apache-2.0
/// Endpoint page, "Framing" and "TCP control block": the 0x01 that a home sends.
#include <fmt/format.h>

#include <algorithm>

#include "cases/endpoint/steps.hh"
#include "cases/registry.hh"

namespace conform {
namespace {

constexpr std::chrono::milliseconds kThinkingTime{40};
/// Below every path MTU in use, so that the page's minimum is the client's.
constexpr std::uint16_t kClientMss = 1300;
/// Bits of t_flags that depend on what the device does with its delayed ACK and Nagle.
constexpr std::uint16_t kFreeFlags =
    block_flag::kAckNow | block_flag::kDelayedAck | block_flag::kNoDelay;
constexpr std::uint32_t kWindowMax = 1U << 30;  // TCB-1
constexpr std::uint16_t kMinimumRto = 1;

/// What the client knows of the connection whose block is judged.
struct Observed {
    const Client& client;
    ReceivedSegment syn_ack;
    std::uint32_t handshake_timestamp;  ///< TSval of the client's ACK
    std::uint32_t request_timestamp;
    Time opened;  ///< when the SYN was sent
};

/// Compares fields of one block; findings name the field and point at its frame.
struct BlockCheck {
    Stage& stage;
    std::size_t frame;

    void equal(const char* requirement, const char* field, std::uint64_t expected,
               std::uint64_t actual) const {
        stage.check(requirement, field, expected, actual, frame);
    }
    void within(const char* requirement, const char* field, std::uint64_t low, std::uint64_t high,
                std::uint64_t actual) const {
        stage.check_that(low <= actual && actual <= high, requirement,
                         fmt::format("{} from {} to {}", field, low, high),
                         fmt::format("{}", actual), frame);
    }
};

void check_frame(Stage& stage, const Client& client, const Peer& peer,
                 const endpoint::Offer& offer) {
    const ReceivedEncapsulation& received = offer.frame;
    const Encapsulation& header = received.header();
    const std::size_t frame = received.frame;
    stage.check_that(received.content.source == stage.iut().device.back_mac, "FRM-2",
                     "0x01 from " + stage.iut().device.back_mac.to_string(),
                     received.content.source.to_string(), frame);
    stage.check_that(peer.self().has_forward_ip(header.destination.address), "SYS-2",
                     fmt::format("Dest. IP to be a forward IP of {}", peer.self().name),
                     header.destination.address.to_string(), frame);
    stage.check("EP-4", "Dest. Port", client.service().port, header.destination.port, frame);
    stage.check_that(offer.information.service == client.service(), "EP-4",
                     "Server IP and Port " + client.service().to_string(),
                     offer.information.service.to_string(), frame);
    // Length and checksum (FRM-4, FRM-5) are judged on every frame of every capture.
}

/// FRM-1: the field is there, and its bytes the other way round.
void check_byte_order(const BlockCheck& check, const char* field, std::uint32_t expected,
                      std::uint32_t actual) {
    const bool is_swapped = actual != expected && actual == __builtin_bswap32(expected);
    check.stage.check_that(!is_swapped, "FRM-1", fmt::format("{} big-endian", field),
                           "little-endian", check.frame);
}

/// Numbers relative to iss (server) and irs (client).
void check_numbers(const BlockCheck& check, const ControlBlock& block, const Observed& seen) {
    const std::uint32_t iss = seen.client.server_initial_sequence();
    const std::uint32_t irs = seen.client.initial_sequence();
    check_byte_order(check, "iss", iss, block.iss);
    check_byte_order(check, "irs", irs, block.irs);
    check_byte_order(check, "snd_una", iss + 1, block.snd_una);
    check_byte_order(check, "rcv_nxt", irs + 1, block.rcv_nxt);
    check.equal("EP-4", "iss", iss, block.iss);
    check.equal("EP-4", "irs", irs, block.irs);
    check.equal("EP-4", "snd_una, relative to iss,", 1, block.snd_una - iss);
    check.equal("EP-4", "snd_nxt, relative to iss,", 1, block.snd_nxt - iss);
    check.equal("EP-4", "snd_max, relative to iss,", 1, block.snd_max - iss);
    check.within("EP-4", "snd_up, relative to iss,", 0, 1, block.snd_up - iss);
    check.equal("EP-4", "snd_wl1, relative to irs,", 1, block.snd_wl1 - irs);
    check.equal("EP-4", "snd_wl2, relative to iss,", 1, block.snd_wl2 - iss);
    // SEL-5: the request is neither acknowledged nor consumed.
    check.equal("SEL-5", "rcv_nxt, relative to irs,", 1, block.rcv_nxt - irs);
    check.within("EP-4", "rcv_up, relative to irs,", 0, 1, block.rcv_up - irs);
    check.equal("EP-4", "last_ack_sent, relative to irs,", 1, block.last_ack_sent - irs);
}

void check_windows(const BlockCheck& check, const ControlBlock& block, const Observed& seen) {
    const TcpSegment& syn_ack = seen.syn_ack.segment;
    const bool is_scaled = syn_ack.window_scale.has_value();
    check.equal("EP-4", "snd_wnd", seen.client.window_bytes(), block.snd_wnd);
    check.within("EP-4", "max_sndwnd", block.snd_wnd, kWindowMax, block.max_sndwnd);
    // The only window that the client was told stands in the SYN/ACK, unscaled.
    check.equal("EP-4", "rcv_adv, relative to rcv_nxt,", syn_ack.window,
                block.rcv_adv - block.rcv_nxt);
    check.within("EP-4", "rcv_wnd", block.rcv_adv - block.rcv_nxt, kWindowMax, block.rcv_wnd);
    check.equal("TCB-5", "snd_scale", is_scaled ? *seen.client.offer().window_scale : 0,
                block.snd_scale);
    check.equal("TCB-5", "rcv_scale", syn_ack.window_scale.value_or(0), block.rcv_scale);
    check.equal("EP-4", "t_maxseg", kClientMss, block.t_maxseg);
    check.within("EP-4", "snd_cwnd", block.t_maxseg, kWindowMax, block.snd_cwnd);
    check.within("EP-4", "snd_ssthresh", 2U * block.t_maxseg, UINT32_MAX, block.snd_ssthresh);
    const bool is_mtu_sound = block.path_mtu == 0 || block.path_mtu >= block.t_maxseg + 40;
    check.within("EP-4", "path_mtu, 0 or", is_mtu_sound ? 0 : block.t_maxseg + 40U, UINT16_MAX,
                 block.path_mtu);
}

void check_flags(const BlockCheck& check, const ControlBlock& block, const Observed& seen) {
    const TcpSegment& syn_ack = seen.syn_ack.segment;
    unsigned expected = 0;
    if (syn_ack.window_scale) expected |= block_flag::kRequestedScale | block_flag::kReceivedScale;
    if (syn_ack.timestamps) {
        expected |= block_flag::kRequestedTimestamps | block_flag::kReceivedTimestamps;
    }
    if (syn_ack.is_sack_permitted) expected |= block_flag::kSackPermitted;
    const unsigned actual = block.t_flags & static_cast<unsigned>(~kFreeFlags);
    check.stage.check_that(actual == expected, "TCB-5",
                           fmt::format("t_flags 0x{:04x} (ACKNOW, DELACK, NODELAY free)", expected),
                           fmt::format("0x{:04x}", actual), check.frame);
}

/// An endpoint that has sent its SYN/ACK and holds nothing.
void check_nothing_pending(const BlockCheck& check, const ControlBlock& block) {
    check.equal("EP-4", "version", kControlBlockVersion, block.version);
    check.equal("EP-4", "t_state", block_state::kEstablished, block.t_state);
    check.equal("EP-4", "t_timer[0] with nothing outstanding", 0, block.t_timer_retransmit);
    check.equal("EP-4", "t_timer[1] with an open window", 0, block.t_timer_persist);
    check.equal("EP-4", "t_timer[3] in ESTABLISHED", 0, block.t_timer_2msl);
    check.equal("EP-4", "t_rxtshift", 0, block.t_rxtshift);
    check.equal("EP-4", "t_dupacks", 0, block.t_dupacks);
    check.equal("EP-4", "ooo_ranges", 0, block.ooo_ranges);
    check.equal("EP-4", "ooo_bytes", 0, block.ooo_bytes);
    check.equal("EP-4", "sack_ranges", 0, block.sack_ranges);
    check.equal("EP-4", "snd_queue", 0, block.snd_queue);
    check.equal("SEL-5", "rcv_queue", 0, block.rcv_queue);
    check.equal("EP-4", "recover", 0, block.recover);
    check.equal("TCB-2", "reserved", 0, block.reserved);
}

void check_clocks(const BlockCheck& check, const ControlBlock& block, const Observed& seen,
                  Time at) {
    const auto tolerance =
        static_cast<std::uint64_t>(1 + milliseconds_of(check.stage.iut().timers.tolerance));
    const auto age = static_cast<std::uint64_t>(milliseconds_of(at - seen.opened));
    const auto since_syn_ack = static_cast<std::uint64_t>(milliseconds_of(at - seen.syn_ack.at));
    check.within("EP-4", "t_rxtcur", kMinimumRto, UINT16_MAX, block.t_rxtcur);
    check.within("EP-4", "t_idle", 0, 1, block.t_idle);
    check.within("EP-4", "t_srtt / 8", 0, age + tolerance, block.t_srtt / 8U);
    check.within("EP-4", "t_rttmin", 0, age + tolerance, block.t_rttmin);
    if (!seen.syn_ack.segment.timestamps) {
        check.equal("TCB-1", "ts_val without timestamps", 0, block.ts_val);
        check.equal("TCB-1", "ts_recent without timestamps", 0, block.ts_recent);
        return;
    }
    // TCP-17: 1 ms ticks, so the freeze is as far from the SYN/ACK as the two frames are.
    const std::uint32_t ticks = block.ts_val - seen.syn_ack.segment.timestamps->value;
    check.within("TCP-17", "ts_val, ticks since the SYN/ACK,",
                 since_syn_ack - std::min(since_syn_ack, tolerance), since_syn_ack + tolerance,
                 ticks);
    const bool is_request_seen = block.ts_recent == seen.request_timestamp;
    check.equal("EP-4", "ts_recent",
                is_request_seen ? seen.request_timestamp : seen.handshake_timestamp,
                block.ts_recent);
    check.within("EP-4", "ts_recent_age", 0, age + tolerance, block.ts_recent_age);
}

/// EP-4's repetitions (EP-6) are byte-identical.
Task<> check_repetition(Stage& stage, const Client& client, Peer& peer,
                        const endpoint::Offer& offer) {
    const ReceivedEncapsulation again = co_await peer.expect(
        "EP-6", endpoint::about(EncapsulationType::Connection, client), stage.iut().timers.answer);
    const Bytes& first = offer.frame.header().payload;
    const Bytes& second = again.header().payload;
    const auto differs = std::ranges::mismatch(first, second).in1 - first.begin();
    stage.check_that(first == second, "EP-6", "0x01 repeated byte for byte",
                     fmt::format("another byte at offset {} of the payload", differs), again.frame);
}

Task<> well_formed(Stage& stage) {
    Client& client = stage.open_client({.mss = kClientMss});
    Peer& peer = stage.open_peer(client);

    const Time opened = stage.wire().now();
    const ReceivedSegment syn_ack = co_await client.connect("EP-2");
    const std::uint32_t handshake_timestamp = client.timestamp_sent();
    // Time passes, so that clocks which stand still are seen.
    co_await stage.sleep(kThinkingTime);
    client.send(tcp_flag::kPsh | tcp_flag::kAck, http_request(stage.iut().requests.moved));
    const std::uint32_t request_timestamp = client.timestamp_sent();
    const endpoint::Offer offer = endpoint::take_offer(co_await peer.expect(
        "EP-4", endpoint::about(EncapsulationType::Connection, client), stage.iut().timers.answer));

    const ControlBlock& block = offer.information.block;
    const Observed seen{client, syn_ack, handshake_timestamp, request_timestamp, opened};
    const BlockCheck check{stage, offer.frame.frame};
    check_frame(stage, client, peer, offer);
    check_numbers(check, block, seen);
    check_windows(check, block, seen);
    check_flags(check, block, seen);
    check_nothing_pending(check, block);
    check_clocks(check, block, seen, offer.frame.at);
    co_await check_repetition(stage, client, peer, offer);

    // The twin: what was judged is a connection that moves.
    co_await endpoint::acknowledge(stage, peer, offer, stage.random().next_u32());
    co_await peer.expect("EP-9", endpoint::about(EncapsulationType::Forwarded, client),
                         stage.iut().timers.answer, EncapsulationType::Connection);
}

}  // namespace

std::vector<CaseInfo> endpoint_connection_cases() {
    return {
        {"endpoint/connection/well-formed",
         "Every field of 0x01 is what the client saw of the connection.",
         {"FRM-1", "FRM-4", "FRM-5", "TCB-2", "TCB-5", "EP-4", "EP-6", "SEL-5", "SYS-2", "TCP-17"},
         "endpoint",
         "home",
         well_formed}};
}

}  // namespace conform
