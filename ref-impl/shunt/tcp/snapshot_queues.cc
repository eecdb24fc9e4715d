// SPDX-License-Identifier: Apache-2.0
// Export and import of a connection whole: the queues that move beside its control block
// (docs/protocol/endpoint.md, EP-41, EP-49).
#include <algorithm>
#include <limits>

#include "shunt/base/mutant.hh"
#include "shunt/tcp/connection.hh"

namespace shunt::tcp {
namespace {

using wire::BlockFlag;
using wire::BlockState;
using wire::ControlBlock;

constexpr std::int64_t kU32Max = std::numeric_limits<std::uint32_t>::max();

std::uint32_t in_microseconds(Duration span) {
    return static_cast<std::uint32_t>(std::clamp<std::int64_t>(span.to_microseconds(), 0, kU32Max));
}

std::uint32_t in_microseconds(std::optional<Duration> span) {
    return span ? in_microseconds(*span) : 0;
}

std::uint32_t in_milliseconds(Duration span) {
    return static_cast<std::uint32_t>(std::clamp<std::int64_t>(span.to_milliseconds(), 0, kU32Max));
}

Duration duration_of(std::uint32_t microseconds) {
    return Duration::microseconds(microseconds);
}

std::optional<Duration> timer_of(std::uint32_t microseconds) {
    return microseconds > 0 ? std::optional(duration_of(microseconds)) : std::nullopt;
}

wire::FineState to_wire(const FineState& fine) {
    wire::FineState out{.smoothed_rtt_us = in_microseconds(fine.smoothed_rtt),
                        .rtt_variation_us = in_microseconds(fine.rtt_variation),
                        .minimum_rtt_us = in_microseconds(fine.minimum_rtt),
                        .retransmission_timeout_us = in_microseconds(fine.retransmission_timeout),
                        .retransmit_us = in_microseconds(fine.retransmit),
                        .persist_us = in_microseconds(fine.persist),
                        .keep_alive_us = in_microseconds(fine.keep_alive),
                        .delayed_acknowledgment_us = in_microseconds(fine.delayed_acknowledgment),
                        .algorithm = static_cast<std::uint8_t>(fine.congestion.algorithm)};
    if (fine.congestion.algorithm == congestion::Algorithm::Cubic) {
        const congestion::CubicState& cubic = fine.congestion.cubic;
        out.cubic = {.window_max = cubic.window_max,
                     .window_at_epoch = cubic.window_at_epoch,
                     .reno_estimate = cubic.reno_estimate,
                     .epoch_age_ms = cubic.epoch_age ? in_milliseconds(*cubic.epoch_age)
                                                     : wire::CubicFields::kNoEpoch,
                     .time_to_window_max_ms = in_milliseconds(cubic.time_to_window_max)};
    }
    return out;
}

/// Of an algorithm that has no fields, or whose fields we have not, NewReno's, which has none.
congestion::State from_wire(const std::optional<wire::CubicFields>& cubic) {
    if (!cubic) return {};
    const bool has_epoch = cubic->epoch_age_ms != wire::CubicFields::kNoEpoch;
    return {.algorithm = congestion::Algorithm::Cubic,
            .cubic = {.window_max = cubic->window_max,
                      .window_at_epoch = cubic->window_at_epoch,
                      .reno_estimate = cubic->reno_estimate,
                      .epoch_age = has_epoch
                                       ? std::optional(Duration::milliseconds(cubic->epoch_age_ms))
                                       : std::nullopt,
                      .time_to_window_max = Duration::milliseconds(cubic->time_to_window_max_ms)}};
}

/// An algorithm whose fields we have not counts as NewReno, which has none: what we use starts from
/// the block's window and threshold.
FineState from_wire(const wire::FineState& fine) {
    return {.smoothed_rtt = duration_of(fine.smoothed_rtt_us),
            .rtt_variation = duration_of(fine.rtt_variation_us),
            .minimum_rtt = duration_of(fine.minimum_rtt_us),
            .retransmission_timeout = duration_of(fine.retransmission_timeout_us),
            .retransmit = timer_of(fine.retransmit_us),
            .persist = timer_of(fine.persist_us),
            .keep_alive = timer_of(fine.keep_alive_us),
            .delayed_acknowledgment = timer_of(fine.delayed_acknowledgment_us),
            .congestion = from_wire(fine.cubic)};
}

ControlBlock bent_by_mutants(ControlBlock block) {
    if (is_mutant(Mutant::TakesMalformedBlock) && !block.validate()) {
        ControlBlock bent = block;
        bent.state = BlockState::Established;
        if (bent.validate()) return bent;
    }
    if (is_mutant(Mutant::TakesImpossibleNumbers) && !block.validate()) {
        ControlBlock bent = block;
        bent.send_next = bent.send_max = bent.send_unacknowledged;
        if (bent.validate()) return bent;
    }
    return block;
}

}  // namespace

Snapshot Connection::export_snapshot(std::uint32_t epoch, Instant now) const {
    Snapshot snapshot;
    snapshot.block = export_block(epoch, now);
    snapshot.send.resize(send_buffer_.size());
    send_buffer_.read(0, snapshot.send);
    snapshot.receive.resize(receive_buffer_.unread());
    receive_buffer_.read(0, snapshot.receive);
    if (const OutOfOrder* const ranges = receive_buffer_.out_of_order()) {
        for (std::size_t i = 0; i < ranges->count(); ++i) {
            const Interval range = ranges->range(i);
            auto& held = snapshot.out_of_order.emplace_back();
            held.offset = static_cast<std::uint32_t>(range.begin);
            held.bytes.resize(static_cast<std::size_t>(range.size()));
            receive_buffer_.read_range(range, held.bytes);
        }
    }
    snapshot.scoreboard = scoreboard();
    snapshot.fine = to_wire(fine_state(now));
    // Marks of ECN are no state: each packet has its own.
    snapshot.ip = {.time_to_live = time_to_live_,
                   .type_of_service = static_cast<std::uint8_t>(differentiated_services_ << 2U),
                   .path_mtu = snapshot.block.path_mtu,
                   .identification = identification_};
    return snapshot;
}

Result<Connection, ImportError> Connection::import_block(const Config& config,
                                                         const Identity& identity,
                                                         const ControlBlock& block, Instant now) {
    Snapshot snapshot;
    snapshot.block = bent_by_mutants(block);
    return import_snapshot(config, identity, snapshot, now);
}

Result<Connection, ImportError> Connection::import_snapshot(const Config& config,
                                                            const Identity& identity,
                                                            const Snapshot& snapshot, Instant now) {
    if (const auto refused = check_block(config, snapshot.block)) return Failure{*refused};
    if (snapshot.fault()) return Failure{ImportError::Malformed};
    const ControlBlock block = *snapshot.block.validate();
    Connection connection(
        config, identity,
        Chance{.initial_sequence = block.initial_send_sequence, .timestamp_offset = 0});
    connection.restore(block, now);
    if (!connection.restore_queues(snapshot, now)) return Failure{ImportError::Malformed};
    return connection;
}

void Connection::restore_fine_state(const wire::FineState& fine, Instant now) {
    restore_fine_state(from_wire(fine), now);
}

bool Connection::restore_queues(const Snapshot& snapshot, Instant now) {
    restore_send_queue(snapshot);
    restore_receive_queue(snapshot);
    if (!restore_scoreboard(snapshot.scoreboard)) return false;
    restore_timers(*snapshot.block.validate(), now);
    if (snapshot.fine) {
        restore_fine_state(*snapshot.fine, now);
    } else if (snapshot.congestion) {
        congestion_.restore_state(from_wire(snapshot.congestion->cubic), now);
    }
    if (snapshot.ip) restore_ip(*snapshot.ip);
    return true;
}

/// The path MTU is the block's. A packet that says that it may pass no router reaches nobody.
void ConnectionState::restore_ip(const wire::IpState& ip) {
    if (ip.time_to_live > 0) time_to_live_ = ip.time_to_live;
    differentiated_services_ = static_cast<std::uint8_t>(ip.type_of_service >> 2U);
    identification_ = ip.identification;
}

/// The FIN stands behind the last byte, hence comes after the queue.
void Connection::restore_send_queue(const Snapshot& snapshot) {
    send_buffer_.append(snapshot.send);
    // An application that waits for room is told; which one did not wait cannot be seen from here.
    is_send_blocked_ = !snapshot.send.empty();
    switch (state_) {
        case State::FinWait1:
        case State::Closing:
        case State::LastAck:
            send_buffer_.finish();
            break;
        case State::FinWait2:
            send_buffer_.restore_fin_acknowledged();
            break;
        case State::Closed:
        case State::SynSent:
        case State::SynReceived:
        case State::Established:
        case State::CloseWait:
        case State::TimeWait:
            break;
    }
}

/// The application here has heard of nothing yet.
void Connection::restore_receive_queue(const Snapshot& snapshot) {
    receive_buffer_.insert(0, snapshot.receive);
    for (const OutOfOrderBytes& range : snapshot.out_of_order)
        receive_buffer_.insert(range.offset, range.bytes);
    if (snapshot.block.has(BlockFlag::FinOutOfOrder) && !snapshot.out_of_order.empty()) {
        fin_received_at_ =
            receive_.next + static_cast<std::uint32_t>(snapshot.out_of_order.back().end());
    }
    if (!snapshot.receive.empty()) report(Event::Readable);
    if (fin_received_at_ && !takes_text()) report(Event::PeerFinished);
}

}  // namespace shunt::tcp
