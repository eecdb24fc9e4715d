// SPDX-License-Identifier: Apache-2.0
// What lives in a world: a machine with links, driven by frames and deadlines, that never asks
// the time. The shape is that of node::Node, so that a node needs only an adapter.
#pragma once

#include <optional>

#include "shunt/base/packet.hh"
#include "shunt/base/time.hh"
#include "shunt/link/frame_port.hh"

namespace shunt::sim {

class Host {
  public:
    Host() = default;
    Host(const Host&) = delete;
    Host& operator=(const Host&) = delete;
    virtual ~Host() = default;

    /// A frame, from its Ethernet header on, that has arrived on one of the host's links.
    virtual void handle_frame(link::LinkId link, Packet frame, Instant now) = 0;
    /// The deadline that poll_deadline() gave has come.
    virtual void handle_deadline(Instant now) = 0;
    /// The next frame to send; asked until there is none.
    virtual std::optional<link::OutgoingFrame> poll_transmit(Instant now) = 0;
    /// When handle_deadline() is wanted next; nothing: never.
    virtual std::optional<Instant> poll_deadline() const = 0;
};

}  // namespace shunt::sim
