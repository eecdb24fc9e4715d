// SPDX-License-Identifier: Apache-2.0
// Client packets that a present or former owner of their connection sends back to its home (EP-27):
// to the own stack, or dropped. They leave no more, and nobody is reset by them.
#include "shunt/base/mutant.hh"
#include "shunt/node/node.hh"
#include "shunt/wire/ipv4.hh"
#include "shunt/wire/tcp_header.hh"

namespace shunt::node {

using migrate::ForwardEntry;
using migrate::TemporaryEndpoint;

void Node::handle_forwarded(migrate::EncapsulatedFrame frame, Instant now) {
    auto received = target_.receive_forwarded(std::move(frame), now);
    if (received) handle_received(std::move(*received), now);
}

void Node::handle_received(migrate::endpoint::ForwardedPackets::Received received, Instant now) {
    if (!self_.has_service(received.tuple.service)) {
        if (const auto touched = target_.handle_forwarded(std::move(received), now)) {
            settle(*touched, now);
        }
        return;
    }
    // EP-26: an error comes to the home first, and is told once.
    if (received.is_icmp_error) return counters_.add(Counter::DropReturnedLate);
    auto returned = home_.take_returned(std::move(received), now);
    if (returned) handle_returned_packet(std::move(returned->packet), returned->tuple, now);
}

void Node::handle_returned_packet(Packet packet, const wire::ConnectionTuple& tuple, Instant now) {
    const auto segment = wire::TcpView::parse(*wire::Ipv4View::parse(packet.bytes()));
    if (!segment) return counters_.add(segment.error());
    const auto flags = segment->flags();
    const bool is_fresh = flags.syn && !flags.acknowledgment && !flags.reset;
    const auto slot = tables_.find(tuple);
    if (!slot) {  // EP-32: the client's, that opened its port anew
        if (is_fresh) return open_connection(tuple, *segment, now);
        return counters_.add(Counter::DropReturnedLate);
    }
    migrate::Record& record = tables_.at(*slot);
    if (const auto* entry = record.as<ForwardEntry>()) {
        const bool is_ended = entry->is_over && !is_mutant(Mutant::ReturnedSynIsLost);
        if (is_fresh && (is_ended || is_mutant(Mutant::ReturnedSynReplaces))) {
            return replace_connection(*slot, *segment, now);
        }
        if (is_mutant(Mutant::ForwardsAgain)) home_.forward(*slot, std::move(packet), now);
        return counters_.add(Counter::DropReturnedLate);
    }
    if (is_fresh) return counters_.add(Counter::DropReturnedLate);  // the client repeats it
    if (const auto* endpoint = record.as<TemporaryEndpoint>()) {
        // What is held would leave again as 0x02, and a packet makes two hops at most (SEC-8).
        if (endpoint->attempt) return counters_.add(Counter::DropReturnedLate);
        return handle_undecided(*slot, std::move(packet), now);
    }
    give(*record.connection(), *segment, now);
    settle(*slot, now);
}

}  // namespace shunt::node
