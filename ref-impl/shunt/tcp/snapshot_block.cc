// SPDX-License-Identifier: Apache-2.0
// Export and import of a connection as a control block (docs/protocol/endpoint.md, TCB-1 to TCB-5,
// EP-25): the importer's first byte is the one that the exporter would have sent.
#include <algorithm>
#include <limits>

#include "shunt/base/mutant.hh"
#include "shunt/tcp/connection.hh"

namespace shunt::tcp {
namespace {

using wire::BlockFlag;
using wire::BlockState;
using wire::ControlBlock;

constexpr Duration kTimerUnit = Duration::milliseconds(500);
constexpr std::int64_t kU16Max = std::numeric_limits<std::uint16_t>::max();
constexpr std::int64_t kU32Max = std::numeric_limits<std::uint32_t>::max();
// No peer can offer more (RFC 7323 2.3); numbers are compared within half of their space.
constexpr std::uint32_t kSendWindowMax = 1U << 30;
constexpr std::uint32_t kReceiveWindowMax = 1U << 30;

BlockState block_state(State state) {
    switch (state) {
        case State::Established:
            return BlockState::Established;
        case State::FinWait1:
            return BlockState::FinWait1;
        case State::FinWait2:
            return BlockState::FinWait2;
        case State::CloseWait:
            return BlockState::CloseWait;
        case State::Closing:
            return BlockState::Closing;
        case State::LastAck:
            return BlockState::LastAck;
        case State::Closed:
        case State::SynSent:
        case State::SynReceived:
        case State::TimeWait:
            break;
    }
    assertion_failed("state", "synchronized connections move, TIME-WAIT stays (TCP-15)", __FILE__,
                     __LINE__);
}

State state_of(BlockState state) {
    switch (state) {
        case BlockState::Established:
            return State::Established;
        case BlockState::FinWait1:
            return State::FinWait1;
        case BlockState::FinWait2:
            return State::FinWait2;
        case BlockState::CloseWait:
            return State::CloseWait;
        case BlockState::Closing:
            return State::Closing;
        case BlockState::LastAck:
            return State::LastAck;
    }
    assertion_failed("state", "validate() refuses other states", __FILE__, __LINE__);
}

// Remaining time in units of 500 ms, rounded up, so that an armed timer is not 0, which is off.
std::uint16_t timer_units(std::optional<Instant> deadline, Instant now) {
    if (!deadline) return 0;
    const std::int64_t remaining = (*deadline - now).to_nanoseconds();
    const std::int64_t unit = kTimerUnit.to_nanoseconds();
    return static_cast<std::uint16_t>(
        std::clamp<std::int64_t>((remaining + unit - 1) / unit, 1, kU16Max));
}

/// Numbers that no connection can have come to are replaced by those that it would have if nothing
/// had happened lately: a block that lies must not keep every window update out, nor every
/// timestamp.
void make_possible(SendSpace& send, ReceiveSpace& receive) {
    if (send.window_update_sequence.after(receive.edge)) {
        send.window_update_sequence = receive.next;
    }
    if (send.window_update_acknowledgment.after(send.maximum)) {
        send.window_update_acknowledgment = send.unacknowledged;
    }
    const std::uint32_t unacknowledged = receive.next - receive.last_acknowledged;
    if (unacknowledged > kReceiveWindowMax) receive.last_acknowledged = receive.next;
}

/// The end of an episode of recovery ends what is outstanding, or lies not long behind it.
bool is_possible_recover(SequenceNumber recover, const SendSpace& send) {
    return send.maximum - recover <= kSendWindowMax + 1;
}

}  // namespace

wire::ControlBlock Connection::export_block(std::uint32_t epoch, Instant now) const {
    ControlBlock block;
    block.epoch = epoch;
    block.state = block_state(state_);
    block.retransmit_timer = timer_units(timers_.deadline(Timer::Retransmit), now);
    block.persist_timer = timer_units(timers_.deadline(Timer::Persist), now);
    block.keep_alive_timer = timer_units(timers_.deadline(Timer::KeepAlive), now);
    block.time_wait_timer = timer_units(timers_.deadline(Timer::Linger), now);
    block.retransmissions = retransmissions_;
    block.duplicate_acks = duplicates_;
    block.mss = negotiated_.maximum_segment;
    block.send_queue = send_buffer_.size();
    block.receive_queue = receive_buffer_.unread();
    export_sequences(block);
    block.congestion_window =
        is_mutant(Mutant::StartsSlowAgain) ? initial_window() : congestion_.window();
    block.slow_start_threshold = congestion_.threshold();
    block.idle = static_cast<std::uint16_t>(std::clamp<std::int64_t>(
        (now - last_received_at_).to_nanoseconds() / kTimerUnit.to_nanoseconds(), 0, kU16Max));
    block.path_mtu = path_mtu_;
    if (recover_ && is_possible_recover(*recover_, send_)) block.recover = *recover_;
    const RttEstimator::Snapshot rtt = rtt_.snapshot();
    block.retransmission_timeout_ms = rtt.timeout_ms;
    block.smoothed_rtt = rtt.smoothed_eighth_ms;
    block.rtt_variation = rtt.variation_fourth_ms;
    block.minimum_rtt_ms = rtt.min_ms;
    block.send_scale = negotiated_.send_scale;
    block.receive_scale = negotiated_.receive_scale;
    if (negotiated_.has_timestamps()) {
        block.timestamp_value = clock_.value(now);
        block.recent_timestamp = recent_timestamp_;
        block.recent_timestamp_age_ms = static_cast<std::uint32_t>(
            std::clamp<std::int64_t>((now - recent_timestamp_at_).to_milliseconds(), 0, kU32Max));
    }
    block.sack_ranges = static_cast<std::uint16_t>(scoreboard().size());
    export_flags(block);
    export_out_of_order(block);
    return block;
}

void Connection::export_sequences(wire::ControlBlock& block) const {
    SendSpace send = send_;
    ReceiveSpace receive = receive_;
    make_possible(send, receive);  // as the importer will
    block.send_unacknowledged = send_.unacknowledged;
    block.send_next = next_to_send();
    block.send_max = send_.maximum;
    block.send_urgent = send_.urgent;
    block.window_update_sequence = send.window_update_sequence;
    block.window_update_acknowledgment = send.window_update_acknowledgment;
    block.initial_send_sequence = send_.initial;
    block.send_window = send_.window;
    block.send_window_max = send_.window_max;
    block.receive_window = receive_.window();
    block.receive_next = receive_.next;
    block.receive_urgent = receive_.urgent;
    block.initial_receive_sequence = receive_.initial;
    block.receive_advertised = receive_.edge;
    block.last_acknowledgment_sent = receive.last_acknowledged;
}

void Connection::export_flags(wire::ControlBlock& block) const {
    const std::uint32_t outstanding = send_.maximum - send_.unacknowledged;
    const bool is_fin_sent = send_buffer_.is_fin_acknowledged() ||
                             (send_buffer_.has_fin() && outstanding > send_buffer_.size());
    if (is_acknowledgment_due_ || duplicate_acknowledgments_owed_ > 0) block.set(BlockFlag::AckNow);
    if (timers_.is_armed(Timer::DelayedAcknowledgment)) block.set(BlockFlag::DelayedAck);
    if (is_no_delay_) block.set(BlockFlag::NoDelay);
    if (is_fin_sent) block.set(BlockFlag::SentFin);
    if (negotiated_.scale_requested) block.set(BlockFlag::RequestedScale);
    if (negotiated_.scale_received) block.set(BlockFlag::ReceivedScale);
    if (negotiated_.timestamps_requested) block.set(BlockFlag::RequestedTimestamps);
    if (negotiated_.timestamps_received) block.set(BlockFlag::ReceivedTimestamps);
    if (negotiated_.sack_permitted) block.set(BlockFlag::SackPermitted);
    if (!negotiated_.has_ecn()) return;
    block.set(BlockFlag::Ecn);
    if (is_ecn_echo_due_) block.set(BlockFlag::EcnEchoPending);
    if (is_window_reduction_due_) block.set(BlockFlag::CongestionWindowReducedPending);
}

void Connection::export_out_of_order(wire::ControlBlock& block) const {
    const OutOfOrder* const ranges = receive_buffer_.out_of_order();
    if (ranges == nullptr) return;
    block.out_of_order_ranges = static_cast<std::uint16_t>(ranges->count());
    block.out_of_order_bytes = static_cast<std::uint32_t>(ranges->total());
    // A FIN behind a gap of its own stays here: it was never acknowledged, so it comes again.
    const auto end = static_cast<std::uint32_t>(ranges->range(ranges->count() - 1).end);
    if (fin_received_at_ == receive_.next + end) block.set(BlockFlag::FinOutOfOrder);
}

std::optional<ImportError> Connection::check_block(const Config& config,
                                                   const wire::ControlBlock& block) {
    const auto valid = block.validate();
    if (!valid) return ImportError::Malformed;
    // The right edge that the client knows must hold here too (TCB-1).
    const Connection empty(config, {}, {});
    const std::uint64_t promised =
        std::uint64_t{valid->receive_queue} + (valid->receive_advertised - valid->receive_next);
    const bool has_room = valid->send_queue <= empty.send_buffer_.free() &&
                          promised <= empty.receive_buffer_.room() &&
                          valid->out_of_order_ranges <= config.out_of_order_ranges_max;
    return has_room ? std::nullopt : std::optional(ImportError::NoRoom);
}

void Connection::restore(const wire::ControlBlock& block, Instant now) {
    set_state(state_of(block.state));
    is_passive_ = true;
    is_no_delay_ = block.has(BlockFlag::NoDelay);
    negotiated_ = {.scale_requested = block.has(BlockFlag::RequestedScale),
                   .scale_received = block.has(BlockFlag::ReceivedScale),
                   .timestamps_requested = block.has(BlockFlag::RequestedTimestamps),
                   .timestamps_received = block.has(BlockFlag::ReceivedTimestamps),
                   .sack_permitted = block.has(BlockFlag::SackPermitted),
                   .ecn_requested = block.has(BlockFlag::Ecn),
                   .ecn_received = block.has(BlockFlag::Ecn),
                   .send_scale = block.send_scale,
                   .receive_scale = block.receive_scale,
                   .maximum_segment = block.mss};
    if (is_mutant(Mutant::LosesWindowScale)) negotiated_.send_scale = negotiated_.receive_scale = 0;
    if (is_mutant(Mutant::LosesSendScale)) negotiated_.send_scale = block.receive_scale;
    is_ecn_echo_due_ = block.has(BlockFlag::EcnEchoPending);
    is_window_reduction_due_ = block.has(BlockFlag::CongestionWindowReducedPending);
    path_mtu_ = block.path_mtu;
    restore_sequences(block);
    // Whether blocks have come is not said. Where nothing was sent yet, none have.
    const bool has_sent = send_.maximum != send_.initial + 1;
    is_sack_heard_ = negotiated_.sack_permitted && has_sent;
    if (negotiated_.has_timestamps()) {
        const bool is_lost = is_mutant(Mutant::LosesTimestampClock);
        clock_ = TimestampClock::continued(is_lost ? 1 : block.timestamp_value, now);
        recent_timestamp_ = block.recent_timestamp;
        recent_timestamp_at_ = now - Duration::milliseconds(block.recent_timestamp_age_ms);
    }
    identification_ = static_cast<std::uint16_t>(block.initial_send_sequence.value());
    retransmissions_ =
        static_cast<std::uint8_t>(std::min<std::uint16_t>(block.retransmissions, 255));
    rtt_.restore({.smoothed_eighth_ms = block.smoothed_rtt,
                  .variation_fourth_ms = block.rtt_variation,
                  .min_ms = block.minimum_rtt_ms,
                  .timeout_ms = block.retransmission_timeout_ms});
    restore_congestion(block);
    if (block.is_fin_received()) fin_received_at_ = receive_.next - 1;
    receive_buffer_.open_window(std::uint64_t{receive_.window()} + block.receive_queue);
    last_received_at_ = now - kTimerUnit * block.idle;
    last_sent_at_ = now;
    progress_at_ = now;
}

void Connection::restore_sequences(const wire::ControlBlock& block) {
    send_ = {
        .initial = block.initial_send_sequence,
        .unacknowledged = block.send_unacknowledged,
        .next = block.send_next,
        .maximum = block.send_max,
        .urgent = block.send_urgent,
        .window_update_sequence = block.window_update_sequence,
        .window_update_acknowledgment = block.window_update_acknowledgment,
        .window = std::min(block.send_window, kSendWindowMax),
        .window_max = std::min(std::max(block.send_window_max, block.send_window), kSendWindowMax)};
    receive_ = {.initial = block.initial_receive_sequence,
                .next = block.receive_next,
                .edge = block.receive_advertised,
                .urgent = block.receive_urgent,
                .last_acknowledged = block.last_acknowledgment_sent};
    make_possible(send_, receive_);
    restore_urgent(block);
}

void Connection::restore_congestion(const wire::ControlBlock& block) {
    // A device that keeps no windows leaves them zero: they start fresh (TCB-4).
    const std::uint32_t window =
        is_mutant(Mutant::OpensWindowByMove) ? kSendWindowMax : block.congestion_window;
    const std::uint32_t threshold = block.slow_start_threshold;
    congestion_.restore(window > 0 ? window : initial_window(),
                        threshold > 0 ? threshold : congestion::Control::kThresholdUnlimited);
    duplicates_ = block.duplicate_acks;
    if (block.recover != SequenceNumber(0) && is_possible_recover(block.recover, send_)) {
        recover_ = block.recover;
        const bool is_over = send_.unacknowledged.at_or_after(*recover_);
        const bool is_fast = duplicates_ > 0;
        recovery_ = is_over ? Recovery::None : is_fast ? Recovery::Fast : Recovery::Timeout;
    }
}

void Connection::restore_timers(const wire::ControlBlock& block, Instant now) {
    if (send_.flight_size() > 0) {
        Duration remaining = rtt_.timeout();
        if (block.retransmit_timer > 0) {
            remaining = std::min(remaining, kTimerUnit * block.retransmit_timer);
        }
        timers_.arm(Timer::Retransmit, now + remaining);
        schedule_probe(now);  // EP-49
    }
    if (block.has(BlockFlag::AckNow)) is_acknowledgment_due_ = true;
    if (block.has(BlockFlag::DelayedAck)) {
        timers_.arm(Timer::DelayedAcknowledgment, now + config_->delayed_acknowledgment);
    }
    is_kept_alive_ = block.keep_alive_timer > 0;
    if (is_kept_alive_) timers_.arm(Timer::KeepAlive, now + kTimerUnit * block.keep_alive_timer);
    if (is_mutant(Mutant::AsksMovedPeers)) timers_.arm(Timer::KeepAlive, now + kTimerUnit * 3);
    if (state_ == State::FinWait2) timers_.arm(Timer::Linger, now + config_->fin_wait_2_timeout);
}

}  // namespace shunt::tcp
