// SPDX-License-Identifier: Apache-2.0
// What a client is shown, whoever shows it, is one legal TCP connection: no reset (EP-48), a
// timestamp clock that never goes back (EP-25), and the sender's own MAC (SYS-4).
#pragma once

#include <absl/container/flat_hash_map.h>

#include <cstdint>
#include <optional>

#include "shunt/base/sequence_number.hh"
#include "shunt/sim/checkers/farm_checker.hh"
#include "shunt/sim/checkers/violation.hh"

namespace shunt::sim {

class ClientView final : public FarmChecker {
  public:
    ClientView(const FarmRoles& roles, ViolationLog& log) : roles_(roles), log_(log) {}

    void server_sent(const ServerSegment& segment) override;
    void client_sent(const ClientSegment& segment) override;
    void orphaned(const wire::ConnectionTuple& tuple) override;

  private:
    struct Shown {
        std::optional<std::uint32_t> latest_timestamp;
        /// The number behind each side's FIN, once it was sent.
        std::optional<SequenceNumber> client_end;
        std::optional<SequenceNumber> server_end;
        /// The FIN was acknowledged by the other side.
        bool is_client_end_acknowledged = false;
        bool is_server_end_acknowledged = false;
        /// A crash of the home is excepted (EP-48), and so is that of the owner (EP-33).
        bool is_orphan = false;

        bool is_over() const { return is_client_end_acknowledged && is_server_end_acknowledged; }
    };

    void check_timestamp(const ServerSegment& segment, Shown& shown);

    const FarmRoles& roles_;
    ViolationLog& log_;
    absl::flat_hash_map<wire::ConnectionTuple, Shown, TupleHash> shown_;
};

}  // namespace shunt::sim
