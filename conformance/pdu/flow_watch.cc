// SPDX-License-Identifier: Apache-2.0
#include "pdu/flow_watch.hh"

#include <algorithm>

#include "pdu/flow_packet.hh"

namespace conform {
namespace {

constexpr std::uint8_t kTcp = 6;
/// More than a capture has; further flows are not known.
constexpr std::size_t kFlowsMax = 65'536;

bool is_about_flow(std::uint8_t kind) {
    return kind >= control_kind::kBlob && kind <= control_kind::kCommit;
}

}  // namespace

FlowWatch::FlowWatch(const Capture& capture) {
    for (const CapturedFrame& captured : capture)
        look_at(captured.frame);
    streams_ = {};
    fragments_ = {};
}

/// One that is refused takes no number from another flow.
void FlowWatch::read_blob(const Numbered& asked, FlowMessage& message) {
    const auto mapping = message.blob ? message.blob->mapping() : std::nullopt;
    if (!mapping || transactions_.size() >= kFlowsMax) return;
    message.flow = mapping->flow;
    message.connection = {mapping->client, mapping->service};
    transactions_[asked] = *mapping;
    const Numbered flow{std::get<0>(asked), std::get<1>(asked), mapping->flow};
    const std::pair place{mapping->forward_ip, mapping->flow};
    if (refused_.contains(asked)) {
        flows_.try_emplace(flow, *mapping);
        mappings_.try_emplace(place, *mapping);
    } else {
        flows_[flow] = mappings_[place] = *mapping;
    }
}

FlowMessage FlowWatch::read(const ControlFrame& frame, Ipv4Address from, Ipv4Address to) {
    FlowMessage message{frame.kind, frame.flags};
    const auto [low, high] = std::minmax(from, to);
    const Numbered asked{low, high, frame.transaction};
    if (frame.kind == control_kind::kBlob) {
        message.blob = parse_blob(frame.body);
        read_blob(asked, message);
        return message;
    }
    auto found = flows_.end();
    if (frame.kind == control_kind::kBlobReject) {
        refused_.insert(asked);
        found = transactions_.find(asked);
        if (found == transactions_.end()) return message;
    } else {
        if (frame.body.size() == 4) message.flow = load_u32(frame.body, 0);
        found = flows_.find({low, high, message.flow});
        if (found == flows_.end()) return message;
    }
    message.flow = found->second.flow;
    message.connection = {found->second.client, found->second.service};
    return message;
}

/// By the side that has given the number: of what goes back as it came that is where it goes.
void FlowWatch::restore(const Ipv4Packet& packet, FlowSight& sight) {
    if (!packet.tcp || is_of_control_channel(*packet.tcp)) return;
    const std::uint32_t flow = flow_of(*packet.tcp);
    auto found = mappings_.find({packet.source, flow});
    if (found == mappings_.end()) found = mappings_.find({packet.destination, flow});
    if (found == mappings_.end()) return;
    sight.flow = flow;
    std::vector<Finding> of_the_client;
    sight.restored = decode_ipv4(
        readdress(packet.bytes, found->second.client, found->second.service), of_the_client);
}

FlowSight FlowWatch::look_at(const Frame& frame) {
    FlowSight sight;
    if (!frame.ipv4) return sight;
    sight.control = streams_.add(frame);
    for (const ControlFrame& content : sight.control) {
        if (!is_about_flow(content.kind)) continue;
        sight.messages.push_back(read(content, frame.ipv4->source, frame.ipv4->destination));
    }
    if (mappings_.empty() || frame.ipv4->protocol != kTcp) return sight;
    if (fragment_place(*frame.ipv4).is_whole()) {
        restore(*frame.ipv4, sight);
    } else if (const auto payload = fragments_.add(*frame.ipv4)) {
        std::vector<Finding> of_the_client;
        const auto whole = decode_ipv4(assemble_packet(frame.ipv4->bytes, *payload), of_the_client);
        if (whole) restore(*whole, sight);
    }
    return sight;
}

}  // namespace conform
