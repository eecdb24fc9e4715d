// SPDX-License-Identifier: Apache-2.0
/// The device is the home: its client's segments and 0x03 are played to it.
#include <fmt/format.h>

#include <algorithm>

#include "pdu/build.hh"
#include "pdu/frame.hh"
#include "playback/move_playback.hh"
#include "playback/move_watch.hh"
#include "playback/reply_comparison.hh"
#include "playback/rewriting.hh"

namespace conform {
namespace {

class TargetPlayback : public MoveWatch {
  public:
    TargetPlayback(Stage& stage, const MoveExchange& move, std::uint32_t client_start,
                   const PlaybackOptions& options)
        : TargetPlayback(stage, stage.open_client(), move, client_start, options) {}

    Task<> play() {
        Duration last = move_.steps.front().time;
        for (const MoveStep& step : move_.steps) {
            const bool is_ours =
                step.kind == MoveStep::Kind::Client || step.kind == MoveStep::Kind::ToHome;
            if (is_ours) {
                co_await listen(
                    std::clamp(step.time - last, Duration::zero(), options_.longest_pause));
                co_await catch_up();
                if (!has_caught_up()) break;
                send(step);
            } else {
                note_then(step);
            }
            last = step.time;
        }
        co_await catch_up();
        co_await listen(stage_.iut().timers.silence / 4);
        compare();
    }

  private:
    TargetPlayback(Stage& stage, Client& client, const MoveExchange& move,
                   std::uint32_t client_start, const PlaybackOptions& options)
        : MoveWatch(stage, client, stage.open_peer(client)),
          move_(move),
          options_(options),
          client_start_(client_start),
          clock_(stage.random().next_u32()),
          then_(client_start),
          now_(client.initial_sequence()) {}

    void note_then(const MoveStep& step) {
        if (step.kind == MoveStep::Kind::Server) {
            // Behind the offer it is the target that speaks: no matter of the device.
            if (then_offer_ == nullptr) then_.hear(step.segment, step.packet);
        } else if (!step.is_offer) {
            ++then_forwarded_;
            last_forwarded_ = step.packet;
        } else if (then_offer_ == nullptr) {
            then_offer_ = &step;
        }
    }

    void hear_client(const ReceivedSegment& received) override {
        now_.hear(received.segment, received.frame);
    }

    void hear_peer(const ReceivedEncapsulation& received) override {
        if (received.header().is(EncapsulationType::Forwarded)) ++now_forwarded_;
        if (!received.header().is(EncapsulationType::Connection) || now_offer_) return;
        now_offer_ = parse_connection_information(received.header().payload);
        offer_frame_ = received.frame;
    }

    bool has_caught_up() const override {
        if (now_.reset_number()) return false;
        return then_.syn_ack().has_value() <= now_.syn_ack().has_value() &&
               now_.acknowledged() >= then_.acknowledged() &&
               (then_offer_ == nullptr || now_offer_) && now_forwarded_ >= then_forwarded_;
    }

    void send(const MoveStep& step) {
        if (step.kind == MoveStep::Kind::ToHome) {
            peer_.send(EncapsulationType::Acknowledgement);
            return;
        }
        const TcpSegment& then = step.segment;
        LiveNumbers numbers;
        numbers.source = client_.self();
        numbers.destination = client_.service();
        numbers.sequence = client_.initial_sequence() + (then.sequence - client_start_);
        // Text of the target is as long as it was: it is ours.
        numbers.other_sequence = [this](std::uint32_t number) {
            return now_.start() + (number - then_.start());
        };
        if (then.has(tcp_flag::kAck))
            numbers.acknowledgment = numbers.other_sequence(then.acknowledgment);
        if (then.timestamps) numbers.timestamps = live_timestamps(then);
        const Bytes packet = rewrite_packet(step.bytes, numbers);
        stage_.wire().send_as_is(
            Link::Front, encode_ethernet(stage_.iut().device.front_mac, stage_.iut().client_mac,
                                         ether_type::kIpv4, packet));
    }

