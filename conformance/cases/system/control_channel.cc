// SPDX-License-Identifier: Apache-2.0
/// System page, "Control channel".
#include <fmt/format.h>

#include "cases/registry.hh"

namespace conform {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kPingAfter{1'000};  // CTL-3
constexpr milliseconds kDeadAfter{3'000};
constexpr milliseconds kReconnectMax{5'000};  // CTL-2
constexpr milliseconds kReconnectMin{100};
/// Timers of a device may be coarse; jitter is part of CTL-2.
constexpr milliseconds kTimerTolerance{50};
constexpr std::uint8_t kUnknownKind = 0x77;

Duration tolerance(const Stage& stage) {
    return kTimerTolerance + 2 * stage.iut().timers.tolerance;
}

/// The channel is there and answers: the twin of every fault, before and after it.
Task<> expect_pong(Stage& stage, const char* requirement) {
    ControlChannel& channel = stage.channel();
    if (!co_await channel.wait_until_ready(2 * kReconnectMax)) {
        throw Violation({"CTL-2", "the channel again after it was lost",
                         fmt::format("none within {} ms", milliseconds_of(2 * kReconnectMax))});
    }
    const std::uint64_t transaction = stage.random().next_u64();
    channel.forget_received();
    channel.send({control_kind::kPing, transaction});
    const ReceivedControlFrame pong =
        co_await channel.expect(requirement, control_kind::kPong, stage.iut().timers.answer);
    stage.check(requirement, "pong with transaction", transaction, pong.content.transaction,
                pong.frame);
    stage.check(requirement, "pong with body bytes", 0, pong.content.body.size(), pong.frame);
}

Task<> greets_first(Stage& stage) {
    ControlChannel& channel = stage.channel();
    const Hello hello = channel.greeting().value_or(Hello{});
    const std::size_t frame = stage.wire().capture().size() - 1;
    stage.check("CTL-1", "hello with server id", stage.iut().device.id, hello.server, frame);
    stage.check_that(hello.name == stage.iut().device.name, "CTL-1",
                     "hello with name " + stage.iut().device.name, hello.name, frame);
    const std::uint32_t wanted = control_profile::kEndpoint | control_profile::kExtensions;
    stage.check("CTL-1", "hello with profile bits (endpoint, ext)", wanted, hello.profiles & wanted,
                frame);
    co_await expect_pong(stage, "CTL-3");

    // While ours is awaited the device says hello and nothing else: the channel reports the rest.
    channel.behave({.greets = false});
    channel.restart();
    channel.forget_received();
    co_await channel.expect("CTL-1", control_kind::kHello, 2 * kReconnectMax);
    co_await stage.sleep(kPingAfter + tolerance(stage));
    channel.behave({});
    co_await expect_pong(stage, "CTL-1");
}

Task<> one_for_each_pair(Stage& stage) {
    ControlChannel& channel = stage.channel();
    const bool is_device_lower = stage.iut().device.id < channel.self().id;
    // The first one is the device's own, whoever had opened the one that was there.
    channel.behave({.opens = false, .closes_duplicates = false});
    if (channel.is_opened_by_us()) channel.close();
    co_await expect_pong(stage, "CTL-1");
    channel.open_another();
    co_await stage.sleep(stage.iut().timers.silence);
    const std::size_t frame = stage.wire().capture().size() - 1;
    stage.check("CTL-1", "connections for one pair after a second was opened", 1,
                channel.connections(), frame);
    stage.check_that(channel.is_opened_by_us() != is_device_lower, "CTL-1",
                     "the connection of the lower server id to stay", "the other one", frame);
    co_await expect_pong(stage, "CTL-1");
}

/// Of two by the same opener, without a restart between them, the newer one.
Task<> newer_of_one_opener_stays(Stage& stage) {
    ControlChannel& channel = stage.channel();
    // The device's own attempts fail, so that all connections are ours.
    channel.behave({.accepts = false, .closes_duplicates = false});
    channel.close();
    co_await expect_pong(stage, "CTL-1");
    const std::uint16_t older = channel.port();
    channel.open_another();
    co_await stage.sleep(stage.iut().timers.silence);
    const std::size_t frame = stage.wire().capture().size() - 1;
    stage.check("CTL-1", "connections of one opener after a second was opened", 1,
                channel.connections(), frame);
    stage.check_that(channel.port() != older, "CTL-1", "the newer connection to stay",
                     fmt::format("the older, from port {}", older), frame);
    co_await expect_pong(stage, "CTL-1");
}

Task<> reconnects_with_backoff(Stage& stage) {
    constexpr milliseconds kWatched{30'000};
    constexpr std::size_t kAttemptsMin = 5;
    // Up to 250 ms apart for the 6 s until it is dead; from then on a few.
    constexpr std::size_t kAttemptsMax = 60;
    ControlChannel& channel = stage.channel();
    co_await expect_pong(stage, "CTL-3");
    const std::size_t before = channel.attempts().size();
    channel.behave({.accepts = false, .opens = false});
    const Time lost_at = stage.wire().now();
    channel.close();
    co_await stage.sleep(kWatched);
    const std::vector<Time> attempts(
        channel.attempts().begin() + static_cast<std::ptrdiff_t>(before), channel.attempts().end());
    const std::size_t frame = stage.wire().capture().size() - 1;
    stage.check_that(
        attempts.size() >= kAttemptsMin && attempts.size() <= kAttemptsMax, "CTL-2",
        fmt::format("{} to {} attempts in {} ms", kAttemptsMin, kAttemptsMax, kWatched.count()),
        fmt::format("{}", attempts.size()), frame);
    Time last = lost_at;
    Duration longest{};
    for (const Time at : attempts) {
        longest = std::max(longest, at - last);
        stage.check_that(at - last <= kReconnectMax + tolerance(stage), "CTL-2",
                         "attempts 5 s apart at most",
                         fmt::format("{} ms", milliseconds_of(at - last)), frame);
        last = at;
    }
    if (attempts.size() >= kAttemptsMin) {
        const Duration first = attempts[1] - attempts[0];
        stage.check_that(first >= kReconnectMin / 2 && longest >= 4 * first, "CTL-2",
                         "pauses that grow from about 100 ms",
                         fmt::format("{} ms first, {} ms at most", milliseconds_of(first),
                                     milliseconds_of(longest)),
                         frame);
    }
    channel.behave({});
    co_await expect_pong(stage, "CTL-2");
}

Task<> pings_in_silence(Stage& stage) {
    ControlChannel& channel = stage.channel();
    co_await expect_pong(stage, "CTL-3");
    channel.behave({.answers_pings = false, .tells_state = false});
    channel.forget_received();
    const Time silent_at = stage.wire().now();
    const ReceivedControlFrame ping =
        co_await channel.expect("CTL-3", control_kind::kPing, 2 * kPingAfter + tolerance(stage));
    stage.check("CTL-3", "ping with body bytes", 0, ping.content.body.size(), ping.frame);
    co_await channel.expect_loss("CTL-3", "after 3 s without a byte",
                                 silent_at + kDeadAfter + kPingAfter - stage.wire().now());
    stage.check_that(stage.wire().now() - silent_at >= kDeadAfter - tolerance(stage), "CTL-3",
                     "3 s of silence borne",
                     fmt::format("{} ms", milliseconds_of(stage.wire().now() - silent_at)),
                     stage.wire().capture().size() - 1);
    channel.behave({});
    co_await expect_pong(stage, "CTL-3");
}

/// Any byte counts as life, a piece of a frame too.
Task<> any_byte_is_life(Stage& stage) {
    ControlChannel& channel = stage.channel();
    co_await expect_pong(stage, "CTL-3");
    channel.behave({.answers_pings = false, .tells_state = false});
    const std::uint64_t transaction = stage.random().next_u64();
    const Bytes ping = encode(ControlFrame{control_kind::kPing, transaction});
    channel.forget_received();
    for (std::size_t at = 0; at < ping.size(); at += 4) {
        channel.send_bytes(ByteView(ping).subspan(at, 4));
        if (at + 4 < ping.size()) co_await stage.sleep(kDeadAfter - kPingAfter);
    }
    const ReceivedControlFrame pong =
        co_await channel.expect("CTL-3", control_kind::kPong, stage.iut().timers.answer);
    stage.check("CTL-3", "pong with transaction", transaction, pong.content.transaction,
                pong.frame);
    channel.behave({});
    co_await expect_pong(stage, "CTL-3");
}

Task<> unknown_kind_answered(Stage& stage) {
    ControlChannel& channel = stage.channel();
    co_await expect_pong(stage, "CTL-4");
    for (const std::size_t size : {0U, 1U, 5'000U}) {
        const std::uint64_t transaction = stage.random().next_u64();
        channel.forget_received();
        channel.send({kUnknownKind, transaction, Bytes(size, 0x5A)});
        const ReceivedControlFrame answer =
            co_await channel.expect("CTL-4", control_kind::kError, stage.iut().timers.answer);
        stage.check("CTL-4", "error with transaction", transaction, answer.content.transaction,
                    answer.frame);
        const std::optional<ControlError> error = parse_control_error(answer.content.body);
        stage.check("CTL-4", "error code", control_error::kUnknownKind, error ? error->code : 0,
                    answer.frame);
        // The channel goes on behind the frame that was skipped.
        co_await expect_pong(stage, "CTL-4");
    }
}

Task<> broken_format_closes(Stage& stage) {
    struct Broken {
        const char* what;
        const char* bytes;
    };
    constexpr Broken kBroken[] = {
        {"after a length of 11", "0000000b 01 02 0000 0000000000000001"},
        {"after a length of 0", "00000000 01 02 0000 0000000000000001"},
        {"after a length above 16 MiB", "01000001 01 02 0000 0000000000000001"},
        {"after a length of all ones", "ffffffff 01 02 0000 0000000000000001"},
        {"after version 2", "0000000c 02 02 0000 0000000000000001"},
        {"after version 0", "0000000c 00 02 0000 0000000000000001"}};
    for (const Broken& broken : kBroken) {
        co_await expect_pong(stage, "CTL-5");
        stage.channel().send_bytes(from_hex(broken.bytes));
        co_await stage.channel().expect_loss("CTL-5", broken.what, stage.iut().timers.answer);
    }
    co_await expect_pong(stage, "CTL-5");
}

/// What arrives in pieces, and what arrives in one piece, are the same frames.
Task<> frames_of_any_cut(Stage& stage) {
    ControlChannel& channel = stage.channel();
    co_await expect_pong(stage, "CTL-4");
    Bytes frames;
    for (std::uint64_t transaction = 1; transaction <= 20; ++transaction)
        append(frames, encode(ControlFrame{control_kind::kPing, transaction}));
    for (const std::size_t cut : {frames.size(), std::size_t{1}, std::size_t{7}}) {
        channel.forget_received();
        for (std::size_t at = 0; at < frames.size(); at += cut)
            channel.send_bytes(ByteView(frames).subspan(at, std::min(cut, frames.size() - at)));
        for (std::uint64_t transaction = 1; transaction <= 20; ++transaction) {
            const ReceivedControlFrame pong =
                co_await channel.expect("CTL-3", control_kind::kPong, stage.iut().timers.answer);
            stage.check("CTL-3", "pongs in the order of the pings, transaction", transaction,
                        pong.content.transaction, pong.frame);
        }
    }
}

CaseInfo channel_case(std::string_view id, std::string_view claim,
                      std::vector<std::string_view> requirements, Task<> (*run)(Stage& stage)) {
    return {id, claim, std::move(requirements), "endpoint", "home", run, "control-channel"};
}

}  // namespace

std::vector<CaseInfo> system_control_channel_cases() {
    return {
        channel_case("system/control-channel/greets-first",
                     "Hello names server and profiles; nothing else goes before both hellos.",
                     {"CTL-1"}, greets_first),
        channel_case("system/control-channel/one-for-each-pair",
                     "Of two connections the one that the lower server id opened stays.", {"CTL-1"},
                     one_for_each_pair),
        channel_case("system/control-channel/newer-of-one-opener-stays",
                     "Of two connections by one opener with one boot number the newer stays.",
                     {"CTL-1"}, newer_of_one_opener_stays),
        channel_case("system/control-channel/reconnects-with-backoff",
                     "A lost channel is opened again, after pauses that grow from 100 ms to 5 s.",
                     {"CTL-2"}, reconnects_with_backoff),
        channel_case("system/control-channel/pings-in-silence",
                     "After 1 s of silence a ping goes, after 3 s the channel is dead.", {"CTL-3"},
                     pings_in_silence),
        channel_case("system/control-channel/any-byte-is-life",
                     "A piece of a frame every two seconds keeps the channel.", {"CTL-3"},
                     any_byte_is_life),
        channel_case("system/control-channel/frames-of-any-cut",
                     "Frames are taken as they are cut by TCP, and answered in order.", {"CTL-3"},
                     frames_of_any_cut),
        channel_case("system/control-channel/unknown-kind-answered",
                     "An unknown kind is skipped and answered with an error, and the channel goes "
                     "on.",
                     {"CTL-4"}, unknown_kind_answered),
        channel_case("system/control-channel/broken-format-closes",
                     "A length or version that no frame has closes the channel; a new one is as "
                     "good as the old.",
                     {"CTL-5"}, broken_format_closes)};
}

}  // namespace conform
