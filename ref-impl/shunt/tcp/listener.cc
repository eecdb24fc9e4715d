// SPDX-License-Identifier: Apache-2.0
#include "shunt/tcp/listener.hh"

#include "shunt/tcp/initial_sequence.hh"
#include "shunt/tcp/timestamp_clock.hh"

namespace shunt::tcp {
namespace {

// RFC 9293 3.7.1.
constexpr std::uint16_t kMaximumSegmentDefault = 536;
// How far behind the numbers of the connection before a new one begins: more than a window without
// scaling, so that nothing old fits.
constexpr std::uint32_t kSequenceGap = 65'536;
// Of a cookie that another member sent only the echo is known. So much is added to it, so that what
// looks like the round trip is the time that a new connection waits anyway (RFC 6298 2.1).
constexpr std::uint32_t kEchoAgeOfOthersMs = 1'000;

std::uint32_t clock_value(std::uint32_t offset, Instant now) {
    return TimestampClock(offset).value(now);
}

}  // namespace

Result<Connection, Counter> Listener::accept(const Identity& identity, const wire::TcpView& syn,
                                             Instant now) const {
    return Connection::accept(config_, identity, syn, draw_chance(sequence_key_, identity, now),
                              now);
}

Result<Connection, Counter> Listener::accept_again(const Identity& identity,
                                                   const wire::TcpView& syn, SequenceNumber used,
                                                   Instant now) const {
    Chance chance = draw_chance(sequence_key_, identity, now);
    if (!chance.initial_sequence.after(used)) chance.initial_sequence = used + kSequenceGap;
    return Connection::accept(config_, identity, syn, chance, now);
}

Chance Listener::cookie_chance(const Identity& identity, const wire::TcpView& syn,
                               Instant now) const {
    const wire::TcpOptions offered = syn.options();
    Chance chance;
    chance.initial_sequence = cookies_.make(
        identity, syn.sequence(), offered.mss.value_or(kMaximumSegmentDefault), farm_time(now));
    chance.timestamp_offset = timestamp_offset(sequence_key_, identity);
    const std::uint32_t clock = clock_value(chance.timestamp_offset, now);
    chance.timestamp_offset += SynCookies::mark_timestamp(clock, offered) - clock;
    return chance;
}

std::optional<Counter> Listener::answer_with_cookie(const Identity& identity,
                                                    const wire::TcpView& syn, Instant now,
                                                    Packet& out) {
    auto forgotten = Connection::accept_without_state(config_, identity, syn,
                                                      cookie_chance(identity, syn, now), now);
    if (!forgotten) return forgotten.error();
    const bool has_answer = forgotten->poll_transmit(now, out);
    SHUNT_ASSERT(has_answer, "a passive open owes its SYN/ACK");
    cookies_until_ = now + SynCookies::kLifetimeMax;
    return std::nullopt;
}

std::optional<Connection> Listener::open_by_cookie(const Identity& identity,
                                                   const wire::TcpView& segment,
                                                   Instant now) const {
    const wire::TcpFlags flags = segment.flags();
    if (!flags.acknowledgment || flags.syn || flags.reset || now > cookies_until_) {
        return std::nullopt;
    }
    const SequenceNumber cookie = segment.acknowledgment() - 1;
    const auto maximum_segment =
        cookies_.check(identity, segment.sequence() - 1, cookie, farm_time(now));
    if (!maximum_segment) return std::nullopt;
    // Without a timestamp there was nothing to write the other options into.
    const auto timestamps = segment.options().timestamps;
    wire::TcpOptions offered;
    Chance chance{.initial_sequence = cookie, .timestamp_offset = 0};
    if (timestamps && config_.timestamps) {
        offered = SynCookies::marked_options(timestamps->echo);
        offered.timestamps = timestamps;
        chance.timestamp_offset = continued_offset(identity, timestamps->echo, now);
    }
    offered.mss = *maximum_segment;
    return Connection::accept_acknowledged(config_, identity, segment, offered, chance, now);
}

std::uint32_t Listener::continued_offset(const Identity& identity, std::uint32_t echo,
                                         Instant now) const {
    const std::uint32_t own = timestamp_offset(sequence_key_, identity);
    const auto age_max = static_cast<std::uint32_t>(SynCookies::kLifetimeMax.to_milliseconds());
    // Ours, from this boot. What only looks so is behind our clock all the same.
    if (clock_value(own, now) - echo <= age_max) return own;
    return echo + kEchoAgeOfOthersMs - clock_value(0, now);
}

}  // namespace shunt::tcp
