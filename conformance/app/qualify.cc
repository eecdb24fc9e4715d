// SPDX-License-Identifier: Apache-2.0
#include "app/qualify.hh"

#include <fmt/format.h>

#include <algorithm>

#include "app/case_run.hh"
#include "pdu/build.hh"
#include "roles/echo.hh"
#include "roles/stage.hh"

namespace conform {
namespace {

/// IEEE 802 local experimental: nobody's, so no device minds.
constexpr std::uint16_t kNobodysType = 0x88B6;
constexpr std::size_t kMarkerSizes[] = {64, 512, 1'400};
constexpr std::chrono::milliseconds kBetweenMarkers{5};
/// What cases bear at most (iut-toml page).
constexpr std::chrono::milliseconds kToleranceMost{99};
/// An answer may take so many times what the slowest marker took.
constexpr int kAnswerFactor = 20;

/// Hears the answers to the markers.
class Markers : public FrameListener {
  public:
    Markers(Wire& wire, std::uint16_t identifier)
        : identifier_(identifier), inbox_(wire.scheduler()) {
        wire.add_listener(*this);
    }
    Inbox& inbox() { return inbox_; }
    std::uint16_t identifier() const { return identifier_; }

    bool hear(std::size_t number, const CapturedFrame& captured) override {
        if (!captured.frame.ipv4 || !captured.frame.ipv4->icmp) return false;
        const IcmpMessage& message = *captured.frame.ipv4->icmp;
        if (message.type != icmp_type::kEchoReply || message.identifier != identifier_)
            return false;
        inbox_.push(number);
        return true;
    }

  private:
    std::uint16_t identifier_;
    Inbox inbox_;
};

Bytes marker_payload(std::size_t number) {
    Bytes payload = to_bytes(fmt::format("shunt-conform marker {}", number));
    payload.resize(kMarkerSizes[number % std::size(kMarkerSizes)]);
    return payload;
}

Task<> send_markers(Stage& stage, Markers& heard, Qualification& found, std::size_t count) {
    const Iut& iut = stage.iut();
    std::vector<Duration> latencies;
    for (std::size_t number = 0; number < count; ++number) {
        const Bytes payload = marker_payload(number);
        const Time sent = stage.wire().now();
        ++found.markers;
        stage.wire().send(Link::Front,
                          encode_echo_request(iut, heard.identifier(),
                                              static_cast<std::uint16_t>(number), payload));
        const std::optional<std::size_t> answer =
            co_await heard.inbox().next(sent + iut.timers.answer);
        if (answer) {
            const IcmpMessage& reply = *stage.wire().capture()[*answer].frame.ipv4->icmp;
            if (reply.payload != payload) ++found.altered;
            latencies.push_back(stage.wire().now() - sent);
        } else {
            ++found.lost;
        }
        co_await stage.sleep(kBetweenMarkers);
    }
    if (latencies.empty()) co_return;
    std::sort(latencies.begin(), latencies.end());
    found.latency_least = latencies.front();
    found.latency_median = latencies[latencies.size() / 2];
    found.latency_most = latencies.back();
}

Task<> ask_unknown_verb(Stage& stage, Qualification& found) {
    try {
        const UpperTester::Answer answer =
            co_await stage.upper_tester().request("shunt-conform-unknown");
        found.unknown_verb = fmt::format("answered {}", answer.is_ok ? "ok" : answer.error);
        found.troubles.push_back(fmt::format(
            "the upper tester {} to a verb that nobody has, not unsupported", found.unknown_verb));
    } catch (const Unsupported&) {
        found.unknown_verb = "unsupported";
    }
}

/// What was open before is unknown afterwards: a segment of it is a stray.
Task<> ask_reset(Stage& stage, Qualification& found) {
    Client& client = stage.open_client();
    try {
        co_await client.connect("qualify");
        const UpperTester::Answer answer = co_await stage.upper_tester().request("reset");
        client.send(tcp_flag::kAck);
        const auto received = co_await client.receive(stage.iut().timers.answer);
        const bool is_reset = received && received->segment.has(tcp_flag::kRst);
        found.reset = answer.is_ok && is_reset ? "works" : "does not reset";
        if (found.reset != "works") {
            found.troubles.push_back(
                "a connection outlives reset: what one case leaves is the next"
                " one's");
        }
    } catch (const Unsupported&) {
        found.reset = "unsupported";
    }
}

Task<> measure(Stage& stage, Markers& heard, Qualification& found, std::size_t markers) {
    const Iut& iut = stage.iut();
    try {
        co_await stage.expect_alive("before anything else");
        co_await send_markers(stage, heard, found, markers);
        stage.wire().send_as_is(Link::Front,
                                encode_ethernet(iut.device.front_mac, iut.client_mac, kNobodysType,
                                                to_bytes("shunt-conform marker")));
        co_await stage.expect_alive("after a frame of a type that nobody has");
        if (iut.upper_tester.empty()) co_return;
        co_await ask_unknown_verb(stage, found);
        co_await ask_reset(stage, found);
        co_await stage.expect_alive("after reset");
    } catch (const Violation& violation) {
        found.troubles.push_back(violation.finding().message());
    }
}

}  // namespace

Qualification qualify(Attachment& attachment, const Iut& iut, std::uint64_t seed,
                      std::uint16_t port, std::size_t markers) {
    Qualification found;
    CaseResult end;
    blame_what_ends(end, [&] {
        Stage stage(attachment, iut, Random(seed, "qualify"),
                    {.port = port, .keeps_strangers = false, .has_channels = false});
        Markers heard(stage.wire(), static_cast<std::uint16_t>(port + 1));
        stage.wire().scheduler().spawn(measure(stage, heard, found, markers));
        stage.wire().scheduler().run();
    });
    if (end.verdict != Verdict::Pass) found.troubles.push_back(end.reason);
    if (found.lost > 0 || found.altered > 0) {
        found.troubles.push_back(fmt::format("of {} markers {} are lost and {} altered",
                                             found.markers, found.lost, found.altered));
    }
    const TestTimers timers = calibrated(iut.timers, found);
    found.tolerance = timers.tolerance;
    found.answer = timers.answer;
    return found;
}

TestTimers calibrated(const TestTimers& timers, const Qualification& qualification) {
    TestTimers calibrated = timers;
    const Duration noise = std::min<Duration>(2 * qualification.jitter(), kToleranceMost);
    calibrated.tolerance = std::max(timers.tolerance, noise);
    calibrated.answer = std::max(timers.answer, kAnswerFactor * qualification.latency_most);
    return calibrated;
}

}  // namespace conform
