// SPDX-License-Identifier: Apache-2.0
#include "shunt/runtime/network_interface.hh"

#include <fmt/format.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "shunt/base/packet.hh"

namespace shunt::runtime {
namespace {

constexpr std::size_t kEthernetHeaderAndTag = 18;

ifreq request_for(const std::string& name) {
    ifreq request{};
    std::strncpy(request.ifr_name, name.c_str(), IFNAMSIZ - 1);
    return request;
}

}  // namespace

NetworkInterface::NetworkInterface(std::string name, int index, FileDescriptor socket)
    : name_(std::move(name)), index_(index), socket_(std::move(socket)) {}

std::optional<NetworkInterface> NetworkInterface::find(const std::string& name) {
    FileDescriptor socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (!socket) return std::nullopt;
    ifreq request = request_for(name);
    if (ioctl(socket.number(), SIOCGIFINDEX, &request) != 0) return std::nullopt;
    return NetworkInterface(name, request.ifr_ifindex, std::move(socket));
}

Result<std::size_t, SetupError> NetworkInterface::usable_mtu() const {
    ifreq request = request_for(name_);
    if (ioctl(socket_.number(), SIOCGIFMTU, &request) != 0)
        return Failure{SetupError{fmt::format("{}: no MTU: {}", name_, system_reason(errno))}};
    const auto mtu = static_cast<std::size_t>(request.ifr_mtu);
    constexpr std::size_t mtu_max = Packet::kCapacity - kEthernetHeaderAndTag;
    if (mtu > mtu_max)
        return Failure{SetupError{fmt::format(
            "{}: MTU {} is more than the {} that fit a packet: ip link set dev {} mtu 9000", name_,
            mtu, mtu_max, name_)}};
    return mtu;
}

std::string NetworkInterface::bring_up() const {
    ifreq request = request_for(name_);
    if (ioctl(socket_.number(), SIOCGIFFLAGS, &request) != 0) return system_reason(errno);
    request.ifr_flags = static_cast<short>(request.ifr_flags | IFF_UP);
    if (ioctl(socket_.number(), SIOCSIFFLAGS, &request) != 0) return system_reason(errno);
    return {};
}

void NetworkInterface::set_transmit_queue_length(int packets) const {
    ifreq request = request_for(name_);
    request.ifr_qlen = packets;
    ioctl(socket_.number(), SIOCSIFTXQLEN, &request);
}

}  // namespace shunt::runtime
