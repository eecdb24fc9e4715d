// SPDX-License-Identifier: Apache-2.0
/// TCP page, TCP-6 (RFC 6528): the numbers that connections begin with.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "cases/tcp/origin.hh"
#include "cases/tcp/steps.hh"
#include "pdu/sequence.hh"

namespace conform {
namespace {

/// Opens a connection, ends it, and tells its first number.
Task<ReceivedSegment> begin_and_end(Client& client) {
    ReceivedSegment answer = co_await client.connect("TCP-1");
    client.send(tcp_flag::kRst | tcp_flag::kAck);
    co_return answer;
}

/// Whoever sees one number must not guess the next: neighbours differ by more than any clock makes
/// of the time between, and not by the same each time.
Task<> tuples_differ(Stage& stage) {
    constexpr std::size_t kTuples = 6;
    constexpr std::uint32_t kNear = 1U << 24;
    co_await stage.expect_alive("before the case");
    std::vector<std::uint32_t> numbers;
    std::size_t frame = 0;
    while (numbers.size() < kTuples) {
        Client& client = stage.open_client();
        const ReceivedSegment answer = co_await begin_and_end(client);
        numbers.push_back(answer.segment.sequence);
        frame = answer.frame;
    }
    std::set<std::uint32_t> steps;
    bool is_near = true;
    for (std::size_t i = 1; i < numbers.size(); ++i) {
        const std::uint32_t step = numbers[i] - numbers[i - 1];
        steps.insert(step);
        is_near = is_near && step + kNear < 2 * kNear;
    }
    stage.check_that(steps.size() == kTuples - 1 && !is_near, "TCP-6",
                     "initial sequence numbers of neighbouring ports without a pattern",
                     fmt::format("steps of {}", fmt::join(steps, ", ")), frame);
    co_await tcp::expect_service(stage, "TCP-6");
    co_await stage.expect_alive("after the case");
}

/// RFC 6528 3: the number of one tuple goes on with a clock, so that nothing of the connection
/// before fits into the next.
Task<> tuple_goes_on(Stage& stage) {
    constexpr std::chrono::milliseconds kPause{400};
    constexpr int kTimes = 3;
    co_await stage.expect_alive("before the case");
    Client* client = &stage.open_client();
    ReceivedSegment before = co_await begin_and_end(*client);
    for (int time = 1; time < kTimes; ++time) {
        co_await stage.sleep(kPause);
        client = &stage.open_successor(*client);
        const ReceivedSegment answer = co_await begin_and_end(*client);
        stage.check_that(
            sequence_before(before.segment.sequence, answer.segment.sequence), "TCP-6",
            fmt::format("an initial sequence number behind {}", before.segment.sequence),
            fmt::format("{}", answer.segment.sequence), answer.frame);
        before = answer;
    }
    co_await tcp::expect_service(stage, "TCP-6");
    co_await stage.expect_alive("after the case");
}

}  // namespace

std::vector<CaseInfo> tcp_initial_sequence_cases() {
    tcp::CaseList list;
    list.add("tcp/initial-sequence/tuples-differ",
             "The first numbers of neighbouring ports show no pattern.", {"TCP-6"}, tuples_differ);
    list.add("tcp/initial-sequence/tuple-goes-on",
             "The first number of a tuple goes on as time goes by.", {"TCP-6"}, tuple_goes_on);
    return list.take();
}

}  // namespace conform
