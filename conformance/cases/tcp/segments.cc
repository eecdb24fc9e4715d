// SPDX-License-Identifier: Apache-2.0
/// TCP page, TCP-1, TCP-2, TCP-7, TCP-9, TCP-10: segments that arrive.
#include <fmt/format.h>

#include <algorithm>

#include "cases/tcp/origin.hh"
#include "cases/tcp/steps.hh"
#include "pdu/build.hh"

namespace conform {
namespace {

using tcp::Origin;

constexpr std::uint8_t kText = tcp_flag::kPsh | tcp_flag::kAck;

/// Parts of one request, with the sequence numbers that they have in it.
class Pieces {
  public:
    Pieces(Client& client, Bytes text)
        : client_(client), text_(std::move(text)), start_(client.next_sequence()) {}

    TcpSegment piece(std::size_t from, std::size_t to) {
        const auto begin = text_.begin();
        TcpSegment segment = client_.make(kText, Bytes(begin + static_cast<std::ptrdiff_t>(from),
                                                       begin + static_cast<std::ptrdiff_t>(to)));
        segment.sequence = number(from);
        return segment;
    }
    std::uint32_t number(std::size_t offset) const {
        return start_ + static_cast<std::uint32_t>(offset);
    }
    std::size_t size() const { return text_.size(); }

