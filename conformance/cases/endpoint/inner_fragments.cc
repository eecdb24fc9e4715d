// SPDX-License-Identifier: Apache-2.0
/// Endpoint page, FRM-6: a forwarded packet that is a fragment. The target puts the datagram
/// together, and makes nothing of what no sender can have cut (RFC 1858, 3128, 5722).
#include <fmt/format.h>

#include "cases/endpoint/moved_in.hh"
#include "cases/registry.hh"
#include "pdu/build.hh"
#include "pdu/fragments.hh"

namespace conform {
namespace {

using endpoint::MovedIn;

constexpr std::size_t kIpHeader = 20;
/// Behind TCP's fixed header, in a request that is longer.
constexpr std::size_t kCut = 40;

Bytes fragment_frame(const MovedIn& connection, ByteView packet, std::size_t from, std::size_t to) {
    return connection.peer().make(EncapsulationType::Forwarded, make_fragment(packet, from, to));
}

/// A request that may be fragmented, and is not counted as sent.
TcpSegment fragmentable_request(MovedIn& connection) {
    TcpSegment request = connection.next_request();
    request.is_fragmentation_forbidden = false;
    return request;
}

Task<> fragments_assembled_by_target(Stage& stage) {
    MovedIn connection(stage);
    co_await connection.move();
    for (const bool is_reversed : {false, true}) {
        const TcpSegment request = fragmentable_request(connection);
        connection.client().count_sent(request);
        const Bytes packet = encode_tcp_packet(request);
        const std::size_t size = packet.size() - kIpHeader;
        Bytes first = fragment_frame(connection, packet, 0, kCut);
        Bytes second = fragment_frame(connection, packet, kCut, size);
        if (is_reversed) std::swap(first, second);
        connection.peer().send_frame(std::move(first));
        co_await connection.expect_nothing("FRM-6", "for half of a datagram",
                                           stage.iut().timers.silence / 4);
        connection.peer().send_frame(std::move(second));
        co_await connection.expect_response(request);
        co_await connection.finish_response();
    }
}

/// What a piece is cut from: the request, the same with other bytes, or its beginning alone, whose
/// last fragment ends too early.
enum class Source : std::uint8_t { Request, Altered, Beginning };

struct Piece {
    std::size_t from;
    std::size_t to;
    Source source = Source::Request;
};

struct Impossible {
    const char* what;
    std::vector<Piece> pieces;
};

constexpr std::size_t kEarlyEnd = 48;

/// For a payload of `size` bytes; every one has all bytes of it.
std::vector<Impossible> impossible_pieces(std::size_t size) {
    return {{"that overlap by eight bytes", {{0, kCut}, {kCut - 8, size}}},
            {"one of which has other bytes", {{0, kCut}, {24, 32, Source::Altered}, {kCut, size}}},
            {"the second of which rewrites the ports", {{0, kCut}, {0, 8}, {kCut, size}}},
            {"the first of which ends before the sequence number", {{0, 8}, {8, size}}},
            {"the first of which ends before the checksum", {{0, 16}, {16, size}}},
            {"that go on behind the last one",
             {{kCut, kEarlyEnd, Source::Beginning}, {kEarlyEnd, size}, {0, kCut}}}};
}

Bytes cut_from(const Bytes& packet, const Piece& piece) {
    Bytes source = packet;
    if (piece.source == Source::Altered) {
        for (std::size_t at = kIpHeader + piece.from; at < kIpHeader + piece.to; ++at)
            source[at] ^= 0x55;
    }
    if (piece.source == Source::Beginning) source.resize(kIpHeader + piece.to);
    return make_fragment(source, piece.from, piece.to);
}

Task<> impossible_fragments_dropped(Stage& stage) {
    MovedIn connection(stage);
    co_await connection.move();
    const std::size_t size = encode_tcp_packet(fragmentable_request(connection)).size() - kIpHeader;
    for (const Impossible& impossible : impossible_pieces(size)) {
        TcpSegment request = fragmentable_request(connection);
        const Bytes packet = encode_tcp_packet(request);
        for (const Piece& piece : impossible.pieces)
            connection.peer().send(EncapsulationType::Forwarded, cut_from(packet, piece));
        co_await connection.expect_nothing("FRM-6",
                                           fmt::format("for fragments {}", impossible.what),
                                           stage.iut().timers.silence / 4);
        // The twin: the same text in another datagram, in fragments that fit.
        request.identification ^= 0x0F0F;
        const Bytes twin = encode_tcp_packet(request);
        connection.client().count_sent(request);
        connection.peer().send_frame(fragment_frame(connection, twin, 0, kCut));
        connection.peer().send_frame(fragment_frame(connection, twin, kCut, size));
        co_await connection.expect_response(request);
        co_await connection.finish_response();
    }
}

CaseInfo fragment_case(std::string_view id, std::string_view claim, Task<> (*run)(Stage& stage)) {
    return {id, claim, {"FRM-6", "EP-22"}, "endpoint", "target", run};
}

}  // namespace

std::vector<CaseInfo> endpoint_inner_fragments_cases() {
    return {fragment_case("endpoint/inner-fragments/assembled",
                          "The target puts forwarded fragments together, whichever comes first.",
                          fragments_assembled_by_target),
            fragment_case("endpoint/inner-fragments/impossible-dropped",
                          "Of fragments that overlap, hide the ports or go on behind the last one "
                          "nothing is made.",
                          impossible_fragments_dropped)};
}

}  // namespace conform
