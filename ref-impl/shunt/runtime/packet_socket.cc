// SPDX-License-Identifier: Apache-2.0
#include "shunt/runtime/packet_socket.hh"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <cerrno>
#include <utility>

#include "shunt/runtime/network_interface.hh"
#include "shunt/runtime/vnet_header.hh"

namespace shunt::runtime {
namespace {

SetupError refuse(const std::string& name, int reason) {
    if (reason != EPERM) return {fmt::format("packet:{}: {}", name, system_reason(reason))};
    return {fmt::format(
        "packet:{}: needs CAP_NET_RAW. Run as root, or once: sudo setcap cap_net_raw+ep "
        "build/bin/shunt-node",
        name)};
}

bool set_option(const FileDescriptor& socket, int option, const void* value, socklen_t size) {
    return setsockopt(socket.number(), SOL_PACKET, option, value, size) == 0;
}

/// As many frames as a tap's queue holds: a window of some megabytes comes at once. More than
/// rmem_max needs CAP_NET_ADMIN, which most have who may open the socket; without it there is less.
void ask_for_receive_buffer(const FileDescriptor& socket) {
    const int bytes = 4'096 * 2'304;  // of a full frame the kernel counts 2,304
    if (setsockopt(socket.number(), SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes) == 0) return;
    setsockopt(socket.number(), SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
}

/// With the header in front, checksums that a neighbour on the same machine left to its offload
/// are visible as such, and can be completed.
bool configure(const FileDescriptor& socket, int interface) {
    const int on = 1;
    ask_for_receive_buffer(socket);
    packet_mreq membership{};
    membership.mr_ifindex = interface;
    membership.mr_type = PACKET_MR_PROMISC;
    sockaddr_ll address{};
    address.sll_family = AF_PACKET;
    address.sll_protocol = htons(ETH_P_ALL);
    address.sll_ifindex = interface;
    return set_option(socket, PACKET_IGNORE_OUTGOING, &on, sizeof on) &&
           set_option(socket, PACKET_VNET_HDR, &on, sizeof on) &&
           set_option(socket, PACKET_ADD_MEMBERSHIP, &membership, sizeof membership) &&
           bind(socket.number(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

}  // namespace

PacketSocket::PacketSocket(FileDescriptor socket, std::string name, std::size_t mtu,
                           PacketPool& pool, Counters& counters)
    : socket_(std::move(socket)),
      name_(std::move(name)),
      mtu_(mtu),
      buffer_(pool),
      counters_(counters) {}

Result<std::unique_ptr<PacketSocket>, SetupError> PacketSocket::open(const std::string& name,
                                                                     PacketPool& pool,
                                                                     Counters& counters) {
    const auto interface = NetworkInterface::find(name);
    if (!interface)
        return Failure{SetupError{fmt::format(
            "packet:{}: no such interface in this network namespace. See: ip link", name)}};
    const auto mtu = interface->usable_mtu();
    if (!mtu) return Failure{mtu.error()};
    // Protocol 0: hears nothing until it is bound, so no frame of another interface slips in.
    FileDescriptor socket(::socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!socket || !configure(socket, interface->index())) return Failure{refuse(name, errno)};
    return std::unique_ptr<PacketSocket>(
        new PacketSocket(std::move(socket), name, *mtu, pool, counters));
}

std::optional<Packet> PacketSocket::receive() {
    for (int dropped = 0; dropped < kDropsInARowMax; ++dropped) {
        VnetHeaderBytes header{};
        auto parts = buffer_.parts(header);
        msghdr message{};
        message.msg_iov = parts.data();
        message.msg_iovlen = parts.size();
        const ssize_t result = recvmsg(socket_.number(), &message, 0);
        if (result < 0 && errno == EINVAL) {  // an offload that the header cannot express
            drop(Counter::DropDeviceSegmented);
            continue;
        }
        if (result < 0 && (errno == ENODEV || errno == ENXIO)) is_gone_ = true;
        if (result < ssize_t{kVnetHeaderSize}) return std::nullopt;
        Packet frame = buffer_.take(static_cast<std::size_t>(result) - kVnetHeaderSize);
        if ((message.msg_flags & MSG_TRUNC) != 0) {
            drop(Counter::DropDeviceTruncated);
            continue;
        }
        if (const auto reason = apply(VnetHeader::parse(header), frame)) {
            drop(*reason);
            continue;
        }
        return frame;
    }
    return std::nullopt;
}

void PacketSocket::drop(Counter reason) {
    counters_.add(reason);
    if (reason != Counter::DropDeviceSegmented || is_offload_reported_) return;
    is_offload_reported_ = true;
    complaint_ = fmt::format(
        "packet:{0}: a neighbour on this machine leaves segmentation to an offload; such frames "
        "are dropped. At its end of the link (for a veth pair: the other end of {0}): "
        "ethtool -K IF tx off tso off gso off",
        name_);
}

bool PacketSocket::transmit(Packet frame) {
    VnetHeaderBytes header = VnetHeader::for_sending(frame);
    const MutableBytes content = frame.mutable_bytes();
    std::array<iovec, 2> parts{{{header.data(), header.size()}, {content.data(), content.size()}}};
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = parts.size();
    if (sendmsg(socket_.number(), &message, 0) >= 0) {
        is_down_ = false;
        return true;
    }
    counters_.add(Counter::DropDeviceFull);
    if (errno == ENXIO || errno == ENODEV) is_gone_ = true;
    if (errno == ENETDOWN && !is_down_) {
        is_down_ = true;
        complaint_ = fmt::format("packet:{0} is down: sudo ip link set {0} up", name_);
    }
    return false;
}

std::optional<std::string> PacketSocket::take_complaint() {
    return std::exchange(complaint_, std::nullopt);
}

}  // namespace shunt::runtime
