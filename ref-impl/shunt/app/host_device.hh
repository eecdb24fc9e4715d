// SPDX-License-Identifier: Apache-2.0
// One host for a tester: an interface and the engine's connections, with the calls of sockets. What
// an application would do, the tester asks for by name (docs/segment-scripts.md).
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "shunt/base/counters.hh"
#include "shunt/base/packet.hh"
#include "shunt/base/result.hh"
#include "shunt/base/siphash.hh"
#include "shunt/base/time.hh"
#include "shunt/stack/interface.hh"
#include "shunt/tcp/connection.hh"
#include "shunt/tcp/listener.hh"

namespace shunt::app {

/// Why a call did nothing, in the names of POSIX.
using SocketError = std::string_view;

/// What a receive() took.
struct ReceivedText {
    std::vector<std::uint8_t> bytes;
    /// The peer's FIN has come, and there is nothing before it.
    bool is_end = false;
};

class HostDevice {
  public:
    using Socket = std::uint32_t;
    static constexpr std::size_t kSocketsMax = 64;

    /// Its own address and MAC, and the tester's, as docs/segment-scripts.md has them.
    static const wire::Ipv4Address kAddress;
    static const wire::Ipv4Address kTesterAddress;
    static const wire::MacAddress kMac;
    static const wire::MacAddress kTesterMac;

    /// Same seed, same numbers.
    HostDevice(std::uint64_t seed, Instant now);
    HostDevice(const HostDevice&) = delete;
    HostDevice& operator=(const HostDevice&) = delete;

    /// What connections from now on are made with; before the first one only.
    tcp::Config& config() { return config_; }
    bool has_sockets() const { return !endpoints_.empty() || !listeners_.empty(); }

    void handle_frame(Packet frame, Instant now);
    void handle_deadline(Instant now);
    std::optional<Packet> poll_transmit() { return interface_.poll_transmit(); }
    std::optional<Instant> poll_deadline() const;

    Result<Socket, SocketError> listen(std::uint16_t port);
    /// The connection that was established first and not yet accepted.
    Result<Socket, SocketError> accept(Socket listener);
    /// To the tester. The handshake is under way when it returns.
    Result<Socket, SocketError> connect(std::uint16_t port, Instant now);
    Result<std::size_t, SocketError> send(Socket socket, ByteView bytes, bool is_urgent,
                                          Instant now);
    Result<ReceivedText, SocketError> receive(Socket socket, std::size_t count, Instant now);
    Result<bool, SocketError> shutdown_write(Socket socket, Instant now);
    /// With unread data, or data that comes afterwards, a RST (RFC 9293 3.10.4 in RFC 1122's words,
    /// 4.2.2.13); with linger 0 always.
    Result<bool, SocketError> close(Socket socket, Instant now);
    Result<bool, SocketError> abort(Socket socket, Instant now);
    /// "no-delay", "keep-alive" (0: off, else seconds of silence), "linger" (0 only).
    Result<bool, SocketError> set_option(Socket socket, std::string_view name, std::uint32_t value,
                                         Instant now);
    /// What ended the connection, once; empty: nothing did.
    Result<std::string_view, SocketError> take_error(Socket socket);
    /// The name of its state in RFC 9293 3.3.2.
    Result<std::string_view, SocketError> state(Socket socket) const;

  private:
    struct Endpoint {
        Endpoint(tcp::Connection made, std::optional<Socket> waits_at)
            : connection(std::move(made)), listener(waits_at) {}

        tcp::Connection connection;
        std::optional<Socket> listener;  // it waits to be accepted, or is not established yet
        bool is_established = false;
        bool is_closed_by_application = false;
        bool is_write_shut = false;
        bool is_finished_by_peer = false;
        bool is_linger_zero = false;
        std::string_view error;
        bool is_error_taken = false;
    };
    using Endpoints = std::map<Socket, Endpoint>;

    void handle_segment(const wire::Ipv4View& ip, Instant now);
    void handle_icmp(const wire::Ipv4View& ip, Instant now);
    void open_passively(const tcp::Identity& identity, const wire::TcpView& segment, Instant now);
    void refuse(const tcp::Identity& identity, const wire::TcpView& segment, Instant now);
    Endpoints::iterator add(tcp::Connection connection, std::optional<Socket> listener);
    void settle(Endpoints::iterator endpoint, Instant now);
    static void take_events(Endpoint& endpoint);
    Endpoints::iterator find(const tcp::Identity& identity);
    /// One that the application has and has not closed.
    Endpoint* usable(Socket socket);
    std::optional<Socket> listener_on(std::uint16_t port) const;

    Counters counters_;
    PacketPool pool_;
    stack::Interface interface_;
    tcp::Config config_;
    tcp::Listener::Keys keys_;
    tcp::Listener listener_;
    std::map<Socket, std::uint16_t> listeners_;  // with their ports
    Endpoints endpoints_;
    Socket next_socket_ = 1;
    std::uint16_t next_port_ = 49'152;
};

}  // namespace shunt::app
