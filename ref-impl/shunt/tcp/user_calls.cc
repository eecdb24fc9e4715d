// SPDX-License-Identifier: Apache-2.0
// The application's calls (RFC 9293 3.10.1 to 3.10.6).
#include <algorithm>

#include "shunt/tcp/arriving_segment.hh"
#include "shunt/tcp/connection.hh"

namespace shunt::tcp {
namespace {

/// What is left for the send queue where all are to hold so much together. Never nothing: an
/// application that reads on only when it has written would wait for ever.
std::size_t room_beside(const ReceiveBuffer& received, std::size_t queues_max) {
    constexpr std::size_t least = 16 * 1'024;
    const OutOfOrder* const ranges = received.out_of_order();
    const std::size_t taken =
        received.unread() + (ranges != nullptr ? static_cast<std::size_t>(ranges->total()) : 0);
    return std::max(least, queues_max - std::min(queues_max, taken));
}

}  // namespace

Result<Connection, OpenError> Connection::connect(const Config& config, const Identity& identity,
                                                  const Chance& chance, Instant now) {
    if (const auto error = open_error(identity)) return Failure{*error};
    Connection connection(config, identity, chance);
    connection.set_state(State::SynSent);
    connection.negotiated_.scale_requested = config.window_scaling;
    connection.negotiated_.ecn_requested =
        config.explicit_congestion_notification && config.explicit_congestion_notification_asked;
    connection.negotiated_.timestamps_requested = config.timestamps;
    connection.is_syn_due_ = true;
    connection.last_received_at_ = now;
    return connection;
}

Result<Connection, Counter> Connection::accept(const Config& config, const Identity& identity,
                                               const wire::TcpView& syn, const Chance& chance,
                                               Instant now) {
    const wire::TcpFlags flags = syn.flags();
    if (!flags.syn || flags.acknowledgment || flags.reset || flags.fin) {
        return Failure{Counter::DropTcpNotSyn};
    }
    Connection connection(config, identity, chance);
    connection.set_state(State::SynReceived);
    connection.is_passive_ = true;
    const ArrivingSegment segment(syn);
    // What the peer did not offer, a SYN/ACK does not bring up (RFC 7323 2.2, 3.2).
    connection.negotiated_.scale_requested =
        config.window_scaling && segment.options.window_scale.has_value();
    connection.negotiated_.timestamps_requested =
        config.timestamps && segment.options.timestamps.has_value();
    connection.negotiated_.ecn_requested = config.explicit_congestion_notification;
    connection.learn_options(segment, now);
    connection.is_syn_due_ = true;
    connection.last_received_at_ = now;
    return connection;
}

std::size_t Connection::send(ByteView bytes) {
    const std::size_t taken =
        send_buffer_.append(bytes.first(std::min(bytes.size(), send_limit())));
    if (taken < bytes.size()) is_send_blocked_ = true;
    return taken;
}

std::size_t Connection::send(const SourceRange& range) {
    SourceRange fitting = range;
    fitting.size = std::min<std::uint64_t>(range.size, send_limit());
    const std::size_t taken = send_buffer_.append(fitting);
    if (taken < range.size) is_send_blocked_ = true;
    return taken;
}

MutableBytes Connection::send_room(std::size_t most) {
    const MutableBytes room = send_buffer_.room(std::min(most, send_limit()));
    if (room.empty() && most > 0) is_send_blocked_ = true;
    return room;
}

/// Bytes that the send buffer takes now in a state in which it takes any.
std::size_t Connection::send_limit() const {
    return can_send(state_) ? send_capacity() : 0;
}

std::size_t Connection::send_capacity() const {
    if (state_ == State::Closed) return 0;
    std::size_t wanted =
        std::max<std::size_t>(config_->send_buffer_floor, std::size_t{congestion_.window()} * 2);
    if (queues_max_ != UINT32_MAX) {
        wanted = std::min(wanted, room_beside(receive_buffer_, queues_max_));
    }
    return std::min(send_buffer_.free(),
                    wanted - std::min<std::size_t>(wanted, send_buffer_.size()));
}

void Connection::consume(std::size_t count) {
    receive_buffer_.consume(count);
    forget_read_urgent();
    if (is_window_update_due()) is_acknowledgment_due_ = true;
}

void Connection::close() {
    switch (state_) {
        case State::SynSent:
            finish(Event::Closed);
            break;
        case State::SynReceived:
            send_buffer_.finish();
            break;  // FIN-WAIT-1 once established
        case State::Established:
            send_buffer_.finish();
            set_state(State::FinWait1);
            break;
        case State::CloseWait:
            send_buffer_.finish();
            set_state(State::LastAck);
            break;
        case State::Closed:
        case State::FinWait1:
        case State::FinWait2:
        case State::Closing:
        case State::LastAck:
        case State::TimeWait:
            break;
    }
}

void Connection::abort() {
    switch (state_) {
        case State::Closed:
            return;
        case State::SynReceived:
        case State::Established:
        case State::FinWait1:
        case State::FinWait2:
        case State::CloseWait:
            is_abort_due_ = true;
            break;
        // The peer does not know of us, or has finished: no RST (RFC 9293 3.10.5).
        case State::SynSent:
        case State::Closing:
        case State::LastAck:
        case State::TimeWait:
            break;
    }
    finish(Event::Closed);
    receive_buffer_.discard();
}

void Connection::set_differentiated_services(std::uint8_t code_point) {
    SHUNT_ASSERT(code_point < 64, "a DSCP has 6 bits (RFC 2474 3)");
    differentiated_services_ = code_point;
}

void Connection::release_memory() {
    if (send_.unacknowledged == send_.maximum) flight_.reset();
    send_buffer_.release_memory();
    receive_buffer_.release_memory();
}

}  // namespace shunt::tcp
