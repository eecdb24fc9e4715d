// SPDX-License-Identifier: Apache-2.0
#include "attach/packet_port.hh"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "pdu/checksum.hh"
#include "pdu/frame.hh"

namespace conform {
namespace {

constexpr std::size_t kFrameSizeMax = 70'000;
/// For thousands of frames: many cases ask for much at once.
constexpr int kReceiveBuffer = 32 << 20;
constexpr std::size_t kControlSize =
    CMSG_SPACE(sizeof(tpacket_auxdata)) + CMSG_SPACE(sizeof(timespec));
constexpr std::uint8_t kTcp = 6;
constexpr std::uint8_t kUdp = 17;

Descriptor open_packet_socket(const std::string& interface) {
    const unsigned index = ::if_nametoindex(interface.c_str());
    if (index == 0) throw UsageError(fmt::format("interface {} does not exist", interface));
    // Of no protocol until it is bound: one that has any hears every interface until then.
    Descriptor descriptor(::socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!descriptor.is_open()) {
        throw UsageError(
            fmt::format("a packet socket needs CAP_NET_RAW ({}): run as root, or once "
                        "`setcap cap_net_raw,cap_net_admin+ep shunt-conform`",
                        std::strerror(errno)));
    }
    const int on = 1;
    ::setsockopt(descriptor.number(), SOL_PACKET, PACKET_AUXDATA, &on, sizeof on);
    ::setsockopt(descriptor.number(), SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
    // What this host sends is not heard, and what the device sends at once is not lost.
    ::setsockopt(descriptor.number(), SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof on);
    const int size = kReceiveBuffer;
    if (::setsockopt(descriptor.number(), SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) != 0) {
        ::setsockopt(descriptor.number(), SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    }
    packet_mreq promiscuous{};
    promiscuous.mr_ifindex = static_cast<int>(index);
    promiscuous.mr_type = PACKET_MR_PROMISC;
    ::setsockopt(descriptor.number(), SOL_PACKET, PACKET_ADD_MEMBERSHIP, &promiscuous,
                 sizeof promiscuous);
    sockaddr_ll address{};
    address.sll_family = AF_PACKET;
    // Because a socket bound to type 0x0007 never hears those frames.
    address.sll_protocol = htons(ETH_P_ALL);
    address.sll_ifindex = static_cast<int>(index);
    if (::bind(descriptor.number(), reinterpret_cast<const sockaddr*>(&address), sizeof address) !=
        0) {
        throw UsageError(
            fmt::format("cannot bind to interface {}: {}", interface, std::strerror(errno)));
    }
    return descriptor;
}

bool is_checksum_left_open(msghdr& message) {
    for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr;
         header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level != SOL_PACKET || header->cmsg_type != PACKET_AUXDATA) continue;
        tpacket_auxdata data;
        std::memcpy(&data, CMSG_DATA(header), sizeof data);
        return (data.tp_status & TP_STATUS_CSUMNOTREADY) != 0;
    }
    return false;
}

/// When the system took the frame from the interface.
std::chrono::nanoseconds arrival_of(msghdr& message) {
    for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr;
         header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_TIMESTAMPNS) continue;
        timespec time{};
        std::memcpy(&time, CMSG_DATA(header), sizeof time);
        return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
    }
    return {};
}

}  // namespace

void complete_checksum(Bytes& frame) {
    const std::span<std::uint8_t> bytes(frame);
    if (bytes.size() < kEthernetHeaderSize + 20 || load_u16(bytes, 12) != ether_type::kIpv4) return;
    const auto packet = bytes.subspan(kEthernetHeaderSize);
    const std::size_t header_size = (packet[0] & 0x0FU) * 4U;
    const std::size_t total_length = load_u16(packet, 2);
    const std::uint8_t protocol = packet[9];
    if ((protocol != kTcp && protocol != kUdp) || total_length > packet.size()) return;
    const std::size_t offset = protocol == kTcp ? 16 : 6;
    if (header_size < 20 || header_size + offset + 2 > total_length) return;
    const auto transport = packet.subspan(header_size, total_length - header_size);
    store_u16(transport, offset, 0);
    const std::uint32_t start = pseudo_header_sum({load_u32(packet, 12)}, {load_u32(packet, 16)},
                                                  protocol, transport.size());
    store_u16(transport, offset, internet_checksum(transport, start));
}

PacketPort::PacketPort(const std::string& interface, Link link)
    : descriptor_(open_packet_socket(interface)),
      interface_(interface),
      link_(link),
      buffer_(kFrameSizeMax) {}

void PacketPort::send(Link, ByteView frame) {
    const ssize_t sent = ::send(descriptor_.number(), frame.data(), frame.size(), 0);
    if (sent == static_cast<ssize_t>(frame.size())) return;
    // A full queue loses a frame, as a wire does; anything else is the end of the interface.
    if (errno == ENOBUFS || errno == EAGAIN) {
        ++unsent_;
        return;
    }
    throw DeviceGone(fmt::format("interface {}: {}", interface_, std::strerror(errno)));
}

std::uint64_t PacketPort::take_dropped() {
    tpacket_stats statistics{};
    socklen_t size = sizeof statistics;
    const int result =
        ::getsockopt(descriptor_.number(), SOL_PACKET, PACKET_STATISTICS, &statistics, &size);
    const std::uint64_t unheard = result == 0 ? statistics.tp_drops : 0;
    return unheard + std::exchange(unsent_, 0);
}

std::optional<LinkFrame> PacketPort::receive() {
    for (;;) {
        sockaddr_ll from{};
        alignas(cmsghdr) std::uint8_t control[kControlSize];
        iovec data{buffer_.data(), buffer_.size()};
        msghdr message{};
        message.msg_name = &from;
        message.msg_namelen = sizeof from;
        message.msg_iov = &data;
        message.msg_iovlen = 1;
        message.msg_control = control;
        message.msg_controllen = sizeof control;
        const ssize_t length = ::recvmsg(descriptor_.number(), &message, 0);
        if (length < 0) {
            if (errno == EAGAIN || errno == EINTR) return std::nullopt;
            throw DeviceGone(fmt::format("interface {}: {}", interface_, std::strerror(errno)));
        }
        if (from.sll_pkttype == PACKET_OUTGOING) continue;
        Bytes bytes(buffer_.begin(), buffer_.begin() + length);
        arrival_ = arrival_of(message);
        if (is_checksum_left_open(message)) complete_checksum(bytes);
        return LinkFrame{link_, std::move(bytes)};
    }
}

}  // namespace conform
