// SPDX-License-Identifier: Apache-2.0
#include "encapsulation/farm_node.hh"

#include <algorithm>

#include "encapsulation/client_packet.hh"
#include "shunt/base/assert.hh"
#include "shunt/base/deadline.hh"
#include "shunt/farm/standard_plan.hh"
#include "shunt/wire/arp.hh"
#include "shunt/wire/connection_information.hh"
#include "shunt/wire/ethernet.hh"
#include "shunt/wire/ipv4.hh"
#include "shunt/wire/tcp_header.hh"

namespace shunt::fuzz {
namespace {

using wire::EncapsulationType;

constexpr wire::MacAddress kClientMac{{0x02, 0x09, 0, 0, 0, 9}};
constexpr std::uint32_t kCopyDrawnByS1 = 0x51515151;
/// A loop that does not end is as bad as a crash: no input makes so many timers fire.
constexpr std::size_t kDeadlinesMax = 1'000;
/// Long enough for the hellos and what proves that they came.
constexpr Duration kOpening = Duration::milliseconds(10);

// Constant for the whole process: nothing in it depends on inputs.
const farm::FarmConfig& config_of(bool has_extensions) {
    const auto make = [](bool extensions) {
        farm::FarmConfig config = farm::standard_plan(2);
        config.farm.has_extensions = extensions;
        return config;
    };
    static const farm::FarmConfig base = make(false);
    static const farm::FarmConfig extended = make(true);
    return has_extensions ? extended : base;
}

const farm::Server& s1() {
    return config_of(false).servers[0];
}
const farm::Server& s2() {
    return config_of(false).servers[1];
}

void add(FarmNode::Sent& total, FarmNode::Sent more) {
    total.frames += more.frames;
    total.bytes += more.bytes;
}

}  // namespace

FarmNode::FarmNode(bool has_extensions)
    : has_extensions_(has_extensions),
      node_(config_of(has_extensions), s2().id, contents_, 2, now_),
      other_(config_of(has_extensions), s1().id, contents_, 1, now_) {
    if (has_extensions_) pass(kOpening);
    move_in(MoveStage::MovedIn, 4711);
    release(known(MoveStage::MovedIn));
    move_in(MoveStage::Unreleased, 4712);
    move_away(MoveStage::MovedAway, 4713);
    move_away(MoveStage::Migrating, 4714);
    SHUNT_ASSERT(node_.tables().forward_connect.size() == 2, "two connections have moved in");
    SHUNT_ASSERT(node_.tables().forward.size() == 1, "one connection has moved away");
    SHUNT_ASSERT(node_.tables().temporary.size() == 1, "one connection is migrating");
    take_sent();
}

wire::ProtocolSet FarmNode::protocol_set() const {
    return has_extensions_ ? wire::ProtocolSet::Extended : wire::ProtocolSet::Base;
}

wire::EncapsulationHeader FarmNode::header_about(const wire::ConnectionTuple& tuple,
                                                 EncapsulationType type) {
    return {.source = tuple.client,
            .source_port = tuple.client_port,
            .destination = s2().forward_ips.front(),
            .destination_port = tuple.service_port,
            .type = type,
            .protocol = tuple.protocol};
}

void FarmNode::receive(ByteView datagram) {
    Packet frame = pool_.copy(datagram);
    wire::EthernetHeader{s2().back_mac, s1().back_mac, wire::kEtherTypeEncapsulation}.prepend_to(
        frame);
    node_.handle_frame(link::LinkId::Back, std::move(frame), now_);
}

FarmNode::Sent FarmNode::take_sent() {
    Sent sent;
    while (auto outgoing = node_.poll_transmit(now_)) {
        if (is_control(*outgoing)) {
            carry_control(outgoing->frame.bytes());
            continue;
        }
        ++sent.frames;
        sent.bytes += outgoing->frame.size();
    }
    return sent;
}

/// The control channel, without which endpoint frames are fenced (EP-33): nothing else that s1
/// itself might say is heard.
bool FarmNode::is_control(const link::OutgoingFrame& outgoing) {
    return outgoing.link == link::LinkId::Back &&
           wire::EthernetView::parse(outgoing.frame.bytes())->type() == wire::kEtherTypeIpv4;
}

void FarmNode::carry_control(ByteView frame) {
    other_.handle_frame(link::LinkId::Back, pool_.copy(frame), now_);
    hear_other();
}

void FarmNode::hear_other() {
    while (const auto frame = other_.poll_transmit(now_)) {
        if (!is_control(*frame)) continue;
        node_.handle_frame(link::LinkId::Back, pool_.copy(frame->frame.bytes()), now_);
    }
}

std::optional<Instant> FarmNode::next_deadline() const {
    return earlier(node_.poll_deadline(), other_.poll_deadline());
}

FarmNode::Sent FarmNode::pass(Duration span) {
    const Instant end = now_ + span;
    Sent sent;
    std::size_t handled = 0;
    for (auto next = next_deadline(); next && *next <= end; next = next_deadline()) {
        SHUNT_ASSERT(++handled <= kDeadlinesMax, "timers end, or back off");
        now_ = std::max(now_, *next);
        other_.handle_deadline(now_);
        hear_other();
        node_.handle_deadline(now_);
        add(sent, take_sent());
    }
    now_ = end;
    return sent;
}

NodeState FarmNode::state() const {
    NodeState state;
    for (std::size_t i = 0; i < kCounterCount; ++i)
        state.counters[i] = node_.counters().value(static_cast<Counter>(i));
    const node::TablesSnapshot tables = node_.tables();
    for (const auto* table :
         {&tables.temporary, &tables.local, &tables.forward, &tables.forward_connect}) {
        for (const node::ConnectionRow& row : *table)
            state.rows.push_back(row.connection + ' ' + row.state + ' ' + row.peer);
        state.rows.emplace_back();
    }
    state.deadline = node_.poll_deadline();
    return state;
}

std::vector<Packet> FarmNode::collect(link::LinkId link) {
    std::vector<Packet> frames;
    while (auto outgoing = node_.poll_transmit(now_)) {
        if (outgoing->link == link::LinkId::Front) answer_arp(outgoing->frame.bytes());
        if (is_control(*outgoing)) {
            carry_control(outgoing->frame.bytes());
        } else if (outgoing->link == link) {
            frames.push_back(std::move(outgoing->frame));
        }
    }
    return frames;
}

void FarmNode::answer_arp(ByteView frame) {
    const auto ethernet = wire::EthernetView::parse(frame);
    if (!ethernet || ethernet->type() != wire::kEtherTypeArp) return;
    const auto request = wire::ArpView::parse(ethernet->payload());
    SHUNT_ASSERT(request, "the node asks in whole ARP packets");
    wire::ArpMessage answer;
    answer.operation = wire::ArpOperation::Reply;
    answer.sender_mac = kClientMac;
    answer.sender_ip = request->target_ip();
    answer.target_mac = request->sender_mac();
    answer.target_ip = request->sender_ip();
    Packet reply = pool_.take();
    answer.prepend_to(reply);
    wire::EthernetHeader{request->sender_mac(), kClientMac, wire::kEtherTypeArp}.prepend_to(reply);
    node_.handle_frame(link::LinkId::Front, std::move(reply), now_);
}

void FarmNode::move_in(MoveStage stage, std::uint16_t port) {
    KnownConnection& moved = known_[static_cast<std::size_t>(stage)];
    moved.tuple = {farm::standard_client_address(), port, s1().services.front(), 80,
                   wire::TransportProtocol::Tcp};
    const wire::ControlBlock block = fresh_block();
    moved.id = {moved.tuple.service, moved.tuple.service_port, block.initial_send_sequence,
                block.epoch};
    Packet packet = pool_.take();
    wire::ConnectionInformation{moved.tuple.service, moved.tuple.service_port, block, {}}.append_to(
        packet);
    header_about(moved.tuple, EncapsulationType::Connection).prepend_to(packet);
    receive(packet.bytes());
    const auto sent = collect(link::LinkId::Back);
    SHUNT_ASSERT(sent.size() == 1, "a good 0x01 is acknowledged once");
    const auto ethernet = wire::EthernetView::parse(sent.front().bytes());
    const auto view = wire::EncapsulationView::parse(ethernet->payload(), protocol_set());
    SHUNT_ASSERT(view && view->type() == EncapsulationType::Acknowledgement,
                 "a good 0x01 is answered with 0x03");
    const auto named = wire::MigrationCopy::parse(*view);
    moved.copy = named ? named->copy : 0;
}

// Ext: 0x14. Base: the first packet of the client that is no reset (EP-13).
void FarmNode::release(const KnownConnection& moved) {
    Packet packet = pool_.take();
    if (has_extensions_) {
        wire::MigrationCopy{moved.id, moved.copy}.append_to(packet);
        header_about(moved.tuple, EncapsulationType::Go).prepend_to(packet);
    } else {
        write_client_packet(moved.tuple, {.acknowledgment = true}, {}, packet);
        header_about(moved.tuple, EncapsulationType::Forwarded).prepend_to(packet);
    }
    receive(packet.bytes());
    SHUNT_ASSERT(node_.counters().value(Counter::CopyReleased) == 1, "it is released");
}

void FarmNode::send_segment(const wire::ConnectionTuple& tuple, bool is_syn,
                            SequenceNumber acknowledges) {
    Packet packet = pool_.take();
    wire::TcpHeader header;
    header.source_port = tuple.client_port;
    header.destination_port = tuple.service_port;
    header.sequence = kClientInitial + (is_syn ? 0 : 1);
    header.acknowledgment = acknowledges;
    header.flags.syn = is_syn;
    header.flags.acknowledgment = !is_syn;
    header.window = 65'535;
    if (is_syn) header.options.mss = 1'460;
    header.prepend_to(packet, tuple.client, tuple.service);
    wire::Ipv4Header ip;
    ip.source = tuple.client;
    ip.destination = tuple.service;
    ip.prepend_to(packet);
    wire::EthernetHeader{s2().front_mac, kClientMac, wire::kEtherTypeIpv4}.prepend_to(packet);
    node_.handle_frame(link::LinkId::Front, std::move(packet), now_);
}

// Returns the initial sequence number of the node.
SequenceNumber FarmNode::open(const wire::ConnectionTuple& tuple) {
    send_segment(tuple, true, SequenceNumber(0));
    for (const Packet& frame : collect(link::LinkId::Front)) {
        const auto ethernet = wire::EthernetView::parse(frame.bytes());
        if (ethernet->type() != wire::kEtherTypeIpv4) continue;
        const auto ip = wire::Ipv4View::parse(ethernet->payload());
        const auto segment = wire::TcpView::parse(*ip);
        send_segment(tuple, false, segment->sequence() + 1);
        return segment->sequence();
    }
    assertion_failed("SYN/ACK", "a good SYN is answered (EP-2)", __FILE__, __LINE__);
}

void FarmNode::move_away(MoveStage stage, std::uint16_t port) {
    KnownConnection& moved = known_[static_cast<std::size_t>(stage)];
    moved.tuple = {farm::standard_client_address(), port, s2().services.front(), 80,
                   wire::TransportProtocol::Tcp};
    const SequenceNumber initial = open(moved.tuple);
    const auto started = node_.migrate(moved.tuple, s1().name, now_);
    SHUNT_ASSERT(started, "an idle connection can be moved (EP-18)");
    moved.id = {moved.tuple.service, moved.tuple.service_port, initial, started->epoch};
    moved.copy = has_extensions_ ? kCopyDrawnByS1 : 0;
    take_sent();
    if (stage == MoveStage::Migrating) return;
    Packet packet = pool_.take();
    if (has_extensions_) wire::MigrationCopy{moved.id, moved.copy}.append_to(packet);
    header_about(moved.tuple, EncapsulationType::Acknowledgement).prepend_to(packet);
    receive(packet.bytes());
    take_sent();
}

}  // namespace shunt::fuzz
