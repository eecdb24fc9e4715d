// SPDX-License-Identifier: Apache-2.0
// How users name a device (docs/interfaces.md): tap:NAME, tap:NAME,vnet, packet:IF, unix:PATH,
// qemu:PATH.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "shunt/base/result.hh"
#include "shunt/runtime/setup_error.hh"

namespace shunt::runtime {

struct DeviceAddress {
    enum class Kind : std::uint8_t { Tap, Packet, Unix, Qemu };
    Kind kind = Kind::Tap;
    /// Interface name, or path of the socket.
    std::string name;
    /// tap only: frames carry a header in which the kernel may leave checksums to us.
    bool has_vnet_header = false;

    bool operator==(const DeviceAddress&) const = default;
};

/// The error says what was expected.
Result<DeviceAddress, SetupError> parse_device_address(std::string_view text);

/// "tap:NAME,vnet" and so on, as it was written.
std::string to_string(const DeviceAddress& address);

}  // namespace shunt::runtime
