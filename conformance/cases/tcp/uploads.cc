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

/// A request that `size` bytes fill.
Bytes padded_request(const Stage& stage, std::size_t size) {
    const std::string head = fmt::format("GET {} HTTP/1.1\r\nHost: conformance\r\nPadding: ",
                                         stage.iut().requests.local);
    const std::string_view end = "\r\n\r\n";
    return to_bytes(head + std::string(size - head.size() - end.size(), 'x') + std::string(end));
}

/// Every second byte of `text` alone, without the first; others are served meanwhile.
Task<> send_every_second(Stage& stage, Client& client, const Bytes& text) {
    constexpr std::size_t kBatch = 100;  // bytes of the stream: half as many segments
    constexpr std::chrono::milliseconds kPause{25};
    Client& other = stage.open_client();
    co_await other.connect("TCP-9");
    for (std::size_t from = 0; from < text.size(); from += kBatch) {
        const std::size_t end = std::min(from + kBatch, text.size());
        for (std::size_t at = from + 1; at < end; at += 2) {
            TcpSegment single = client.make(tcp_flag::kAck, Bytes{text[at]});
            single.sequence += static_cast<std::uint32_t>(at);
            client.carry(single);
        }
        co_await stage.sleep(kPause);
        if (from == text.size() / 2) co_await tcp::exchange(stage, other, "TCP-9");
    }
}

/// Takes what comes until an acknowledgment covers all that the client has sent in order; none may
/// cover more. Text is left for later.
Task<> expect_exactly_taken(Stage& stage, Client& client) {
    const Time deadline = stage.wire().now() + stage.iut().timers.answer;
    const std::uint32_t start = client.initial_sequence();
    for (std::uint32_t reached = start; reached != client.next_sequence();) {
        const Duration left = std::max(deadline - stage.wire().now(), Duration::zero());
        const std::optional<ReceivedSegment> received = co_await client.receive(left);
        const std::uint32_t wanted = client.next_sequence() - start;
        if (!received) {
            throw Violation(
                {"TCP-9",
                 fmt::format("acknowledgment {} of text that is there without a gap", wanted),
                 fmt::format("{}", reached - start)});
        }
        reached = received->segment.acknowledgment;
        if (sequence_before(client.next_sequence(), reached)) {
            throw Violation(
                {"TCP-9", fmt::format("no acknowledgment behind {}, where text is missing", wanted),
                 fmt::format("{}", reached - start), received->frame});
        }
    }
}

/// CVE-2018-5390: more gaps than any device needs to remember. What it has dropped comes again;
/// what it has kept must be what was sent, and nothing counts as there that is not.
Task<> single_bytes_kept(Stage& stage, Origin origin) {
    constexpr std::size_t kBytes = 4'000;
    constexpr std::ptrdiff_t kFirst = 20;
    co_await stage.expect_alive("before the case");
    Client& client = *co_await tcp::establish(stage, origin, "TCP-9");
    const Bytes request = padded_request(stage, kFirst + kBytes);
    // A home that decides by the first bytes has decided when these are acknowledged.
    client.send(tcp_flag::kAck, Bytes(request.begin(), request.begin() + kFirst));
    co_await expect_exactly_taken(stage, client);
    const Bytes text(request.begin() + kFirst, request.end());
    co_await send_every_second(stage, client, text);
    for (std::size_t from = 0; from < kBytes; from += kPiece) {
        const auto begin = text.begin() + static_cast<std::ptrdiff_t>(from);
        client.send(tcp_flag::kPsh | tcp_flag::kAck, Bytes(begin, begin + kPiece));
        // What answers the last bytes may be the response.
        if (from + kPiece < kBytes) co_await expect_exactly_taken(stage, client);
    }
    co_await tcp::expect_response(stage, client, "TCP-9");
    co_await stage.expect_alive("after the case");
}

}  // namespace

std::vector<CaseInfo> tcp_uploads_cases() {
    tcp::CaseList list;
    list.add_both<arrives_whole>(
        "tcp/uploads/arrives-whole",
        "Text that comes out of order and twice reaches the service whole and once.",
        {"TCP-1", "TCP-9", "TCP-10"}, "uploads");
    list.add_both<single_bytes_kept>(
        "tcp/uploads/single-bytes-kept",
        "Two thousand single bytes out of order stop nobody, and nothing between them counts as "
        "come.",
        {"TCP-9"});
    return list.take();
}

}  // namespace conform
