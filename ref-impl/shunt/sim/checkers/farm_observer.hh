// SPDX-License-Identifier: Apache-2.0
// Reads each frame of a farm's links once and tells the checkers what it is.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "shunt/sim/checkers/blob_reader.hh"
#include "shunt/sim/checkers/farm_checker.hh"
#include "shunt/sim/checkers/violation.hh"
#include "shunt/sim/observer.hh"
#include "shunt/wire/ipv4.hh"

namespace shunt::sim {

class FarmObserver final : public Observer {
  public:
    /// What servers send has right lengths and checksums; the log hears of what has not.
    FarmObserver(const FarmRoles& roles, ViolationLog& log)
        : roles_(roles), log_(log), blobs_(roles) {}

    /// Checkers hear of every frame in the order in which they were added.
    void add(FarmChecker& checker) { checkers_.push_back(&checker); }

    void observe(const Transmission& transmission) override;
    void observe(const Arrival& arrival) override;
    void observe(const Settling& settling) override;
    /// Tells every checker.
    void orphan(const wire::ConnectionTuple& tuple);

  private:
    void observe_front(const Transmission& transmission);
    void observe_front(const Arrival& arrival);
    void observe_tcp(const Transmission& transmission, wire::MacAddress source_mac,
                     const wire::Ipv4View& packet);
    std::optional<FarmMessage> read_message(ByteView frame, Instant time, HostId from) const;
    void refuse(const Transmission& transmission, std::string_view what, Counter reason);

    const FarmRoles& roles_;
    ViolationLog& log_;
    BlobReader blobs_;
    std::vector<FarmChecker*> checkers_;
};

}  // namespace shunt::sim
