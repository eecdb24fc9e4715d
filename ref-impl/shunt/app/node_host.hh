// SPDX-License-Identifier: Apache-2.0
// A node with what it stands on, which can be made anew: a tester's hello asks for a fresh device.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "shunt/base/counters.hh"
#include "shunt/base/time.hh"
#include "shunt/farm/farm_config.hh"
#include "shunt/node/contents.hh"
#include "shunt/node/node.hh"

namespace shunt::app {

class NodeHost {
  public:
    /// Listeners that may be opened while the program runs, beside those of the farm's file.
    static constexpr std::size_t kOpenedListenersMax = 64;

    /// `contents` outlives the host; `self` is one of the config's servers. The host has a
    /// configuration of its own, whose listeners change while the program runs.
    NodeHost(const farm::FarmConfig& config, const farm::Server& self, node::Contents& contents);

    /// What the links carry; of the node that is made next.
    void set_mtus(node::LinkMtus mtus) { mtus_ = mtus; }

    /// The wall clock at the origin of the node's time; of the node that is made next.
    void set_clock_offset(Duration clock_offset) { clock_offset_ = clock_offset; }

    /// A node that remembers nothing of the one before. No frame of that one is left over.
    void restart(std::uint64_t seed, Instant now);

    bool is_started() const { return node_ != nullptr; }
    /// After the first restart() only.
    node::Node& node() { return *node_; }
    /// How often a node was made: who holds things for the one before lets them go when it changes.
    std::uint64_t boots() const { return boots_; }
    /// Of the node that runs.
    std::uint64_t seed() const { return seed_; }

    /// From now on this server listens on the port, as the farm's file says of it or, of another
    /// port, with the application that is named. Returns why it cannot.
    std::optional<std::string> open_listener(std::uint16_t port, wire::TransportProtocol protocol,
                                             const std::optional<std::string>& application,
                                             farm::SelectionMoment selection);
    /// From now on it does not; connections that it serves go on. Returns why it cannot.
    std::optional<std::string> close_listener(std::uint16_t port, wire::TransportProtocol protocol);
    /// Just those of the farm's file are open.
    void reopen_listeners();

    const farm::FarmConfig& config() const { return config_; }
    const farm::Server& self() const { return self_; }
    /// Drops of the devices, which the node does not see.
    Counters& device_counters() { return device_counters_; }

  private:
    farm::Listen* find_listener(std::uint16_t port, wire::TransportProtocol protocol);

    farm::FarmConfig config_;
    const farm::Server& self_;  // of config_
    std::size_t file_listeners_;
    node::Contents& contents_;
    node::LinkMtus mtus_;
    Duration clock_offset_;
    Counters device_counters_;
    std::uint64_t boots_ = 0;
    std::uint64_t seed_ = 0;
    std::unique_ptr<node::Node> node_;
};

}  // namespace shunt::app
