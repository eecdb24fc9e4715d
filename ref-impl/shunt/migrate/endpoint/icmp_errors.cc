// SPDX-License-Identifier: Apache-2.0
#include "shunt/migrate/endpoint/icmp_errors.hh"

#include <utility>

#include "shunt/base/assert.hh"
#include "shunt/base/mutant.hh"
#include "shunt/tcp/icmp_error.hh"

namespace shunt::migrate::endpoint {
namespace {

tcp::IcmpError error_of(const wire::IcmpView& message, const wire::QuotedPacketView& quoted) {
    tcp::IcmpError error;
    error.type = message.type();
    error.code = message.code();
    error.sequence = quoted.sequence();
    error.quoted_length = quoted.total_length();
    if (error.is_fragmentation_needed()) error.next_hop_mtu = message.next_hop_mtu();
    return error;
}

/// The connection that this server acts for; none of one that is moving, or not released.
tcp::Connection* acting_connection(Record& record) {
    const auto* undecided = record.as<TemporaryEndpoint>();
    const auto* moved_in = record.as<ForwardConnectEndpoint>();
    const bool is_frozen = (undecided != nullptr && undecided->attempt) ||
                           (moved_in != nullptr && (!moved_in->is_released || moved_in->returning));
    return is_frozen ? nullptr : record.connection();
}

}  // namespace

void forward_icmp_error(Context& context, const wire::ConnectionTuple& tuple, farm::ServerId owner,
                        Packet packet, Instant now) {
    if (context.moves_as_blob(tuple)) {
        return context.blobs->tell_icmp(owner, tuple, packet.bytes(), now);
    }
    if (packet.size() > context.link.payload_max() || is_mutant(Mutant::KeepsIcmpErrors)) {
        return context.counters.add(Counter::DropForwardMtu);
    }
    Messages(context).forward(owner, tuple, std::nullopt, std::move(packet), now);
}

bool take_icmp_error(Context& context, Slot slot, const wire::IcmpView& message,
                     const wire::QuotedPacketView& quoted, Instant now) {
    Record& record = context.tables.at(slot);
    tcp::Connection* connection = acting_connection(record);
    if (connection == nullptr) {
        context.counters.add(Counter::DropIcmpMoved);
        return false;
    }
    const tcp::IcmpError error = error_of(message, quoted);
    if (const auto dropped = connection->handle_icmp(error)) {
        context.counters.add(*dropped);
        return false;
    }
    if (error.is_fragmentation_needed()) {
        context.path_mtus.learn(record.tuple.client, connection->path_mtu(), now);
    }
    return true;
}

std::optional<Slot> take_forwarded_error(Context& context,
                                         const ForwardedPackets::Received& received, Instant now) {
    const auto ip = wire::Ipv4View::parse(received.packet.bytes());
    SHUNT_ASSERT(ip, "the inner header was verified before (FRM-6)");
    const auto message = wire::IcmpView::parse(*ip);
    if (!message) {
        context.counters.add(message.error());
        return std::nullopt;
    }
    const auto slot = context.tables.find(received.tuple);
    if (!slot) {
        context.counters.add(Counter::DropIcmpUnrelated);
        return std::nullopt;
    }
    const auto quoted = wire::QuotedPacketView::parse(message->payload());
    SHUNT_ASSERT(quoted, "the tuple was read from the quote");
    if (!take_icmp_error(context, *slot, *message, *quoted, now)) return std::nullopt;
    return slot;
}

}  // namespace shunt::migrate::endpoint
