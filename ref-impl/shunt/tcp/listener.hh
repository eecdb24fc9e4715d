// SPDX-License-Identifier: Apache-2.0
// The passive end before there is a connection (RFC 9293 3.10.7.2): numbers for a SYN that gets a
// record, a SYN cookie for one that does not, and connections out of cookies that come back
// (TCP-8).
#pragma once

#include <optional>

#include "shunt/base/counters.hh"
#include "shunt/base/packet.hh"
#include "shunt/base/result.hh"
#include "shunt/base/siphash.hh"
#include "shunt/base/time.hh"
#include "shunt/tcp/connection.hh"
#include "shunt/tcp/identity.hh"
#include "shunt/tcp/syn_cookies.hh"
#include "shunt/wire/tcp_header.hh"

namespace shunt::tcp {

/// Keeps nothing of any connection: whether there is room for one is its host's to know (Backlog).
class Listener {
  public:
    struct Keys {
        /// Of this boot alone (TCP-6).
        SipKey sequence;
        /// The same on every server of the farm (TCP-8).
        SipKey cookie;
    };

    /// `config` outlives it. `clock_offset` is what the farm's clock showed at the origin of `now`.
    Listener(const Config& config, const Keys& keys, Duration clock_offset, Instant now)
        : config_(config),
          sequence_key_(keys.sequence),
          cookies_(keys.cookie),
          clock_offset_(clock_offset),
          cookies_until_(now + SynCookies::kLifetimeMax) {}

    /// A connection in SYN-RECEIVED (Connection::accept).
    Result<Connection, Counter> accept(const Identity& identity, const wire::TcpView& syn,
                                       Instant now) const;
    /// The same for a tuple whose last connection here ended with `used` as SND.NXT: the new one's
    /// numbers begin behind it (RFC 9293 3.6.1, MAY-2).
    Result<Connection, Counter> accept_again(const Identity& identity, const wire::TcpView& syn,
                                             SequenceNumber used, Instant now) const;
    /// Writes the SYN/ACK with a cookie into the empty `out`; nothing of it is remembered. Fails
    /// for what is not a plain SYN.
    std::optional<Counter> answer_with_cookie(const Identity& identity, const wire::TcpView& syn,
                                              Instant now, Packet& out);
    /// The connection, in SYN-RECEIVED, whose cookie `segment` acknowledges; `segment` has to be
    /// given to it next. Nothing for what brings no cookie, and for every segment while no cookie
    /// can be out: this server sent none lately, and a boot ago there was time for all to come.
    std::optional<Connection> open_by_cookie(const Identity& identity, const wire::TcpView& segment,
                                             Instant now) const;

  private:
    Duration farm_time(Instant now) const { return now.since_origin() + clock_offset_; }
    Chance cookie_chance(const Identity& identity, const wire::TcpView& syn, Instant now) const;
    /// The timestamp clock that the sender of the SYN/ACK goes on with.
    std::uint32_t continued_offset(const Identity& identity, std::uint32_t echo, Instant now) const;

    const Config& config_;
    SipKey sequence_key_;
    SynCookies cookies_;
    Duration clock_offset_;
    Instant cookies_until_;
};

}  // namespace shunt::tcp
