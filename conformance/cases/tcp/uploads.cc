// SPDX-License-Identifier: Apache-2.0
/// TCP page, TCP-1 and TCP-9: text that comes in disorder reaches the application as it was sent.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "cases/named_content.hh"
#include "cases/tcp/origin.hh"
#include "cases/tcp/steps.hh"
#include "pdu/sequence.hh"

namespace conform {
namespace {

using tcp::Origin;

constexpr std::size_t kSize = 8'000;
/// No longer than any MSS; a group of them fits any window.
constexpr std::size_t kPiece = 500;
/// In what order the pieces of a group go: one overtakes, one goes twice.
constexpr std::array<std::size_t, 5> kOrder = {1, 0, 0, 3, 2};
constexpr std::size_t kGroup = 4 * kPiece;

/// Waits until everything before `number` is acknowledged.
Task<> expect_taken(Stage& stage, Client& client, std::uint32_t number) {
    const Time deadline = stage.wire().now() + stage.iut().timers.answer;
    std::uint32_t reached = client.initial_sequence();
    while (sequence_before(reached, number)) {
        const Duration left = std::max(deadline - stage.wire().now(), Duration::zero());
        const std::optional<ReceivedSegment> received = co_await client.receive(left);
        if (!received) {
            throw Violation({"TCP-1",
                             fmt::format("acknowledgment {} of text that is there without a gap",
                                         number - client.initial_sequence()),
                             fmt::format("{}", reached - client.initial_sequence())});
        }
        reached = received->segment.acknowledgment;
    }
}

/// The service has seen every byte at its place, or it would say so.
Task<> arrives_whole(Stage& stage, Origin origin) {
    co_await stage.expect_alive("before the case");
    co_await expect_verified(stage, "TCP-1");
    Client& client = *co_await tcp::establish(stage, origin, "TCP-1");
    const Upload upload = make_upload(stage, client, kSize);
    client.send(tcp_flag::kPsh | tcp_flag::kAck, upload.head);
    for (std::size_t group = 0; group < kSize; group += kGroup) {
        const std::uint32_t start = client.next_sequence();
        for (const std::size_t place : kOrder) {
            const std::size_t offset = place * kPiece;
            const ByteView text = ByteView(upload.body).subspan(group + offset, kPiece);
            TcpSegment segment = client.make(tcp_flag::kAck, Bytes(text.begin(), text.end()));
            segment.sequence = start + static_cast<std::uint32_t>(offset);
            client.send(segment);
        }
        // What answers the last bytes may be the response.
        if (group + kGroup < kSize) co_await expect_taken(stage, client, client.next_sequence());
    }
    co_await tcp::expect_response(stage, client, "TCP-1");
    co_await stage.expect_alive("after the case");
}

}  // namespace

std::vector<CaseInfo> tcp_uploads_cases() {
    tcp::CaseList list;
    list.add_both<arrives_whole>(
        "tcp/uploads/arrives-whole",
        "Text that comes out of order and twice reaches the service whole and once.",
        {"TCP-1", "TCP-9", "TCP-10"}, "uploads");
    return list.take();
}

}  // namespace conform
