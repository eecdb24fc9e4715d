// SPDX-License-Identifier: Apache-2.0
// What befalls the links and hosts of a world while time passes.
#include <utility>

#include "shunt/base/assert.hh"
#include "shunt/sim/world.hh"

namespace shunt::sim {

void World::set_faults(SegmentId id, FaultPlan faults) {
    Segment& segment = segments_.at(index_of(id));
    segment.matches.assign(faults.orders.size(), 0);
    segment.config.faults = std::move(faults);
}

void World::set_mtu(SegmentId id, std::size_t mtu) {
    segments_.at(index_of(id)).config.mtu = mtu;
}

void World::set_passage(SegmentId id, HostId from, HostId to, Lane::Passage passage) {
    Segment& segment = segments_.at(index_of(id));
    Port& source = segment.ports[segment.port_of(from)];
    const std::size_t port = segment.port_of(to);
    Lane& lane = source.lanes_to[port];
    lane.set_passage(passage);
    if (passage == Lane::Passage::Clogged) return;
    for (const Packet& frame : lane.take_kept()) {
        if (passage == Lane::Passage::Cut) {
            ++segment.counts.faults.cut;
        } else {
            pass_lane(segment, source, port, frame.bytes(), OrderedFate{});
        }
    }
}

void World::pause(HostId host) {
    Member& member = members_.at(index_of(host));
    if (member.is_down) return;
    member.is_paused = true;
    deadlines_.set(static_cast<DeadlineHeap::Slot>(index_of(host)), std::nullopt);
}

void World::resume(HostId host) {
    Member& member = members_.at(index_of(host));
    if (!member.is_paused) return;
    member.is_paused = false;
    for (Delivery& delivery : std::exchange(member.waiting, {}))
        hand_over(std::move(delivery));
    wake(host);
}

void World::crash(HostId host) {
    Member& member = members_.at(index_of(host));
    member.is_down = true;
    member.is_paused = false;
    member.waiting.clear();
    deadlines_.set(static_cast<DeadlineHeap::Slot>(index_of(host)), std::nullopt);
}

void World::restart(HostId host, Host& fresh) {
    Member& member = members_.at(index_of(host));
    SHUNT_ASSERT(member.is_down, "who runs does not start");
    member.is_down = false;
    member.host = &fresh;
    wake(host);
}

void World::jump_clock(HostId host, Duration forward) {
    Member& member = members_.at(index_of(host));
    member.clock.jump(forward, now_);
    if (!member.is_down && !member.is_paused) schedule(host);
}

void World::run_clock_fast(HostId host, std::uint32_t parts_per_million) {
    Member& member = members_.at(index_of(host));
    member.clock.run_fast(parts_per_million, now_);
    if (!member.is_down && !member.is_paused) schedule(host);
}

}  // namespace shunt::sim
