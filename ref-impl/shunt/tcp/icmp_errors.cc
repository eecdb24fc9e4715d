// SPDX-License-Identifier: Apache-2.0
// ICMP errors about a connection (RFC 1122 4.2.3.9, RFC 1191, RFC 5927; TCP-13): believed only if
// they quote what is in flight, and even then no reason to give an established connection up.
#include <algorithm>
#include <array>

#include "shunt/base/mutant.hh"
#include "shunt/tcp/connection.hh"
#include "shunt/tcp/icmp_error.hh"

namespace shunt::tcp {
namespace {

// RFC 1191 7.1: what ways carry.
constexpr std::array<std::uint16_t, 8> kPlateaus{32'000, 17'914, 8'166, 4'352,
                                                 2'002,  1'492,  1'006, kPathMtuMin};

/// What the next hop carries, guessed where its router is too old to say (RFC 1191 5).
std::uint16_t next_hop_mtu(const IcmpError& error) {
    if (error.next_hop_mtu != 0) return error.next_hop_mtu;
    const auto lower = std::ranges::find_if(
        kPlateaus, [&](std::uint16_t plateau) { return plateau < error.quoted_length; });
    return lower == kPlateaus.end() ? kPathMtuMin : *lower;
}

/// RFC 1122 4.2.3.9: the other end has no TCP, or the way is closed on purpose.
bool is_hard(const IcmpError& error) {
    return error.type == wire::IcmpType::DestinationUnreachable &&
           (error.code == wire::kIcmpProtocolUnreachable ||
            error.code == wire::kIcmpPortUnreachable);
}

}  // namespace

std::optional<Counter> Connection::handle_icmp(const IcmpError& error) {
    const bool is_about_idle = send_.unacknowledged == send_.maximum &&
                               error.sequence == send_.maximum && !error.is_fragmentation_needed();
    if (is_about_idle && is_mutant(Mutant::EndsIdleAtIcmpError)) {
        finish(Event::Reset);
        return std::nullopt;
    }
    // RFC 5927 4.1: who does not see the connection has to guess this.
    const bool is_in_flight =
        error.sequence.at_or_after(send_.unacknowledged) && error.sequence.before(send_.maximum);
    if (!is_in_flight && !is_mutant(Mutant::BelievesAnyIcmpError)) return Counter::DropIcmpSequence;
    if (error.is_fragmentation_needed()) return lower_path_mtu(next_hop_mtu(error));
    // In synchronized states a hard error is taken for a soft one (RFC 5927 5.2), and a soft one
    // changes nothing (MUST-56) but that the application hears of it: what was lost is sent again
    // until the peer answers.
    const bool is_fatal = is_hard(error) && state_ == State::SynSent;
    if (is_fatal || is_mutant(Mutant::EndsAtIcmpError)) {
        finish(Event::Reset);
    } else {
        report(Event::Unreachable);
    }
    return std::nullopt;
}

/// RFC 5927 7.2: what is not less than is known already says nothing.
std::optional<Counter> Connection::lower_path_mtu(std::uint16_t mtu) {
    if (is_mutant(Mutant::IgnoresPathMtu)) return std::nullopt;
    const std::uint16_t lowered = is_mutant(Mutant::HasNoMtuFloor)
                                      ? std::max<std::uint16_t>(mtu, 120)
                                      : std::max(mtu, kPathMtuMin);
    if (lowered >= path_mtu()) return Counter::DropIcmpMtu;
    limit_path_mtu(lowered);
    // What was too long goes again in smaller segments. It was not congestion that lost it: the
    // congestion window stays (RFC 1191 6.4).
    if (is_synchronized(state_)) go_back();
    return std::nullopt;
}

void Connection::limit_path_mtu(std::uint16_t mtu) {
    const std::uint16_t least = is_mutant(Mutant::HasNoMtuFloor) ? std::uint16_t{120} : kPathMtuMin;
    path_mtu_ = std::min(std::max(mtu, least), path_mtu());
}

std::uint16_t Connection::path_mtu() const {
    if (path_mtu_ == 0) return config_->mtu;
    const std::uint16_t least = is_mutant(Mutant::HasNoMtuFloor) ? std::uint16_t{120} : kPathMtuMin;
    return std::min(std::max(path_mtu_, least), config_->mtu);
}

}  // namespace shunt::tcp
