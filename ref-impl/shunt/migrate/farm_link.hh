// SPDX-License-Identifier: Apache-2.0
// Encapsulated frames to and from the other servers, in either binding (FRM-2, FRM-3): who may
// send them, and whether they are meant for us.
#pragma once

#include <vector>

#include "shunt/base/counters.hh"
#include "shunt/base/packet.hh"
#include "shunt/base/result.hh"
#include "shunt/base/time.hh"
#include "shunt/farm/farm_config.hh"
#include "shunt/stack/interface.hh"
#include "shunt/wire/encapsulation.hh"
#include "shunt/wire/ipv4.hh"

namespace shunt::migrate {

/// A frame that passed FRM-6 up to its payload: the sender is a member, the destination is ours.
struct EncapsulatedFrame {
    farm::ServerId from = 0;
    Packet datagram;               // from the encapsulation header on, without padding
    wire::EncapsulationView view;  // of the datagram, wherever that is moved to
};

class FarmLink {
  public:
    FarmLink(const farm::FarmConfig& config, farm::ServerId self, stack::Interface& back,
             Counters& counters);

    /// Encapsulates `payload` in place and hands it to the back link.
    void send(farm::ServerId to, const wire::EncapsulationHeader& header, Packet payload,
              Instant now);

    /// Hands a packet that is for a forward IP of that server to the back link as it is (BL-11).
    void send_rewritten(farm::ServerId to, Packet packet, Instant now);
    /// The member that a packet to a forward IP of ours is from (SEC-1); `station` is the source
    /// of its frame.
    Result<farm::ServerId, Counter> sender_of_rewritten(wire::MacAddress station,
                                                        const wire::Ipv4View& packet) const;

    /// `frame` starts at its Ethernet header and carries the farm's Type value.
    Result<EncapsulatedFrame, Counter> receive_ethernet(Packet frame) const;
    /// `packet` starts at its IPv4 header and is addressed to a forward IP of ours (FRM-3).
    Result<EncapsulatedFrame, Counter> receive_routed(Packet packet) const;

    /// EP-33: with the extensions nothing is exchanged with a server until it has shown that it
    /// knows our boot number. From now on it may.
    void open_fence(farm::ServerId server);

    /// When a frame of a move that the other side answers left last: what follows may be on the
    /// way.
    Instant last_exchange() const { return exchanged_at_; }

    /// Bytes that encapsulation adds to a client's packet (FRM-9).
    static std::size_t overhead(const farm::FarmConfig& config);
    /// The longest packet that the back link carries encapsulated, in bytes.
    std::size_t payload_max() const { return back_.config().mtu - overhead(config_); }
    /// The longest that it carries rewritten: nothing is added to it (BL-11).
    std::size_t rewritten_max() const { return back_.config().mtu; }

    /// True if `type` marks encapsulated frames on this farm's back link.
    bool is_farm_type(std::uint16_t type) const;

  private:
    Result<EncapsulatedFrame, Counter> receive(farm::ServerId from, Packet datagram) const;
    wire::ProtocolSet protocol_set() const;
    bool is_fenced(farm::ServerId server) const;
    const farm::Server* any_other_member() const;

    const farm::FarmConfig& config_;
    const farm::Server& self_;
    stack::Interface& back_;
    Counters& counters_;
    std::vector<farm::ServerId> open_;  // fences that are open
    Instant exchanged_at_;
    std::uint16_t identification_ = 0;
};

}  // namespace shunt::migrate
