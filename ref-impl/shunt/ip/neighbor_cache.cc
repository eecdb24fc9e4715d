// SPDX-License-Identifier: Apache-2.0
#include "shunt/ip/neighbor_cache.hh"

#include <algorithm>

#include "shunt/base/deadline.hh"

namespace shunt::ip {

namespace {

std::optional<wire::Ipv4Address> pop(std::deque<wire::Ipv4Address>& queue) {
    if (queue.empty()) return std::nullopt;
    const wire::Ipv4Address address = queue.front();
    queue.pop_front();
    return address;
}

}  // namespace

void NeighborCache::set_fixed(wire::Ipv4Address address, wire::MacAddress station) {
    fixed_.insert_or_assign(address, station);
}

Result<wire::MacAddress, NeighborCache::Unresolved> NeighborCache::resolve(
    wire::Ipv4Address address, Instant now) {
    if (const auto fixed = fixed_.find(address); fixed != fixed_.end()) return fixed->second;
    const auto known = known_.find(address);
    if (known != known_.end() && now < known->second.fresh_until) return known->second.station;
    const bool is_asked = asked_.contains(address) || ask(address, now);
    if (known != known_.end()) return known->second.station;
    return Failure{is_asked ? Unresolved::Asking : Unresolved::Full};
}

void NeighborCache::doubt(wire::Ipv4Address address, Instant now) {
    const auto known = known_.find(address);
    if (known == known_.end()) return;
    known->second.fresh_until = std::min(known->second.fresh_until, now);
}

bool NeighborCache::ask(wire::Ipv4Address address, Instant now) {
    if (asked_.size() >= kAskedMax) return false;
    asked_.emplace(address, Asked{1, now + kRequestPause});
    requests_.push_back(address);
    return true;
}

NeighborCache::Outcome NeighborCache::learn(wire::Ipv4Address address, wire::MacAddress station,
                                            bool is_for_us, Instant now) {
    if (const auto fixed = fixed_.find(address); fixed != fixed_.end()) {
        return fixed->second == station ? Outcome::Ignored : Outcome::Refused;
    }
    const auto known = known_.find(address);
    if (known == known_.end()) {
        if (!is_for_us && !asked_.contains(address)) return Outcome::Ignored;
        make_room();
    }
    known_.insert_or_assign(address, Known{station, now + kFreshFor});
    asked_.erase(address);
    return Outcome::Learned;
}

void NeighborCache::make_room() {
    if (known_.size() < kKnownMax) return;
    known_.erase(std::min_element(known_.begin(), known_.end(), [](const auto& a, const auto& b) {
        return a.second.fresh_until < b.second.fresh_until;
    }));
}

std::optional<wire::Ipv4Address> NeighborCache::poll_request() {
    return pop(requests_);
}

std::optional<wire::Ipv4Address> NeighborCache::poll_silent() {
    return pop(silent_);
}

std::optional<Instant> NeighborCache::poll_deadline() const {
    std::optional<Instant> deadline;
    for (const auto& [address, asked] : asked_)
        deadline = earlier(deadline, asked.next);
    return deadline;
}

void NeighborCache::handle_deadline(Instant now) {
    for (auto entry = asked_.begin(); entry != asked_.end();) {
        auto& [address, asked] = *entry;
        if (now < asked.next) {
            ++entry;
        } else if (asked.requests_sent < kRequestsMax) {
            ++asked.requests_sent;
            asked.next = now + kRequestPause;
            requests_.push_back(address);
            ++entry;
        } else {
            silent_.push_back(address);
            known_.erase(address);
            entry = asked_.erase(entry);
        }
    }
}

}  // namespace shunt::ip
