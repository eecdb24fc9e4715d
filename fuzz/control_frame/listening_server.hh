// SPDX-License-Identifier: Apache-2.0
// A server with its control channels, and a member that says whatever it is told to over a real TCP
// connection, in virtual time.
#pragma once

#include <cstddef>
#include <vector>

#include "shunt/base/bytes.hh"
#include "shunt/farm/channel/control_channels.hh"
#include "shunt/farm/standard_plan.hh"
#include "shunt/stack/socket_set.hh"

namespace shunt::fuzz {

class ListeningServer {
  public:
    ListeningServer();
    /// The member connects and sends the stream in such pieces; then 10 s pass. Asserts that the
    /// server answers within bounds, and that it takes a well-behaved channel afterwards.
    void hear(ByteView stream, std::size_t piece);

  private:
    stack::SocketId connect();
    void say(stack::SocketId id, ByteView bytes);
    void exchange();
    void pass(Duration span);
    std::size_t read(stack::SocketId id);

    farm::FarmConfig config_;
    PacketPool pool_;
    Counters counters_;
    Counters member_counters_;
    const std::vector<stack::Route> routes_;
    const stack::RouteTable route_table_;
    const std::vector<wire::Ipv4Address> member_addresses_;
    Instant now_;
    farm::ControlChannels server_;
    stack::SocketSet member_;
};

}  // namespace shunt::fuzz
