// SPDX-License-Identifier: Apache-2.0
// One host in the time of a tester, who also is its applications: each verb of sockets is a request
// by name (docs/segment-scripts.md).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "shunt/app/virtual_device.hh"
#include "shunt/stack/host.hh"

namespace shunt::app {

class VirtualHost final : public VirtualDevice {
  public:
    /// What the tester calls a socket. A number is never used again.
    using Socket = std::uint32_t;
    static constexpr std::size_t kSocketsMax = 64;

    /// Its own address, and the tester's, as docs/segment-scripts.md has them.
    static constexpr wire::Ipv4Address kAddress{10, 7, 1, 1};
    static constexpr wire::Ipv4Address kTesterAddress{10, 7, 1, 9};

    void restart(std::uint64_t seed, Instant now) override;
    void handle_frame(link::LinkId link, Packet frame, Instant now) override;
    void handle_deadline(Instant now) override { host_->handle_deadline(now); }
    std::optional<Instant> poll_deadline() const override { return host_->poll_deadline(); }
    std::optional<link::OutgoingFrame> poll_transmit(Instant now) override;
    std::optional<std::string> answer(std::string_view line, Instant now) override;

    // For the verbs.
    stack::SocketSet& sockets() { return host_->sockets(); }
    /// What connections are made with by default.
    static tcp::Config default_config();
    /// The same host with other defaults. False: it has had sockets.
    bool configure(const tcp::Config& config, Instant now);
    Socket keep(stack::SocketId id);
    std::optional<stack::SocketId> find(Socket socket) const;
    void forget(Socket socket) { sockets_.erase(socket); }

  private:
    std::uint64_t seed_ = 0;
    std::optional<stack::Host> host_;
    std::map<Socket, stack::SocketId> sockets_;
    Socket next_socket_ = 1;
};

}  // namespace shunt::app
