// SPDX-License-Identifier: Apache-2.0
/// The device is the target: 0x01 and 0x02 are played to it.
#include <fmt/format.h>

#include <algorithm>

#include "pdu/build.hh"
#include "pdu/sequence.hh"
#include "playback/http_requests.hh"
#include "playback/move_playback.hh"
#include "playback/move_watch.hh"
#include "playback/reply_comparison.hh"
#include "playback/rewriting.hh"

namespace conform {
namespace {

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

class HomePlayback : public MoveWatch {
  public:
    HomePlayback(Stage& stage, const MoveExchange& move, const ControlBlock& block,
                 const PlaybackOptions& options)
        : HomePlayback(stage, stage.open_client_of_peer(), move, block, options) {}

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
    HomePlayback(Stage& stage, Client& client, const MoveExchange& move, const ControlBlock& block,
                 const PlaybackOptions& options)
        : MoveWatch(stage, client, stage.open_peer(client)),
          move_(move),
          options_(options),
          whole_(whole_of(move, block)),
          then_(block.irs),
          now_(block.irs),
          map_(options.match, whole_, methods_of(move, block)),
          next_(block.rcv_nxt),
          window_(static_cast<std::uint16_t>(std::min<std::uint32_t>(block.snd_wnd, 0xFFFF))) {
        then_.hear(handshake_of(block), first_offer(move).packet);
        now_.hear(handshake_of(block), 0);
    }

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

    /// Of the requests that the home forwards, the first of which begins where it has moved it.
    static std::vector<std::string> methods_of(const MoveExchange& move,
                                               const ControlBlock& block) {
        TcpSegment before;
        before.flags = tcp_flag::kSyn;
        before.sequence = block.rcv_nxt - 1;
        ServerSide client(0);
        client.hear(before, 0);
        for (const MoveStep& step : move.steps) {
            const bool is_packet = step.kind == MoveStep::Kind::ToTarget && !step.is_offer;
            if (is_packet) client.hear(step.segment, step.packet);
        }
        return request_methods(client.text());
    }

    void hear_client(const ReceivedSegment& received) override {
        now_.hear(received.segment, received.frame);
        map_.update(now_);
    }

    void hear_peer(const ReceivedEncapsulation& received) override {
        if (!received.header().is(EncapsulationType::Acknowledgement)) return;
        ++now_answered_;
        answer_frame_ = received.frame;
    }

    bool has_caught_up() const override {
        const bool is_answered = then_answered_ == 0 || now_answered_ > 0;
        return is_answered && now_.acknowledged() >= then_.acknowledged() &&
               map_.place_of(then_.text().size()).has_value() &&
               (!then_.is_closed() || now_.is_closed());
    }

    /// The device may send less at once than the captured target had: it goes on when it is told
    /// what has come.
    void on_pause() override {
        if (!has_forwarded_ || now_.text().size() <= acknowledged_) return;
        acknowledged_ = now_.text().size();
        TcpSegment segment = client_.make(tcp_flag::kAck);
        segment.sequence = next_;
        segment.acknowledgment = now_.start() + 1 + static_cast<std::uint32_t>(acknowledged_);
        segment.window = window_;
        segment.timestamps.reset();
        if (last_timestamp_) segment.timestamps = TcpTimestamps{*last_timestamp_, now_.timestamp()};
        peer_.send(EncapsulationType::Forwarded, encode_tcp_packet(segment));
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
            last_timestamp_ = numbers.timestamps.value;
        }
        has_forwarded_ = true;
        window_ = step.segment.window;
        const std::uint32_t end = step.segment.sequence + step.segment.length();
        if (sequence_before(next_, end)) next_ = end;
        const std::int32_t told = sequence_distance(now_.start() + 1, numbers.acknowledgment);
        acknowledged_ = std::max(acknowledged_, static_cast<std::size_t>(std::max(told, 0)));
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

    const MoveExchange& move_;
    PlaybackOptions options_;
    ServerSide whole_;
    ServerSide then_;
    ServerSide now_;
    AnswerMap map_;
    int then_answered_ = 0;
    int now_answered_ = 0;
    std::size_t answer_frame_ = 0;
    std::uint32_t next_;  ///< behind all that the client has sent
    std::uint16_t window_;
    std::optional<std::uint32_t> last_timestamp_;
    std::size_t acknowledged_ = 0;  ///< of the device's text
    bool has_forwarded_ = false;    ///< in a base farm the first 0x02 releases
};

}  // namespace

Task<> play_home(Stage& stage, const MoveExchange& move, PlaybackOptions options) {
    const auto information = parse_connection_information(first_offer(move).bytes);
    HomePlayback playback(stage, move, information->block, options);
    co_await playback.play();
}

}  // namespace conform
