// SPDX-License-Identifier: Apache-2.0
// Options: which value a socket may have when, and what it does to a connection.
#include <algorithm>

#include "shunt/stack/socket_set.hh"

namespace shunt::stack {
namespace {

// RFC 9293 3.7.1: what every host takes.
constexpr std::uint16_t kMaximumSegmentMin = 536;
constexpr std::uint8_t kCodePointMax = 63;
constexpr Duration kZero = Duration::nanoseconds(0);
// Times of an application: no peer is asked more often than each second, nothing waits for years.
constexpr Duration kProbePauseMin = Duration::seconds(1);
constexpr Duration kTimeoutMin = Duration::milliseconds(1);
constexpr Duration kSpanMax = Duration::seconds(30LL * 24 * 60 * 60);
// RFC 7323 2.3.
constexpr std::uint8_t kWindowScaleMax = 14;

/// Sorts options by what they are about.
template <typename... Kinds>
bool is_one_of(const SocketOption& option) {
    return (std::holds_alternative<Kinds>(option) || ...);
}

/// A value that the option cannot have whatever the socket.
struct HasBadValue {
    const SocketLimits& limits;

    bool operator()(const NoDelay&) const { return false; }
    bool operator()(const ReuseAddress&) const { return false; }
    bool operator()(const CongestionControl&) const { return false; }
    bool operator()(const ExplicitCongestionNotification&) const { return false; }
    bool operator()(const KeepAlive& value) const {
        return is_outside(value.idle, kProbePauseMin) ||
               is_outside(value.interval, kProbePauseMin) || value.probes_max == 0;
    }
    bool operator()(const Linger& value) const {
        return value.patience && is_outside(*value.patience, kZero);
    }
    bool operator()(const UserTimeout& value) const { return is_outside(value.span, kTimeoutMin); }
    bool operator()(const SendBuffer& value) const { return is_bad_size(value.bytes); }
    bool operator()(const ReceiveBuffer& value) const { return is_bad_size(value.bytes); }
    bool operator()(const MaximumSegment& value) const { return value.bytes < kMaximumSegmentMin; }
    bool operator()(const DifferentiatedServices& value) const {
        return value.code_point > kCodePointMax;
    }

    static bool is_outside(Duration span, Duration least) {
        return span < least || span > kSpanMax;
    }
    bool is_bad_size(std::uint32_t bytes) const {
        return bytes < limits.buffer_bytes_min || bytes > limits.buffer_bytes;
    }
};

struct Assign {
    SocketOptions& options;

    void operator()(const NoDelay& value) const { options.no_delay = value; }
    void operator()(const KeepAlive& value) const { options.keep_alive = value; }
    void operator()(const Linger& value) const { options.linger = value; }
    void operator()(const ReuseAddress& value) const { options.reuse_address = value; }
    void operator()(const UserTimeout& value) const { options.user_timeout = value; }
    void operator()(const SendBuffer& value) const { options.send_buffer = value; }
    void operator()(const ReceiveBuffer& value) const { options.receive_buffer = value; }
    void operator()(const CongestionControl& value) const { options.congestion_control = value; }
    void operator()(const MaximumSegment& value) const { options.maximum_segment = value; }
    void operator()(const ExplicitCongestionNotification& value) const {
        options.explicit_congestion_notification = value;
    }
    void operator()(const DifferentiatedServices& value) const {
        options.differentiated_services = value;
    }
};

void write(const SocketOptions& options, tcp::Config& config) {
    config.no_delay = options.no_delay.is_on;
    config.keep_alive = options.keep_alive.is_on;
    config.keep_alive_idle = options.keep_alive.idle;
    config.keep_alive_interval = options.keep_alive.interval;
    config.keep_alive_probes_max = options.keep_alive.probes_max;
    config.user_timeout = options.user_timeout.span;
}

}  // namespace

std::optional<ApiError> SocketSet::fault_of(const Socket& socket,
                                            const SocketOption& option) const {
    const bool is_of_both = is_one_of<ReuseAddress, ReceiveBuffer, DifferentiatedServices>(option);
    if (socket.phase == Phase::Datagram && !is_of_both) return ApiError::NotSupported;
    if (std::visit(HasBadValue{limits_}, option)) return ApiError::InvalidArgument;
    const bool is_early = socket.phase == Phase::Idle || socket.phase == Phase::Datagram;
    const bool is_of_syn = is_one_of<SendBuffer, ReceiveBuffer, CongestionControl, MaximumSegment,
                                     ExplicitCongestionNotification>(option);
    if (!is_early && is_of_syn) return ApiError::InvalidArgument;
    return std::nullopt;
}

std::optional<ApiError> SocketSet::set_option(SocketId id, const SocketOption& option,
                                              Instant now) {
    Socket* socket = find(id);
    if (socket == nullptr) return ApiError::NotASocket;
    if (const auto fault = fault_of(*socket, option)) return fault;
    const SocketOptions before = socket->options;
    std::visit(Assign{socket->options}, option);
    if (socket->connection && socket->options != before) {
        apply(*socket->connection, socket->options, now);
    }
    return std::nullopt;
}

Result<SocketOptions, ApiError> SocketSet::options(SocketId id) const {
    const Socket* socket = find(id);
    if (socket == nullptr) return Failure{ApiError::NotASocket};
    return socket->options;
}

std::unique_ptr<tcp::Config> SocketSet::config_for(const SocketOptions& options) const {
    auto config = std::make_unique<tcp::Config>(defaults_);
    write(options, *config);
    config->send_buffer_max = options.send_buffer.bytes;
    config->receive_buffer_max = options.receive_buffer.bytes;
    config->congestion_control = options.congestion_control.algorithm;
    config->explicit_congestion_notification_asked =
        options.explicit_congestion_notification.is_asked;
    config->advertised_mss = std::min(options.maximum_segment.bytes, defaults_.advertised_mss);
    while (config->window_scale < kWindowScaleMax &&
           std::uint64_t{0xFFFF} << config->window_scale < config->receive_buffer_max) {
        ++config->window_scale;
    }
    return config;
}

/// What may change in the middle of a connection.
void SocketSet::apply(Slot slot, const SocketOptions& options, Instant now) {
    HostConnection& row = connections_.at(slot);
    write(options, *row.config);
    row.connection.set_no_delay(options.no_delay.is_on);
    row.connection.set_keep_alive(options.keep_alive.is_on, now);
    row.connection.set_differentiated_services(options.differentiated_services.code_point);
    settle(slot, now);
}

}  // namespace shunt::stack
