// SPDX-License-Identifier: Apache-2.0
/// Security page, SEC-5; endpoint page, EP-5 and EP-23: what is held has bounds, and what is over
/// them is dropped without harm to the rest.
#include <fmt/format.h>

#include "cases/endpoint/moved_in.hh"
#include "cases/endpoint/steps.hh"
#include "cases/registry.hh"
#include "pdu/build.hh"
#include "pdu/repair.hh"

namespace conform {
namespace {

using endpoint::MovedIn;

constexpr std::size_t kHeldPackets = 64;  // EP-5
constexpr std::size_t kHeldBytes = 96U << 10;
constexpr std::chrono::seconds kUnreleasedLife{10};  // EP-15
constexpr std::chrono::seconds kUnreleasedLifeOfBase{2};
/// EP-23 holds for 50 ms; and time to answer.
constexpr std::chrono::milliseconds kHeldUnknown{90};

/// The connection is migrating; the request that decided is held.
struct Migrating {
    Client* client;
    Peer* peer;
    TcpSegment request;
    endpoint::Offer offer;
};

Task<Migrating> begin_migration(Stage& stage) {
    Client& client = stage.open_client();
    Peer& peer = stage.open_peer(client);
    co_await client.connect("EP-2");
    const TcpSegment request =
        client.make(tcp_flag::kPsh | tcp_flag::kAck, http_request(stage.iut().requests.moved));
    client.send(request);
    endpoint::Offer offer = endpoint::take_offer(co_await peer.expect(
        "EP-4", endpoint::about(EncapsulationType::Connection, client), stage.iut().timers.answer));
    co_return Migrating{&client, &peer, request, std::move(offer)};
}

/// Holds `count` packets of `size` bytes of text; how many come out again, in order from the first.
Task<std::size_t> count_held(Stage& stage, std::size_t count, std::size_t size) {
    Migrating migrating = co_await begin_migration(stage);
    Client& client = *migrating.client;
    Peer& peer = *migrating.peer;
    std::vector<TcpSegment> sent = {migrating.request};
    for (std::size_t i = 0; i < count; ++i) {
        sent.push_back(client.make(tcp_flag::kAck, Bytes(size, static_cast<std::uint8_t>(i))));
        client.send(sent.back());
    }
    co_await stage.cross_links();
    co_await endpoint::acknowledge(stage, peer, migrating.offer, stage.random().next_u32());
    std::size_t held = 0;
    const auto pattern = endpoint::about(EncapsulationType::Forwarded, client);
    const Time deadline = stage.wire().now() + stage.iut().timers.answer;
    while (held < sent.size() && stage.wire().now() < deadline) {
        const auto received = co_await peer.receive(stage.iut().timers.silence / 4);
        // A repetition of the 0x01 may have crossed its answer (EP-6).
        if (received && received->header().is(EncapsulationType::Connection)) continue;
        if (!received || !compare(pattern, received->header()).empty()) break;
        stage.check_that(received->header().payload == encode_tcp_packet(sent[held]), "EP-5",
                         "the held packets from the first on", describe(received->content),
                         received->frame);
        ++held;
    }
    co_await endpoint::expect_still_forwarded(stage, client, peer, "EP-5");
    co_return held;
}

Task<> held_packets_bounded(Stage& stage) {
    const std::size_t by_number = co_await count_held(stage, kHeldPackets + 20, 1);
    stage.check("EP-5", "held packets", kHeldPackets, by_number, stage.wire().capture().size() - 1);
    constexpr std::size_t kSize = 1'300;
    const std::size_t by_bytes = co_await count_held(stage, kHeldBytes / kSize + 20, kSize);
    stage.check_that(
        by_bytes < kHeldPackets + 1 && (by_bytes + 1) * kSize <= kHeldBytes + 2 * kSize, "EP-5",
        fmt::format("held packets within {} bytes", kHeldBytes),
        fmt::format("{} of {} bytes and more", by_bytes, kSize), stage.wire().capture().size() - 1);
    // Other connections have not noticed.
    Client& other = stage.open_client();
    co_await other.connect("EP-2");
    co_await endpoint::exchange_locally(stage, other);
}

/// EP-23: packets for tuples that nobody knows; what is established goes on among them.
Task<> unknown_tuples_harmless(Stage& stage) {
    constexpr std::uint16_t kStrangers = 3'000;
    MovedIn connection(stage);
    co_await connection.move();
    const TcpSegment request = connection.next_request();
    for (std::uint16_t i = 0; i < kStrangers; ++i) {
        Encapsulation encapsulation;
        TcpSegment segment = request;
        segment.source.port = static_cast<std::uint16_t>(1'000 + i);
        encapsulation.source = segment.source;
        encapsulation.destination = {stage.iut().device.forward_ip.front(),
                                     segment.destination.port};
        encapsulation.type = static_cast<std::uint8_t>(EncapsulationType::Forwarded);
        encapsulation.payload = encode_tcp_packet(segment);
        stage.wire().send(
            Link::Back,
            encode_ethernet(stage.iut().device.back_mac, connection.peer().self().back_mac,
                            stage.iut().framing.ethertype, encode_encapsulation(encapsulation)));
    }
    connection.forward(connection.next_request());
    const SegmentPattern answer{.flags = tcp_flag::kAck};
    const ReceivedSegment first =
        co_await connection.client().expect("SEC-5", answer, stage.iut().timers.answer);
    connection.client().accept(first.segment);
    co_await connection.finish_response();
    MovedIn fresh(stage);
    co_await fresh.move();
    co_await connection.exchange();
}

/// The same 0x01 of another client port; nobody releases what it makes.
Bytes filling_frame(const MovedIn& model, std::uint16_t port) {
    constexpr std::size_t kSourcePort = kEthernetHeaderSize + 4;
    Bytes frame = model.connection_frame();
    store_u16(frame, kSourcePort, port);
    repair_encapsulation_checksum(frame);
    return frame;
}

/// TAB-2: a full Forward-Connect table rejects what comes, and keeps what is in it.
Task<> full_table_refuses(Stage& stage) {
    constexpr std::uint16_t kFull = 2;  // a reason of 0x10
    constexpr std::uint16_t kFillingPorts = 1'000;
    const std::size_t bound = stage.iut().forward_connect_bound;
    if (bound < 2) throw NotRunnable("needs ixit.limits.forward_connect, none given");
    MovedIn established(stage);
    co_await established.move();
    MovedIn judged(stage);
    // Up to the bound, and ten times that.
    for (std::size_t i = 1; i < 10 * bound; ++i) {
        const auto port = static_cast<std::uint16_t>(kFillingPorts + i);
        judged.peer().send_frame(filling_frame(judged, port));
    }
    const Time filled = stage.wire().now();
    judged.peer().send_frame(judged.connection_frame());
    if (stage.has_extensions()) {
        const ReceivedEncapsulation refused = co_await judged.peer().expect(
            "TAB-2", endpoint::about(EncapsulationType::Reject, judged.client()),
            stage.iut().timers.answer);
        endpoint::check_reject(stage, "TAB-2", refused, judged.id(), kFull);
    }
    co_await judged.expect_nothing("TAB-2", "for an offer to a full table",
                                   stage.iut().timers.silence / 4);
    co_await established.exchange();
    // The twin: the same offer once the others have gone, as nobody has released them (EP-15).
    const Duration life = stage.has_extensions() ? kUnreleasedLife : kUnreleasedLifeOfBase;
    co_await stage.sleep(filled + life + stage.iut().timers.answer - stage.wire().now());
    co_await judged.move();
    co_await established.exchange();
}

/// Without the padding of short frames, which says nothing.
std::size_t count_bytes(Stage& stage, std::size_t from, Direction direction) {
    std::size_t bytes = 0;
    for (std::size_t number = from; number < stage.wire().capture().size(); ++number) {
        const CapturedFrame& captured = stage.wire().capture()[number];
        if (captured.direction != direction || !captured.frame.encapsulation) continue;
        bytes += kEthernetHeaderSize + stage.iut().framing.overhead() +
                 captured.frame.encapsulation->payload.size();
    }
    return bytes;
}

/// SEC-3: whatever a member asks that means nothing here, the answer is no longer.
Task<> no_more_out_than_in(Stage& stage) {
    MovedIn twin(stage);
    co_await twin.move();
    MovedIn unknown(stage);
    const IdentifiedCopy nothing{unknown.id(), stage.random().next_u32()};
    MissingRanges missing{unknown.id()};
    missing.ranges.push_back({endpoint_queue::kSend, 0, 1'000'000});
    const Bytes offer = encode(unknown.information());
    const std::vector<Bytes> frames = {
        unknown.forwarded_frame(unknown.client().make(tcp_flag::kAck)),
        unknown.peer().make(EncapsulationType::Go, encode(nothing)),
        unknown.peer().make(EncapsulationType::Release, encode(nothing)),
        unknown.peer().make(EncapsulationType::Acknowledgement, encode(nothing)),
        unknown.peer().make(EncapsulationType::Reject, encode(Rejection{unknown.id(), 3})),
        unknown.peer().make(EncapsulationType::Missing, encode(missing)),
        unknown.peer().make(EncapsulationType::Connection, offer)};
    for (const Bytes& frame : frames) {
        const std::size_t from = stage.wire().capture().size();
        unknown.peer().send_frame(frame);
        co_await stage.sleep(kHeldUnknown + stage.iut().timers.tolerance);
        const Capture& capture = stage.wire().capture();
        const std::size_t in = count_bytes(stage, from, Direction::ToDevice);
        const std::size_t out = count_bytes(stage, from, Direction::FromDevice);
        stage.check_that(out <= in, "SEC-3",
                         fmt::format("{} bytes at most for {}", in, describe(capture[from].frame)),
                         fmt::format("{}", out), capture.size() - 1);
    }
    co_await twin.exchange();
}

}  // namespace

std::vector<CaseInfo> endpoint_bounds_cases() {
    return {{"endpoint/bounds/held-packets-bounded",
             "64 packets or 96 KiB are held for a connection that moves, the first ones; the rest "
             "is dropped.",
             {"EP-5", "SEC-5"},
             "endpoint",
             "home",
             held_packets_bounded},
            {"endpoint/bounds/unknown-tuples-harmless",
             "Thousands of packets for unknown tuples harm no connection that is here or comes.",
             {"EP-23", "SEC-5", "TAB-2"},
             "endpoint",
             "target",
             unknown_tuples_harmless},
            {"endpoint/bounds/full-table-refuses",
             "A full Forward-Connect table rejects what comes and keeps what it has.",
             {"TAB-2", "EP-7", "SEC-5"},
             "endpoint",
             "target",
             full_table_refuses},
            {"endpoint/bounds/no-more-out-than-in",
             "What means nothing here is answered with no more bytes than came.",
             {"SEC-3", "SEC-8"},
             "endpoint",
             "target",
             no_more_out_than_in,
             "ext"}};
}

}  // namespace conform
