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
    const unsigned long offloads = TUN_F_CSUM | TUN_F_TSO4;
    if (ioctl(tap.number(), TUNSETVNETHDRSZ, &header_size) != 0 ||
        ioctl(tap.number(), TUNSETOFFLOAD, offloads) != 0)
        return Failure{refuse_attach(address, errno)};
    return tap;
}

}  // namespace

TapDevice::TapDevice(FileDescriptor tap, const DeviceAddress& address, std::size_t mtu,
                     PacketPool& pool, Counters& counters)
    : tap_(std::move(tap)), name_(address.name), mtu_(mtu), pool_(pool), counters_(counters) {
    if (address.has_vnet_header) buffer_.emplace(pool);
}

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
        std::optional<Packet> frame = buffer_ ? read_with_header() : read_plain();
        if (frame) return frame;
        if (!was_dropped_) return std::nullopt;
    }
    return std::nullopt;
}

std::optional<Packet> TapDevice::drop(Counter reason) {
    counters_.add(reason);
    was_dropped_ = true;
    return std::nullopt;
}

std::optional<Packet> TapDevice::read_plain() {
    Packet frame = pool_.take();
    const std::size_t room = frame.tailroom();
    const auto length = note(read(tap_.number(), frame.append(room).data(), room));
    if (!length) return std::nullopt;
    // tuntap cuts what does not fit without a word
    if (*length == room) return drop(Counter::DropDeviceTruncated);
    frame.trim_back(room - *length);
    return frame;
}

std::optional<Packet> TapDevice::read_with_header() {
    VnetHeaderBytes header{};
    const auto parts = buffer_->parts(header);
    const auto length = note(readv(tap_.number(), parts.data(), static_cast<int>(parts.size())));
    if (!length || *length < header.size()) return std::nullopt;
    Packet frame = buffer_->take(*length - header.size());
    if (frame.size() == FrameBuffer::kFrameMax) return drop(Counter::DropDeviceTruncated);
    if (const auto reason = apply(VnetHeader::parse(header), frame)) return drop(*reason);
    return frame;
}

/// How many bytes a call has read, if it has.
std::optional<std::size_t> TapDevice::note(ssize_t result) {
    was_dropped_ = false;
    if (result < 0 && errno == EBADFD) is_gone_ = true;  // the interface was deleted
    if (result < 0) return std::nullopt;
    return static_cast<std::size_t>(result);
}

bool TapDevice::transmit(Packet frame) {
    if (write_frame(frame) >= 0) {
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

ssize_t TapDevice::write_frame(Packet& frame) {
    const MutableBytes content = frame.mutable_bytes();
    if (!buffer_) return write(tap_.number(), content.data(), content.size());
    VnetHeaderBytes header = VnetHeader::for_sending(frame);
    const std::array<iovec, 2> parts{
        {{header.data(), header.size()}, {content.data(), content.size()}}};
    return writev(tap_.number(), parts.data(), static_cast<int>(parts.size()));
}

std::optional<std::string> TapDevice::take_complaint() {
    return std::exchange(complaint_, std::nullopt);
}

}  // namespace shunt::runtime
