// SPDX-License-Identifier: Apache-2.0
#include "shunt/node/drain_report.hh"

#include "shunt/node/node.hh"

namespace shunt::node {

using migrate::ForwardConnectEndpoint;
using migrate::TemporaryEndpoint;

namespace {

/// A record's part in a drain.
enum class Part : std::uint8_t { Left, Moving, Ending, Undecided, Forwarding };

Part part_of(const migrate::Record& record) {
    if (record.as<migrate::ForwardEntry>() != nullptr) return Part::Forwarding;
    if (const auto* temporary = record.as<TemporaryEndpoint>()) {
        return temporary->conversation ? Part::Moving : Part::Undecided;
    }
    const auto* moved_in = record.as<ForwardConnectEndpoint>();
    if (moved_in != nullptr && moved_in->returning) return Part::Moving;
    return tcp::can_move(record.connection()->state()) ? Part::Left : Part::Ending;
}

}  // namespace

DrainReport Node::drain_report() const {
    DrainReport report;
    report.is_draining = shedding_.is_draining();
    report.moved = shedding_.moved();
    report.refused = shedding_.refused();
    for (const Slot slot : tables_.sorted_slots()) {
        Part part = part_of(tables_.at(slot));
        if (part == Part::Moving && shedding_.is_stuck(slot)) part = Part::Left;
        if (part == Part::Forwarding) ++report.forwarding;
        if (part == Part::Undecided) ++report.undecided;
        if (part == Part::Ending) ++report.ending;
        if (part == Part::Moving) ++report.moving;
        if (part == Part::Left || part == Part::Moving) ++report.left;
        const char* why = part == Part::Left ? shedding_.why(slot) : nullptr;
        if (why == nullptr) continue;
        ++report.staying;
        if (report.rows.size() == DrainReport::kStayingMax) continue;
        report.rows.push_back({tables_.at(slot).tuple.to_string(), why});
    }
    for (const auto slot : flows_.table().sorted_slots()) {
        if (flows_.table().at(slot).as<migrate::ForwardedFlow>() == nullptr) ++report.flows;
    }
    return report;
}

}  // namespace shunt::node
