// SPDX-License-Identifier: Apache-2.0
#include "shunt/link/fault_port.hh"

#include <utility>

namespace shunt::link {

FaultPort::FaultPort(std::unique_ptr<FramePort> inner, const Config& config, PacketPool& pool)
    : FaultPort(std::move(inner), config, pool, Rng(config.seed)) {}

// Members are initialized in the order of their declaration: `received_` forks first.
FaultPort::FaultPort(std::unique_ptr<FramePort> inner, const Config& config, PacketPool& pool,
                     Rng rng)
    : inner_(std::move(inner)),
      received_(config.received, rng.fork(), pool),
      sent_(config.sent, rng.fork(), pool) {}

std::optional<Packet> FaultPort::receive() {
    for (std::size_t lost = 0; lost < kLostInARowMax; ++lost) {
        if (std::optional<Packet> frame = received_.pop()) return frame;
        std::optional<Packet> arrived = inner_->receive();
        if (!arrived) {
            received_.flush();
            sent_.flush();
            drain_sent();
            return received_.pop();
        }
        received_.push(std::move(*arrived));
    }
    return received_.pop();
}

bool FaultPort::transmit(Packet frame) {
    sent_.push(std::move(frame));
    return drain_sent();
}

bool FaultPort::drain_sent() {
    bool is_taken = true;
    while (std::optional<Packet> frame = sent_.pop())
        is_taken = inner_->transmit(std::move(*frame)) && is_taken;
    return is_taken;
}

}  // namespace shunt::link
