// SPDX-License-Identifier: Apache-2.0
// The payload of 0x01: the service address and, for TCP, the control block (S004 F11D-F).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "shunt/base/counters.hh"
#include "shunt/base/packet.hh"
#include "shunt/base/result.hh"
#include "shunt/wire/control_block.hh"
#include "shunt/wire/encapsulation.hh"
#include "shunt/wire/ipv4_address.hh"

namespace shunt::wire {

struct ConnectionInformation {
    static constexpr std::size_t kUdpBaseSize = 6;
    /// With the flow number of the extended set.
    static constexpr std::size_t kUdpSize = kUdpBaseSize + 4;
    static constexpr std::size_t kTcpSize = kUdpBaseSize + ControlBlock::kSize;

    /// Server IP and Server Port: what the client connected to (S000 c3).
    Ipv4Address service{};
    std::uint16_t service_port = 0;
    /// There for TCP and only then; not validated (TCB-1 is answered, not dropped).
    std::optional<ControlBlock> block{};
    /// There for UDP of the extended set and only then: the epoch of its ID.
    std::optional<std::uint32_t> flow_number{};

    /// `view` is of Type 0x01. Fails if Server Port is not the header's Dest. Port: both are the
    /// service port.
    static Result<ConnectionInformation, Counter> parse(const EncapsulationView& view);
    void append_to(Packet& packet) const;

    bool operator==(const ConnectionInformation&) const = default;
};

}  // namespace shunt::wire
