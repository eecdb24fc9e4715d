// SPDX-License-Identifier: Apache-2.0
// A node with what it stands on, which can be made anew: a tester's hello asks for a fresh device.
#pragma once

#include <cstdint>
#include <memory>

#include "shunt/base/counters.hh"
#include "shunt/base/time.hh"
#include "shunt/farm/farm_config.hh"
#include "shunt/node/contents.hh"
#include "shunt/node/node.hh"

namespace shunt::app {

class NodeHost {
  public:
    /// All references outlive the host; `self` is one of the config's servers.
    NodeHost(const farm::FarmConfig& config, const farm::Server& self, node::Contents& contents)
        : config_(config), self_(self), contents_(contents) {}

    /// What the links carry; of the node that is made next.
    void set_mtus(node::LinkMtus mtus) { mtus_ = mtus; }

    /// The wall clock at the origin of the node's time; of the node that is made next.
    void set_clock_offset(Duration clock_offset) { clock_offset_ = clock_offset; }

    /// A node that remembers nothing of the one before. No frame of that one is left over.
    void restart(std::uint64_t seed, Instant now) {
        node_.reset();
        device_counters_ = Counters();
        node_ = std::make_unique<node::Node>(config_, self_.id, contents_, seed, now, mtus_,
                                             clock_offset_);
    }

    bool is_started() const { return node_ != nullptr; }
    /// After the first restart() only.
    node::Node& node() { return *node_; }

    const farm::FarmConfig& config() const { return config_; }
    const farm::Server& self() const { return self_; }
    /// Drops of the devices, which the node does not see.
    Counters& device_counters() { return device_counters_; }

  private:
    const farm::FarmConfig& config_;
    const farm::Server& self_;
    node::Contents& contents_;
    node::LinkMtus mtus_;
    Duration clock_offset_;
    Counters device_counters_;
    std::unique_ptr<node::Node> node_;
};

}  // namespace shunt::app
