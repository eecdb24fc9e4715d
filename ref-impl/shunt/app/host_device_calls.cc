// SPDX-License-Identifier: Apache-2.0
// The calls of sockets (RFC 9293 3.9.1), each of which returns at once.
#include <algorithm>
#include <utility>

#include "shunt/app/host_device.hh"
#include "shunt/tcp/initial_sequence.hh"

namespace shunt::app {
namespace {

constexpr SocketError kNotASocket = "EBADF";
constexpr SocketError kInvalid = "EINVAL";
constexpr SocketError kInUse = "EADDRINUSE";
constexpr SocketError kNoBuffers = "ENOBUFS";
constexpr SocketError kWouldBlock = "EWOULDBLOCK";
constexpr SocketError kNotConnected = "ENOTCONN";
constexpr SocketError kIsShutDown = "EPIPE";

}  // namespace

Result<HostDevice::Socket, SocketError> HostDevice::listen(std::uint16_t port) {
    if (port == 0) return Failure{kInvalid};
    if (listener_on(port)) return Failure{kInUse};
    if (listeners_.size() >= kSocketsMax) return Failure{kNoBuffers};
    listeners_.emplace(next_socket_, port);
    return next_socket_++;
}

Result<HostDevice::Socket, SocketError> HostDevice::accept(Socket listener) {
    if (!listeners_.contains(listener)) return Failure{kNotASocket};
    for (auto& [socket, endpoint] : endpoints_) {
        if (endpoint.listener != listener || !endpoint.is_established) continue;
        endpoint.listener.reset();
        return socket;
    }
    return Failure{kWouldBlock};
}

Result<HostDevice::Socket, SocketError> HostDevice::connect(std::uint16_t port, Instant now) {
    if (endpoints_.size() >= kSocketsMax) return Failure{kNoBuffers};
    const tcp::Identity identity{kAddress, next_port_, kTesterAddress, port};
    auto connection = tcp::Connection::connect(
        config_, identity, tcp::draw_chance(keys_.sequence, identity, now), now);
    if (!connection) return Failure{kInvalid};
    ++next_port_;
    const auto made = add(std::move(*connection), std::nullopt);
    const Socket socket = made->first;
    settle(made, now);
    return socket;
}

Result<std::size_t, SocketError> HostDevice::send(Socket socket, ByteView bytes, bool is_urgent,
                                                  Instant now) {
    Endpoint* endpoint = usable(socket);
    if (endpoint == nullptr) return Failure{kNotASocket};
    if (!endpoint->error.empty() && !endpoint->is_error_taken) {
        endpoint->is_error_taken = true;
        return Failure{endpoint->error};
    }
    if (endpoint->is_write_shut || endpoint->connection.is_closed()) return Failure{kIsShutDown};
    const std::size_t taken =
        is_urgent ? endpoint->connection.send_urgent(bytes) : endpoint->connection.send(bytes);
    settle(endpoints_.find(socket), now);
    if (taken == 0 && !bytes.empty()) return Failure{kWouldBlock};
    return taken;
}

Result<ReceivedText, SocketError> HostDevice::receive(Socket socket, std::size_t count,
                                                      Instant now) {
    Endpoint* endpoint = usable(socket);
    if (endpoint == nullptr) return Failure{kNotASocket};
    ReceivedText text;
    while (text.bytes.size() < count && !endpoint->connection.readable().empty()) {
        const ByteView front = endpoint->connection.readable();
        const std::size_t taken = std::min(front.size(), count - text.bytes.size());
        text.bytes.insert(text.bytes.end(), front.begin(),
                          front.begin() + static_cast<std::ptrdiff_t>(taken));
        endpoint->connection.consume(taken);
    }
    settle(endpoints_.find(socket), now);
    if (!text.bytes.empty()) return text;
    if (!endpoint->error.empty()) {
        if (!endpoint->is_error_taken) {
            endpoint->is_error_taken = true;
            return Failure{endpoint->error};
        }
        text.is_end = true;
        return text;
    }
    text.is_end = endpoint->is_finished_by_peer || endpoint->connection.is_closed();
    if (text.is_end) return text;
    return Failure{endpoint->is_established ? kWouldBlock : kNotConnected};
}

Result<bool, SocketError> HostDevice::shutdown_write(Socket socket, Instant now) {
    Endpoint* endpoint = usable(socket);
    if (endpoint == nullptr) return Failure{kNotASocket};
    if (endpoint->connection.is_closed()) return Failure{kNotConnected};
    endpoint->is_write_shut = true;
    endpoint->connection.close();
    settle(endpoints_.find(socket), now);
    return true;
}

Result<bool, SocketError> HostDevice::close(Socket socket, Instant now) {
    if (const auto listener = listeners_.find(socket); listener != listeners_.end()) {
        listeners_.erase(listener);
        for (auto each = endpoints_.begin(); each != endpoints_.end();) {
            const auto waiting = each++;
            if (waiting->second.listener != socket) continue;
            waiting->second.is_closed_by_application = true;
            waiting->second.connection.abort();
            settle(waiting, now);
        }
        return true;
    }
    Endpoint* endpoint = usable(socket);
    if (endpoint == nullptr) return Failure{kNotASocket};
    endpoint->is_closed_by_application = true;
    if (endpoint->is_linger_zero || !endpoint->connection.readable().empty()) {
        endpoint->connection.abort();
    } else if (!endpoint->is_write_shut) {
        endpoint->connection.close();
    }
    settle(endpoints_.find(socket), now);
    return true;
}

Result<bool, SocketError> HostDevice::abort(Socket socket, Instant now) {
    Endpoint* endpoint = usable(socket);
    if (endpoint == nullptr) return Failure{kNotASocket};
    endpoint->is_closed_by_application = true;
    endpoint->connection.abort();
    settle(endpoints_.find(socket), now);
    return true;
}

Result<bool, SocketError> HostDevice::set_option(Socket socket, std::string_view name,
                                                 std::uint32_t value, Instant now) {
    Endpoint* endpoint = usable(socket);
    if (endpoint == nullptr) return Failure{kNotASocket};
    if (name == "no-delay") {
        endpoint->connection.set_no_delay(value != 0);
    } else if (name == "linger" && value == 0) {
        endpoint->is_linger_zero = true;
    } else if (name == "keep-alive") {
        endpoint->connection.set_keep_alive(value != 0, now);
    } else {
        return Failure{kInvalid};
    }
    settle(endpoints_.find(socket), now);
    return true;
}

Result<std::string_view, SocketError> HostDevice::take_error(Socket socket) {
    Endpoint* endpoint = usable(socket);
    if (endpoint == nullptr) return Failure{kNotASocket};
    if (endpoint->is_error_taken) return std::string_view();
    endpoint->is_error_taken = !endpoint->error.empty();
    return endpoint->error;
}

Result<std::string_view, SocketError> HostDevice::state(Socket socket) const {
    if (listeners_.contains(socket)) return std::string_view("LISTEN");
    const auto found = endpoints_.find(socket);
    if (found == endpoints_.end()) return Failure{kNotASocket};
    return to_string(found->second.connection.state());
}

}  // namespace shunt::app
