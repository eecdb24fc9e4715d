// SPDX-License-Identifier: Apache-2.0
// A reference node as a host of a world.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "shunt/farm/farm_config.hh"
#include "shunt/node/contents.hh"
#include "shunt/node/node.hh"
#include "shunt/sim/checkers/table_checker.hh"
#include "shunt/sim/host.hh"

namespace shunt::sim {

class NodeHost final : public Host {
  public:
    /// The configuration outlives the host.
    NodeHost(const farm::FarmConfig& config, farm::ServerId self, std::uint64_t seed, Instant now,
             node::LinkMtus mtus = {})
        : node_(config, self, contents_, seed, now, mtus) {}

    void handle_frame(link::LinkId link, Packet frame, Instant now) override {
        node_.handle_frame(link, std::move(frame), now);
    }
    void handle_deadline(Instant now) override { node_.handle_deadline(now); }
    std::optional<link::OutgoingFrame> poll_transmit(Instant now) override {
        return node_.poll_transmit(now);
    }
    std::optional<Instant> poll_deadline() const override { return node_.poll_deadline(); }

    node::Node& node() { return node_; }
    const node::Node& node() const { return node_; }
    /// What the checkers want to know of its four connection tables.
    ServerTables tables() const;
    bool are_tables_empty() const;
    /// Where the tuple is, and how far what it does there has come, e.g. "temporary/migrating";
    /// "none" if it is nowhere.
    std::string_view phase(const wire::ConnectionTuple& tuple) const;
    /// The endpoint of the tuple, if the node may process, acknowledge and transmit for it; else
    /// null.
    const tcp::Connection* owned_connection(const wire::ConnectionTuple& tuple) const;
    /// It has crashed: what it holds is nobody's any more.
    bool is_down() const { return is_down_; }
    void set_down() { is_down_ = true; }

  private:
    node::NoContents contents_;  // before the node, which refers to it
    node::Node node_;
    bool is_down_ = false;
};

}  // namespace shunt::sim
