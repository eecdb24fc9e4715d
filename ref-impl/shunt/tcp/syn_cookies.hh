// SPDX-License-Identifier: Apache-2.0
// SYN cookies (RFC 4987 3.6; TCP-8): what a listener would have to remember of a SYN goes out in
// the numbers of its SYN/ACK and comes back, authenticated, in the ACK. Who has the key can check a
// cookie that another made: the key is the farm's, the time is the farm's clock.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "shunt/base/sequence_number.hh"
#include "shunt/base/siphash.hh"
#include "shunt/base/time.hh"
#include "shunt/tcp/identity.hh"
#include "shunt/wire/tcp_options.hh"

namespace shunt::tcp {

/// The initial sequence number is 27 bits of SipHash-2-4 over tuple, client's ISN, period and MSS
/// index; the other 5 bits are period and index, hidden under a second hash, so that one cookie
/// tells nothing about the next.
class SynCookies {
  public:
    /// The hash of one period is of no use for the next: this is how the keys rotate.
    static constexpr Duration kPeriod = Duration::seconds(64);
    /// No cookie is older when it comes back: it is good to the end of the period after its own,
    /// and clocks of the farm may be a period apart.
    static constexpr Duration kLifetimeMax = kPeriod * 3;
    /// What an MSS is rounded down to. The first is the least that is ever used
    /// (Negotiated::kMaximumSegmentMin).
    static constexpr std::array<std::uint16_t, 8> kSegmentSizes{48,    256,   536,   1'024,
                                                                1'220, 1'380, 1'440, 1'460};

    explicit SynCookies(SipKey key) : key_(key) {}

    /// The cookie as initial sequence number. `client_initial` is the SYN's, `maximum_segment` its
    /// MSS option or what stands for it, `farm_time` what the farm's clock shows.
    SequenceNumber make(const Identity& identity, SequenceNumber client_initial,
                        std::uint16_t maximum_segment, Duration farm_time) const;
    /// The MSS that goes with `cookie`; nothing if it is not one of this key, or too old.
    std::optional<std::uint16_t> check(const Identity& identity, SequenceNumber client_initial,
                                       SequenceNumber cookie, Duration farm_time) const;

    /// `clock`, or up to 31 ms less: the last TSval bits tell the window scale and whether SACK is
    /// permitted. They need no authentication, for a client that changes them has itself to blame.
    static std::uint32_t mark_timestamp(std::uint32_t clock, const wire::TcpOptions& offered);
    /// Window scale and SACK as they were offered, from the TSval that came back as `echo`.
    static wire::TcpOptions marked_options(std::uint32_t echo);

  private:
    std::uint32_t authenticate(const Identity& identity, SequenceNumber client_initial,
                               std::uint64_t period, std::uint32_t index) const;
    std::uint32_t mask(const Identity& identity, SequenceNumber client_initial) const;

    SipKey key_;
};

}  // namespace shunt::tcp
