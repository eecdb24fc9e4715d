// SPDX-License-Identifier: Apache-2.0
/// Endpoint page, "One owner" and "Forwarding", with the device as target.
#include <fmt/format.h>

#include <algorithm>

#include "cases/endpoint/steps.hh"
#include "cases/registry.hh"
#include "pdu/build.hh"
#include "pdu/sequence.hh"

namespace conform {
namespace {

/// The client's window field means bytes only with its scale: a target that loses the scale may
/// send four bytes.
constexpr std::uint8_t kClientScale = 8;
constexpr std::uint16_t kClientWindowField = 4;
constexpr std::uint8_t kHomeScale = 7;
constexpr std::uint16_t kHomeWindow = 65'535;
/// A right edge further out than this many windows of the block was scaled by another scale.
constexpr std::uint64_t kWindowGrowthMax = 16;
constexpr std::uint16_t kMaximumSegment = 1400;
constexpr std::string_view kStatus = "HTTP/1.1 200";

/// The home that we play: what it told the client, and the clock that it stamped segments with.
struct PlayedHome {
    std::uint32_t timestamp;  ///< ts_val of the block
    Time frozen;
    ConnectionInformation information;
};

/// The connection as it stands after a handshake that nobody has seen but us.
PlayedHome freeze(Stage& stage, Client& client) {
    const std::uint32_t initial_sequence = stage.random().next_u32();
    PlayedHome home{stage.random().next_u32(), stage.wire().now(), {}};
    client.set_window_field(kClientWindowField);
    client.assume_handshake(initial_sequence, home.timestamp);
    ControlBlock block;
    block.ts_val = home.timestamp;
    block.epoch = 1;
    block.t_state = block_state::kEstablished;
    block.t_rxtcur = 1'000;
    block.t_maxseg = kMaximumSegment;
    block.t_flags = block_flag::kRequestedScale | block_flag::kReceivedScale |
                    block_flag::kRequestedTimestamps | block_flag::kReceivedTimestamps |
                    block_flag::kSackPermitted;
    block.iss = initial_sequence;
    block.irs = client.initial_sequence();
    block.snd_una = block.snd_nxt = block.snd_max = block.snd_up = block.snd_wl2 = block.iss + 1;
    block.rcv_nxt = block.rcv_up = block.snd_wl1 = block.last_ack_sent = block.irs + 1;
    block.snd_wnd = block.max_sndwnd = client.window_bytes();
    block.rcv_wnd = kHomeWindow;
    block.rcv_adv = block.rcv_nxt + kHomeWindow;
    block.snd_cwnd = 10U * kMaximumSegment;
    block.snd_ssthresh = 1U << 30;
    block.snd_scale = kClientScale;
    block.rcv_scale = kHomeScale;
    block.ts_recent = client.timestamp_now();
    home.information = {client.service(), block};
    return home;
}

/// EP-7: 0x03 to the forward IP of that service. Its copy in an ext farm, 0 in a base farm.
Task<std::uint32_t> expect_acknowledgement(Stage& stage, const Client& client, Peer& peer,
                                           const PlayedHome& home) {
    EncapsulationPattern pattern = endpoint::about(EncapsulationType::Acknowledgement, client);
    pattern.destination = SocketAddress{peer.self().forward_ip.front(), client.service().port};
    const ReceivedEncapsulation received =
        co_await peer.expect("EP-7", pattern, stage.iut().timers.answer);
    stage.check_that(received.content.source == stage.iut().device.back_mac, "EP-7",
                     "0x03 from " + stage.iut().device.back_mac.to_string(),
                     received.content.source.to_string(), received.frame);
    if (!stage.has_extensions()) co_return 0;
    const std::optional<IdentifiedCopy> identified =
        parse_identified_copy(received.header().payload);
    const ControlBlock& block = home.information.block;
    const MigrationId id{home.information.service, block.iss, block.epoch};
    if (!identified || identified->id != id) {
        throw Violation(
            {"EP-7", "0x03 with the ID " + id.to_string(),
             identified ? identified->id.to_string() : to_hex(received.header().payload),
             received.frame});
    }
    co_return identified->copy;
}

/// Forwards what the client sends, as its home does (EP-20).
void forward(Client& client, Peer& peer, const TcpSegment& segment) {
    client.count_sent(segment);
    peer.send(EncapsulationType::Forwarded, encode_tcp_packet(segment));
}

/// EP-24, EP-25 on one segment of the target; `request` is what it answers.
void check_continuity(Stage& stage, const Client& client, const PlayedHome& home,
                      const ReceivedSegment& received, const TcpSegment& request) {
    const TcpSegment& segment = received.segment;
    const TcpSegment relative = client.to_relative(segment);
    const std::size_t frame = received.frame;
    const Frame& outer = stage.wire().capture()[frame].frame;
    stage.check_that(segment.source == client.service(), "EP-24",
                     "source " + client.service().to_string(), segment.source.to_string(), frame);
    stage.check_that(outer.source == stage.iut().device.front_mac, "SYS-4",
                     "frame from " + stage.iut().device.front_mac.to_string(),
                     outer.source.to_string(), frame);
    const std::uint32_t expected_ack = request.sequence + request.length();
    stage.check("EP-25", "acknowledgment", expected_ack - client.initial_sequence(),
                relative.acknowledgment, frame);
    stage.check_that(!segment.mss && !segment.window_scale && !segment.is_sack_permitted, "EP-25",
                     "no SYN options after the handshake", "some", frame);

    // RFC 7323 2.4: the edge may fall back by less than one unit of the scale.
    const std::uint32_t edge =
        segment.acknowledgment + (static_cast<std::uint32_t>(segment.window) << kHomeScale);
    const std::int32_t growth = sequence_distance(home.information.block.rcv_adv, edge);
    stage.check_that(
        growth > -(1 << kHomeScale) &&
            growth <= static_cast<std::int64_t>(kWindowGrowthMax * kHomeWindow),
        "EP-25",
        fmt::format("a window, scaled by {}, that reaches as far as the home's", kHomeScale),
        fmt::format("window field {}, right edge moved by {}", segment.window, growth), frame);
    if (!segment.timestamps) {
        stage.check_that(false, "EP-25", "timestamps", "none", frame);
        return;
    }
    const auto elapsed = milliseconds_of(received.at - home.frozen);
    const auto tolerance = 1 + milliseconds_of(stage.iut().timers.tolerance);
    const std::int32_t ticks = sequence_distance(home.timestamp, segment.timestamps->value);
    stage.check_that(
        ticks >= std::max<std::int64_t>(0, elapsed - tolerance) && ticks <= elapsed + tolerance,
        "EP-25", fmt::format("TSval {} ms after the home's ts_val", elapsed),
        fmt::format("{} ms", ticks), frame);
    stage.check("EP-25", "TSecr", request.timestamps->value, segment.timestamps->echo, frame);
}

/// The response to one request, from its first byte on; pure ACKs may come before it.
Task<> expect_response(Stage& stage, Client& client, const PlayedHome& home,
                       const TcpSegment& request) {
    Bytes response;
    while (response.size() < kStatus.size()) {
        const std::uint32_t expected_sequence =
            client.acknowledged() - client.server_initial_sequence();
        const ReceivedSegment received = co_await client.expect(
            "EP-25", {.flags = tcp_flag::kAck, .sequence = expected_sequence},
            stage.iut().timers.answer);
        check_continuity(stage, client, home, received, request);
        const Bytes& payload = received.segment.payload;
        if (response.empty() && !payload.empty()) {
            stage.check_that(
                payload.size() > kClientWindowField && payload.size() <= client.window_bytes(),
                "EP-25",
                fmt::format("a first flight within {} << {} bytes of window", kClientWindowField,
                            kClientScale),
                fmt::format("{} bytes", payload.size()), received.frame);
        }
        append(response, payload);
        client.accept(received.segment);
    }
    const std::string status(response.begin(),
                             response.begin() + static_cast<std::ptrdiff_t>(kStatus.size()));
    if (status != kStatus) {
        throw Violation({"EP-22", fmt::format("a response that begins with {}", kStatus),
                         to_hex(response, kStatus.size())});
    }
}

Task<> answers_as_the_service(Stage& stage) {
    ClientOffer offer;
    offer.mss = kMaximumSegment;
    offer.window_scale = kClientScale;
    Client& client = stage.open_client_of_peer(offer);
    Peer& peer = stage.open_peer(client);
    const TestTimers& timers = stage.iut().timers;
    co_await stage.expect_alive("before the case");

    const PlayedHome home = freeze(stage, client);
    peer.send(EncapsulationType::Connection, encode(home.information));
    const std::uint32_t copy = co_await expect_acknowledgement(stage, client, peer, home);

    // EP-13: until released the target is silent towards the client.
    co_await client.expect_silence("EP-13", "before the target is released", timers.silence);
    co_await peer.expect_silence("EP-15", "but repetitions of 0x03 before the release",
                                 Duration::zero(), EncapsulationType::Acknowledgement);
    if (stage.has_extensions()) {
        const ControlBlock& block = home.information.block;
        peer.send(EncapsulationType::Go,
                  encode(IdentifiedCopy{{client.service(), block.iss, block.epoch}, copy}));
    }

    // The first 0x02 releases (base), and its request is answered as the service would (EP-24).
    const TcpSegment request =
        client.make(tcp_flag::kPsh | tcp_flag::kAck, http_request(stage.iut().requests.local));
    forward(client, peer, request);
    co_await expect_response(stage, client, home, request);

    // The endpoint goes on: its answer is acknowledged, a second request answered after the first.
    while (const std::optional<ReceivedSegment> rest =
               co_await client.receive(timers.silence / 4)) {
        client.accept(rest->segment);
    }
    const TcpSegment second =
        client.make(tcp_flag::kPsh | tcp_flag::kAck, http_request(stage.iut().requests.local));
    forward(client, peer, second);
    co_await expect_response(stage, client, home, second);
    co_await stage.expect_alive("after the case");
}

}  // namespace

std::vector<CaseInfo> endpoint_target_cases() {
    return {{"endpoint/target/answers-as-the-service",
             "A target acknowledges 0x01, is silent until released, then answers the client "
             "directly, as the home would have gone on.",
             {"EP-7", "EP-13", "EP-22", "EP-24", "EP-25", "SYS-4"},
             "endpoint",
             "target",
             answers_as_the_service}};
}

}  // namespace conform
