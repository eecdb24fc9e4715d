// SPDX-License-Identifier: Apache-2.0
#include "shunt/sim/world.hh"

#include <algorithm>
#include <utility>

#include "shunt/base/assert.hh"
#include "shunt/base/deadline.hh"
#include "shunt/sim/router.hh"
#include "shunt/wire/ethernet.hh"

namespace shunt::sim {

SegmentId World::add_segment(SegmentConfig config) {
    Segment segment;
    segment.matches.resize(config.faults.orders.size());
    segment.config = std::move(config);
    segments_.push_back(std::move(segment));
    return static_cast<SegmentId>(segments_.size() - 1);
}

HostId World::add_host(std::string name, Host& host) {
    Member member;
    member.name = std::move(name);
    member.host = &host;
    members_.push_back(std::move(member));
    return static_cast<HostId>(members_.size() - 1);
}

void World::attach(HostId host, link::LinkId link, SegmentId segment_id, wire::MacAddress mac) {
    Segment& segment = segments_.at(index_of(segment_id));
    auto& attachment = members_.at(index_of(host)).attachments.at(static_cast<std::size_t>(link));
    SHUNT_ASSERT(!attachment, "a host's link is on one segment");
    attachment = Attachment{segment_id, segment.ports.size()};
    Port port{host, link, mac, {}};
    for (Port& other : segment.ports) {
        other.lanes_to.emplace_back(rng_.fork());
        port.lanes_to.emplace_back(rng_.fork());
    }
    port.lanes_to.emplace_back(rng_.fork());  // to itself: never used; it keeps the indices plain
    segment.ports.push_back(std::move(port));
}

void World::wake(HostId id) {
    Member& member = members_.at(index_of(id));
    if (member.is_down || member.is_paused) return;
    const Instant host_now = member.clock.read(now_);
    while (auto outgoing = member.host->poll_transmit(host_now))
        transmit(id, *outgoing);
    schedule(id);
    for (Observer* observer : observers_)
        observer->observe(Settling{now_, host_now, id});
}

bool World::step() {
    if (stuck_host_) return false;
    const std::optional<Instant> deadline = deadlines_.earliest();
    const std::optional<Instant> arrival = queue_.earliest();
    if (!deadline && !arrival) return false;
    // At one instant what has arrived comes before what has expired.
    if (arrival && (!deadline || *arrival <= *deadline)) {
        deliver(queue_.pop());
    } else {
        now_ = std::max(now_, *deadline);
        const auto host = deadlines_.pop_due(*deadline);
        SHUNT_ASSERT(host, "the earliest deadline is due at its time");
        expire(static_cast<HostId>(*host));
    }
    return !stuck_host_;
}

World::End World::run_until(Instant limit) {
    for (;;) {
        const std::optional<Instant> next = next_event();
        if (!next) return End::Idle;
        if (*next > limit) {
            now_ = std::max(now_, limit);
            return End::TimeLimit;
        }
        if (!step()) return stuck_host_ ? End::Stuck : End::Idle;
    }
}

void World::wait_until(Instant time) {
    const std::optional<Instant> next = next_event();
    now_ = std::max(now_, next ? std::min(time, *next) : time);
}

std::optional<Instant> World::next_event() const {
    return earlier(queue_.earliest(), deadlines_.earliest());
}

const SegmentCounts& World::counts(SegmentId segment) const {
    return segments_.at(index_of(segment)).counts;
}

std::string_view World::name(SegmentId segment) const {
    return segments_.at(index_of(segment)).config.name;
}

std::size_t World::Segment::port_of(HostId host) const {
    const auto found = std::ranges::find(ports, host, &Port::host);
    SHUNT_ASSERT(found != ports.end(), "the host is attached to the segment");
    return static_cast<std::size_t>(found - ports.begin());
}

void World::schedule(HostId id) {
    const Member& member = members_[index_of(id)];
    const std::optional<Instant> deadline = member.host->poll_deadline();
    deadlines_.set(static_cast<DeadlineHeap::Slot>(index_of(id)),
                   deadline ? std::optional(member.clock.when(*deadline)) : std::nullopt);
}

void World::deliver(Delivery delivery) {
    now_ = std::max(now_, delivery.time);
    Member& member = members_[index_of(delivery.to)];
    SegmentCounts& counts = segments_[index_of(delivery.segment)].counts;
    if (member.is_down) {
        ++counts.faults.host_down;
        return;
    }
    if (!member.is_paused) return hand_over(std::move(delivery));
    if (member.waiting.size() == kPausedFramesMax) {
        ++counts.buffer_full;
        return;
    }
    member.waiting.push_back(std::move(delivery));
}

void World::hand_over(Delivery delivery) {
    ++deliveries_;
    Segment& segment = segments_[index_of(delivery.segment)];
    ++segment.counts.delivered;
    trace_.add(now_, delivery.segment, delivery.to, delivery.frame.bytes());
    const PlaceNames names{segment.config.name, name(delivery.from), name(delivery.to)};
    const Arrival arrival{now_,        delivery.segment,       delivery.from,
                          delivery.to, delivery.frame.bytes(), names};
    for (Observer* observer : observers_)
        observer->observe(arrival);
    const Member& member = members_[index_of(delivery.to)];
    member.host->handle_frame(delivery.link, std::move(delivery.frame), member.clock.read(now_));
    wake(delivery.to);
}

void World::expire(HostId id) {
    Member& member = members_[index_of(id)];
    if (member.last_deadline != now_) member.deadlines_at_last = 0;
    member.last_deadline = now_;
    if (++member.deadlines_at_last > kDeadlinesPerInstantMax) {
        stuck_host_ = id;
        return;
    }
    member.host->handle_deadline(member.clock.read(now_));
    wake(id);
}

void World::transmit(HostId from, const link::OutgoingFrame& outgoing) {
    const auto& attachment =
        members_[index_of(from)].attachments[static_cast<std::size_t>(outgoing.link)];
    SHUNT_ASSERT(attachment, "a host sends on links that it has");
    Segment& segment = segments_[index_of(attachment->segment)];
    const ByteView frame = outgoing.frame.bytes();
    ++segment.counts.transmitted;
    const Transmission transmission{
        now_, attachment->segment, from, frame, {segment.config.name, name(from), {}}};
    for (Observer* observer : observers_)
        observer->observe(transmission);
    const auto ethernet = wire::EthernetView::parse(frame);
    if (!ethernet) {
        ++segment.counts.truncated;
        return;
    }
    if (ethernet->payload().size() > segment.config.mtu) {
        ++segment.counts.too_long;
        if (segment.config.says_too_long) answer_too_long(from, outgoing);
        return;
    }
    const OrderedFate ordered = ordered_fate(segment, frame);
    if (ordered.is_dropped) {
        ++segment.counts.faults.dropped_by_order;
        return;
    }
    const wire::MacAddress destination = ethernet->destination();
    Port& source = segment.ports[attachment->port];
    bool is_known = destination.is_multicast();
    for (std::size_t i = 0; i < segment.ports.size(); ++i) {
        if (i == attachment->port) continue;
        if (!destination.is_multicast() && segment.ports[i].mac != destination) continue;
        is_known = true;
        send_to_port(segment, source, i, frame, ordered);
    }
    if (!is_known) ++segment.counts.unknown_destination;
}

/// As a router would where the link begins: to the station that sent it, at once.
void World::answer_too_long(HostId from, const link::OutgoingFrame& outgoing) {
    const auto link = static_cast<std::size_t>(outgoing.link);
    const SegmentId segment = members_[index_of(from)].attachments[link]->segment;
    const std::size_t mtu = segments_[index_of(segment)].config.mtu;
    auto answer = too_long_answer(outgoing.frame.bytes(), static_cast<std::uint16_t>(mtu), pool_);
    if (!answer) return;
    queue_.push({now_, segment, from, from, outgoing.link, std::move(*answer)});
}

void World::send_to_port(Segment& segment, Port& source, std::size_t port, ByteView frame,
                         const OrderedFate& ordered) {
    Lane& lane = source.lanes_to[port];
    switch (lane.passage()) {
        case Lane::Passage::Open:
            return pass_lane(segment, source, port, frame, ordered);
        case Lane::Passage::Clogged:
            if (!lane.keep(pool_.copy(frame))) ++segment.counts.buffer_full;
            return;
        case Lane::Passage::Cut:
            ++segment.counts.faults.cut;
            return;
    }
}

void World::pass_lane(Segment& segment, Port& source, std::size_t port, ByteView frame,
                      const OrderedFate& ordered) {
    Lane& lane = source.lanes_to[port];
    const auto segment_id = static_cast<SegmentId>(&segment - segments_.data());
    const Lane::Fate fate =
        lane.pass(segment.config.faults, ordered, frame.size(), now_, segment.counts.faults);
    for (std::size_t i = 0; i < fate.count; ++i) {
        const Lane::Copy& copy = fate.copies[i];
        // ARP has no checksum that would tell.
        if (copy.is_corrupted && load_u16(frame, 12) == wire::kEtherTypeArp) continue;
        const Port& receiver = segment.ports[port];
        Delivery delivery{copy.arrival,  segment_id,    source.host,
                          receiver.host, receiver.link, pool_.copy(frame)};
        if (copy.is_marked && mark_congestion(delivery.frame.mutable_bytes()))
            ++segment.counts.faults.marked;
        if (copy.is_corrupted) lane.corrupt(delivery.frame.mutable_bytes());
        queue_.push(std::move(delivery));
    }
}

OrderedFate World::ordered_fate(Segment& segment, ByteView frame) {
    OrderedFate fate;
    for (std::size_t i = 0; i < segment.matches.size(); ++i) {
        const FrameOrder& order = segment.config.faults.orders[i];
        if (!order.pattern.matches(frame)) continue;
        const std::uint64_t number = ++segment.matches[i];
        if (number < order.first || number > order.last) continue;
        switch (order.action) {
            case OrderAction::Drop:
                fate.is_dropped = true;
                break;
            case OrderAction::Delay:
                fate.delay = std::max(fate.delay, order.delay);
                break;
            case OrderAction::Corrupt:
                fate.is_corrupted = true;
                break;
            case OrderAction::Duplicate:
                fate.is_duplicated = true;
                break;
        }
    }
    return fate;
}

}  // namespace shunt::sim
