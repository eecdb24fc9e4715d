// SPDX-License-Identifier: Apache-2.0
#include "bench/moves/network_namespace.hh"

#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>

#include <cstring>

namespace shunt::bench {

void enter_namespace(const std::string& name) {
    const std::string path = "/run/netns/" + name;
    const Descriptor place(::open(path.c_str(), O_RDONLY | O_CLOEXEC), path.c_str());
    if (setns(place.number(), CLONE_NEWNET) != 0) fail(path);
}

Descriptor open_tap(const std::string& interface) {
    Descriptor tap(::open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC), "/dev/net/tun");
    ifreq request{};
    std::strncpy(request.ifr_name, interface.c_str(), IFNAMSIZ - 1);
    request.ifr_flags = IFF_TAP | IFF_NO_PI;
    if (ioctl(tap.number(), TUNSETIFF, &request) != 0) fail(interface);
    return tap;
}

}  // namespace shunt::bench
