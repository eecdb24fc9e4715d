// SPDX-License-Identifier: Apache-2.0
#include "agent/kernel_network.hh"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>

#include "attach/attachment.hh"

namespace conform {
namespace {

constexpr const char* kInterface = "front";
constexpr std::size_t kFrameSizeMax = 65'536 + 14;

[[noreturn]] void refuse(const char* step) {
    throw UsageError(
        fmt::format("kernel: {}: {}. It needs CAP_SYS_ADMIN and /dev/net/tun: run as "
                    "root",
                    step, std::strerror(errno)));
}

sockaddr socket_address(Ipv4Address address) {
    sockaddr_in internet{};
    internet.sin_family = AF_INET;
    internet.sin_addr.s_addr = htonl(address.value);
    sockaddr generic{};
    std::memcpy(&generic, &internet, sizeof internet);
    return generic;
}

sockaddr hardware_address(const MacAddress& mac) {
    sockaddr generic{};
    generic.sa_family = ARPHRD_ETHER;
    std::memcpy(generic.sa_data, mac.octets.data(), mac.octets.size());
    return generic;
}

ifreq request() {
    ifreq request{};
    std::strncpy(request.ifr_name, kInterface, sizeof request.ifr_name - 1);
    return request;
}

Descriptor open_tap() {
    Descriptor tap(::open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC));
    if (!tap.is_open()) refuse("/dev/net/tun");
    ifreq wanted = request();
    wanted.ifr_flags = IFF_TAP | IFF_NO_PI;
    if (::ioctl(tap.number(), TUNSETIFF, &wanted) != 0) refuse("make a tap");
    return tap;
}

void set_addresses() {
    const Descriptor any(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    ifreq wanted = request();
    wanted.ifr_hwaddr = hardware_address(kDeviceMac);
    if (::ioctl(any.number(), SIOCSIFHWADDR, &wanted) != 0) refuse("set the MAC");
    wanted = request();
    wanted.ifr_addr = socket_address(kDeviceAddress);
    if (::ioctl(any.number(), SIOCSIFADDR, &wanted) != 0) refuse("set the address");
    wanted.ifr_netmask = socket_address({0xFFFFFF00});
    if (::ioctl(any.number(), SIOCSIFNETMASK, &wanted) != 0) refuse("set the netmask");
    wanted = request();
    wanted.ifr_flags = IFF_UP | IFF_RUNNING;
    if (::ioctl(any.number(), SIOCSIFFLAGS, &wanted) != 0) refuse("set the tap up");
    arpreq neighbour{};
    neighbour.arp_pa = socket_address(kTesterAddress);
    neighbour.arp_ha = hardware_address(kTesterMac);
    neighbour.arp_flags = ATF_PERM | ATF_COM;
    std::strncpy(neighbour.arp_dev, kInterface, sizeof neighbour.arp_dev - 1);
    if (::ioctl(any.number(), SIOCSARP, &neighbour) != 0) refuse("set the neighbour");
}

}  // namespace

KernelNetwork::KernelNetwork() {
    if (::unshare(CLONE_NEWNET) != 0) refuse("make a network namespace");
    std::ofstream("/proc/sys/net/ipv6/conf/default/disable_ipv6") << "1";
    tap_ = open_tap();
    set_addresses();
}

void KernelNetwork::send(ByteView frame) {
    if (::write(tap_.number(), frame.data(), frame.size()) < 0 && errno != EINVAL) {
        throw AttachmentError(fmt::format("the tap takes no frame: {}", std::strerror(errno)));
    }
}

std::optional<Bytes> KernelNetwork::receive() {
    Bytes frame(kFrameSizeMax);
    const ssize_t length = ::read(tap_.number(), frame.data(), frame.size());
    if (length <= 0) return std::nullopt;
    frame.resize(static_cast<std::size_t>(length));
    return frame;
}

void KernelNetwork::set(const std::string& name, const std::string& value) {
    std::ofstream file("/proc/sys/net/ipv4/" + name);
    file << value;
    if (!file.flush()) {
        throw AttachmentError(fmt::format("net.ipv4.{} cannot be set to {}", name, value));
    }
}

}  // namespace conform
