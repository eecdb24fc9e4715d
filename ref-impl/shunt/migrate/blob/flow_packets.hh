// SPDX-License-Identifier: Apache-2.0
// Clients' packets that come rewritten to a forward IP of this server: put together, looked up by
// who sent them and their flow identifier, made what they were (docs/protocol/blob.md, BL-12,
// BL-13, BL-17).
#pragma once

#include <optional>
#include <vector>

#include "shunt/base/counters.hh"
#include "shunt/base/deadline.hh"
#include "shunt/base/packet.hh"
#include "shunt/farm/farm_config.hh"
#include "shunt/ip/reassembly.hh"
#include "shunt/migrate/blob/identifiers.hh"
#include "shunt/migrate/early_packets.hh"

namespace shunt::migrate::blob {

class FlowPackets {
  public:
    /// What a flow that is not known is kept of, in packets (BL-13).
    static constexpr std::size_t kEarlyOfFlow = 16;

    struct Received {
        farm::ServerId from = 0;
        wire::FlowId flow;
        wire::ConnectionTuple tuple;
        Packet packet;  // as the client has sent it
    };

    FlowPackets(const farm::FarmConfig& config, const farm::Server& self,
                const Identifiers& identifiers, PacketPool& pool, Counters& counters);

    /// A packet of TCP from that member, from its IPv4 header on, which is valid. Nothing: it is
    /// not whole yet, waits for the blob of its flow, or is malformed.
    std::optional<Received> receive(farm::ServerId from, Packet packet, Instant now);
    /// Those that came before the blob of that flow, as their client has sent them.
    std::vector<Packet> take_early(farm::ServerId from, wire::FlowId flow);

    /// A flow whose packet has waited in vain; call until there is none.
    struct Unknown {
        farm::ServerId from = 0;
        wire::FlowId flow;
    };
    std::optional<Unknown> poll_unknown(Instant now);
    std::optional<Instant> deadline() const {
        return earlier(early_.deadline(), fragments_.poll_deadline());
    }

  private:
    wire::ConnectionTuple key_of(farm::ServerId from, wire::FlowId flow) const;
    std::optional<Packet> restored(Packet packet, const wire::ConnectionTuple& tuple);

    const farm::FarmConfig& config_;
    const farm::Server& self_;
    const Identifiers& identifiers_;
    Counters& counters_;
    EarlyPackets early_;  // by key_of()
    ip::Reassembly fragments_;
};

}  // namespace shunt::migrate::blob