  private:
    Client& client_;
    Bytes text_;
    std::uint32_t start_;
};

/// RFC 9293 3.1, MUST-3: the same segment with one bit wrong somewhere, then with none.
Task<> checksum_verified(Stage& stage, Origin origin) {
    constexpr std::size_t kHeader = 20;  // where that of TCP begins
    /// A byte of sequence, acknowledgment, window, checksum, urgent pointer and text.
    constexpr std::size_t kPlaces[] = {4, 7, 8, 11, 14, 15, 16, 17, 18, 19, 40, 60};
    co_await tcp::expect_service(stage, "TCP-1");
    Client& client = *co_await tcp::establish(stage, origin, "TCP-1");
    const TcpSegment request = client.make(kText, tcp::local_request(stage));
    const Bytes right = encode_tcp_packet(request);
    for (const std::size_t place : kPlaces) {
        Bytes wrong = right;
        wrong[kHeader + place] ^= 0x04U;
        client.carry(wrong);
    }
    co_await client.expect_silence("TCP-1", "for segments with a wrong checksum",
                                   stage.iut().timers.silence);
    client.send(request);
    co_await tcp::expect_response(stage, client, "TCP-1");
    co_await stage.expect_alive("after the case");
}

/// The segment's acknowledgment and what it reports of later text (RFC 2018 4).
void check_report(Stage& stage, const ReceivedSegment& received, SackRange wanted) {
    const std::vector<SackRange>& ranges = received.segment.sack;
    const bool is_there = std::find(ranges.begin(), ranges.end(), wanted) != ranges.end();
    stage.check_that(
        is_there, "TCP-2", fmt::format("a SACK block from {} to {}", wanted.left, wanted.right),
        ranges.empty() ? std::string("none")
                       : fmt::format("{} to {}", ranges.front().left, ranges.front().right),
        received.frame);
}

Task<> out_of_order_kept(Stage& stage, Origin origin) {
    constexpr std::size_t kFirst = 10;
    constexpr std::size_t kSecond = 20;
    constexpr std::size_t kThird = 30;
    co_await stage.expect_alive("before the case");
    Client& client = *co_await tcp::establish(stage, origin, "TCP-1");
    Pieces pieces(client, tcp::local_request(stage));
    const std::uint32_t end = pieces.number(pieces.size());
    client.send(pieces.piece(0, kFirst));
    co_await tcp::expect_acknowledgment(stage, client, "TCP-1", pieces.number(kFirst));
    client.send(pieces.piece(kThird, pieces.size()));
    const ReceivedSegment later =
        co_await tcp::expect_acknowledgment(stage, client, "TCP-1", pieces.number(kFirst));
    check_report(stage, later, {pieces.number(kThird), end});
    client.send(pieces.piece(kSecond, kThird));
    const ReceivedSegment both =
        co_await tcp::expect_acknowledgment(stage, client, "TCP-1", pieces.number(kFirst));
    check_report(stage, both, {pieces.number(kSecond), end});
    co_await client.expect_silence("TCP-9", "before the gap is filled",
                                   stage.iut().timers.silence / 4);
    client.send(pieces.piece(kFirst, kSecond));
    co_await tcp::expect_response(stage, client, "TCP-9");
    co_await stage.expect_alive("after the case");
}

Task<> repetition_acknowledged(Stage& stage, Origin origin) {
    constexpr std::size_t kFirst = 20;
    co_await stage.expect_alive("before the case");
    Client& client = *co_await tcp::establish(stage, origin, "TCP-1");
    Pieces pieces(client, tcp::local_request(stage));
    for (int time = 0; time < 2; ++time) {
        client.send(pieces.piece(0, kFirst));
        co_await tcp::expect_acknowledgment(stage, client, "TCP-1", pieces.number(kFirst));
    }
    client.send(pieces.piece(kFirst, pieces.size()));
    co_await tcp::expect_response(stage, client, "TCP-1");
    co_await stage.expect_alive("after the case");
}

/// What has been acknowledged cannot be changed: the second segment's first bytes are others.
Task<> overlap_first_wins(Stage& stage, Origin origin) {
    constexpr std::size_t kOverlap = 4;
    constexpr std::size_t kFirst = 12;
    co_await stage.expect_alive("before the case");
    Client& client = *co_await tcp::establish(stage, origin, "TCP-1");
    Pieces pieces(client, tcp::local_request(stage));
    client.send(pieces.piece(0, kFirst));
    co_await tcp::expect_acknowledgment(stage, client, "TCP-10", pieces.number(kFirst));
    TcpSegment rest = pieces.piece(kFirst - kOverlap, pieces.size());
    std::fill_n(rest.payload.begin(), kOverlap, static_cast<std::uint8_t>('#'));
    client.send(rest);
    co_await tcp::expect_response(stage, client, "TCP-10");
    co_await stage.expect_alive("after the case");
}

/// Some of a request's bytes again, as others.
TcpSegment spoilt_piece(Pieces& pieces, std::size_t from, std::size_t to, std::size_t spoilt_from,
                        std::size_t spoilt_to) {
    TcpSegment piece = pieces.piece(from, to);
    const auto begin = piece.payload.begin();
    std::fill(begin + static_cast<std::ptrdiff_t>(spoilt_from - from),
              begin + static_cast<std::ptrdiff_t>(spoilt_to - from),
              static_cast<std::uint8_t>('#'));
    return piece;
}

/// What waits behind a gap has come: the beginning of the next segment does not replace its end.
Task<> overlap_behind_gap(Stage& stage, Origin origin) {
    co_await stage.expect_alive("before the case");
    Client& client = *co_await tcp::establish(stage, origin, "TCP-10");
    Pieces pieces(client, tcp::local_request(stage));
    client.send(pieces.piece(10, 20));
    client.send(spoilt_piece(pieces, 15, pieces.size(), 15, 20));
    co_await tcp::collect(client, stage.iut().timers.silence / 8, stage.iut().timers.silence / 8);
    client.send(pieces.piece(0, 10));
    co_await tcp::expect_response(stage, client, "TCP-10");
    co_await stage.expect_alive("after the case");
}

/// The same from the other side, and all around: RFC 9293 leaves open which copy counts, the page
/// does not.
Task<> first_always_wins(Stage& stage, Origin origin) {
    co_await stage.expect_alive("before the case");
    Client& client = *co_await tcp::establish(stage, origin, "TCP-10");
    Pieces pieces(client, tcp::local_request(stage));
    client.send(pieces.piece(14, 18));
    client.send(spoilt_piece(pieces, 10, 16, 14, 16));
    client.send(pieces.piece(20, 22));
    client.send(spoilt_piece(pieces, 12, pieces.size(), 12, 18));
    co_await tcp::collect(client, stage.iut().timers.silence / 8, stage.iut().timers.silence / 8);
    client.send(spoilt_piece(pieces, 0, 24, 20, 24));
    co_await tcp::expect_response(stage, client, "TCP-10");
    co_await stage.expect_alive("after the case");
}

/// Numbers are compared modulo 2^32: a request across `edge`, its end first.
Task<> across(Stage& stage, Origin origin, std::uint32_t edge) {
    constexpr std::size_t kFirst = 10;
    constexpr std::size_t kCut = 30;
    co_await stage.expect_alive("before the case");
    // A connection that moves has been used once.
    const auto before = static_cast<std::uint32_t>(tcp::local_request(stage).size());
    const std::uint32_t used = origin == Origin::MovedIn ? before : 0;
    ClientOffer offer;
    offer.initial_sequence = edge - used - 1 - kCut / 2;
    Client& client = *co_await tcp::establish(stage, origin, "TCP-1", offer);
    Pieces pieces(client, tcp::local_request(stage));
    client.send(pieces.piece(0, kFirst));
    co_await tcp::expect_acknowledgment(stage, client, "TCP-1", pieces.number(kFirst));
    client.send(pieces.piece(kCut, pieces.size()));
    co_await tcp::expect_acknowledgment(stage, client, "TCP-1", pieces.number(kFirst));
    client.send(pieces.piece(kFirst, kCut));
    co_await tcp::expect_response(stage, client, "TCP-1");
    co_await tcp::expect_service(stage, "TCP-1");
    co_await stage.expect_alive("after the case");
}

Task<> numbers_wrap(Stage& stage, Origin origin) {
    return across(stage, origin, 0);
}

Task<> numbers_pass_the_middle(Stage& stage, Origin origin) {
    return across(stage, origin, 1U << 31);
}

/// RFC 9293 3.10.7.4, first: what is behind the window is acknowledged and dropped.
Task<> beyond_window_acknowledged(Stage& stage, Origin origin) {
    constexpr std::uint32_t kFar = 1U << 30;
    co_await stage.expect_alive("before the case");
    Client& client = *co_await tcp::establish(stage, origin, "TCP-1");
    TcpSegment far = client.make(kText, tcp::local_request(stage));
    far.sequence += kFar;
    client.carry(far);
    co_await tcp::expect_acknowledgment(stage, client, "TCP-1", client.next_sequence());
    co_await tcp::exchange(stage, client, "TCP-1");
    co_await stage.expect_alive("after the case");
}

/// RFC 9293 3.10.7.4, fifth: text that acknowledges what was not sent is dropped.
Task<> unsent_acknowledged_dropped(Stage& stage, Origin origin) {
    constexpr std::uint32_t kUnsent = 10'000;
    co_await stage.expect_alive("before the case");
    Client& client = *co_await tcp::establish(stage, origin, "TCP-1");
    TcpSegment wrong = client.make(kText, tcp::local_request(stage));
    wrong.acknowledgment += kUnsent;
    client.carry(wrong);
    co_await tcp::expect_no_text(stage, client, "TCP-1",
                                 "for a request that acknowledges what was not sent");
    co_await tcp::exchange(stage, client, "TCP-1");
    co_await stage.expect_alive("after the case");
}

/// RFC 9293 3.10.7.4, fifth: without ACK nothing is taken.
Task<> no_ack_bit_dropped(Stage& stage, Origin origin) {
    co_await stage.expect_alive("before the case");
    Client& client = *co_await tcp::establish(stage, origin, "TCP-1");
    TcpSegment wrong = client.make(tcp_flag::kPsh, tcp::local_request(stage));
    client.carry(wrong);
    co_await tcp::expect_no_text(stage, client, "TCP-1", "for a request without ACK");
    co_await tcp::exchange(stage, client, "TCP-1");
    co_await stage.expect_alive("after the case");
}

/// RFC 9293 3.8.6.3, MUST-58: within 500 ms.
Task<> acknowledged_in_time(Stage& stage, Origin origin) {
    constexpr std::chrono::milliseconds kDelayMax{500};
    constexpr std::size_t kFirst = 20;
    co_await stage.expect_alive("before the case");
    Client& client = *co_await tcp::establish(stage, origin, "TCP-1");
    Pieces pieces(client, tcp::local_request(stage));
    const Time sent_at = stage.wire().now();
    client.send(pieces.piece(0, kFirst));
    const ReceivedSegment received =
        co_await tcp::expect_acknowledgment(stage, client, "TCP-5", pieces.number(kFirst));
    const Duration delay = received.at - sent_at;
    stage.check_that(delay <= kDelayMax + stage.iut().timers.tolerance, "TCP-5",
                     "an acknowledgment within 500 ms",
                     fmt::format("{} ms", milliseconds_of(delay)), received.frame);
    client.send(pieces.piece(kFirst, pieces.size()));
    co_await tcp::expect_response(stage, client, "TCP-5");
    co_await stage.expect_alive("after the case");
}

}  // namespace

std::vector<CaseInfo> tcp_segments_cases() {
    tcp::CaseList list;
    list.add_both<checksum_verified>(
        "tcp/segments/checksum-verified",
        "A segment with a wrong checksum has not come; the same with the right one has.",
        {"TCP-1"});
    list.add_both<out_of_order_kept>(
        "tcp/segments/out-of-order-kept",
        "Text behind a gap is kept, reported by SACK, and taken when the gap is filled.",
        {"TCP-1", "TCP-2", "TCP-9"});
    list.add_both<repetition_acknowledged>(
        "tcp/segments/repetition-acknowledged",
        "Text that came before is acknowledged at once and not taken again.", {"TCP-1"});
    list.add_both<overlap_first_wins>(
        "tcp/segments/overlap-first-wins",
        "Bytes that were acknowledged are not replaced by those of a later segment.", {"TCP-10"});
    list.add_both<overlap_behind_gap>(
        "tcp/segments/overlap-behind-gap",
        "Bytes that wait behind a gap are not replaced by the beginning of a later segment.",
        {"TCP-10"});
    list.add_both_for_members<first_always_wins>(
        "tcp/segments/first-always-wins",
        "Of bytes that come twice before a gap is filled the first ones count, whatever overlaps.",
        {"TCP-10"});
    list.add_both<numbers_wrap>("tcp/segments/numbers-wrap",
                                "Text out of order across number 2^32 is taken like any other.",
                                {"TCP-1", "TCP-9"});
    list.add_both<numbers_pass_the_middle>(
        "tcp/segments/numbers-pass-the-middle",
        "Text out of order across number 2^31 is taken like any other.", {"TCP-1", "TCP-9"});
    list.add_both<beyond_window_acknowledged>(
        "tcp/segments/beyond-window-acknowledged",
        "Text behind the window is dropped and answered with an acknowledgment.", {"TCP-1"});
    list.add_both<unsent_acknowledged_dropped>(
        "tcp/segments/unsent-acknowledged-dropped",
        "Text that acknowledges what was not sent is dropped, and the connection lives.",
        {"TCP-1"});
    list.add_both<no_ack_bit_dropped>("tcp/segments/no-ack-bit-dropped",
                                      "Text without ACK is dropped, and the connection lives.",
                                      {"TCP-1"});
    list.add_both<acknowledged_in_time>(
        "tcp/segments/acknowledged-in-time",
        "Text that calls for no answer yet is acknowledged within 500 ms.", {"TCP-5"});
    return list.take();
}

}  // namespace conform
