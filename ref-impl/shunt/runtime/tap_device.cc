// SPDX-License-Identifier: Apache-2.0
#include "shunt/runtime/tap_device.hh"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "shunt/runtime/network_interface.hh"
#include "shunt/runtime/vnet_header.hh"

namespace shunt::runtime {
namespace {

constexpr const char* kTunPath = "/dev/net/tun";

SetupError refuse_clone_device(const std::string& name, int reason) {
    const char* help = "modprobe tun, or in a container give it the device /dev/net/tun";
    if (reason == EACCES || reason == EPERM)
        help = "run as root, or: chgrp \"$(id -gn)\" /dev/net/tun && chmod g+rw /dev/net/tun";
    return {
        fmt::format("tap:{}: cannot open {}: {}. {}", name, kTunPath, system_reason(reason), help)};
}

SetupError refuse_attach(const DeviceAddress& address, int reason) {
    const std::string& name = address.name;
    switch (reason) {
        case EPERM:
            return {fmt::format(
                "tap:{0}: needs CAP_NET_ADMIN, or a tap that belongs to you. Run as root, or once: "
                "sudo ip tuntap add dev {0} mode tap user \"$(id -un)\" && "
                "sudo ip link set {0} up",
                name)};
        case EBUSY:
            return {fmt::format("tap:{}: another process is attached to it", name)};
        case EINVAL:
            return {fmt::format("tap:{0}: is no single-queue tap. See: ip -details link show {0}",
                                name)};
        default:
            return {fmt::format("tap:{}: {}", name, system_reason(reason))};
    }
}

Result<FileDescriptor, SetupError> attach(const DeviceAddress& address) {
    FileDescriptor tap(::open(kTunPath, O_RDWR | O_NONBLOCK | O_CLOEXEC));
    if (!tap) return Failure{refuse_clone_device(address.name, errno)};
    ifreq request{};
    std::strncpy(request.ifr_name, address.name.c_str(), IFNAMSIZ - 1);
    request.ifr_flags = IFF_TAP | IFF_NO_PI;
    if (address.has_vnet_header)
        request.ifr_flags = static_cast<short>(request.ifr_flags | IFF_VNET_HDR);
    if (ioctl(tap.number(), TUNSETIFF, &request) != 0)
        return Failure{refuse_attach(address, errno)};
    if (!address.has_vnet_header) return tap;
    int header_size = kVnetHeaderSize;
    // Checksums may stay partial; segmentation (TUN_F_TSO4) may not: a Packet holds one frame.
    const unsigned long offloads = TUN_F_CSUM;
    if (ioctl(tap.number(), TUNSETVNETHDRSZ, &header_size) != 0 ||
        ioctl(tap.number(), TUNSETOFFLOAD, offloads) != 0)
        return Failure{refuse_attach(address, errno)};
    return tap;
}

}  // namespace

TapDevice::TapDevice(FileDescriptor tap, const DeviceAddress& address, std::size_t mtu,
                     PacketPool& pool, Counters& counters)
    : tap_(std::move(tap)),
      name_(address.name),
      has_vnet_header_(address.has_vnet_header),
      mtu_(mtu),
      pool_(pool),
      counters_(counters) {}

Result<std::unique_ptr<TapDevice>, SetupError> TapDevice::open(const DeviceAddress& address,
                                                               PacketPool& pool,
                                                               Counters& counters) {
    const bool is_ours = !NetworkInterface::find(address.name);
    auto tap = attach(address);
    if (!tap) return Failure{tap.error()};
    const auto interface = NetworkInterface::find(address.name);
    if (!interface) return Failure{refuse_attach(address, ENODEV)};
    if (is_ours) {
        interface->set_transmit_queue_length(kQueueLength);
        const std::string trouble = interface->bring_up();
        if (!trouble.empty())
            return Failure{
                SetupError{fmt::format("tap:{0}: cannot bring it up: {1}. sudo ip link set {0} up",
                                       address.name, trouble)}};
    }
    const auto mtu = interface->usable_mtu();
    if (!mtu) return Failure{mtu.error()};
    return std::unique_ptr<TapDevice>(
        new TapDevice(std::move(*tap), address, *mtu, pool, counters));
}

std::optional<Packet> TapDevice::receive() {
    for (int dropped = 0; dropped < kDropsInARowMax; ++dropped) {
        Packet frame = pool_.take();
        VnetHeaderBytes header{};
        const MutableBytes room = frame.append(Packet::kCapacity);
        const std::array<iovec, 2> parts{
            {{header.data(), header.size()}, {room.data(), room.size()}}};
        const std::size_t skipped = has_vnet_header_ ? 0 : 1;
        const ssize_t result =
            readv(tap_.number(), parts.data() + skipped, static_cast<int>(parts.size() - skipped));
        if (result < 0 && errno == EBADFD) {
            is_gone_ = true;  // the interface was deleted
            return std::nullopt;
        }
        const std::size_t header_size = has_vnet_header_ ? kVnetHeaderSize : 0;
        if (result < 0 || static_cast<std::size_t>(result) < header_size) return std::nullopt;
        const std::size_t length = static_cast<std::size_t>(result) - header_size;
        if (length == Packet::kCapacity) {  // tuntap cuts what does not fit without a word
            counters_.add(Counter::DropDeviceTruncated);
            continue;
        }
        frame.trim_back(Packet::kCapacity - length);
        if (!has_vnet_header_) return frame;
        if (const auto drop = apply(VnetHeader::parse(header), frame)) {
            counters_.add(*drop);
            continue;
        }
        return frame;
    }
    return std::nullopt;
}

bool TapDevice::transmit(Packet frame) {
    // All zero: the checksums are complete, nothing is to be segmented.
    VnetHeaderBytes header{};
    const MutableBytes content = frame.mutable_bytes();
    const std::array<iovec, 2> parts{
        {{header.data(), header.size()}, {content.data(), content.size()}}};
    const std::size_t skipped = has_vnet_header_ ? 0 : 1;
    if (writev(tap_.number(), parts.data() + skipped, static_cast<int>(parts.size() - skipped)) >=
        0) {
        is_down_ = false;
        return true;
    }
    counters_.add(Counter::DropDeviceFull);
    if (errno == EIO && !is_down_) {
        is_down_ = true;
        complaint_ = fmt::format("tap:{0} is down: sudo ip link set {0} up", name_);
    }
    return false;
}

std::optional<std::string> TapDevice::take_complaint() {
    return std::exchange(complaint_, std::nullopt);
}

}  // namespace shunt::runtime
