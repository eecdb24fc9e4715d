// SPDX-License-Identifier: Apache-2.0
#include "fuzzing/play.hh"

#include <fmt/format.h>

#include <algorithm>

#include "cases/endpoint/moved_in.hh"
#include "cases/endpoint/steps.hh"
#include "fuzzing/channel_play.hh"
#include "fuzzing/subject.hh"

namespace conform::fuzzing {
namespace {

/// Ports of the cases beside it are nearer to a case's own.
constexpr int kPortsAround = 4'096;
constexpr std::size_t kSourcePort = kEthernetHeaderSize + 4;
constexpr std::size_t kInner = kEthernetHeaderSize + kEncapsulationHeaderSize;
/// What the device may say to a frame that asks for something, retransmissions included.
constexpr std::size_t kFramesPerStimulus = 64;
/// Between two answers that are one: less than EP-15's first.
constexpr std::chrono::milliseconds kPause{40};

/// A mutated port names no other case's connection.
void keep_off_others(Bytes& frame, std::size_t offset, std::uint16_t own) {
    if (frame.size() < offset + 2) return;
    const std::uint16_t port = load_u16(frame, offset);
    const int distance = std::abs(static_cast<int>(port) - static_cast<int>(own));
    if (distance == 0 || distance >= kPortsAround) return;
    store_u16(frame, offset, static_cast<std::uint16_t>(port ^ 0x8000U));
}

Bytes mutated(const Stimulus& stimulus, const FrameForm& form, Bytes frame, const Iut& iut,
              std::uint16_t own_port) {
    for (const Mutation& mutation : stimulus.mutations)
        apply(mutation, form, iut, frame);
    keep_off_others(frame, kSourcePort, own_port);
    if (stimulus.type == EncapsulationType::Forwarded && frame.size() > kInner)
        keep_off_others(frame, kInner + (frame[kInner] & 0x0FU) * 4U, own_port);
    if (!stimulus.mutations.empty()) repair(stimulus.repairs, iut.framing.has_extensions, frame);
    return frame;
}

/// Datagrams of the routed binding have identifications of their own.
bool says_the_same(const CapturedFrame& one, const CapturedFrame& other) {
    if (!one.frame.encapsulation || !other.frame.encapsulation) return one.bytes == other.bytes;
    const Encapsulation& a = *one.frame.encapsulation;
    const Encapsulation& b = *other.frame.encapsulation;
    return a.source == b.source && a.destination == b.destination && a.type == b.type &&
           a.payload == b.payload;
}

class Play {
  public:
    Play(Stage& stage, const FuzzCase& fuzz)
        : stage_(stage), fuzz_(fuzz), subject_(make_subject(stage, fuzz.state)) {}

    Task<> run() {
        co_await subject_->prepare();
        std::optional<ReceivedEncapsulation> left = co_await hear(Duration::zero());
        while (left)
            left = co_await hear(Duration::zero());
        begin_ = stage_.wire().capture().size();
        send_all();
        if (fate_.kind == Fate::Kind::Open) co_return co_await follow();
        co_await expect_quiet();
        co_await subject_->go_on();
    }

    /// What is legal of a connection that the frames may have ended, or made another, only they
    /// tell: its segments are left to other oracles than those of one legal connection.
    void excuse() {
        if (fate_.kind != Fate::Kind::Open) return;
        Capture& capture = stage_.wire().capture();
        for (std::size_t number = begin_; number < capture.size(); ++number) {
            CapturedFrame& each = capture[number];
            if (each.direction != Direction::FromDevice || !is_ours(each) || !each.frame.ipv4)
                continue;
            const auto& segment = each.frame.ipv4->tcp;
            each.is_demanded = is_unpredictable_ || (segment && segment->has(tcp_flag::kRst));
        }
    }

  private:
    Task<std::optional<ReceivedEncapsulation>> hear(Duration within) {
        return subject_->peer().receive(within);
    }

    /// All of them at once: together they may do the most of what one of them may.
    void send_all() {
        const Situation situation = subject_->situation();
        const std::uint16_t port = situation.client.port;
        port_ = port;
        fate_ = {Fate::Kind::Dropped, "FRM-7", "nothing"};
        for (const Stimulus& stimulus : fuzz_.stimuli) {
            const Bytes frame =
                mutated(stimulus, form_of(stimulus, fuzz_.state, stage_.has_extensions()),
                        subject_->make(stimulus.type), stage_.iut(), port);
            const Fate fate = fate_of(frame, situation, stage_.iut());
            if (fate.kind > fate_.kind || sent_ == 0) fate_ = fate;
            for (std::uint32_t i = 0; i < stimulus.times; ++i, ++sent_) {
                const std::size_t number = subject_->peer().send_frame(frame);
                CapturedFrame& sent = stage_.wire().capture()[number];
                sent.is_void = fate.is_void;
                is_unpredictable_ = is_unpredictable_ || is_unpredictable(sent.frame, stimulus);
            }
        }
    }

