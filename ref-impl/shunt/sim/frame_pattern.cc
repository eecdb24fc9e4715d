// SPDX-License-Identifier: Apache-2.0
#include "shunt/sim/frame_pattern.hh"

#include "shunt/wire/ethernet.hh"
#include "shunt/wire/ipv4.hh"
#include "shunt/wire/tcp_header.hh"

namespace shunt::sim {
namespace {

// docs/protocol/endpoint.md, Framing.
constexpr std::size_t kEncapsulationTypeOffset = 12;

template <typename Field>
bool agrees(const std::optional<Field>& wanted, const Field& found) {
    return !wanted || *wanted == found;
}

bool tcp_agrees(const FramePattern& pattern, const wire::EthernetView& ethernet) {
    if (!pattern.tcp_flags && !pattern.tcp_data_min) return true;
    if (ethernet.type() != wire::kEtherTypeIpv4) return false;
    const auto packet = wire::Ipv4View::parse(ethernet.payload());
    if (!packet || packet->protocol() != wire::IpProtocol::Tcp) return false;
    const auto segment = wire::TcpView::parse(*packet);
    if (!segment) return false;
    return agrees(pattern.tcp_flags, segment->flags().to_byte()) &&
           segment->payload().size() >= pattern.tcp_data_min.value_or(0);
}

}  // namespace

bool FramePattern::matches(ByteView frame) const {
    const auto ethernet = wire::EthernetView::parse(frame);
    if (!ethernet) return false;
    if (!agrees(source, ethernet->source()) || !agrees(destination, ethernet->destination()) ||
        !agrees(ether_type, ethernet->type())) {
        return false;
    }
    if (encapsulation_type) {
        const ByteView payload = ethernet->payload();
        if (payload.size() <= kEncapsulationTypeOffset ||
            payload[kEncapsulationTypeOffset] != *encapsulation_type) {
            return false;
        }
    }
    return tcp_agrees(*this, *ethernet);
}

}  // namespace shunt::sim
