// SPDX-License-Identifier: Apache-2.0
/// TCP page, TCP-1, TCP-2, TCP-7, TCP-9, TCP-10: segments that arrive.
#include <fmt/format.h>

#include <algorithm>

#include "cases/registry.hh"
#include "cases/tcp/steps.hh"
#include "pdu/build.hh"

namespace conform {
namespace {

constexpr std::size_t kTcpChecksum = kEthernetHeaderSize + 20 + 16;
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

/// RFC 9293 3.1, MUST-3: the same segment once with a wrong checksum, once with the right one.
Task<> checksum_verified(Stage& stage) {
    co_await tcp::expect_service(stage, "TCP-1");
    Client& client = stage.open_client();
    co_await client.connect("TCP-1");
    const TcpSegment request = client.make(kText, tcp::local_request(stage));
    Bytes wrong = tcp::frame_of(stage, request);
    wrong[kTcpChecksum] ^= 0x55U;
    tcp::send_frame(stage, std::move(wrong));
    co_await client.expect_silence("TCP-1", "for a segment with a wrong checksum",
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

Task<> out_of_order_kept(Stage& stage) {
    constexpr std::size_t kFirst = 10;
    constexpr std::size_t kSecond = 20;
    constexpr std::size_t kThird = 30;
    co_await stage.expect_alive("before the case");
    Client& client = stage.open_client();
    co_await client.connect("TCP-1");
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

Task<> repetition_acknowledged(Stage& stage) {
    constexpr std::size_t kFirst = 20;
    co_await stage.expect_alive("before the case");
    Client& client = stage.open_client();
    co_await client.connect("TCP-1");
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
Task<> overlap_first_wins(Stage& stage) {
    constexpr std::size_t kOverlap = 4;
    constexpr std::size_t kFirst = 12;
    co_await stage.expect_alive("before the case");
    Client& client = stage.open_client();
    co_await client.connect("TCP-1");
    Pieces pieces(client, tcp::local_request(stage));
    client.send(pieces.piece(0, kFirst));
    co_await tcp::expect_acknowledgment(stage, client, "TCP-10", pieces.number(kFirst));
    TcpSegment rest = pieces.piece(kFirst - kOverlap, pieces.size());
    std::fill_n(rest.payload.begin(), kOverlap, static_cast<std::uint8_t>('#'));
    client.send(rest);
    co_await tcp::expect_response(stage, client, "TCP-10");
    co_await stage.expect_alive("after the case");
}

/// RFC 9293 3.10.7.4, first: what is behind the window is acknowledged and dropped.
Task<> beyond_window_acknowledged(Stage& stage) {
    constexpr std::uint32_t kFar = 1U << 30;
    co_await stage.expect_alive("before the case");
    Client& client = stage.open_client();
    co_await client.connect("TCP-1");
    TcpSegment far = client.make(kText, tcp::local_request(stage));
    far.sequence += kFar;
    tcp::send_packet(stage, encode_tcp_packet(far));
    co_await tcp::expect_acknowledgment(stage, client, "TCP-1", client.next_sequence());
    co_await tcp::exchange(stage, client, "TCP-1");
    co_await stage.expect_alive("after the case");
}

/// RFC 9293 3.10.7.4, fifth: text that acknowledges what was not sent is dropped.
Task<> unsent_acknowledged_dropped(Stage& stage) {
    constexpr std::uint32_t kUnsent = 10'000;
    co_await stage.expect_alive("before the case");
    Client& client = stage.open_client();
    co_await client.connect("TCP-1");
    TcpSegment wrong = client.make(kText, tcp::local_request(stage));
    wrong.acknowledgment += kUnsent;
    tcp::send_packet(stage, encode_tcp_packet(wrong));
    co_await tcp::expect_no_text(stage, client, "TCP-1",
                                 "for a request that acknowledges what was not sent");
    co_await tcp::exchange(stage, client, "TCP-1");
    co_await stage.expect_alive("after the case");
}

/// RFC 9293 3.10.7.4, fifth: without ACK nothing is taken.
Task<> no_ack_bit_dropped(Stage& stage) {
    co_await stage.expect_alive("before the case");
    Client& client = stage.open_client();
    co_await client.connect("TCP-1");
    TcpSegment wrong = client.make(tcp_flag::kPsh, tcp::local_request(stage));
    tcp::send_packet(stage, encode_tcp_packet(wrong));
    co_await tcp::expect_no_text(stage, client, "TCP-1", "for a request without ACK");
    co_await tcp::exchange(stage, client, "TCP-1");
    co_await stage.expect_alive("after the case");
}

/// RFC 9293 3.8.6.3, MUST-58: within 500 ms.
Task<> acknowledged_in_time(Stage& stage) {
    constexpr std::chrono::milliseconds kDelayMax{500};
    constexpr std::size_t kFirst = 20;
    co_await stage.expect_alive("before the case");
    Client& client = stage.open_client();
    co_await client.connect("TCP-1");
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
    const auto about = [](std::string_view id, std::string_view claim,
                          std::vector<std::string_view> requirements, Task<> (*run)(Stage&)) {
        return CaseInfo{id, claim, std::move(requirements), "tcp", "", run, "", false};
    };
    return {about("tcp/segments/checksum-verified",
                  "A segment with a wrong checksum has not come; the same with the right one has.",
                  {"TCP-1"}, checksum_verified),
            about("tcp/segments/out-of-order-kept",
                  "Text behind a gap is kept, reported by SACK, and taken when the gap is filled.",
                  {"TCP-1", "TCP-2", "TCP-9"}, out_of_order_kept),
            about("tcp/segments/repetition-acknowledged",
                  "Text that came before is acknowledged at once and not taken again.", {"TCP-1"},
                  repetition_acknowledged),
            about("tcp/segments/overlap-first-wins",
                  "Bytes that were acknowledged are not replaced by those of a later segment.",
                  {"TCP-10"}, overlap_first_wins),
            about("tcp/segments/beyond-window-acknowledged",
                  "Text behind the window is dropped and answered with an acknowledgment.",
                  {"TCP-1"}, beyond_window_acknowledged),
            about("tcp/segments/unsent-acknowledged-dropped",
                  "Text that acknowledges what was not sent is dropped, and the connection lives.",
                  {"TCP-1"}, unsent_acknowledged_dropped),
            about("tcp/segments/no-ack-bit-dropped",
                  "Text without ACK is dropped, and the connection lives.", {"TCP-1"},
                  no_ack_bit_dropped),
            about("tcp/segments/acknowledged-in-time",
                  "Text that calls for no answer yet is acknowledged within 500 ms.", {"TCP-5"},
                  acknowledged_in_time)};
}

}  // namespace conform
