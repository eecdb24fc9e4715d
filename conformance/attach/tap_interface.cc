// SPDX-License-Identifier: Apache-2.0
#include "attach/tap_interface.hh"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <fstream>

#include "attach/attachment.hh"
#include "attach/descriptor.hh"

namespace conform {
namespace {

/// Frames towards the device: a process that is busy for a moment finds all of them.
constexpr int kQueueLength = 4'096;

ifreq request_for(const std::string& name) {
    ifreq request{};
    if (name.empty() || name.size() >= sizeof request.ifr_name) {
        throw UsageError(fmt::format("tap:{}: an interface name has 1 to {} bytes", name,
                                     sizeof request.ifr_name - 1));
    }
    std::memcpy(request.ifr_name, name.data(), name.size());
    return request;
}

[[noreturn]] void refuse(const std::string& name, const char* step) {
    throw UsageError(
        fmt::format("tap:{}: {}: {}. It needs CAP_NET_ADMIN and /dev/net/tun: run as root", name,
                    step, std::strerror(errno)));
}

/// Attaches to the tap for a moment and sets whether it stays without a process.
bool set_persistent(const std::string& name, bool is_persistent) {
    const Descriptor tun(::open("/dev/net/tun", O_RDWR | O_CLOEXEC));
    if (!tun.is_open()) return false;
    ifreq request = request_for(name);
    request.ifr_flags = IFF_TAP | IFF_NO_PI;
    return ::ioctl(tun.number(), TUNSETIFF, &request) == 0 &&
           ::ioctl(tun.number(), TUNSETPERSIST, is_persistent ? 1 : 0) == 0;
}

void set_up(const std::string& name) {
    // Without IPv6 the kernel sends nothing of its own accord on an interface without addresses.
    std::ofstream("/proc/sys/net/ipv6/conf/" + name + "/disable_ipv6") << "1";
    const Descriptor any(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    ifreq request = request_for(name);
    if (::ioctl(any.number(), SIOCGIFFLAGS, &request) != 0) refuse(name, "cannot read its flags");
    ifreq queue = request_for(name);
    queue.ifr_qlen = kQueueLength;
    ::ioctl(any.number(), SIOCSIFTXQLEN, &queue);
    if ((request.ifr_flags & IFF_UP) != 0) return;
    request.ifr_flags = static_cast<short>(request.ifr_flags | IFF_UP);
    if (::ioctl(any.number(), SIOCSIFFLAGS, &request) != 0) refuse(name, "cannot set it up");
}

}  // namespace

TapInterface::TapInterface(std::string name) : name_(std::move(name)) {
    request_for(name_);
    if (::if_nametoindex(name_.c_str()) == 0) {
        if (!set_persistent(name_, true)) refuse(name_, "cannot make the tap");
        is_made_here_ = true;
    }
    try {
        set_up(name_);
    } catch (...) {
        if (is_made_here_) set_persistent(name_, false);
        throw;
    }
}

TapInterface::~TapInterface() {
    if (is_made_here_) set_persistent(name_, false);
}

}  // namespace conform
