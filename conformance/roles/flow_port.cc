// SPDX-License-Identifier: Apache-2.0
#include "roles/flow_port.hh"

#include <fmt/format.h>

#include <algorithm>

#include "pdu/blob.hh"
#include "pdu/build.hh"
#include "pdu/fragments.hh"

namespace conform {
namespace {

constexpr std::uint8_t kTcp = 6;
constexpr std::size_t kHexShown = 8;

}  // namespace

FlowPort::FlowPort(Wire& wire, const Iut& iut, const ServerAddresses& self)
    : wire_(wire), iut_(iut), self_(self), inbox_(wire.scheduler()) {
    wire_.add_listener(*this);
}

FlowPort::~FlowPort() {
    wire_.remove_listener(*this);
}

Task<std::optional<ReceivedFlowPacket>> FlowPort::receive(Duration within) {
    const std::optional<std::size_t> number = co_await inbox_.next(wire_.now() + within);
    if (!number) co_return std::nullopt;
    const CapturedFrame& captured = wire_.capture()[*number];
    ReceivedFlowPacket received{*number, captured.at, captured.frame.ipv4->bytes};
    const ByteView payload = ip_payload_of(received.packet);
    if (payload.size() >= 4) received.flow = load_u32(payload, 0);
    co_return std::move(received);
}

Task<ReceivedFlowPacket> FlowPort::expect(const char* requirement, std::uint32_t flow, Bytes packet,
                                          Duration within) {
    const std::string wanted =
        fmt::format("{} with the client's packet for {}", describe_flow(flow), self_.name);
    std::optional<ReceivedFlowPacket> received = co_await receive(within);
    if (!received) {
        throw Violation(
            {requirement, wanted, fmt::format("nothing within {} ms", milliseconds_of(within))});
    }
    if (received->flow != flow) {
        throw Violation({"BL-11", wanted, describe_flow(received->flow), received->frame});
    }
    const Bytes right =
        rewrite_to_flow(packet, iut_.device.forward_ip.front(), self_.forward_ip.front(), flow);
    if (received->packet != right) {
        const auto [at, _] = std::mismatch(received->packet.begin(), received->packet.end(),
                                           right.begin(), right.end());
        const auto offset = static_cast<std::size_t>(at - received->packet.begin());
        throw Violation({"BL-11",
                         fmt::format("{} bytes, from byte {} on {}", right.size(), offset,
                                     to_hex(ByteView(right).subspan(std::min(offset, right.size())),
                                            kHexShown)),
                         fmt::format("{} bytes, {}", received->packet.size(),
                                     to_hex(ByteView(received->packet).subspan(offset), kHexShown)),
                         received->frame});
    }
    co_return std::move(*received);
}

Task<> FlowPort::expect_silence(const char* requirement, const char* when, Duration length) {
    const std::optional<ReceivedFlowPacket> received = co_await receive(length);
    if (!received) co_return;
    throw Violation(
        {requirement, fmt::format("no packet for {} {}", self_.name, when),
         fmt::format("{}, {} bytes", describe_flow(received->flow), received->packet.size()),
         received->frame});
}

void FlowPort::forget_received() {
    while (!inbox_.is_empty())
        inbox_.pop();
}

Bytes FlowPort::make(std::uint32_t flow, ByteView packet) const {
    return encode_ethernet(
        iut_.device.back_mac, self_.back_mac, ether_type::kIpv4,
        rewrite_to_flow(packet, self_.forward_ip.front(), iut_.device.forward_ip.front(), flow));
}

bool FlowPort::hear(std::size_t number, const CapturedFrame& captured) {
    const Frame& frame = captured.frame;
    if (captured.link != Link::Back || frame.destination != self_.back_mac) return false;
    if (!frame.ipv4 || frame.ipv4->protocol != kTcp) return false;
    if (!self_.has_forward_ip(frame.ipv4->destination)) return false;
    const bool is_other = only_ && frame.ipv4->tcp && flow_of(*frame.ipv4->tcp) != *only_;
    if (is_other) return false;
    inbox_.push(number);
    return true;
}

}  // namespace conform
