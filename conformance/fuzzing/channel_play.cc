// SPDX-License-Identifier: Apache-2.0
#include "fuzzing/channel_play.hh"

#include <fmt/format.h>

#include <algorithm>

#include "cases/endpoint/moved_in.hh"
#include "cases/endpoint/steps.hh"
#include "pdu/farm_message.hh"

namespace conform::fuzzing {
namespace {

/// CTL-2: pauses between attempts, 5 s at most.
constexpr std::chrono::milliseconds kReconnectMost{10'000};
/// For what is said to frames that may be answered or not.
constexpr std::chrono::milliseconds kPause{200};
constexpr std::uint16_t kHasTrailer = 1;  // a flag

/// Kinds that the page lists.
bool is_known(std::uint8_t kind) {
    const bool is_of_profiles = (kind >= 0x10 && kind <= 0x16) || (kind >= 0x20 && kind <= 0x23);
    const bool is_of_farm = (kind >= 0x01 && kind <= 0x04) || kind == 0x0F || kind == 0x30 ||
                            kind == 0x31 || (kind >= 0x40 && kind <= 0x44);
    return is_of_profiles || is_of_farm;
}

/// CTL-4: these are answers, and no answer is answered.
bool is_answer(std::uint8_t kind) {
    return kind == control_kind::kPong || kind == control_kind::kError ||
           kind == control_kind::kObjectCreated || kind == control_kind::kObjectResult;
}

class ChannelPlay {
  public:
    ChannelPlay(Stage& stage, const FuzzCase& fuzz)
        : stage_(stage), channel_(stage.channel()), fuzz_(fuzz) {}

    Task<> run() {
        co_await expect_ready("before control frames");
        Bytes bytes = mutated_frames();
        const ControlFrame ping{control_kind::kPing, stage_.random().next_u64()};
        append(bytes, encode(ping));
        ControlFrameReader reader;
        reader.add(bytes);
        while (auto frame = reader.next())
            read_.push_back(std::move(*frame));
        channel_.forget_received();
        channel_.send_bytes(bytes);
        if (reader.is_broken()) {
            co_await channel_.expect_loss("CTL-5", "after a frame that breaks the format",
                                          stage_.iut().timers.answer);
        } else if (read_.empty() || read_.back().transaction != ping.transaction) {
            // What was to be the ping, and what comes behind it, is a body that has no end.
            co_await stage_.sleep(kPause);
            channel_.close();
            co_await stage_.sleep(kPause);
        } else if (may_close()) {
            co_await stage_.sleep(kPause);
        } else {
            co_await check_answers(ping);
        }
        co_await expect_ready("after control frames");
    }

  private:
    /// The channel is there, or comes back, and the device answers on it.
    Task<> expect_ready(const char* when) {
        const bool is_ready = co_await channel_.wait_until_ready(kReconnectMost);
        if (!is_ready)
            throw Violation({"CTL-2",
                             fmt::format("a channel with {} {}", channel_.self().name, when),
                             fmt::format("none within {} ms", kReconnectMost.count())});
        const std::uint64_t transaction = stage_.random().next_u64();
        channel_.forget_received();
        channel_.send({control_kind::kPing, transaction});
        const ReceivedControlFrame pong =
            co_await channel_.expect("CTL-3", control_kind::kPong, stage_.iut().timers.answer);
        stage_.check("CTL-3", "pong with transaction", transaction, pong.content.transaction,
                     pong.frame);
    }

    Bytes body_of(std::uint8_t kind) {
        const TestObjects& objects = stage_.iut().objects;
        switch (kind) {
            case control_kind::kHello:
                return encode(Hello{channel_.self().id, stage_.random().next_u64(),
                                    control_profile::kEndpoint | control_profile::kExtensions,
                                    channel_.self().name});
            case control_kind::kError:
                return from_hex("0001 0002 6869");
            case control_kind::kServerState: {
                ServerState state = channel_.state();
                state.listening = {{{channel_.self().service.front(), 80}, 1}};
                return encode(state);
            }
            case control_kind::kSession:
                return encode(
                    SessionTold{session_kind::kTls, Bytes(32, 'i'), channel_.self().id, 60});
            case control_kind::kObjectCreate:
                return encode(ObjectCreate{objects.class_name, objects.arguments});
            case control_kind::kObjectCreated:
                return encode(ObjectCreated{17});
            case control_kind::kObjectCall:
                return encode(ObjectCall{1, objects.call});
            case control_kind::kObjectResult:
                return encode(ObjectResult{object_status::kOk, objects.result});
            default:
                return {};
        }
    }

    Bytes mutated_frames() {
        Bytes bytes;
        for (const Stimulus& stimulus : fuzz_.stimuli) {
            const std::uint64_t transaction = stage_.random().next_u64();
            Bytes frame = encode(
                ControlFrame{stimulus.control_kind, transaction, body_of(stimulus.control_kind)});
            const FrameForm form = form_of(stimulus, fuzz_.state, stage_.has_extensions());
            for (const Mutation& mutation : stimulus.mutations)
                apply(mutation, form, stage_.iut(), frame);
            if (!stimulus.mutations.empty()) repair_control(stimulus.repairs, frame);
            for (std::uint32_t i = 0; i < stimulus.times; ++i)
                append(bytes, frame);
        }
        return bytes;
    }

    /// A second hello, and what ends in a trailer, of which the page says nothing here.
    bool may_close() const {
        return std::ranges::any_of(read_, [](const ControlFrame& frame) {
            return frame.kind == control_kind::kHello || frame.kind == 0x04 ||
                   (frame.flags & kHasTrailer) != 0;
        });
    }

    Task<> check_answers(ControlFrame last) {
        const Time deadline = stage_.wire().now() + stage_.iut().timers.answer;
        bool is_over = false;
        while (!is_over) {
            const auto received = co_await channel_.receive(deadline - stage_.wire().now());
            if (!received)
                throw Violation({"CTL-4", "a pong behind control frames that break no format",
                                 "none: " + describe(fuzz_)});
            take(*received);
            is_over = received->content.kind == control_kind::kPong &&
                      received->content.transaction == last.transaction;
        }
        for (const ControlFrame& frame : read_) {
            const bool is_ping = frame.kind == control_kind::kPing && frame.body.empty();
            stage_.check_that(!is_ping, "CTL-3", "a pong for each ping", "none for one of them",
                              stage_.wire().capture().size() - 1);
            stage_.check_that(is_known(frame.kind), "CTL-4", "an error for an unknown kind",
                              "none for " + describe_control_kind(frame.kind),
                              stage_.wire().capture().size() - 1);
        }
    }

    /// Each frame that asks is answered once at most, and as its kind says.
    void take(const ReceivedControlFrame& received) {
        const ControlFrame& answer = received.content;
        if (!is_answer(answer.kind)) return;
        const auto asked = std::ranges::find_if(read_, [&answer](const ControlFrame& frame) {
            return frame.transaction == answer.transaction && !is_answer(frame.kind) &&
                   is_fit(answer, frame);
        });
        stage_.check_that(asked != read_.end(), "CTL-4",
                          "one answer to each control frame, and none to answers",
                          describe_control_kind(answer.kind), received.frame);
        if (asked != read_.end()) read_.erase(asked);
    }

    static bool is_fit(const ControlFrame& answer, const ControlFrame& asked) {
        if (asked.kind == control_kind::kPing && asked.body.empty())
            return answer.kind == control_kind::kPong && answer.body.empty();
        if (is_known(asked.kind)) return true;
        const auto error = parse_control_error(answer.body);
        return answer.kind == control_kind::kError && error &&
               error->code == control_error::kUnknownKind;
    }

    Stage& stage_;
    ControlChannel& channel_;
    const FuzzCase& fuzz_;
    std::vector<ControlFrame> read_;  ///< as the device should, and has not answered yet
};

}  // namespace

Task<> play_channel(Stage& stage, std::vector<const FuzzCase*> cases) {
    Client& local = stage.open_client();
    co_await local.connect("EP-2");
    co_await endpoint::exchange_locally(stage, local);
    for (const FuzzCase* each : cases) {
        ChannelPlay play(stage, *each);
        co_await play.run();
    }
    co_await endpoint::exchange_locally(stage, local);
    endpoint::MovedIn moved(stage);
    co_await moved.move();
}

}  // namespace conform::fuzzing
