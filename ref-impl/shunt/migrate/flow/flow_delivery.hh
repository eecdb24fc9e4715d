// SPDX-License-Identifier: Apache-2.0
// Datagrams on their way from the flow table to an application of this server, fetched by the node.
#pragma once

#include <deque>
#include <optional>
#include <utility>

#include "shunt/base/packet.hh"
#include "shunt/wire/tuple.hh"

namespace shunt::migrate {

struct FlowDelivery {
    wire::ConnectionTuple tuple;
    Packet packet;  // from its IPv4 header on; its checksum is not verified yet
};

/// Never longer than what one frame can set free: an endpoint's held packets (EP-5).
class FlowDeliveries {
  public:
    void push(const wire::ConnectionTuple& tuple, Packet packet) {
        waiting_.push_back({tuple, std::move(packet)});
    }
    std::optional<FlowDelivery> pop() {
        if (waiting_.empty()) return std::nullopt;
        std::optional<FlowDelivery> first(std::move(waiting_.front()));
        waiting_.pop_front();
        return first;
    }

  private:
    std::deque<FlowDelivery> waiting_;
};

}  // namespace shunt::migrate
