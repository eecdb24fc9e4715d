// SPDX-License-Identifier: Apache-2.0
// Writes down what every event of every server did to one connection.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shunt/sim/checkers/farm_checker.hh"
#include "shunt/sim/crash/mortal_host.hh"
#include "shunt/sim/crash/step.hh"
#include "shunt/sim/scenarios/farm_world.hh"
#include "shunt/wire/tuple.hh"

namespace shunt::sim {

class StepRecorder final : public EventWatcher, public FarmChecker {
  public:
    /// The world outlives the last event. `lives`: of its servers.
    StepRecorder(FarmWorld& world, const std::vector<ServerLife>& lives,
                 const wire::ConnectionTuple& watched)
        : world_(world),
          lives_(lives),
          watched_(watched),
          arrived_(lives.size()),
          open_(lives.size()) {}

    void begins(std::size_t server, link::LinkId link, ByteView frame, Instant now) override;
    void begins(std::size_t server, std::string_view cause, Instant now) override;
    void sends(std::size_t server, const link::OutgoingFrame& frame) override;
    void ends(std::size_t server) override;

    // What is in the streams of control channels, and rewritten packets, is known from what the
    // world's observer reads there: before an event begins what it brings, and within it what it
    // sends.
    void message_sent(const FarmMessage& message) override;
    void message_arrived(const FarmMessage& message) override;
    void control_part_sent(HostId from) override;
    void control_part_arrived(HostId to) override;

    /// The connection's migration: from the first 0x01, or the first byte of a blob, to the last
    /// event that either changed a record or moved another message than a forwarded packet.
    std::vector<Step> migration() const;

  private:
    struct Event {
        Step step;
        bool is_about_it = false;
    };

    /// Of what one frame brings, or one event sends: a frame may end several control frames.
    using Names = std::vector<std::string>;

    std::size_t index_of(HostId server) const;
    void open(std::size_t server, std::string cause, bool is_about_it, Instant now);
    std::optional<std::string> name(link::LinkId link, ByteView frame) const;

    FarmWorld& world_;
    const std::vector<ServerLife>& lives_;
    wire::ConnectionTuple watched_;
    std::vector<Names> arrived_;  // of the event that begins next
    std::vector<std::optional<Event>> open_;
    std::vector<Step> steps_;
};

}  // namespace shunt::sim
