// SPDX-License-Identifier: Apache-2.0
// Who is taken for dead, and who must stop because it may be (EP-33). A home waits long and counts
// only time that it has really waited; an owner counts all time, also what it slept through. So the
// owner is always the first of the two.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "shunt/base/time.hh"

namespace shunt::farm {

/// Silence of the peer before it is pinged, and the pause between pings (CTL-3).
inline constexpr Duration kPingPause = Duration::seconds(1);
/// Silence after which a channel is dead (CTL-3).
inline constexpr Duration kChannelLife = Duration::seconds(3);
/// Silence after which a peer is dead: the channel's, and 3 s without a new one (EP-33). Counted
/// from its last byte however the channel ended, so that a forged reset shortens nothing.
inline constexpr Duration kPeerLife = Duration::seconds(6);
/// How long after it sent the last ping that was answered an owner may go on (EP-33).
inline constexpr Duration kOwnerPatience = Duration::seconds(5);

/// The time that a server has spent waiting: when it wakes up later than it asked to, because it
/// was paused or its clock jumped, the rest does not count.
class WaitedTime {
  public:
    explicit WaitedTime(Instant now) : last_(now), wanted_(now) {}

    void advance(Instant now) {
        const Duration expected = std::max(wanted_ - last_, Duration{}) + kLateness;
        waited_ = waited_ + std::clamp(now - last_, Duration{}, expected);
        last_ = std::max(last_, now);
        wanted_ = last_;
    }
    /// It asked to be woken at `deadline`, not before it was advanced.
    void expect(Instant deadline) { wanted_ = deadline; }
    Duration waited() const { return waited_; }

  private:
    /// How late a wake-up may be that still is in time.
    static constexpr Duration kLateness = Duration::milliseconds(50);
    Instant last_;
    Instant wanted_;
    Duration waited_;
};

/// The pings to one peer, and what their answers allow an owner whose home the peer is.
class PingClock {
  public:
    /// A ping, or the hello that begins a channel with a new boot number, went at `now`.
    void sent(std::uint64_t transaction, Instant now) {
        pings_[next_++ % pings_.size()] = {transaction, now};
    }
    /// When the answered ping was sent; nothing if it was none of the last few.
    std::optional<Instant> take(std::uint64_t transaction) {
        for (std::optional<Ping>& ping : pings_) {
            if (!ping || ping->transaction != transaction) continue;
            const Instant sent = ping->sent;
            ping.reset();
            return sent;
        }
        return std::nullopt;
    }

  private:
    struct Ping {
        std::uint64_t transaction = 0;
        Instant sent;
    };
    /// One a second, and a channel lives 3 s without an answer.
    std::array<std::optional<Ping>, 8> pings_;
    std::size_t next_ = 0;
};

/// May this server act for connections whose home the peer is?
class OwnerClock {
  public:
    /// The peer has a (new) boot number and has answered what was sent at `sent`: nothing of before
    /// counts.
    void begin(Instant sent) {
        answered_ = sent;
        is_cut_off_ = false;
    }
    /// True if it is cut off from now on.
    [[nodiscard]] bool expire(Instant now) {
        if (is_cut_off_ || !answered_ || now - *answered_ < kOwnerPatience) return false;
        is_cut_off_ = true;
        return true;
    }
    /// A ping was answered; expire() was called before. True if it is cut off no longer.
    [[nodiscard]] bool answer(Instant sent, Instant now) {
        if (!answered_ || *answered_ < sent) answered_ = sent;
        if (!is_cut_off_ || now - *answered_ >= kOwnerPatience) return false;
        is_cut_off_ = false;
        return true;
    }
    bool is_cut_off() const { return is_cut_off_; }
    /// When expire() is to be called; nothing: never.
    std::optional<Instant> deadline() const {
        if (is_cut_off_ || !answered_) return std::nullopt;
        return *answered_ + kOwnerPatience;
    }

  private:
    std::optional<Instant> answered_;
    bool is_cut_off_ = false;
};

}  // namespace shunt::farm
