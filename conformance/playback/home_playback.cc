// SPDX-License-Identifier: Apache-2.0
/// The device is the target: 0x01 and 0x02 are played to it.
#include <fmt/format.h>

#include <algorithm>

#include "pdu/sequence.hh"
#include "playback/move_playback.hh"
#include "playback/reply_comparison.hh"
#include "playback/rewriting.hh"

namespace conform {
namespace {

/// How often both links are looked at while something is awaited.
constexpr std::chrono::milliseconds kLook{2};
constexpr std::size_t kServiceSize = 6;

const MoveStep& first_offer(const MoveExchange& move) {
    return *std::find_if(move.steps.begin(), move.steps.end(),
                         [](const MoveStep& step) { return step.is_offer; });
}

/// The SYN/ACK that a client of this endpoint has seen, as far as it matters here.
TcpSegment handshake_of(const ControlBlock& block) {
    TcpSegment syn_ack;
    syn_ack.flags = tcp_flag::kSyn | tcp_flag::kAck;
    syn_ack.sequence = block.snd_nxt - 1;
    syn_ack.acknowledgment = block.irs + 1;
    syn_ack.window_scale = block.rcv_scale;
    if (block.ts_val != 0) syn_ack.timestamps = TcpTimestamps{block.ts_val, 0};
    return syn_ack;
}

class HomePlayback {
  public:
    HomePlayback(Stage& stage, const MoveExchange& move, const ControlBlock& block,
                 const PlaybackOptions& options)
        : stage_(stage),
          move_(move),
          options_(options),
          client_(stage.open_client_of_peer()),
          peer_(stage.open_peer(client_)),
          whole_(whole_of(move, block)),
          then_(block.irs),
          now_(block.irs),
          map_(options.match, whole_, methods()) {
        then_.hear(handshake_of(block), first_offer(move).packet);
        now_.hear(handshake_of(block), 0);
    }

    Task<> play() {
        Duration last = first_offer(move_).time;
        bool has_begun = false;
        for (const MoveStep& step : move_.steps) {
            has_begun |= step.is_offer;
            if (!has_begun || step.kind == MoveStep::Kind::Client) continue;
            if (step.kind == MoveStep::Kind::ToTarget) {
                co_await listen(
                    std::clamp(step.time - last, Duration::zero(), options_.longest_pause));
                co_await catch_up();
                if (!has_caught_up()) break;
                send(step);
            } else {
                then_answered_ += step.kind == MoveStep::Kind::ToHome ? 1 : 0;
                if (step.kind == MoveStep::Kind::Server) then_.hear(step.segment, step.packet);
            }
            last = step.time;
        }
        co_await catch_up();
        co_await listen(stage_.iut().timers.silence / 4);
        compare();
    }

  private:
    static ServerSide whole_of(const MoveExchange& move, const ControlBlock& block) {
        ServerSide side(block.irs);
        side.hear(handshake_of(block), first_offer(move).packet);
        bool has_begun = false;
        for (const MoveStep& step : move.steps) {
            has_begun |= step.is_offer;
            if (has_begun && step.kind == MoveStep::Kind::Server)
                side.hear(step.segment, step.packet);
        }
        return side;
    }

    std::vector<std::string> methods() const {
        std::vector<std::string> found;
        for (const MoveStep& step : move_.steps) {
            if (step.kind != MoveStep::Kind::ToTarget) continue;
            if (auto method = method_of(step.segment.payload)) found.push_back(std::move(*method));
        }
        return found;
    }

    Task<> look() {
        const std::optional<ReceivedSegment> segment = co_await client_.receive(kLook);
        if (segment) {
            now_.hear(segment->segment, segment->frame);
            map_.update(now_);
        }
        const std::optional<ReceivedEncapsulation> frame = co_await peer_.receive(Duration::zero());
        if (!frame || !frame->header().is(EncapsulationType::Acknowledgement)) co_return;
        ++now_answered_;
        answer_frame_ = frame->frame;
    }

    Task<> listen(Duration length) {
        const Time until = stage_.wire().now() + length;
        while (stage_.wire().now() < until)
            co_await look();
    }

