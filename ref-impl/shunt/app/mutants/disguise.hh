// SPDX-License-Identifier: Apache-2.0
// A device whose frames look otherwise and mean the same: between a node of virtual time and its
// tester, for the variants that need no other engine.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "shunt/app/virtual_device.hh"
#include "shunt/base/variant.hh"

namespace shunt::app {

class Disguise final : public VirtualDevice {
  public:
    /// Both references outlive it.
    Disguise(Variant variant, VirtualDevice& inner, PacketPool& pool)
        : variant_(variant), inner_(inner), pool_(pool) {}

    void restart(std::uint64_t seed, Instant now) override;
    void handle_frame(link::LinkId link, Packet frame, Instant now) override;
    void handle_deadline(Instant now) override;
    std::optional<Instant> poll_deadline() const override;
    std::optional<link::OutgoingFrame> poll_transmit(Instant now) override;
    std::optional<std::string> answer(std::string_view line, Instant now) override {
        return inner_.answer(line, now);
    }
    std::optional<std::string> poll_answer() override { return inner_.poll_answer(); }

  private:
    /// Of a connection, as the wire shows it: addresses and ports, 12 bytes.
    using Flow = std::string;

    /// Everything that the inner device has to say, in order.
    void take_frames(Instant now);
    void take(link::OutgoingFrame outgoing, Instant now);
    /// What a client gets: `frame` holds a TCP segment that is no fragment.
    void take_segment(Packet frame, Instant now);
    void cut(Packet frame, Instant now);
    /// True if it is kept until it is due or overtaken.
    bool keeps_acknowledgment(Packet& frame, Instant now);
    void queue(link::LinkId link, Packet frame, Instant due);

    struct Due {
        Instant at;
        link::OutgoingFrame outgoing;
    };
    struct Acknowledged {
        std::uint32_t number = 0;  ///< the last that was sent or kept
        std::optional<Packet> kept{};
        Instant due{};
    };

    Variant variant_;
    VirtualDevice& inner_;
    PacketPool& pool_;
    std::deque<Due> queue_;  // in the order of their times
    std::map<Flow, Acknowledged> acknowledged_;
};

}  // namespace shunt::app
