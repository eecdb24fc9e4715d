// SPDX-License-Identifier: Apache-2.0
#include "shunt/sim/checkers/connection_checker.hh"

#include <fmt/format.h>

namespace shunt::sim {
namespace {

/// An idle connection may still owe an acknowledgment, at most this long (RFC 9293 3.8.6.3).
constexpr Duration kOwedMax = Duration::milliseconds(500);

bool waits_for_something(const tcp::Connection& connection) {
    switch (connection.state()) {
        case tcp::State::Closed:
            return false;
        case tcp::State::SynSent:
        case tcp::State::SynReceived:
        case tcp::State::TimeWait:
            return true;
        case tcp::State::Established:
        case tcp::State::CloseWait:
        case tcp::State::FinWait2:
            return connection.send_queue_size() > 0;
        case tcp::State::FinWait1:
        case tcp::State::Closing:
        case tcp::State::LastAck:
            return true;  // our FIN is not acknowledged
    }
    return false;
}

std::string describe(const tcp::Connection& connection) {
    return fmt::format("{} with {} octets outstanding, {} queued", to_string(connection.state()),
                       connection.send_next() - connection.send_unacknowledged(),
                       connection.send_queue_size());
}

}  // namespace

std::optional<Finding> check_timers(const tcp::Connection& connection, Instant now) {
    const std::optional<Instant> deadline = connection.poll_deadline();
    if (waits_for_something(connection) && !deadline)
        return Finding{"timers", describe(connection) + ", and no deadline"};
    const bool may_owe = deadline && *deadline <= now + kOwedMax;
    if (connection.is_closed() && deadline)
        return Finding{"timers", "CLOSED, and a deadline is left"};
    if (connection.is_established_and_idle() && deadline && !may_owe) {
        return Finding{"timers", fmt::format("{}, and a deadline in {} ms", describe(connection),
                                             (*deadline - now).to_milliseconds())};
    }
    return std::nullopt;
}

std::optional<Finding> check_queues(const tcp::Connection& connection, const tcp::Config& config) {
    if (connection.send_queue_size() > config.send_buffer_max) {
        return Finding{"memory", fmt::format("{} octets in a send queue of {}",
                                             connection.send_queue_size(), config.send_buffer_max)};
    }
    // A window that the scale rounds up may promise an eighth more (tcp/connection.cc).
    const std::size_t rounding = std::size_t{1} << config.window_scale;
    const std::size_t receive_max =
        config.receive_buffer_max + config.receive_buffer_max / 8 + rounding;
    if (connection.receive_queue_size() > receive_max) {
        return Finding{"memory", fmt::format("{} octets in a receive queue of {}",
                                             connection.receive_queue_size(), receive_max)};
    }
    return std::nullopt;
}

std::optional<Finding> check_delivery(const tcp::Connection& connection, std::uint64_t delivered) {
    if (!is_synchronized(connection.state())) return std::nullopt;
    const std::uint32_t taken =
        connection.receive_next() - connection.initial_receive_sequence() - 1;
    const auto kept = static_cast<std::uint32_t>(delivered + connection.receive_queue_size());
    // The peer's FIN takes a number and is neither read nor kept.
    if (taken == kept || taken == kept + 1) return std::nullopt;
    return Finding{"TCP-1",
                   fmt::format("has taken {} octets; {} are delivered or kept", taken, kept)};
}

}  // namespace shunt::sim
