// SPDX-License-Identifier: Apache-2.0
/// TCP page, TCP-6 (RFC 6528): the numbers that connections begin with.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include "cases/tcp/origin.hh"
#include "cases/tcp/steps.hh"
#include "pdu/build.hh"
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

/// Handshakes of one client's address, a few at a time so that no backlog is full, each ended by a
/// reset.
class ManyHandshakes : public FrameListener {
  public:
    /// As many at once as the device takes, 32 at most.
    ManyHandshakes(Stage& stage, const Client& pattern)
        : stage_(stage), pattern_(pattern), batch_(batch_for(stage.iut())) {
        stage_.wire().add_listener(*this);
    }
    ManyHandshakes(const ManyHandshakes&) = delete;
    ManyHandshakes& operator=(const ManyHandshakes&) = delete;
    ~ManyHandshakes() override { stage_.wire().remove_listener(*this); }

    /// The first numbers of the device for some ports from `first_port` on.
    Task<std::vector<std::uint32_t>> begin_and_end(std::uint16_t first_port) {
        first_port_ = first_port;
        answers_.clear();
        std::vector<TcpSegment> syns;
        syns.reserve(batch_);
        for (std::uint16_t i = 0; i < batch_; ++i)
            syns.push_back(send_syn(static_cast<std::uint16_t>(first_port + i)));
        // What was lost on the way, or found a backlog full, goes once more, as a client's does.
        for (bool is_repeated = false; answers_.size() < batch_;) {
            const bool is_whole = co_await wait_for_answers();
            if (is_whole) break;
            if (is_repeated) {
                throw Violation({"TCP-6", fmt::format("{} SYN/ACKs for as many SYNs", batch_),
                                 fmt::format("{}", answers_.size())});
            }
            is_repeated = true;
            for (const TcpSegment& syn : syns) {
                if (!answers_.contains(syn.source.port))
                    tcp::send_packet(stage_, encode_tcp_packet(syn));
            }
        }
        for (TcpSegment& syn : syns) {
            syn.flags = tcp_flag::kRst;
            ++syn.sequence;
            syn.mss.reset();
            tcp::send_packet(stage_, encode_tcp_packet(syn));
        }
        std::vector<std::uint32_t> numbers;
        numbers.reserve(batch_);
        for (const auto& [port, number] : answers_)
            numbers.push_back(number);
        co_return numbers;
    }

    bool hear(std::size_t, const CapturedFrame& captured) override {
        if (!captured.frame.ipv4 || !captured.frame.ipv4->tcp) return false;
        const TcpSegment& segment = *captured.frame.ipv4->tcp;
        const bool is_ours = segment.source == pattern_.service() &&
                             segment.destination.address == pattern_.self().address &&
                             segment.destination.port >= first_port_ &&
                             segment.destination.port < first_port_ + batch_;
        if (is_ours && segment.has(tcp_flag::kSyn | tcp_flag::kAck)) {
            answers_.emplace(segment.destination.port, segment.sequence);
        }
        return is_ours;
    }

  private:
    static std::uint16_t batch_for(const Iut& iut) {
        constexpr std::size_t kMost = 32;
        const std::size_t bound = iut.conversations_bound;
        return static_cast<std::uint16_t>(bound > 0 ? std::min(bound, kMost) : kMost);
    }

    /// False: not all have come in time.
    Task<bool> wait_for_answers() {
        const Time deadline = stage_.wire().now() + stage_.iut().timers.answer;
        while (answers_.size() < batch_ && stage_.wire().now() < deadline)
            co_await stage_.sleep(std::chrono::milliseconds(1));
        co_return answers_.size() == batch_;
    }

    TcpSegment send_syn(std::uint16_t port) {
        TcpSegment syn;
        syn.source = {pattern_.self().address, port};
        syn.destination = pattern_.service();
        syn.sequence = stage_.random().next_u32();
        syn.flags = tcp_flag::kSyn;
        syn.window = 1'000;
        syn.mss = 1'400;
        tcp::send_packet(stage_, encode_tcp_packet(syn));
        return syn;
    }

    Stage& stage_;
    const Client& pattern_;
    std::uint16_t batch_;
    std::uint16_t first_port_ = 0;
    std::map<std::uint16_t, std::uint32_t> answers_;  // by port
};

/// How many values of 16 bits there are among the upper, or lower, halves of `numbers`.
std::size_t halves(const std::vector<std::uint32_t>& numbers, unsigned shift) {
    std::set<std::uint32_t> seen;
    for (const std::uint32_t number : numbers)
        seen.insert(number >> shift & 0xFFFFU);
    return seen.size();
}

std::vector<std::uint32_t> steps_between(const std::vector<std::uint32_t>& numbers) {
    std::vector<std::uint32_t> steps;
    steps.reserve(numbers.size());
    for (std::size_t i = 1; i < numbers.size(); ++i)
        steps.push_back(numbers[i] - numbers[i - 1]);
    return steps;
}

/// RFC 6528: of many the numbers lie all over the space, and so do the steps from port to port.
/// Drawn at random, 2,048 numbers have some 2,016 halves of their own; 1,638 are less than chance
/// ever makes of them, and more than numbers have that can be guessed.
Task<> many_spread(Stage& stage) {
    constexpr std::uint16_t kFirstPort = 2'000;
    constexpr std::size_t kCount = 2'048;
    constexpr std::size_t kLeast = kCount * 8 / 10;
    co_await stage.expect_alive("before the case");
    ManyHandshakes handshakes(stage, stage.open_client());
    std::vector<std::uint32_t> numbers;
    numbers.reserve(kCount);
    while (numbers.size() < kCount) {
        const auto port = static_cast<std::uint16_t>(kFirstPort + numbers.size());
        const std::vector<std::uint32_t> batch = co_await handshakes.begin_and_end(port);
        numbers.insert(numbers.end(), batch.begin(), batch.end());
    }
    const std::size_t frame = stage.wire().capture().size() - 1;
    const auto expect_spread = [&](const std::vector<std::uint32_t>& values, const char* what) {
        for (const unsigned shift : {0U, 16U}) {
            const std::size_t count = halves(values, shift);
            stage.check_that(count >= kLeast, "TCP-6",
                             fmt::format("{} or more of {} {} bits of {}, for {} connections",
                                         kLeast, shift == 0 ? "lower" : "upper", 16, what, kCount),
                             fmt::format("{}", count), frame);
        }
    };
    expect_spread(numbers, "initial sequence numbers");
    expect_spread(steps_between(numbers), "steps between them");
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
    list.add("tcp/initial-sequence/many-spread",
             "The first numbers of 2,048 connections, and the steps between them, lie all over.",
             {"TCP-6"}, many_spread);
    return list.take();
}

}  // namespace conform
