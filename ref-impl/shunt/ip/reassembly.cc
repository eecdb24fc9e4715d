// SPDX-License-Identifier: Apache-2.0
#include "shunt/ip/reassembly.hh"

#include <algorithm>
#include <utility>

#include "shunt/base/deadline.hh"
#include "shunt/base/mutant.hh"

namespace shunt::ip {

namespace {

constexpr std::size_t kTcpHeaderSizeMin = 20;
constexpr std::uint8_t kEcnMask = 3;  // RFC 3168 5
constexpr std::uint8_t kNotCapable = 0;
constexpr std::uint8_t kCongestionExperienced = 3;

Interval interval_of(const wire::Ipv4View& fragment) {
    const std::size_t begin = fragment.fragment_offset();
    return {begin, begin + fragment.payload().size()};
}

/// The first fragment must hold the fields that a filter looks at, and no other may overwrite them
/// (RFC 1858 3, 4; RFC 3128).
bool is_tiny(const wire::Ipv4View& fragment) {
    if (is_mutant(Mutant::TakesTinyFragments)) return false;
    if (fragment.protocol() != wire::IpProtocol::Tcp) return false;
    if (fragment.fragment_offset() == 0) return fragment.payload().size() < kTcpHeaderSizeMin;
    return fragment.fragment_offset() < kTcpHeaderSizeMin;
}

bool is_length_possible(const wire::Ipv4View& fragment) {
    const std::size_t size = fragment.payload().size();
    const bool is_cut_between_units = !fragment.more_fragments() || size % 8 == 0;
    return size > 0 && is_cut_between_units &&
           fragment.fragment_offset() + size <= Reassembly::kPayloadMax;
}

bool is_repeated(const IntervalSet& present, ByteView held, const wire::Ipv4View& fragment) {
    const Interval interval = interval_of(fragment);
    return present.covers(interval) &&
           std::equal(fragment.payload().begin(), fragment.payload().end(),
                      held.begin() + static_cast<std::ptrdiff_t>(interval.begin));
}

wire::Ipv4Header header_of(const wire::Ipv4View& first) {
    wire::Ipv4Header header;
    header.type_of_service = first.type_of_service();
    header.identification = first.identification();
    header.ttl = first.ttl();
    header.protocol = first.protocol();
    header.source = first.source();
    header.destination = first.destination();
    return header;
}

}  // namespace

std::optional<Packet> Reassembly::add(const wire::Ipv4View& fragment, Instant now) {
    SHUNT_ASSERT(fragment.is_fragment(), "whole datagrams need no reassembly");
    const auto drop = [&](Counter reason) {
        counters_.add(reason);
        return std::nullopt;
    };
    if (!is_length_possible(fragment)) return drop(Counter::DropFragmentLength);
    const std::uint16_t identification =
        is_mutant(Mutant::MixesFragments) ? std::uint16_t{0} : fragment.identification();
    const Key key{fragment.source(), fragment.destination(), fragment.protocol(), identification};
    Datagram& datagram = find_or_start(key, now);
    if (datagram.is_refused) return drop(Counter::DropFragmentRefused);
    if (const auto reason = merge(datagram, fragment)) {
        if (*reason == Counter::DropFragmentRepeated) return drop(*reason);
        refuse(datagram, *reason);
        return std::nullopt;
    }
    ++datagram.fragments;
    if (!datagram.size || !datagram.present.covers({0, *datagram.size})) return std::nullopt;
    Packet whole = std::move(datagram.payload);
    if (datagram.had_congestion) datagram.first->type_of_service |= kCongestionExperienced;
    datagram.first->prepend_to(whole);
    datagrams_.erase(key);
    return whole;
}

std::optional<Counter> Reassembly::merge(Datagram& datagram, const wire::Ipv4View& fragment) {
    if (is_tiny(fragment)) return Counter::DropFragmentTiny;
    const Interval interval = interval_of(fragment);
    IntervalSet& present = datagram.present;
    if (present.intersects(interval)) {
        const bool is_same = is_repeated(present, datagram.payload.bytes(), fragment);
        if (is_same || !is_mutant(Mutant::AssemblesOverlaps)) {
            return is_same ? Counter::DropFragmentRepeated : Counter::DropFragmentOverlap;
        }
    }
    // A mark on one says that all were capable, and one of them says that it was not: no router has
    // made that, and neither can be passed on (RFC 3168 5.3).
    const auto ecn = static_cast<std::uint8_t>(fragment.type_of_service() & kEcnMask);
    const bool is_marked = ecn == kCongestionExperienced;
    const bool is_incapable = ecn == kNotCapable;
    const bool is_mixed =
        (is_marked && datagram.had_not_capable) || (is_incapable && datagram.had_congestion);
    if (is_mixed) return Counter::DropFragmentMarks;
    // Nothing lies behind the last fragment, so that a second last one does not fit either.
    const bool is_past_end = datagram.size && interval.end > *datagram.size;
    const bool ends_too_early =
        !fragment.more_fragments() && interval.end < datagram.payload.size();
    if (is_past_end || ends_too_early) return Counter::DropFragmentOverlap;
    if (present.count() == kRunsMax && !present.touches(interval)) {
        return Counter::DropFragmentHoles;
    }
    present.insert(interval);
    Packet& payload = datagram.payload;
    if (payload.size() < interval.end) payload.append(interval.end - payload.size());
    std::copy(fragment.payload().begin(), fragment.payload().end(),
              payload.mutable_bytes().begin() + static_cast<std::ptrdiff_t>(interval.begin));
    if (!fragment.more_fragments()) datagram.size = interval.end;
    if (interval.begin == 0) datagram.first = header_of(fragment);
    datagram.had_congestion |= is_marked;
    datagram.had_not_capable |= is_incapable;
    return std::nullopt;
}

Reassembly::Datagram& Reassembly::find_or_start(const Key& key, Instant now) {
    const auto found = datagrams_.find(key);
    if (found != datagrams_.end()) return found->second;
    make_room(key.source);
    Datagram& datagram = datagrams_[key];
    datagram.expires = now + kLifetime;
    datagram.order = started_++;
    datagram.payload = pool_.take();
    return datagram;
}

void Reassembly::make_room(wire::Ipv4Address source) {
    auto oldest = datagrams_.end();
    auto oldest_of_source = datagrams_.end();
    std::size_t of_source = 0;
    const auto is_older = [&](auto candidate, auto best) {
        return best == datagrams_.end() || candidate->second.order < best->second.order;
    };
    for (auto datagram = datagrams_.begin(); datagram != datagrams_.end(); ++datagram) {
        if (is_older(datagram, oldest)) oldest = datagram;
        if (datagram->first.source != source) continue;
        ++of_source;
        if (is_older(datagram, oldest_of_source)) oldest_of_source = datagram;
    }
    if (of_source == kDatagramsPerSourceMax) {
        give_up(oldest_of_source, Counter::DropFragmentCrowded);
    } else if (datagrams_.size() == kDatagramsMax) {
        give_up(oldest, Counter::DropFragmentCrowded);
    }
}

void Reassembly::refuse(Datagram& datagram, Counter reason) {
    counters_.add(reason, datagram.fragments + 1);
    datagram.fragments = 0;
    datagram.payload = Packet();
    datagram.present.release();
    datagram.is_refused = true;
}

void Reassembly::give_up(Datagrams::iterator datagram, Counter reason) {
    counters_.add(reason, datagram->second.fragments);
    datagrams_.erase(datagram);
}

std::optional<Instant> Reassembly::poll_deadline() const {
    std::optional<Instant> deadline;
    for (const auto& [key, datagram] : datagrams_)
        deadline = earlier(deadline, datagram.expires);
    return deadline;
}

void Reassembly::handle_deadline(Instant now) {
    for (auto datagram = datagrams_.begin(); datagram != datagrams_.end();) {
        const auto current = datagram++;
        if (current->second.expires > now) continue;
        keep_first_fragment(current->second);
        give_up(current, Counter::DropFragmentTimeout);
    }
}

void Reassembly::keep_first_fragment(Datagram& datagram) {
    if (!datagram.first || datagram.is_refused || expired_.size() == kDatagramsMax) return;
    const Interval front = datagram.present[0];
    Packet quoted = std::move(datagram.payload);
    quoted.trim_back(quoted.size() - static_cast<std::size_t>(front.end));
    wire::Ipv4Header header = *datagram.first;
    header.more_fragments = true;
    header.prepend_to(quoted);
    expired_.push_back(std::move(quoted));
}

std::optional<Packet> Reassembly::poll_expired() {
    if (expired_.empty()) return std::nullopt;
    Packet quoted = std::move(expired_.back());
    expired_.pop_back();
    return quoted;
}

}  // namespace shunt::ip
