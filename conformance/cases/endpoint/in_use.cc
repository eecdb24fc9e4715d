// SPDX-License-Identifier: Apache-2.0
/// Endpoint page, "Moving an endpoint that is in use", with the device as home.
#include <fmt/format.h>

#include <algorithm>

#include "cases/endpoint/image.hh"
#include "cases/named_content.hh"
#include "cases/registry.hh"
#include "pdu/build.hh"
#include "pdu/sequence.hh"

namespace conform {
namespace {

using endpoint::Image;
using endpoint::Offer;
using std::chrono::milliseconds;

constexpr std::uint16_t kFull = 2;             // a reason of 0x10
constexpr milliseconds kProgressClock{2'000};  // EP-41
constexpr std::uint16_t kNegotiated = block_flag::kRequestedScale | block_flag::kReceivedScale |
                                      block_flag::kRequestedTimestamps |
                                      block_flag::kReceivedTimestamps | block_flag::kSackPermitted;
constexpr std::size_t kFramesPerMillisecond = 64;  // EP-41

/// A client in the middle of a large response, nothing of which it has acknowledged.
struct Download {
    Client* client;
    Peer* peer;
    Bytes flight;  ///< what it has got
};

Task<Download> begin_download(Stage& stage) {
    Client& client = stage.open_client();
    Peer& peer = stage.open_peer(client);
    co_await client.connect("EP-2");
    client.send(tcp_flag::kPsh | tcp_flag::kAck, large_request(stage, client));
    Bytes flight = co_await endpoint::take_flight(stage, client);
    if (flight.empty()) throw Violation({"EP-3", "a response", "nothing"});
    co_return Download{&client, &peer, std::move(flight)};
}

/// The operator moves it to the peer: its 0x01.
Task<Offer> migrate(Stage& stage, const Download& download) {
    co_await stage.upper_tester().migrate("EP-40", *download.client, download.peer->self().name);
    co_return endpoint::take_offer(co_await download.peer->expect(
        "EP-41", endpoint::about(EncapsulationType::Connection, *download.client),
        stage.iut().timers.answer));
}

/// Every byte that the client has seen is still in the send queue, unacknowledged (EP-41).
void check_send_queue(Stage& stage, const Download& download, const Image& image) {
    const ControlBlock& block = image.information.block;
    const Client& client = *download.client;
    const std::uint32_t iss = client.server_initial_sequence();
    const std::size_t frame = stage.wire().capture().size() - 1;
    stage.check("EP-41", "snd_una, relative to iss,", 1, block.snd_una - iss, frame);
    stage.check("EP-41", "snd_max, relative to iss,", 1 + download.flight.size(),
                block.snd_max - iss, frame);
    const Bytes queue = image.queue(endpoint_queue::kSend);
    stage.check("EP-41", "bytes of queue 1", block.snd_queue, queue.size(), frame);
    const bool has_flight =
        queue.size() >= download.flight.size() &&
        std::equal(download.flight.begin(), download.flight.end(), queue.begin());
    stage.check_that(has_flight, "EP-41", "the bytes that are unacknowledged first in queue 1",
                     to_hex(queue, 16), frame);
}

/// EP-49: what makes a connection fast goes along, and what was negotiated is neither more nor
/// less.
void check_speed(Stage& stage, const Download& download, const Image& image) {
    const ControlBlock& block = image.information.block;
    const std::size_t frame = stage.wire().capture().size() - 1;
    stage.check("EP-49", "negotiated options in t_flags", kNegotiated, block.t_flags & kNegotiated,
                frame);
    // A tail loss probe may go beyond the window, by one segment (RFC 8985 7.3).
    stage.check_that(block.snd_cwnd + block.t_maxseg >= download.flight.size(), "EP-49",
                     fmt::format("snd_cwnd of the {} bytes that were sent less a probe, or more",
                                 download.flight.size()),
                     fmt::format("{}", block.snd_cwnd), frame);
    stage.check_that(block.t_timer_retransmit > 0, "EP-49",
                     "t_timer[0] running while data is outstanding", "0", frame);
    stage.check("EP-49", "snd_wnd", download.client->window_bytes(), block.snd_wnd, frame);
}

Task<> moves_with_its_queues(Stage& stage) {
    const Download download = co_await begin_download(stage);
    Client& client = *download.client;
    Peer& peer = *download.peer;
    const Offer offer = co_await migrate(stage, download);
    const Image image = co_await endpoint::take_image(stage, peer, offer);
    check_send_queue(stage, download, image);
    check_speed(stage, download, image);

    // EP-40: frozen. What comes is held, and goes out in order once the target is released.
    client.accept_payload(download.flight);
    std::vector<TcpSegment> held;
    for (int i = 0; i < 3; ++i) {
        held.push_back(client.make(tcp_flag::kAck));
        client.send(held.back());
    }
    co_await client.expect_silence("EP-40", "of an endpoint that is frozen", milliseconds(100));
    co_await endpoint::acknowledge(stage, peer, offer, stage.random().next_u32());
    for (const TcpSegment& segment : held) {
        co_await endpoint::expect_forwarded(stage, client, peer, "EP-40",
                                            encode_tcp_packet(segment));
    }
    co_await client.expect_silence("EP-12", "of a connection that has moved",
                                   stage.iut().timers.silence);
    co_await endpoint::expect_still_forwarded(stage, client, peer, "EP-9");
}

/// Each segment is acknowledged at once, so that the device may send more; what it sends then is
/// the flight.
Task<> acknowledge_flight(Stage& stage, Download& download) {
    Client& client = *download.client;
    const std::size_t step = client.offer().mss;
    for (std::size_t at = 0; at < download.flight.size(); at += step) {
        const std::size_t size = std::min(step, download.flight.size() - at);
        client.accept_payload(ByteView(download.flight).subspan(at, size));
        client.send(tcp_flag::kAck);
    }
    download.flight = co_await endpoint::take_flight(stage, client);
}

/// EP-49: a window that has grown is not that of a new connection after the move.
Task<> window_goes_along(Stage& stage) {
    constexpr int kRounds = 3;
    Download download = co_await begin_download(stage);
    for (int i = 0; i < kRounds && !download.flight.empty(); ++i)
        co_await acknowledge_flight(stage, download);
    const Offer offer = co_await migrate(stage, download);
    const Image image = co_await endpoint::take_image(stage, *download.peer, offer);
    check_speed(stage, download, image);
    co_await endpoint::acknowledge(stage, *download.peer, offer, stage.random().next_u32());
    co_await endpoint::expect_still_forwarded(stage, *download.client, *download.peer, "EP-9");
}

/// EP-41: at most 64 frames per ms, and each of them one frame (the oracle of the headers).
Task<> queues_paced(Stage& stage) {
    const Download download = co_await begin_download(stage);
    const std::size_t from = stage.wire().capture().size();
    const Offer offer = co_await migrate(stage, download);
    co_await endpoint::take_image(stage, *download.peer, offer);
    const Capture& capture = stage.wire().capture();
    std::vector<Time> times;
    for (std::size_t number = from; number < capture.size(); ++number) {
        const auto& header = capture[number].frame.encapsulation;
        if (capture[number].direction != Direction::FromDevice || !header) continue;
        if (!header->is(EncapsulationType::Data)) continue;
        times.push_back(capture[number].at);
        const std::size_t count = times.size();
        if (count <= kFramesPerMillisecond) continue;
        const Duration span = times[count - 1] - times[count - 1 - kFramesPerMillisecond];
        stage.check_that(span >= milliseconds(1) - stage.iut().timers.tolerance, "EP-41",
                         "64 frames of 0x12 in a millisecond at most",
                         fmt::format("65 in {} us", span.count() / 1'000), number);
    }
    co_await endpoint::acknowledge(stage, *download.peer, offer, stage.random().next_u32());
}

/// Bytes out of order have been SACKed, and must not be forgotten: `ranges` of them, with a gap in
/// front of each.
Task<> move_with_ranges(Stage& stage, std::uint32_t ranges) {
    constexpr std::uint32_t kGap = 30;
    constexpr std::uint32_t kRange = 200;
    const Download download = co_await begin_download(stage);
    Client& client = *download.client;
    for (std::uint32_t i = 0; i < ranges; ++i) {
        TcpSegment ahead =
            client.make(tcp_flag::kAck, Bytes(kRange, static_cast<std::uint8_t>('A' + i)));
        ahead.sequence += kGap + i * (kRange + kGap);
        stage.wire().send(Link::Front,
                          encode_ethernet(stage.iut().device.front_mac, stage.iut().client_mac,
                                          ether_type::kIpv4, encode_tcp_packet(ahead)));
    }
    co_await endpoint::take_flight(stage, client);  // its SACKs, and what they let go
    const Offer offer = co_await migrate(stage, download);
    const Image image = co_await endpoint::take_image(stage, *download.peer, offer);
    const ControlBlock& block = image.information.block;
    const std::size_t frame = offer.frame.frame;
    stage.check("EP-41", "ooo_ranges", ranges, block.ooo_ranges, frame);
    stage.check("EP-41", "ooo_bytes", ranges * kRange, block.ooo_bytes, frame);
    const auto pieces = image.pieces.find(endpoint_queue::kOutOfOrder);
    for (std::uint32_t i = 0; i < ranges; ++i) {
        const std::uint32_t offset = kGap + i * (kRange + kGap);
        const bool is_there =
            pieces != image.pieces.end() && pieces->second.contains(offset) &&
            pieces->second.at(offset) == Bytes(kRange, static_cast<std::uint8_t>('A' + i));
        stage.check_that(
            is_there, "EP-41",
            fmt::format("range {} of {} at offset {} of queue 3", i + 1, ranges, offset),
            "something else", frame);
    }
    co_await endpoint::acknowledge(stage, *download.peer, offer, stage.random().next_u32());
}

Task<> out_of_order_goes_along(Stage& stage) {
    for (const std::uint32_t ranges : {1U, 3U, 32U})
        co_await move_with_ranges(stage, ranges);
}

/// On 0x15 the home sends again what is missing, and nothing else.
Task<> missing_sent_again(Stage& stage) {
    const Download download = co_await begin_download(stage);
    Peer& peer = *download.peer;
    const Offer offer = co_await migrate(stage, download);
    const Image image = co_await endpoint::take_image(stage, peer, offer);
    while (co_await peer.receive(milliseconds(10))) {
    }
    constexpr std::uint32_t kOffset = 100;
    constexpr std::uint32_t kLength = 3'000;
    MissingRanges missing{offer.id()};
    missing.ranges.push_back({endpoint_queue::kSend, kOffset, kLength});
    peer.send(EncapsulationType::Missing, encode(missing));
    Image again{offer.information};
    const Bytes wanted = image.queue(endpoint_queue::kSend);
    while (again.count_bytes(endpoint_queue::kSend) < kLength) {
        const ReceivedEncapsulation received = co_await peer.expect(
            "EP-41", endpoint::about(EncapsulationType::Data, *download.client),
            stage.iut().timers.answer, EncapsulationType::Connection);
        const auto data = parse_endpoint_data(received.header().payload);
        const bool is_asked =
            data && data->queue == endpoint_queue::kSend && data->offset >= kOffset &&
            data->offset + data->bytes.size() <= kOffset + kLength &&
            std::equal(data->bytes.begin(), data->bytes.end(), wanted.begin() + data->offset);
        if (!is_asked) {
            throw Violation({"EP-41", "0x12 with the bytes that are missing",
                             describe(received.content), received.frame});
        }
        again.add(*data);
    }
    co_await endpoint::acknowledge(stage, peer, offer, stage.random().next_u32());
}

/// EP-44: the rest of the response comes, to the last byte, as if nothing had been.
Task<> expect_resumed(Stage& stage, const Download& download) {
    Client& client = *download.client;
    client.accept_payload(download.flight);
    client.send(tcp_flag::kAck);
    co_await endpoint::take_response(stage, client, "EP-44", download.flight);
    co_await endpoint::exchange_locally(stage, client);
}

Task<> refused_goes_on(Stage& stage) {
    const Download download = co_await begin_download(stage);
    const Offer offer = co_await migrate(stage, download);
    // EP-14: a refusal of another attempt is none.
    MigrationId other = offer.id();
    ++other.epoch;
    download.peer->send(EncapsulationType::Reject, encode(Rejection{other, kFull}));
    co_await download.client->expect_silence("EP-14", "after 0x10 about another attempt",
                                             milliseconds(20));
    download.peer->send(EncapsulationType::Reject, encode(Rejection{offer.id(), kFull}));
    co_await expect_resumed(stage, download);
}

Task<> unanswered_goes_on(Stage& stage) {
    const Download download = co_await begin_download(stage);
    const Offer offer = co_await migrate(stage, download);
    const Time first = offer.frame.at;
    const auto resumed =
        co_await download.client->receive(kProgressClock + stage.iut().timers.answer);
    if (!resumed) throw Violation({"EP-44", "the response to go on", "nothing"});
    stage.check_that(resumed->at - first >= stage.iut().timers.fall_back - milliseconds(20), "EP-6",
                     "silence until the home falls back",
                     fmt::format("a segment after {} ms", milliseconds_of(resumed->at - first)),
                     resumed->frame);
    co_await expect_resumed(stage, download);
}

/// TIME-WAIT stays where it is: the operator is told why, and nobody else hears of it.
Task<> time_wait_stays(Stage& stage) {
    const TestTimers& timers = stage.iut().timers;
    Client& client = stage.open_client();
    Peer& peer = stage.open_peer(client);
    co_await client.connect("EP-2");
    const std::string request =
        fmt::format("GET {} HTTP/1.1\r\nHost: conformance\r\nConnection: close\r\n\r\n",
                    stage.iut().requests.local);
    client.send(tcp_flag::kPsh | tcp_flag::kAck, to_bytes(request));
    bool is_closed = false;
    while (const auto received = co_await client.receive(timers.answer)) {
        client.accept(received->segment);
        is_closed = is_closed || received->segment.has(tcp_flag::kFin);
    }
    if (!is_closed) throw Violation({"EP-40", "a FIN after Connection: close", "none"});
    client.send(tcp_flag::kFin | tcp_flag::kAck);
    co_await client.receive(timers.answer);  // the acknowledgment
    std::vector<UpperTester::Field> fields = {{"connection", tuple_of(client)},
                                              {"to", peer.self().name}};
    const auto answer = co_await stage.upper_tester().request("migrate", std::move(fields));
    stage.check_that(!answer.is_ok && !answer.text.empty(), "EP-40",
                     "a move of an endpoint in TIME-WAIT refused with a reason",
                     answer.is_ok ? "moved" : "no reason", stage.wire().capture().size() - 1);
    co_await peer.expect_silence("EP-40", "about an endpoint in TIME-WAIT", timers.silence);
}

CaseInfo in_use_case(std::string_view id, std::string_view claim,
                     std::vector<std::string_view> requirements, Task<> (*run)(Stage& stage)) {
    return {id, claim, std::move(requirements), "endpoint", "home", run, "ext"};
}

}  // namespace

std::vector<CaseInfo> endpoint_in_use_cases() {
    return {
        in_use_case("endpoint/in-use/moves-with-its-queues",
                    "An endpoint in use is frozen, moves with all that is unacknowledged and "
                    "unsent, and its client's packets follow.",
                    {"EP-40", "EP-41", "EP-43", "EP-49"}, moves_with_its_queues),
        in_use_case("endpoint/in-use/window-goes-along",
                    "A congestion window that has grown goes along.", {"EP-49"}, window_goes_along),
        in_use_case("endpoint/in-use/queues-paced", "0x12 goes with 64 frames per ms at most.",
                    {"EP-41"}, queues_paced),
        in_use_case("endpoint/in-use/out-of-order-goes-along",
                    "Bytes out of order go along at their place, in one range or in 32.", {"EP-41"},
                    out_of_order_goes_along),
        in_use_case("endpoint/in-use/missing-sent-again",
                    "On 0x15 what is missing is sent again, and nothing else.", {"EP-41"},
                    missing_sent_again),
        in_use_case("endpoint/in-use/refused-goes-on",
                    "Refused, the home's application goes on, and no byte is lost.",
                    {"EP-44", "EP-14", "EP-48"}, refused_goes_on),
        in_use_case("endpoint/in-use/unanswered-goes-on",
                    "Unanswered, the home's application goes on, and no byte is lost.",
                    {"EP-44", "EP-6", "EP-48"}, unanswered_goes_on),
        in_use_case("endpoint/in-use/time-wait-stays",
                    "An endpoint in TIME-WAIT does not move, and the operator is told why.",
                    {"EP-40"}, time_wait_stays)};
}

}  // namespace conform
