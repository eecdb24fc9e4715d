// SPDX-License-Identifier: Apache-2.0
#include "shunt/runtime/device_address.hh"

#include <fmt/format.h>
#include <net/if.h>
#include <sys/un.h>

namespace shunt::runtime {
namespace {

constexpr std::size_t kInterfaceNameMax = IFNAMSIZ - 1;
constexpr std::size_t kPathMax = sizeof(sockaddr_un::sun_path) - 1;
constexpr std::string_view kVnetSuffix = ",vnet";

Failure<SetupError> refuse(std::string_view text, std::string_view expected) {
    return Failure{SetupError{fmt::format("device \"{}\": expected {}", text, expected)}};
}

bool is_interface_name(std::string_view name) {
    return !name.empty() && name.size() <= kInterfaceNameMax && name != "." && name != ".." &&
           name.find_first_of("/: \t\n,%") == std::string_view::npos;
}

}  // namespace

Result<DeviceAddress, SetupError> parse_device_address(std::string_view text) {
    const std::size_t colon = text.find(':');
    const std::string_view scheme = text.substr(0, colon);
    std::string_view name = colon == std::string_view::npos ? "" : text.substr(colon + 1);
    DeviceAddress address;
    if (scheme == "unix" || scheme == "qemu") {
        address.kind = scheme == "unix" ? DeviceAddress::Kind::Unix : DeviceAddress::Kind::Qemu;
        if (name.empty() || name.size() > kPathMax)
            return refuse(text,
                          fmt::format("a path of 1 to {} bytes behind {}:", kPathMax, scheme));
        address.name = name;
        return address;
    }
    if (scheme != "tap" && scheme != "packet")
        return refuse(text, "tap:NAME, tap:NAME,vnet, packet:IF, unix:PATH or qemu:PATH");
    if (scheme == "packet") address.kind = DeviceAddress::Kind::Packet;
    if (scheme == "tap" && name.ends_with(kVnetSuffix)) {
        address.has_vnet_header = true;
        name.remove_suffix(kVnetSuffix.size());
    }
    if (!is_interface_name(name))
        return refuse(text, fmt::format("an interface name of 1 to {} characters behind {}:",
                                        kInterfaceNameMax, scheme));
    address.name = name;
    return address;
}

std::string to_string(const DeviceAddress& address) {
    switch (address.kind) {
        case DeviceAddress::Kind::Tap:
            return fmt::format("tap:{}{}", address.name,
                               address.has_vnet_header ? kVnetSuffix : "");
        case DeviceAddress::Kind::Packet:
            return fmt::format("packet:{}", address.name);
        case DeviceAddress::Kind::Unix:
            return fmt::format("unix:{}", address.name);
        case DeviceAddress::Kind::Qemu:
            return fmt::format("qemu:{}", address.name);
    }
    return {};
}

}  // namespace shunt::runtime
