// SPDX-License-Identifier: Apache-2.0
#include "shunt/sim/checkers/farm_receivers.hh"

#include <fmt/format.h>

namespace shunt::sim {

void FarmReceivers::client_packet_arrived(const ClientPacket& packet) {
    if (!packet.segment) return;
    Receiver& receiver = receivers_[packet.tuple];
    if (!receiver.is_orphan) receiver.view.arrived(*packet.segment);
}

void FarmReceivers::message_arrived(const FarmMessage& message) {
    if (!message.inner) return;
    Receiver& receiver = receivers_[message.tuple];
    if (!receiver.is_orphan) receiver.view.arrived(*message.inner);
}

void FarmReceivers::server_sent(const ServerSegment& segment) {
    Receiver& receiver = receivers_[segment.tuple];
    if (receiver.is_orphan) return;
    const auto finding = receiver.view.sent(segment.segment);
    if (finding) {
        log_.add(segment.time, finding->rule,
                 fmt::format("{}: {}", segment.tuple.to_string(), finding->text));
    }
}

void FarmReceivers::orphaned(const wire::ConnectionTuple& tuple) {
    receivers_[tuple].is_orphan = true;
}

}  // namespace shunt::sim
