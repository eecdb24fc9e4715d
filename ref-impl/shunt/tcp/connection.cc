// SPDX-License-Identifier: Apache-2.0
#include "shunt/tcp/connection.hh"

#include <algorithm>
#include <bit>

namespace shunt::tcp {
namespace {

// Each acknowledgment may round the window up by less than one unit of its scale, so that the edge
// does not go back (output_header.cc). An eighth more is room for that where the application does
// not read and acknowledgments cover half a kilobyte or more.
ReceiveBuffer::Limits receive_limits(const Config& config) {
    return {.size_max = config.receive_buffer_max,
            .slack = config.receive_buffer_max / 8 + (std::size_t{1} << config.window_scale),
            .ranges_max = config.out_of_order_ranges_max};
}

RttEstimator::Limits timeout_limits(const Config& config) {
    return {.initial = config.retransmission_timeout_initial,
            .min = config.retransmission_timeout_min,
            .max = config.retransmission_timeout_max};
}

}  // namespace

Connection::Connection(const Config& config, const Identity& identity, const Chance& chance)
    : config_(&config),
      identity_(identity),
      is_no_delay_(config.no_delay),
      clock_(chance.timestamp_offset),
      identification_(static_cast<std::uint16_t>(chance.timestamp_offset)),
      rtt_(timeout_limits(config)),
      congestion_(0),
      send_buffer_(config.send_buffer_max),
      receive_buffer_(receive_limits(config)) {
    SHUNT_ASSERT(config.window_scale <= wire::ControlBlock::kScaleMax, "RFC 7323 2.3");
    send_.initial = chance.initial_sequence;
    send_.unacknowledged = chance.initial_sequence;
    send_.next = chance.initial_sequence;
    send_.maximum = chance.initial_sequence;
    send_.urgent = chance.initial_sequence;
}

void Connection::report(Event event) {
    events_ = static_cast<std::uint8_t>(events_ | 1U << static_cast<unsigned>(event));
}

std::optional<Event> Connection::poll_event() {
    if (events_ == 0) return std::nullopt;
    const int first = std::countr_zero(events_);
    events_ = static_cast<std::uint8_t>(events_ & (events_ - 1U));
    return static_cast<Event>(first);
}

void Connection::enter_time_wait(Instant now) {
    set_state(State::TimeWait);
    timers_.disarm_all();
    timers_.arm(Timer::Linger, now + config_->maximum_segment_lifetime * 2);
    send_buffer_.release_memory();
    flight_.reset();
}

void Connection::finish(Event event) {
    set_state(State::Closed);
    timers_.disarm_all();
    send_buffer_.discard();
    // After an orderly end what came before it can still be read.
    if (event != Event::Closed) receive_buffer_.discard();
    flight_.reset();
    is_syn_due_ = is_probe_due_ = is_acknowledgment_due_ = false;
    duplicate_acknowledgments_owed_ = 0;
    reset_reply_.reset();
    report(event);
}

bool Connection::is_established_and_idle() const {
    return state_ == State::Established && send_.unacknowledged == send_.maximum &&
           send_buffer_.octets() == 0 && receive_buffer_.unread() == 0 &&
           !receive_buffer_.has_ranges() && !fin_received_at_;
}

bool Connection::can_be_replaced_by(const wire::TcpView& syn) const {
    const wire::TcpFlags flags = syn.flags();
    if (state_ != State::TimeWait || !flags.syn || flags.acknowledgment || flags.reset)
        return false;
    const auto timestamps = syn.options().timestamps;
    if (negotiated_.has_timestamps() && timestamps) {
        const SequenceNumber value(timestamps->value);
        if (value.after(SequenceNumber(recent_timestamp_))) return true;
        // RFC 6191 2: an equal timestamp leaves the decision to the sequence number.
        if (value.before(SequenceNumber(recent_timestamp_))) return false;
    }
    return syn.sequence().after(receive_.next);
}

}  // namespace shunt::tcp
