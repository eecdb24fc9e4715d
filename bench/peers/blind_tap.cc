// SPDX-License-Identifier: Apache-2.0
#include "bench/peers/blind_tap.hh"

#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sys/ioctl.h>

namespace bench::peers {
namespace {

constexpr std::uint8_t kTcpProtocol = 6;
constexpr std::uint8_t kOwnWindowScale = 7;
constexpr std::size_t kSynOptions = 8;

std::uint64_t add_words(const std::uint8_t* bytes, std::size_t size, std::uint64_t sum) {
    for (std::size_t i = 0; i + 1 < size; i += 2) {
        std::uint16_t word = 0;
        std::memcpy(&word, bytes + i, sizeof word);
        sum += ntohs(word);
    }
    if (size % 2 != 0) sum += std::uint64_t{bytes[size - 1]} << 8;
    return sum;
}

std::uint16_t fold(std::uint64_t sum) {
    while (sum >> 16 != 0)
        sum = (sum & 0xFFFF) + (sum >> 16);
    return static_cast<std::uint16_t>(sum);
}

}  // namespace

std::optional<Segment> read_segment(const Frame& frame, std::size_t size) {
    constexpr std::uint16_t kIpv4 = 0x0800;
    if (size < kIp + kTcp || ntohs(load<std::uint16_t>(frame, 12)) != kIpv4 ||
        frame[kEthernet + 9] != kTcpProtocol) {
        return std::nullopt;
    }
    const std::size_t header = std::size_t{frame[kIp + 12]} / 16 * 4;
    const std::size_t total = ntohs(load<std::uint16_t>(frame, kEthernet + 2));
    if (total < 20 + header || kEthernet + total > size) return std::nullopt;
    Segment segment;
    segment.flags = frame[kIp + 13];
    segment.sequence = ntohl(load<std::uint32_t>(frame, kIp + 4));
    segment.acknowledgment = ntohl(load<std::uint32_t>(frame, kIp + 8));
    segment.window = ntohs(load<std::uint16_t>(frame, kIp + 14));
    segment.text = {reinterpret_cast<const char*>(frame.data() + kIp + header),
                    total - 20 - header};
    return segment;
}

std::uint8_t window_scale(const Frame& syn) {
    constexpr std::uint8_t kEnd = 0;
    constexpr std::uint8_t kNoOperation = 1;
    constexpr std::uint8_t kWindowScale = 3;
    const std::size_t end = kIp + std::size_t{syn[kIp + 12]} / 16 * 4;
    for (std::size_t at = kIp + kTcp; at + 2 < end && syn[at] != kEnd;) {
        if (syn[at] == kWindowScale) return syn[at + 2];
        if (syn[at] != kNoOperation && syn[at + 1] < 2) break;
        at += syn[at] == kNoOperation ? std::size_t{1} : std::size_t{syn[at + 1]};
    }
    return 0;
}

std::size_t write_answer(Frame& out, const Frame& to, const Answer& answer) {
    std::memcpy(out.data(), to.data() + 6, 6);
    std::memcpy(out.data() + 6, to.data(), 6);
    store(out, 12, load<std::uint16_t>(to, 12));
    const bool is_syn = (answer.flags & kSyn) != 0;
    const std::size_t header = kTcp + (is_syn ? kSynOptions : 0);
    const std::size_t total = 20 + header + answer.text.size();
    std::memset(out.data() + kEthernet, 0, 20 + header);
    out[kEthernet] = 0x45;
    store(out, kEthernet + 2, htons(static_cast<std::uint16_t>(total)));
    out[kEthernet + 8] = 64;
    out[kEthernet + 9] = kTcpProtocol;
    store(out, kEthernet + 12, load<std::uint32_t>(to, kEthernet + 16));
    store(out, kEthernet + 16, load<std::uint32_t>(to, kEthernet + 12));
    const auto ip_sum = fold(add_words(out.data() + kEthernet, 20, 0));
    store(out, kEthernet + 10, htons(static_cast<std::uint16_t>(~ip_sum)));
    store(out, kIp, load<std::uint16_t>(to, kIp + 2));
    store(out, kIp + 2, load<std::uint16_t>(to, kIp));
    store(out, kIp + 4, htonl(answer.sequence));
    store(out, kIp + 8, htonl(answer.acknowledgment));
    out[kIp + 12] = static_cast<std::uint8_t>(header / 4 * 16);
    out[kIp + 13] = answer.flags;
    store(out, kIp + 14, htons(0xFFFF));
    if (is_syn) {  // MSS 1460, no operation, window scale
        const std::array<std::uint8_t, kSynOptions> options{2, 4, 5, 180, 1, 3, 3, kOwnWindowScale};
        std::memcpy(out.data() + kIp + kTcp, options.data(), options.size());
    }
    const std::uint64_t length = kTcpProtocol + header + answer.text.size();
    const std::uint64_t pseudo = add_words(out.data() + kEthernet + 12, 8, length);
    if (answer.is_unfinished) {
        store(out, kIp + 16, htons(fold(pseudo)));
        return kEthernet + 20 + header;
    }
    std::memcpy(out.data() + kIp + header, answer.text.data(), answer.text.size());
    const auto sum = fold(add_words(out.data() + kIp, header + answer.text.size(), pseudo));
    store(out, kIp + 16, htons(static_cast<std::uint16_t>(~sum)));
    return kEthernet + total;
}

int open_tap(const char* name, bool has_offload) {
    const int tap = open("/dev/net/tun", O_RDWR | O_NONBLOCK);
    ifreq request{};
    std::strncpy(request.ifr_name, name, IFNAMSIZ - 1);
    request.ifr_flags = static_cast<short>(IFF_TAP | IFF_NO_PI | (has_offload ? IFF_VNET_HDR : 0));
    if (tap < 0 || ioctl(tap, TUNSETIFF, &request) != 0) return -1;
    if (has_offload && ioctl(tap, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO4) != 0) return -1;
    return tap;
}

}  // namespace bench::peers
