// SPDX-License-Identifier: Apache-2.0
#include "cases/endpoint/moved_in.hh"

#include <fmt/format.h>

#include <algorithm>

#include "cases/endpoint/steps.hh"
#include "pdu/build.hh"
#include "pdu/sequence.hh"

namespace conform::endpoint {
namespace {

/// The client's window field means bytes only with its scale: a target that loses the scale may
/// send four bytes.
constexpr std::uint8_t kClientScale = 8;
constexpr std::uint32_t kClientWindow = 1'024;
constexpr std::uint8_t kHomeScale = 7;
constexpr std::uint16_t kHomeWindow = 65'535;
/// A right edge further out than this many windows of the block was scaled by another scale.
constexpr std::uint64_t kWindowGrowthMax = 16;
constexpr std::uint16_t kMaximumSegment = 1400;
constexpr std::string_view kStatus = "HTTP/1.1 200";

ClientOffer client_offer(bool has_timestamps) {
    ClientOffer offer;
    offer.mss = kMaximumSegment;
    offer.window_scale = kClientScale;
    offer.has_timestamps = has_timestamps;
    return offer;
}

/// What a home exports that has sent its SYN/ACK and holds nothing.
ControlBlock idle_block(const Client& client, std::uint32_t timestamp) {
    ControlBlock block;
    block.ts_val = timestamp;
    block.epoch = 1;
    block.t_state = block_state::kEstablished;
    block.t_rxtcur = 1'000;
    block.t_maxseg = client.offer().mss;
    block.t_flags = block_flag::kRequestedScale | block_flag::kReceivedScale |
                    block_flag::kRequestedTimestamps | block_flag::kReceivedTimestamps |
                    block_flag::kSackPermitted;
    block.iss = client.server_initial_sequence();
    block.irs = client.initial_sequence();
    block.snd_una = block.snd_nxt = block.snd_max = block.snd_up = block.snd_wl2 = block.iss + 1;
    block.rcv_nxt = block.rcv_up = block.snd_wl1 = block.last_ack_sent = block.irs + 1;
    block.snd_wnd = block.max_sndwnd = client.window_bytes();
    block.rcv_wnd = kHomeWindow;
    block.rcv_adv = block.rcv_nxt + kHomeWindow;
    block.snd_cwnd = 10U * client.offer().mss;
    block.snd_ssthresh = 1U << 30;
    block.snd_scale = client.offer().window_scale.value_or(0);
    block.rcv_scale = kHomeScale;
    block.ts_recent = client.timestamp_now();
    if (client.offer().has_timestamps) return block;
    block.ts_val = block.ts_recent = 0;
    block.t_flags =
        block_flag::kRequestedScale | block_flag::kReceivedScale | block_flag::kSackPermitted;
    return block;
}

/// An answer to a frame that is dropped would come at once; EP-23 may hold it for 50 ms.
Duration drop_silence(const Stage& stage) {
    return stage.iut().timers.silence / 4;
}

}  // namespace

MovedIn::MovedIn(Stage& stage, bool has_timestamps)
    : MovedIn(stage, stage.open_client_of_peer(client_offer(has_timestamps))) {}

MovedIn::MovedIn(Stage& stage, const ClientOffer& offer)
    : MovedIn(stage, stage.open_client_of_peer(offer)) {}

MovedIn::MovedIn(Stage& stage, Ipv4Address client)
    : MovedIn(stage, stage.open_client_of_peer(client_offer(true), client)) {}

MovedIn::MovedIn(Stage& stage, Client& client)
    : stage_(stage),
      client_(client),
      peer_(stage.open_peer(client_)),
      timestamp_(stage.random().next_u32()),
      frozen_(stage.wire().now()) {
    const unsigned scale = client_.offer().window_scale.value_or(0);
    client_.set_window_field(static_cast<std::uint16_t>(kClientWindow >> scale));
    client_.assume_handshake(stage.random().next_u32(), timestamp_);
    information_ = {client_.service(), idle_block(client_, timestamp_)};
}

Bytes MovedIn::connection_frame() const {
    return peer_.make(EncapsulationType::Connection, encode(information_));
}

TcpSegment MovedIn::next_request() {
    return client_.make(tcp_flag::kPsh | tcp_flag::kAck, http_request(stage_.iut().requests.local));
}

Bytes MovedIn::forwarded_frame(const TcpSegment& segment) const {
    return peer_.make(EncapsulationType::Forwarded, encode_tcp_packet(segment));
}

Task<> MovedIn::expect_acknowledgement(const char* requirement) {
    EncapsulationPattern pattern = about(EncapsulationType::Acknowledgement, client_);
    pattern.destination = SocketAddress{peer_.self().forward_ip.front(), client_.service().port};
    const ReceivedEncapsulation received =
        co_await peer_.expect(requirement, pattern, stage_.iut().timers.answer);
    stage_.check_that(received.content.source == stage_.iut().device.back_mac, requirement,
                      "0x03 from " + stage_.iut().device.back_mac.to_string(),
                      received.content.source.to_string(), received.frame);
    if (!stage_.has_extensions()) co_return;
    const std::optional<IdentifiedCopy> identified =
        parse_identified_copy(received.header().payload);
    if (!identified || identified->id != id()) {
        throw Violation(
            {requirement, "0x03 with the ID " + id().to_string(),
             identified ? identified->id.to_string() : to_hex(received.header().payload),
             received.frame});
    }
    copy_ = identified->copy;
}

void MovedIn::release() {
    if (!stage_.has_extensions()) return;
    peer_.send(EncapsulationType::Go, encode(IdentifiedCopy{id(), copy_}));
}

void MovedIn::forward(const TcpSegment& segment) {
    client_.count_sent(segment);
    if (carrier_) return carrier_(encode_tcp_packet(segment));
    peer_.send_frame(forwarded_frame(segment));
}

void MovedIn::freeze() {
    frozen_ = stage_.wire().now();
}

void MovedIn::check_continuity(const ReceivedSegment& received, const TcpSegment& request) const {
    const TcpSegment& segment = received.segment;
    const TcpSegment relative = client_.to_relative(segment);
    const std::size_t frame = received.frame;
    const Frame& outer = stage_.wire().capture()[frame].frame;
    stage_.check_that(segment.source == client_.service(), "EP-24",
                      "source " + client_.service().to_string(), segment.source.to_string(), frame);
    stage_.check_that(outer.source == stage_.iut().device.front_mac, "SYS-4",
                      "frame from " + stage_.iut().device.front_mac.to_string(),
                      outer.source.to_string(), frame);
    const std::uint32_t expected_ack = request.sequence + request.length();
    stage_.check("EP-25", "acknowledgment", expected_ack - client_.initial_sequence(),
                 relative.acknowledgment, frame);
    stage_.check_that(!segment.mss && !segment.window_scale && !segment.is_sack_permitted, "EP-25",
                      "no SYN options after the handshake", "some", frame);
    check_edge_and_clock(received, request);
}

void MovedIn::check_edge_and_clock(const ReceivedSegment& received,
                                   const TcpSegment& request) const {
    const TcpSegment& segment = received.segment;
    const std::size_t frame = received.frame;
    // RFC 7323 2.4: the edge may fall back by less than one unit of the scale.
    const std::uint32_t edge =
        segment.acknowledgment + (static_cast<std::uint32_t>(segment.window) << kHomeScale);
    const std::int32_t growth = sequence_distance(information_.block.rcv_adv, edge);
    stage_.check_that(
        growth > -(1 << kHomeScale) &&
            growth <= static_cast<std::int64_t>(kWindowGrowthMax * kHomeWindow),
        "EP-25",
        fmt::format("a window, scaled by {}, that reaches as far as the home's", kHomeScale),
        fmt::format("window field {}, right edge moved by {}", segment.window, growth), frame);
    const bool has_timestamps = client_.offer().has_timestamps;
    stage_.check_that(segment.timestamps.has_value() == has_timestamps, "EP-25",
                      has_timestamps ? "timestamps" : "no timestamps",
                      has_timestamps ? "none" : "some", frame);
    if (!segment.timestamps || !has_timestamps) return;
    const auto elapsed = milliseconds_of(received.at - frozen_);
    const auto tolerance = 1 + milliseconds_of(stage_.iut().timers.tolerance);
    const std::int32_t ticks = sequence_distance(timestamp_, segment.timestamps->value);
    // It was stamped before its way here, which is no longer than to the device and back.
    const std::int64_t least = elapsed - tolerance - milliseconds_of(stage_.round_trip());
    stage_.check_that(ticks >= std::max<std::int64_t>(0, least) && ticks <= elapsed + tolerance,
                      "EP-25", fmt::format("TSval {} ms after the home's ts_val", elapsed),
                      fmt::format("{} ms", ticks), frame);
    stage_.check("EP-25", "TSecr", request.timestamps->value, segment.timestamps->echo, frame);
}

/// That something comes at all is EP-22's matter, that the connection continues is EP-25's.
Task<ReceivedSegment> MovedIn::expect_next_segment() {
    const std::uint32_t sequence = client_.acknowledged() - client_.server_initial_sequence();
    const SegmentPattern pattern{.flags = tcp_flag::kAck, .sequence = sequence};
    const Time deadline = stage_.wire().now() + stage_.iut().timers.answer;
    std::optional<ReceivedSegment> received = co_await client_.receive(stage_.iut().timers.answer);
    while (received && has_crossed(client_, received->segment) && stage_.wire().now() < deadline)
        received = co_await client_.receive(deadline - stage_.wire().now());
    if (!received) {
        throw Violation(
            {"EP-22", "what was forwarded to be answered: " + describe(pattern), "nothing"});
    }
    const auto mismatches = compare(pattern, client_.to_relative(received->segment));
    if (!mismatches.empty()) {
        throw Violation(
            {"EP-25", mismatches.front().expected, mismatches.front().actual, received->frame});
    }
    co_return std::move(*received);
}

Task<> MovedIn::expect_response(const TcpSegment& request) {
    Bytes response;
    while (response.size() < kStatus.size()) {
        const ReceivedSegment received = co_await expect_next_segment();
        check_continuity(received, request);
        const Bytes& payload = received.segment.payload;
        if (response.empty() && !payload.empty()) {
            stage_.check_that(
                payload.size() > client_.window_field() && payload.size() <= client_.window_bytes(),
                "EP-25",
                fmt::format("a first flight within {} << {} bytes of window",
                            client_.window_field(), client_.offer().window_scale.value_or(0)),
                fmt::format("{} bytes", payload.size()), received.frame);
        }
        append(response, payload);
        client_.accept(received.segment);
    }
    const std::string status(response.begin(),
                             response.begin() + static_cast<std::ptrdiff_t>(kStatus.size()));
    if (status != kStatus) {
        throw Violation({"EP-22", fmt::format("a response that begins with {}", kStatus),
                         to_hex(response, kStatus.size())});
    }
}

Task<> MovedIn::finish_response() {
    const Duration pause = response_pause(stage_);
    while (const std::optional<ReceivedSegment> rest = co_await client_.receive(pause)) {
        client_.accept(rest->segment);
    }
    forward(client_.make(tcp_flag::kAck));
}

void MovedIn::offer() {
    freeze();
    peer_.send_frame(connection_frame());
}

Task<> MovedIn::move() {
    offer();
    co_await expect_acknowledgement("EP-7");
    release();
    co_await exchange();
    // A repetition of the 0x03 may have crossed the 0x14.
    co_await peer_.expect_silence("EP-13", "once the endpoint is released", Duration::zero(),
                                  EncapsulationType::Acknowledgement);
}

Task<> MovedIn::exchange() {
    const TcpSegment request = next_request();
    forward(request);
    co_await expect_response(request);
    co_await finish_response();
}

Task<> MovedIn::expect_nothing(const char* requirement, const std::string& after, Duration length) {
    co_await client_.expect_silence(requirement, after.c_str(), length);
    co_await peer_.expect_silence(requirement, after.c_str(), Duration::zero());
}

Task<> MovedIn::expect_forwarded_dropped(const Fault& fault) {
    co_await exchange();
    const TcpSegment request = next_request();
    const Bytes twin = forwarded_frame(request);
    Bytes spoilt = twin;
    fault.spoil(spoilt);
    peer_.send_frame(spoilt);
    const std::string after = "after 0x02 " + fault.what;
    co_await client_.expect_silence(fault.requirement, after.c_str(), drop_silence(stage_));
    co_await peer_.expect_silence("FRM-7", after.c_str(), Duration::zero());

    client_.count_sent(request);
    peer_.send_frame(twin);
    co_await expect_response(request);
    co_await finish_response();
}

Task<> expect_each_forwarded_dropped(Stage& stage, const std::vector<Fault>& faults) {
    MovedIn connection(stage);
    co_await connection.move();
    for (const Fault& fault : faults)
        co_await connection.expect_forwarded_dropped(fault);
}

Task<> expect_connections_refused(Stage& stage, const std::vector<Fault>& faults,
                                  std::optional<std::uint16_t> reason) {
    MovedIn before(stage);
    co_await before.move();
    MovedIn judged(stage);
    const TestTimers& timers = stage.iut().timers;
    for (const Fault& fault : faults) {
        Bytes spoilt = judged.connection_frame();
        fault.spoil(spoilt);
        judged.peer().send_frame(spoilt);
        if (stage.has_extensions() && reason) {
            const ReceivedEncapsulation received = co_await judged.peer().expect(
                fault.requirement, about(EncapsulationType::Reject, judged.client()),
                timers.answer);
            check_reject(stage, fault.requirement, received, judged.id(), *reason);
        }
        const std::string after = "after 0x01 " + fault.what;
        co_await judged.expect_nothing(fault.requirement, after, drop_silence(stage));
        co_await before.exchange();
    }
    co_await judged.move();
}

}  // namespace conform::endpoint
