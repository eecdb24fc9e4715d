// SPDX-License-Identifier: Apache-2.0
// What a home forwards are the client's packets, byte for byte (EP-21) and in the order in which
// they reached it (EP-9). Judged by what arrives at the home and what leaves it.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <cstdint>
#include <deque>
#include <optional>

#include "shunt/sim/checkers/farm_checker.hh"
#include "shunt/sim/checkers/violation.hh"

namespace shunt::sim {

class ForwardChecker final : public FarmChecker {
  public:
    ForwardChecker(const FarmRoles& roles, ViolationLog& log) : roles_(roles), log_(log) {}

    void client_packet_arrived(const ClientPacket& packet) override;
    void message_sent(const FarmMessage& message) override;

  private:
    /// More packets of one connection than come while its home holds the first of them back (EP-5):
    /// a blob that waits for its turn in a channel takes a while.
    static constexpr std::size_t kRememberedMax = 4'096;

    struct Packets {
        /// Hashes of what arrived and was not overtaken by what was forwarded, oldest first.
        std::deque<std::uint64_t> waiting;
        /// Of the first packet behind the SYN: a base home may send it again (EP-18).
        std::optional<std::uint64_t> handshake_acknowledgment;
        /// Hashes of what was forwarded, or passed over, the last ones.
        std::deque<std::uint64_t> past;
    };

    bool may_be_the_homes_own(const FarmMessage& message, const Packets& packets,
                              std::uint64_t hash) const;
    static void remember(std::deque<std::uint64_t>& hashes, std::uint64_t hash);

    const FarmRoles& roles_;
    ViolationLog& log_;
    absl::flat_hash_map<wire::ConnectionTuple, Packets, TupleHash> packets_;
};

}  // namespace shunt::sim
