// SPDX-License-Identifier: Apache-2.0
// Two TCP engines and the link between them, watched by every checker that knows TCP.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "shunt/sim/checkers/receiver_view.hh"
#include "shunt/sim/checkers/violation.hh"
#include "shunt/sim/observer.hh"
#include "shunt/sim/offload_host.hh"
#include "shunt/sim/pair/pair_host.hh"
#include "shunt/sim/trouble.hh"
#include "shunt/sim/world.hh"

namespace shunt::sim {

struct PairConfig {
    std::uint64_t seed = 1;
    /// Both directions.
    FaultPlan link;
    std::size_t mtu = 1'500;
    /// Of the opener and of the listener.
    std::array<tcp::Config, 2> tcp;
    std::array<StreamPlan, 2> streams;
    /// Of the opener: PairHostConfig::falsify.
    std::function<void(Packet& frame)> falsify;
    /// Both open at once (RFC 9293 3.5, figure 7).
    bool open_both = false;
    /// Both ends have a card that cuts and joins trains of segments.
    bool has_offload = false;
    /// Safety until then, liveness from then on: the link has no defects any more. Nothing: it
    /// keeps them.
    std::optional<Instant> healed_at;
    /// Sees every frame beside the checkers; null: nobody does.
    Observer* observer = nullptr;
};

class PairWorld final : private Observer {
  public:
    explicit PairWorld(const PairConfig& config);

    /// What befalls link and hosts; before run().
    TroublePlan& troubles() { return troubles_; }
    std::vector<LaneName> lanes() const;
    HostId host_id(std::size_t side) const { return ids_.at(side); }
    /// Until both ends are finished, or `limit`; who is not finished then is a violation.
    void run(Instant limit);

    World& world() { return world_; }
    const World& world() const { return world_; }
    const PairHost& host(std::size_t side) const { return *hosts_.at(side); }
    const ViolationLog& log() const { return log_; }
    SegmentId segment() const { return segment_; }
    /// When both applications had everything; nothing: one has not.
    std::optional<Instant> completed_at() const;

  private:
    void observe(const Transmission& transmission) override;
    void observe(const Arrival& arrival) override;
    void observe(const Settling& settling) override;

    void befall();
    void report_unfinished(std::size_t side);
    bool is_finished() const { return hosts_[0]->is_finished() && hosts_[1]->is_finished(); }
    std::size_t side_of(HostId host) const { return host == ids_[0] ? 0 : 1; }
    void report(Instant time, std::size_t side, const std::optional<Finding>& finding);

    PairConfig config_;
    ViolationLog log_;
    World world_;
    SegmentId segment_{};
    std::array<HostId, 2> ids_{};
    PacketPool card_pool_;
    std::array<std::unique_ptr<PairHost>, 2> hosts_;
    std::array<std::unique_ptr<OffloadHost>, 2> cards_;  // null: none
    std::array<ReceiverView, 2> views_;
    TroublePlan troubles_;
    std::optional<Instant> healing_;
};

}  // namespace shunt::sim
