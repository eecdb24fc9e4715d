// SPDX-License-Identifier: Apache-2.0
// A host behind a network card that cuts and joins trains of segments on its front link: inside
// there are trains, on the link the same packets as ever, so that every checker judges them.
#pragma once

#include <cstddef>
#include <optional>

#include "shunt/base/packet.hh"
#include "shunt/sim/host.hh"
#include "shunt/sim/train_joiner.hh"
#include "shunt/stack/segmentation.hh"

namespace shunt::sim {

class OffloadHost final : public Host {
  public:
    /// What the host behind it may send unfinished: FramePort::train_max().
    static constexpr std::size_t kTrainMax = TrainJoiner::kTrainMax;

    /// The host outlives this, and `pool` the host, which may hold what was joined.
    OffloadHost(Host& host, PacketPool& pool) : host_(host), pool_(pool) {}

    void handle_frame(link::LinkId link, Packet frame, Instant now) override;
    void handle_deadline(Instant now) override;
    std::optional<link::OutgoingFrame> poll_transmit(Instant now) override;
    std::optional<Instant> poll_deadline() const override;

  private:
    /// How long a segment waits for one that carries it on.
    static constexpr Duration kWait = Duration::microseconds(30);

    void hand_over(Instant now);

    Host& host_;
    PacketPool& pool_;
    TrainJoiner joiner_{pool_};
    std::optional<Instant> waits_until_;
    std::optional<link::OutgoingFrame> outgoing_;  // what is being cut
    std::optional<stack::Segmentation> pieces_;
};

}  // namespace shunt::sim
