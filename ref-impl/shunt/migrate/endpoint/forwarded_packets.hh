// SPDX-License-Identifier: Apache-2.0
// What homes forward to this server (0x02): whose it may be, fragments put together, and what
// overtook the endpoint that it belongs to (FRM-6, FRM-10, SEC-2, SEC-12, EP-23).
#pragma once

#include <optional>

#include "shunt/base/deadline.hh"
#include "shunt/ip/reassembly.hh"
#include "shunt/migrate/early_packets.hh"
#include "shunt/migrate/endpoint/context.hh"
#include "shunt/migrate/endpoint/messages.hh"
#include "shunt/wire/flow_id.hh"
#include "shunt/wire/forwarded_packet.hh"

namespace shunt::migrate::endpoint {

class ForwardedPackets {
  public:
    /// A client's packet, from its IPv4 header on, or an error about what was sent to it (EP-26).
    struct Received {
        farm::ServerId from = 0;
        wire::ConnectionTuple tuple;
        Packet packet;
        bool is_icmp_error = false;
        /// By which it came, where the connection has moved as a blob.
        std::optional<wire::FlowId> flow{};
    };

    ForwardedPackets(Context& context, Messages& messages);

    /// The packet that a 0x02 brings or completes; nothing if it may not be, or is not whole yet.
    std::optional<Received> receive(EncapsulatedFrame frame, Instant now);
    /// It belongs to no endpoint: the 0x01 may be right behind (EP-23).
    void keep_early(Received received, Instant now);
    EarlyPackets& early() { return early_; }

    std::optional<Instant> deadline() const {
        return earlier(early_.deadline(), fragments_.poll_deadline());
    }
    void handle_deadline(Instant now);

  private:
    std::optional<Packet> reassemble(const wire::ForwardedPacket& forwarded, Instant now);

    Context& context_;
    Messages& messages_;
    EarlyPackets early_;
    ip::Reassembly fragments_;
};

}  // namespace shunt::migrate::endpoint