    TcpTimestamps live_timestamps(const TcpSegment& then) const {
        const auto value_of = [](const std::optional<TcpSegment>& segment) {
            return segment && segment->timestamps ? segment->timestamps->value : 0;
        };
        const std::uint32_t begun =
            move_.steps.front().segment.timestamps.value_or(TcpTimestamps{}).value;
        TcpTimestamps live{clock_ + (then.timestamps->value - begun), 0};
        if (then.has(tcp_flag::kAck)) {
            const std::uint32_t since = then.timestamps->echo - value_of(then_.syn_ack());
            live.echo = value_of(now_.syn_ack()) + since;
        }
        return live;
    }

    void note(std::string_view field, std::uint64_t then, std::uint64_t now) {
        if (then == now) return;
        stage_.note(
            {std::string(kAsCaptured),
             fmt::format("{} {} (packet {} of the capture)", field, then, then_offer_->packet),
             fmt::format("{}", now), offer_frame_});
    }

    void compare() {
        const AnswerMap map(PayloadMatch::Exact, then_, {});
        for (Finding& finding : compare_replies(then_, now_, map, true))
            stage_.note(std::move(finding));
        if (then_offer_ == nullptr) return;
        if (!now_offer_) {
            stage_.note({std::string(kAsCaptured),
                         fmt::format("0x01 (packet {} of the capture)", then_offer_->packet),
                         "none"});
            return;
        }
        compare_blocks(parse_connection_information(then_offer_->bytes)->block, now_offer_->block);
        if (now_forwarded_ != then_forwarded_) {
            stage_.note({std::string(kAsCaptured),
                         fmt::format("{} 0x02 (the last is packet {} of the capture)",
                                     then_forwarded_, last_forwarded_),
                         fmt::format("{}", now_forwarded_)});
        }
    }

    void compare_blocks(const ControlBlock& then, const ControlBlock& now) {
        constexpr unsigned kAgreed = block_flag::kRequestedScale | block_flag::kReceivedScale |
                                     block_flag::kRequestedTimestamps |
                                     block_flag::kReceivedTimestamps | block_flag::kSackPermitted;
        note("tcb.t_state", then.t_state, now.t_state);
        note("tcb.t_flags (what both sides agreed on)", then.t_flags & kAgreed,
             now.t_flags & kAgreed);
        note("tcb.snd_scale", then.snd_scale, now.snd_scale);
        note("tcb.snd_una from iss on", then.snd_una - then.iss, now.snd_una - now.iss);
        note("tcb.snd_nxt from iss on", then.snd_nxt - then.iss, now.snd_nxt - now.iss);
        note("tcb.rcv_nxt from irs on", then.rcv_nxt - then.irs, now.rcv_nxt - now.irs);
    }

    const MoveExchange& move_;
    PlaybackOptions options_;
    std::uint32_t client_start_;
    std::uint32_t clock_;  ///< TSval of the SYN
    ServerSide then_;      ///< what the captured home has said by the place that is played
    ServerSide now_;
    const MoveStep* then_offer_ = nullptr;
    std::optional<ConnectionInformation> now_offer_;
    std::size_t offer_frame_ = 0;
    int then_forwarded_ = 0;
    int now_forwarded_ = 0;
    std::size_t last_forwarded_ = 0;
};

}  // namespace

Task<> play_target(Stage& stage, const MoveExchange& move, PlaybackOptions options) {
    const MoveStep& first = move.steps.front();
    const bool is_syn = first.kind == MoveStep::Kind::Client && first.segment.has(tcp_flag::kSyn) &&
                        !first.segment.has(tcp_flag::kAck);
    if (!is_syn) throw NotRunnable("the client's SYN is not in the capture: it has the back alone");
    TargetPlayback playback(stage, move, first.segment.sequence, options);
    co_await playback.play();
}

}  // namespace conform
