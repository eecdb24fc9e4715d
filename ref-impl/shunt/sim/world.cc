// SPDX-License-Identifier: Apache-2.0
#include "shunt/sim/world.hh"

#include <utility>

#include "shunt/base/assert.hh"
#include "shunt/base/deadline.hh"
#include "shunt/wire/ethernet.hh"

namespace shunt::sim {

SegmentId World::add_segment(SegmentConfig config) {
    Segment segment;
    segment.matches.resize(config.faults.drops.size());
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
    while (auto outgoing = member.host->poll_transmit(now_))
        transmit(id, *outgoing);
    member.deadline = member.host->poll_deadline();
}

bool World::step() {
    if (stuck_host_) return false;
    const std::optional<HostId> host = earliest_host();
    const std::optional<Instant> deadline =
        host ? members_[index_of(*host)].deadline : std::nullopt;
    const std::optional<Instant> arrival = queue_.earliest();
    if (!deadline && !arrival) return false;
    // At one instant what has arrived comes before what has expired.
    if (arrival && (!deadline || *arrival <= *deadline)) {
        deliver(queue_.pop());
    } else {
        expire(*host);
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

std::optional<Instant> World::next_event() const {
    const std::optional<HostId> host = earliest_host();
    const std::optional<Instant> deadline =
        host ? members_[index_of(*host)].deadline : std::nullopt;
    return earlier(queue_.earliest(), deadline);
}

const SegmentCounts& World::counts(SegmentId segment) const {
    return segments_.at(index_of(segment)).counts;
}

std::string_view World::name(HostId host) const {
    return members_.at(index_of(host)).name;
}

std::string_view World::name(SegmentId segment) const {
    return segments_.at(index_of(segment)).config.name;
}

std::optional<HostId> World::earliest_host() const {
    std::optional<HostId> earliest;
    std::optional<Instant> time;
    for (std::size_t i = 0; i < members_.size(); ++i) {
        const std::optional<Instant> deadline = members_[i].deadline;
        if (!deadline || (time && *time <= *deadline)) continue;
        earliest = static_cast<HostId>(i);
        time = deadline;
    }
    return earliest;
}

void World::deliver(Delivery delivery) {
    now_ = std::max(now_, delivery.time);
    ++deliveries_;
    Segment& segment = segments_[index_of(delivery.segment)];
    ++segment.counts.delivered;
    trace_.add(now_, delivery.segment, delivery.to, delivery.frame.bytes());
    const PlaceNames names{segment.config.name, name(delivery.from), name(delivery.to)};
    const Arrival arrival{now_,        delivery.segment,       delivery.from,
                          delivery.to, delivery.frame.bytes(), names};
    for (Observer* observer : observers_)
        observer->observe(arrival);
    Member& member = members_[index_of(delivery.to)];
    link::LinkId link = link::LinkId::Front;
    for (const Port& port : segment.ports) {
        if (port.host == delivery.to) link = port.link;
    }
    member.host->handle_frame(link, std::move(delivery.frame), now_);
    wake(delivery.to);
}

void World::expire(HostId id) {
    Member& member = members_[index_of(id)];
    now_ = std::max(now_, *member.deadline);
    if (member.last_deadline != now_) member.deadlines_at_last = 0;
    member.last_deadline = now_;
    if (++member.deadlines_at_last > kDeadlinesPerInstantMax) {
        stuck_host_ = id;
        return;
    }
    member.host->handle_deadline(now_);
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
        return;
    }
    if (is_ordered_dropped(segment, frame)) {
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
        send_to_port(segment, source, i, frame);
    }
    if (!is_known) ++segment.counts.unknown_destination;
}

void World::send_to_port(Segment& segment, Port& source, std::size_t port, ByteView frame) {
    const Lane::Fate fate =
        source.lanes_to[port].pass(segment.config.faults, now_, segment.counts.faults);
    const auto segment_id = static_cast<SegmentId>(&segment - segments_.data());
    for (std::size_t i = 0; i < fate.copies; ++i) {
        queue_.push({fate.arrivals[i], segment_id, source.host, segment.ports[port].host,
                     pool_.copy(frame)});
    }
}

bool World::is_ordered_dropped(Segment& segment, ByteView frame) {
    bool is_dropped = false;
    for (std::size_t i = 0; i < segment.matches.size(); ++i) {
        const DropOrder& order = segment.config.faults.drops[i];
        if (!order.pattern.matches(frame)) continue;
        const std::uint64_t number = ++segment.matches[i];
        is_dropped = is_dropped || (number >= order.first && number <= order.last);
    }
    return is_dropped;
}

}  // namespace shunt::sim
