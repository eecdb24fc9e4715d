// SPDX-License-Identifier: Apache-2.0
/// Oracle: fields of the device's headers that no exchange makes legal, whatever they say.
#include <fmt/format.h>

#include <set>
#include <utility>

#include "oracle/oracle.hh"

namespace conform {
namespace {

constexpr std::size_t kTimeToLiveOffset = 8;
constexpr std::uint8_t kEcnFlags = tcp_flag::kEce | tcp_flag::kCwr;
/// What a link may put around the MTU: the Ethernet header and a VLAN tag.
constexpr std::size_t kAroundMtu = kEthernetHeaderSize + 4;
/// No host has a smaller one (RFC 791: 68 bytes are always passed, 40 of them headers; rounded up).
constexpr std::uint16_t kMssMin = 64;
/// RFC 7323 2.3.
constexpr std::uint8_t kWindowScaleMax = 14;

/// Client first, service second.
using ConnectionKey = std::pair<SocketAddress, SocketAddress>;

class HeaderChecks {
  public:
    explicit HeaderChecks(const Iut& iut) : iut_(iut) {}

    void to_device(const Frame& frame) {
        for (const auto* packet : {&frame.ipv4, &frame.inner}) {
            if (!*packet || !(*packet)->tcp) continue;
            const TcpSegment& segment = *(*packet)->tcp;
            // RFC 3168 6.1.1: ECE and CWR in a SYN offer ECN.
            if (segment.has(tcp_flag::kSyn | kEcnFlags)) {
                offers_of_ecn_.insert({segment.source, segment.destination});
            }
        }
    }

    void from_device(const CapturedFrame& captured, std::size_t number) {
        number_ = number;
        const bool is_front = captured.link == Link::Front;
        const std::size_t mtu = is_front ? iut_.front_mtu : iut_.back_mtu;
        check(captured.bytes.size() <= mtu + kAroundMtu, is_front ? "IP-1" : "FRM-9",
              fmt::format("a frame that the MTU of {} lets through", mtu),
              fmt::format("{} bytes", captured.bytes.size()));
        const std::optional<Ipv4Packet>& packet = captured.frame.ipv4;
        if (!packet) return;
        // RFC 1122 3.2.1.7.
        check(packet->bytes[kTimeToLiveOffset] > 0, "IP-1", "a TTL above 0", "0");
        // A rewritten packet is its client's doing (BL-11).
        const bool is_rewritten = iut_.device.has_forward_ip(packet->source);
        if (packet->tcp && !is_rewritten) check_segment(*packet->tcp);
    }

    std::vector<Finding> take() { return std::move(findings_); }

  private:
    void check(bool is_so, const char* requirement, std::string expected, std::string actual) {
        if (is_so) return;
        findings_.push_back({requirement, std::move(expected), std::move(actual), number_});
    }

    void check_segment(const TcpSegment& segment) {
        const std::string flags = describe_tcp_flags(segment.flags);
        // RFC 9293 3.1.
        check(segment.reserved == 0, "TCP-1", "reserved bits of the TCP header that are 0",
              fmt::format("0x{:x}", segment.reserved));
        check(!segment.has(tcp_flag::kUrg), "TCP-1", "no URG, for nothing here is urgent", flags);
        const bool may_say_ecn = offers_of_ecn_.contains({segment.destination, segment.source});
        check((segment.flags & kEcnFlags) == 0 || may_say_ecn, "TCP-14",
              "neither ECE nor CWR, for ECN was not offered", flags);
        if (!segment.has(tcp_flag::kSyn)) return;
        check(!segment.mss || *segment.mss >= kMssMin, "TCP-2",
              fmt::format("an MSS of {} or more, or none", kMssMin),
              fmt::format("{}", segment.mss.value_or(0)));
        check(segment.window_scale.value_or(0) <= kWindowScaleMax, "TCP-2",
              fmt::format("a window scale of {} at most", kWindowScaleMax),
              fmt::format("{}", segment.window_scale.value_or(0)));
    }

    const Iut& iut_;
    std::set<ConnectionKey> offers_of_ecn_;
    std::size_t number_ = 0;
    std::vector<Finding> findings_;
};

}  // namespace

std::vector<Finding> examine_headers(const Capture& capture, const Iut& iut) {
    HeaderChecks checks(iut);
    for (std::size_t number = 0; number < capture.size(); ++number) {
        const CapturedFrame& captured = capture[number];
        if (captured.is_void) continue;
        if (captured.direction == Direction::ToDevice) {
            checks.to_device(captured.frame);
        } else {
            checks.from_device(captured, number);
        }
    }
    return checks.take();
}

}  // namespace conform
