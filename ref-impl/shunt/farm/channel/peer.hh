// SPDX-License-Identifier: Apache-2.0
// What a server knows of another one by their control channel: its connections, its boot number,
// whether it lives, and what follows from that for connections that have moved (CTL-1, EP-33).
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "shunt/base/time.hh"
#include "shunt/farm/channel/backoff.hh"
#include "shunt/farm/channel/channel.hh"
#include "shunt/farm/channel/liveness.hh"
#include "shunt/farm/farm_config.hh"
#include "shunt/ip/token_bucket.hh"

namespace shunt::farm {

struct Peer {
    /// SYNs of one member to the control port: what it needs to reconnect, no flood (SEC-5).
    static constexpr std::int64_t kSynsPerSecond = 4;
    static constexpr std::int64_t kSynBurst = 16;
    /// Connections with one member: one that is open, one of each opener under way, and one more.
    static constexpr std::size_t kChannelsMax = 4;

    Peer(const Server& of, Instant now) : server(&of), syns(kSynsPerSecond, kSynBurst, now) {}

    /// The channel whose hellos have both come; null: there is none.
    Channel* open_channel() const {
        for (const auto& channel : channels) {
            if (channel->is_open() && !channel->is_over()) return channel.get();
        }
        return nullptr;
    }
    bool is_connecting() const {
        return std::any_of(channels.begin(), channels.end(), [](const auto& channel) {
            return channel->origin().is_ours && !channel->is_over();
        });
    }

    /// It has been there, and its time as one that may come back runs (EP-33).
    bool is_missed() const { return boot && !is_dead; }
    Duration next_pause(Rng& rng) { return backoff.next(rng, is_missed()); }

    const Server* server;
    std::vector<std::unique_ptr<Channel>> channels;
    Backoff backoff;
    std::optional<Instant> next_attempt;
    /// Of its last hello, and the serial of the connection that it came by.
    std::optional<std::uint64_t> boot;
    std::uint64_t boot_serial = 0;
    /// A control frame other than hello has come: it has seen our boot number (EP-33).
    bool is_proven = false;
    /// It was silent for kPeerLife; it has no record of this server's any more (EP-33).
    bool is_dead = false;
    Duration heard_at;  // in WaitedTime
    PingClock pings;
    OwnerClock owner;
    ip::TokenBucket syns;
};

}  // namespace shunt::farm
