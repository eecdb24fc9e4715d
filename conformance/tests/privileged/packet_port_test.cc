// SPDX-License-Identifier: Apache-2.0
/// A port hears its own interface alone, from its first moment on. In a network namespace.
#include "attach/packet_port.hh"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <thread>

#include "attach/descriptor.hh"
#include "attach/tap_interface.hh"

namespace conform {
namespace {

constexpr int kPorts = 200;

void bring_up_loopback(int socket) {
    ifreq request{};
    std::strncpy(request.ifr_name, "lo", IFNAMSIZ - 1);
    request.ifr_flags = IFF_UP;
    ASSERT_EQ(::ioctl(socket, SIOCSIFFLAGS, &request), 0) << std::strerror(errno);
}

/// Datagrams to a port that nobody has, as many as go.
class Flood {
  public:
    Flood() : socket_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
        bring_up_loopback(socket_.number());
        sender_ = std::thread([this] { send(); });
    }
    ~Flood() {
        is_over_ = true;
        sender_.join();
    }
    Flood(const Flood&) = delete;
    Flood& operator=(const Flood&) = delete;

  private:
    void send() {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(9);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        const auto* generic = reinterpret_cast<const sockaddr*>(&address);
        while (!is_over_)
            ::sendto(socket_.number(), "x", 1, 0, generic, sizeof address);
    }

    Descriptor socket_;
    std::atomic<bool> is_over_ = false;
    std::thread sender_;
};

TEST(PacketPort, HearsNoOtherInterfaceWhileItIsOpened) {
    const TapInterface tap("shunt-quiet");
    const Flood flood;
    int strangers = 0;
    for (int i = 0; i < kPorts; ++i) {
        PacketPort port("shunt-quiet", Link::Front);
        while (port.receive())
            ++strangers;
    }
    EXPECT_EQ(strangers, 0);
}

}  // namespace
}  // namespace conform