    bool has_caught_up() const {
        const bool is_answered = then_answered_ == 0 || now_answered_ > 0;
        return is_answered && now_.acknowledged() >= then_.acknowledged() &&
               map_.place_of(then_.text().size()).has_value() &&
               (!then_.is_closed() || now_.is_closed());
    }

    Task<> catch_up() {
        const Time deadline = stage_.wire().now() + stage_.iut().timers.answer;
        while (!has_caught_up() && stage_.wire().now() < deadline)
            co_await look();
    }

    void send(const MoveStep& step) {
        if (step.is_offer) {
            // The rest of an endpoint is the home's and the client's own.
            Bytes payload = step.bytes;
            if (payload.size() >= kServiceSize) {
                const std::span<std::uint8_t> bytes(payload);
                store_u32(bytes, 0, client_.service().address.value);
                store_u16(bytes, 4, client_.service().port);
            }
            peer_.send(EncapsulationType::Connection, std::move(payload));
            return;
        }
        LiveNumbers numbers;
        numbers.source = client_.self();
        numbers.destination = client_.service();
        numbers.sequence = step.segment.sequence;
        numbers.other_sequence = [this](std::uint32_t number) { return other_number(number); };
        numbers.acknowledgment = other_number(step.segment.acknowledgment);
        if (step.segment.timestamps) {
            numbers.timestamps = *step.segment.timestamps;
            numbers.timestamps.echo = now_.timestamp();
        }
        peer_.send(EncapsulationType::Forwarded, rewrite_packet(step.bytes, numbers));
    }

    std::uint32_t other_number(std::uint32_t number) const {
        const std::int32_t place = sequence_distance(then_.start() + 1, number);
        if (place <= 0) return number;
        const auto offset = static_cast<std::size_t>(place);
        const std::size_t text = then_.text().size();
        const std::size_t live = map_.place_of(std::min(offset, text)).value_or(now_.text().size());
        const bool has_fin = offset > text && then_.is_closed() && now_.is_closed();
        return now_.start() + 1 + static_cast<std::uint32_t>(live) + (has_fin ? 1 : 0);
    }

    bool has_client_ended() const {
        return std::any_of(move_.steps.begin(), move_.steps.end(), [](const MoveStep& step) {
            return step.kind == MoveStep::Kind::ToTarget &&
                   (step.segment.has(tcp_flag::kFin) || step.segment.has(tcp_flag::kRst));
        });
    }

    void compare() {
        if (then_answered_ > 0 && now_answered_ == 0) {
            stage_.note({std::string(kAsCaptured),
                         fmt::format("0x03 for the 0x01 (packet {} of the capture)",
                                     first_offer(move_).packet),
                         "none"});
        }
        if (then_answered_ == 0 && now_answered_ > 0) {
            stage_.note({std::string(kAsCaptured),
                         fmt::format("no 0x03 for the 0x01 (packet {} of the capture)",
                                     first_offer(move_).packet),
                         "0x03", answer_frame_});
        }
        // A capture of the back link alone has nothing of what the client got.
        const bool has_replies =
            std::any_of(move_.steps.begin(), move_.steps.end(),
                        [](const MoveStep& step) { return step.kind == MoveStep::Kind::Server; });
        if (!has_replies) return;
        for (Finding& finding : compare_replies(whole_, now_, map_, has_client_ended()))
            stage_.note(std::move(finding));
    }

    Stage& stage_;
    const MoveExchange& move_;
    PlaybackOptions options_;
    Client& client_;
    Peer& peer_;
    ServerSide whole_;
    ServerSide then_;
    ServerSide now_;
    AnswerMap map_;
    int then_answered_ = 0;
    int now_answered_ = 0;
    std::size_t answer_frame_ = 0;
};

}  // namespace

Task<> play_home(Stage& stage, const MoveExchange& move, PlaybackOptions options) {
    const auto information = parse_connection_information(first_offer(move).bytes);
    HomePlayback playback(stage, move, information->block, options);
    co_await playback.play();
}

}  // namespace conform
