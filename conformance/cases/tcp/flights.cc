// SPDX-License-Identifier: Apache-2.0
#include "cases/tcp/flights.hh"

#include <fmt/format.h>

#include <algorithm>

#include "cases/named_content.hh"
#include "pdu/sequence.hh"

namespace conform::tcp {
namespace {

bool has_sequence(const std::vector<ReceivedSegment>& flight, std::uint32_t sequence) {
    return std::any_of(flight.begin(), flight.end(), [sequence](const ReceivedSegment& other) {
        return other.segment.sequence == sequence;
    });
}

}  // namespace

std::uint32_t end_of(const TcpSegment& segment) {
    return segment.sequence + static_cast<std::uint32_t>(segment.payload.size());
}

Task<std::vector<ReceivedSegment>> next_flight(Client& client) {
    std::vector<ReceivedSegment> flight;
    const std::vector<ReceivedSegment> all = co_await collect(client, kFlightPause, kFlightLength);
    for (const ReceivedSegment& each : all) {
        const bool is_new = !has_sequence(flight, each.segment.sequence);
        if (is_new && !each.segment.payload.empty()) flight.push_back(each);
    }
    co_return flight;
}

Task<std::vector<ReceivedSegment>> first_flight(Stage& stage, Client& client,
                                                const char* requirement) {
    client.send(tcp_flag::kPsh | tcp_flag::kAck, large_request(stage, client));
    std::vector<ReceivedSegment> flight;
    flight.push_back(co_await expect_text(stage, client, requirement));
    const std::vector<ReceivedSegment> rest = co_await next_flight(client);
    for (const ReceivedSegment& each : rest) {
        if (!has_sequence(flight, each.segment.sequence)) flight.push_back(each);
    }
    co_return flight;
}

std::uint32_t size_of(const std::vector<ReceivedSegment>& flight) {
    if (flight.empty()) return 0;
    std::uint32_t begin = flight.front().segment.sequence;
    std::uint32_t end = begin;
    for (const ReceivedSegment& each : flight) {
        if (sequence_before(each.segment.sequence, begin)) begin = each.segment.sequence;
        if (sequence_before(end, end_of(each.segment))) end = end_of(each.segment);
    }
    return end - begin;
}

Task<> abandon(Stage& stage, Client& client) {
    client.send(tcp_flag::kRst | tcp_flag::kAck);
    co_await stage.expect_alive("after the case");
    co_await expect_service(stage, "TCP-1");
}

Task<Loss> lose_the_first(Stage& stage, Client& client) {
    constexpr std::uint32_t kLost = 1'448;
    Loss loss;
    loss.flight = co_await first_flight(stage, client, "TCP-4");
    if (loss.flight.size() < 5) {
        throw Violation({"TCP-4", "a first flight of 5 segments or more",
                         fmt::format("{}", loss.flight.size()), loss.flight.front().frame});
    }
    const std::uint32_t start = loss.flight.front().segment.sequence;
    std::size_t first = 1;
    while (first + 1 < loss.flight.size() && loss.flight[first].segment.sequence - start < kLost)
        ++first;
    loss.got.left = loss.flight[first].segment.sequence;
    for (std::size_t i = first; i < loss.flight.size(); ++i) {
        TcpSegment duplicate = client.make(tcp_flag::kAck);
        loss.got.right = end_of(loss.flight[i].segment);
        duplicate.sack.push_back(loss.got);
        client.send(duplicate);
    }
    co_return loss;
}

}  // namespace conform::tcp
