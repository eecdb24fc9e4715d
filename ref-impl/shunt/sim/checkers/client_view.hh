// SPDX-License-Identifier: Apache-2.0
// What a client is shown, whoever shows it, is one legal TCP connection: no reset (EP-48), a
// timestamp clock that never goes back (EP-25), right checksums, and the sender's own MAC (SYS-4).
#pragma once

#include <cstdint>
#include <unordered_map>

#include "shunt/sim/checkers/farm_checker.hh"
#include "shunt/sim/checkers/violation.hh"

namespace shunt::sim {

class ClientView final : public FarmChecker {
  public:
    ClientView(const FarmRoles& roles, ViolationLog& log) : roles_(roles), log_(log) {}

    void server_sent(const ServerSegment& segment) override;
    void message_sent(const FarmMessage&) override {}
    void message_arrived(const FarmMessage&) override {}

  private:
    struct TupleHash {
        std::size_t operator()(const wire::ConnectionTuple& tuple) const {
            return static_cast<std::size_t>(tuple.hash(SipKey{}));
        }
    };

    const FarmRoles& roles_;
    ViolationLog& log_;
    std::unordered_map<wire::ConnectionTuple, std::uint32_t, TupleHash> latest_timestamp_;
};

}  // namespace shunt::sim