    /// A block that is not, or no longer, the connection's, or a segment that this judge cannot
    /// read.
    bool is_unpredictable(const Frame& frame, const Stimulus& stimulus) const {
        if (!frame.encapsulation) return false;
        if (frame.encapsulation->is(EncapsulationType::Connection))
            return !stimulus.mutations.empty() || fuzz_.stimuli.size() > 1;
        return frame.encapsulation->is(EncapsulationType::Forwarded) &&
               (!frame.inner || !frame.inner->tcp);
    }

    /// About this connection, or what else its frames have named.
    bool is_ours(const CapturedFrame& frame) const {
        return frame.frame.encapsulation || client_port_of(frame.frame) == port_;
    }

    std::string after() const { return fmt::format("after {}", fate_.why); }

    /// FRM-7: no answer; of what does no harm at most one to each.
    Task<> expect_quiet() {
        const std::string when = after();
        co_await subject_->expect_client_silence(fate_.requirement, when.c_str(),
                                                 subject_->patience());
        if (fate_.kind == Fate::Kind::Dropped) {
            co_await subject_->peer().expect_silence(fate_.requirement, when.c_str(),
                                                     Duration::zero(), subject_->repeated());
        }
        check_amplification(sent_, "SEC-3");
    }

    /// Whatever it has done goes on: released if it is to be, and used.
    Task<> follow() {
        const Time deadline = stage_.wire().now() + subject_->patience();
        while (stage_.wire().now() < deadline) {
            const auto told = co_await hear(deadline - stage_.wire().now());
            if (told) subject_->provoke(*told);
        }
        subject_->provoke();
        co_await stage_.sleep(subject_->patience());
        check_amplification(kFramesPerStimulus * (sent_ + 1), "SEC-5");
    }

    void check_amplification(std::size_t most, const char* requirement) {
        const Capture& capture = stage_.wire().capture();
        std::size_t heard = 0;
        std::size_t last = begin_;
        for (std::size_t number = begin_; number < capture.size(); ++number) {
            const CapturedFrame& each = capture[number];
            const bool is_answer = each.direction == Direction::FromDevice && is_ours(each);
            if (!is_answer || is_repetition(each)) continue;
            ++heard;
            last = number;
        }
        stage_.check_that(heard <= most, requirement,
                          fmt::format("{} frames at most {}", most, after()),
                          fmt::format("{}", heard), last);
    }

    /// What it says again after a pause answers nothing: a 0x03 of what such a frame has made, a
    /// 0x01 (EP-6, EP-15).
    bool is_repetition(const CapturedFrame& frame) const {
        const Capture& capture = stage_.wire().capture();
        return std::any_of(capture.begin(), capture.end(), [&frame](const CapturedFrame& other) {
            return other.direction == Direction::FromDevice && other.at + kPause <= frame.at &&
                   says_the_same(other, frame);
        });
    }

    Stage& stage_;
    const FuzzCase& fuzz_;
    std::unique_ptr<Subject> subject_;
    Fate fate_;
    std::uint16_t port_ = 0;  ///< of its client
    std::size_t begin_ = 0;
    std::size_t sent_ = 0;
    bool is_unpredictable_ = false;
};

/// One that has moved to the device, and one of its own.
class Twins {
  public:
    explicit Twins(Stage& stage) : stage_(stage), moved_(stage), local_(stage.open_client()) {}

    Task<> begin() {
        co_await moved_.move();
        co_await local_.connect("EP-2");
        co_await endpoint::exchange_locally(stage_, local_);
    }
    Task<> use() {
        co_await moved_.exchange();
        co_await endpoint::exchange_locally(stage_, local_);
    }

  private:
    Stage& stage_;
    endpoint::MovedIn moved_;
    Client& local_;
};

Task<> sleep_until(Stage& stage, Time end) {
    if (stage.wire().now() < end) co_await stage.sleep(end - stage.wire().now());
}

Task<> play_to_end(Stage& stage, Play& played, Duration length) {
    const Time end = stage.wire().now() + length;
    co_await played.run();
    co_await sleep_until(stage, end);
    played.excuse();
}

}  // namespace

Task<> play(Stage& stage, const FuzzCase& fuzz, Duration length) {
    Play played(stage, fuzz);
    co_await play_to_end(stage, played, length);
}

Task<> play_alone(Stage& stage, const FuzzCase& fuzz, Duration length) {
    if (fuzz.state == SubjectState::Channel) {
        std::vector<const FuzzCase*> alone{&fuzz};
        co_return co_await play_channel(stage, std::move(alone));
    }
    // First, so that it draws what it draws beside others.
    Play played(stage, fuzz);
    Twins twins(stage);
    co_await twins.begin();
    co_await play_to_end(stage, played, length);
    co_await twins.use();
}

Task<> play_twins(Stage& stage, Duration length) {
    const Time end = stage.wire().now() + length;
    Twins twins(stage);
    co_await twins.begin();
    co_await sleep_until(stage, end - kCaseLength / 2);
    co_await twins.use();
    co_await sleep_until(stage, end);
    co_await twins.use();
}

}  // namespace conform::fuzzing
