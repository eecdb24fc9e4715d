// SPDX-License-Identifier: Apache-2.0
// At no time do two servers act for one connection (EP-12): the home owns it first, and a target
// only after a release by the owner has reached it (EP-13). Judged by what is on the links alone.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "shunt/sim/checkers/farm_checker.hh"
#include "shunt/sim/checkers/violation.hh"

namespace shunt::sim {

class OwnerChecker final : public FarmChecker {
  public:
    OwnerChecker(const FarmRoles& roles, ViolationLog& log) : roles_(roles), log_(log) {}

    void server_sent(const ServerSegment& segment) override;
    void message_sent(const FarmMessage& message) override;
    void message_arrived(const FarmMessage& message) override;
    void neighbour_found(HostId server, Instant time) override { found_[server] = time; }

    /// The server has lost all that it knew. Returns the connections that suffer from that: it is
    /// their home, it acts for them, or has been let act. A home that has accepted a return owns
    /// the connection again, a copy that nobody was let go to is no loss, and bytes are lost with
    /// their owner alone.
    std::vector<wire::ConnectionTuple> host_crashed(HostId host);
    /// Connections whose owner has let go since to a copy that such a crash had taken, or to whom
    /// it does not hear or reach: it could not know. Each is returned once.
    std::vector<wire::ConnectionTuple> take_late_orphans() {
        return std::exchange(late_orphans_, {});
    }
    /// Nothing that one server says reaches the other one. Returns the connections whose home and
    /// owner they are, or whose home has let the other one act.
    std::vector<wire::ConnectionTuple> hosts_parted(HostId from, HostId to);
    /// What was said of them once is over.
    void hosts_joined(HostId from, HostId to);
    /// EP-33: when a home has reset a client whose connection another server owned, nobody acts
    /// for it any more. Where records do not expire before their connections are over.
    void forbid_acting_after_a_reset() { is_reset_final_ = true; }
    /// Connections whose owner has let go, and whose next owner has not sent anything since.
    std::vector<wire::ConnectionTuple> in_limbo() const;

    /// Connections that clients saw at least one segment of.
    std::uint64_t connections() const { return connections_; }
    /// How often another server than before went on with a connection.
    std::uint64_t migrations() const { return migrations_; }

  private:
    /// An unreleased copy that a server has said it holds (0x03).
    struct Copy {
        HostId holder{};
        std::uint32_t number = 0;  // 0 in the base set, which has none
        bool is_lost = false;      // its holder has crashed since
        bool is_known = false;     // the 0x03 has arrived
    };
    struct Ownership {
        HostId owner{};
        /// The owner has let go: it sent a release, or a return, to this server.
        std::optional<HostId> let_go_to;
        /// That has arrived there.
        bool has_reached = false;
        /// The attempt by which it lets go (ext): nothing about another one gives it back.
        std::uint32_t let_go_by = 0;
        /// Who was let go to, and has said that it is over there.
        std::optional<HostId> given_back_by;
        std::vector<Copy> copies;
        /// A crash has taken part of what is known of it: its home may answer as RFC 9293 3.10.7.1
        /// says for what it does not know.
        bool is_orphan = false;
        /// The newest state went with its owner: who goes on now goes on from an older one, and
        /// does a second time what was done since.
        bool is_lost = false;
        /// Its home has reset the client though another server owned it.
        bool is_abandoned = false;
        /// That home has crashed since it opened the connection, and knows nothing of it.
        bool is_home_new = false;

        bool is_with(HostId host) const { return owner == host || let_go_to == host; }
    };

    bool lets_go(const FarmMessage& message) const;
    static bool gives_back(const FarmMessage& message);
    bool is_late(const Ownership& ownership, const FarmMessage& message) const;
    bool is_of(const Ownership& ownership, const FarmMessage& message) const;
    bool takes_over(const Ownership& ownership, const FarmMessage& message) const;
    static void hold(Ownership& ownership, const FarmMessage& message);
    bool may_have_let_go_to(const Ownership& ownership, HostId host) const;
    static bool has_lost(const Ownership& ownership, const FarmMessage& release);
    bool are_parted(HostId one, HostId other) const;
    /// It has left late: it waited until the sender knew where to.
    bool is_late(const Ownership& ownership, const ServerSegment& segment) const;
    Ownership* find(const FarmMessage& message);
    void change_owner(Ownership& ownership, HostId to);
    bool begins_anew(Ownership& ownership, const ServerSegment& segment, HostId home);

    const FarmRoles& roles_;
    ViolationLog& log_;
    // Walked only when a host crashes, and sorted then: the order of a hash table is nobody's
    // business.
    absl::flat_hash_map<wire::ConnectionTuple, Ownership, TupleHash> ownerships_;
    std::vector<wire::ConnectionTuple> late_orphans_;
    std::vector<std::pair<HostId, HostId>> parted_;  // who is not heard by whom, as often as it is
    std::map<HostId, Instant> found_;                // when it last found a neighbour
    std::uint64_t connections_ = 0;
    std::uint64_t migrations_ = 0;
    bool is_reset_final_ = false;
};

}  // namespace shunt::sim
