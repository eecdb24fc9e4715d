// SPDX-License-Identifier: Apache-2.0
// For tests: one node of the standard plan behind a router, and clients of any address beyond it
// whose segments are made by hand: what takes thousands of them, or what no real client sends.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "shunt/base/deadline.hh"
#include "shunt/base/rng.hh"
#include "shunt/farm/standard_plan.hh"
#include "shunt/node/node.hh"
#include "shunt/wire/arp.hh"
#include "shunt/wire/ethernet.hh"
#include "shunt/wire/icmp.hh"
#include "shunt/wire/ipv4.hh"
#include "shunt/wire/tcp_header.hh"
#include "shunt/wire/udp.hh"

namespace shunt::node {

/// One client's end of a connection, as far as a test needs it.
struct RawFlow {
    wire::Ipv4Address address;
    std::uint16_t port = 0;
    SequenceNumber next;   // of the client
    SequenceNumber heard;  // what it acknowledges
    std::optional<wire::TcpTimestamps> timestamps;
};

class RawClientFixture : public testing::Test {
  protected:
    static constexpr wire::Ipv4Address kService{10, 7, 1, 1};
    static constexpr wire::Ipv4Address kRouter{10, 7, 0, 1};
    static constexpr wire::MacAddress kRouterMac{{0x02, 0x09, 0, 0, 0, 1}};
    static constexpr wire::TcpFlags kSyn{.syn = true};
    static constexpr wire::TcpFlags kAck{.acknowledgment = true};

    RawClientFixture() {
        config_.servers[0].gateway = kRouter;
        start();
    }

    /// A fresh node, for config_ as it is now.
    void start() {
        node_ = std::make_unique<Node>(config_, 1, contents_, 101, now_);
        say_who_the_router_is(kService);
    }
    Node& node() { return *node_; }
    std::uint64_t count(Counter counter) const { return node_->counters().value(counter); }
    std::size_t size(migrate::Table table) const { return node_->connection_tables().size(table); }

    /// An address beyond the router that a client can have.
    wire::Ipv4Address random_address() {
        const auto high = static_cast<std::uint32_t>(20 + rng_.below(80));
        return wire::Ipv4Address(high << 24 | static_cast<std::uint32_t>(rng_.below(1U << 24)));
    }
    RawFlow random_flow() {
        RawFlow flow;
        flow.address = random_address();
        flow.port = static_cast<std::uint16_t>(1'024 + rng_.below(60'000));
        flow.next = SequenceNumber(rng_.next_u32());
        return flow;
    }

    /// A segment of the client at its next number, which goes on by what it takes.
    void send(RawFlow& flow, wire::TcpFlags flags, std::string_view text = {},
              std::uint16_t window = 60'000) {
        wire::TcpHeader header;
        header.sequence = flow.next;
        header.flags = flags;
        if (flags.acknowledgment) header.acknowledgment = flow.heard;
        header.window = window;
        if (flags.syn) {
            header.options.mss = 1'460;
            header.options.window_scale = 0;
        }
        header.options.timestamps = flow.timestamps;
        flow.next = flow.next + static_cast<std::uint32_t>(text.size()) +
                    ((flags.syn || flags.fin) ? 1 : 0);
        send_segment(flow, header, text);
    }
    void send_segment(const RawFlow& flow, wire::TcpHeader header, std::string_view text = {}) {
        Packet packet =
            pool_.copy({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
        header.source_port = flow.port;
        header.destination_port = 80;
        header.prepend_to(packet, flow.address, kService);
        send_ipv4(std::move(packet), wire::IpProtocol::Tcp, flow.address);
    }
    void send_ipv4(Packet payload, wire::IpProtocol protocol, wire::Ipv4Address source,
                   wire::Ipv4Address destination = kService) {
        wire::Ipv4Header header;
        header.protocol = protocol;
        header.source = source;
        header.destination = destination;
        header.prepend_to(payload);
        send_frame(std::move(payload), wire::kEtherTypeIpv4);
    }
    void send_frame(Packet payload, std::uint16_t type) {
        wire::EthernetHeader{config_.servers[0].front_mac, kRouterMac, type}.prepend_to(payload);
        node_->handle_frame(link::LinkId::Front, std::move(payload), now_);
    }

    /// All that the node sends now; `see` gets each IPv4 packet. ARP is answered by the router.
    template <typename See>
    void drain(See see) {
        while (const auto outgoing = node_->poll_transmit(now_)) {
            const auto ethernet = wire::EthernetView::parse(outgoing->frame.bytes());
            if (ethernet->type() == wire::kEtherTypeArp) {
                const auto arp = wire::ArpView::parse(ethernet->payload());
                if (arp->target_ip() == kRouter) say_who_the_router_is(arp->sender_ip());
            } else if (outgoing->link == link::LinkId::Front) {
                const auto ip = wire::Ipv4View::parse(ethernet->payload());
                ASSERT_TRUE(ip);
                see(*ip);
            }
        }
    }
    void drain() {
        drain([](const wire::Ipv4View&) {});
    }
    /// Sends a SYN and takes the answer to it: false if there is none.
    bool open_half(RawFlow& flow) {
        bool is_answered = false;
        send(flow, kSyn);
        drain([&](const wire::Ipv4View& ip) {
            const auto segment = wire::TcpView::parse(ip);
            if (ip.destination() != flow.address || !segment->flags().syn) return;
            is_answered = true;
            flow.heard = segment->sequence() + 1;
            if (flow.timestamps) flow.timestamps->echo = segment->options().timestamps->value;
        });
        return is_answered;
    }
    void open(RawFlow& flow) {
        ASSERT_TRUE(open_half(flow));
        send(flow, kAck);
    }

    /// Lets time pass; what the node sends is lost but for ARP.
    void pass(Duration span) {
        const Instant end = now_ + span;
        for (;;) {
            drain();
            const auto next = node_->poll_deadline();
            if (!next || *next > end) break;
            now_ = std::max(now_, *next);
            node_->handle_deadline(now_);
        }
        now_ = end;
    }

    farm::FarmConfig config_ = farm::standard_plan(1);
    NoContents contents_;
    Instant now_ = Instant::from_nanoseconds(1'000'000'000);
    Rng rng_{4'987};
    PacketPool pool_;  // before the node, which holds packets of it

  private:
    void say_who_the_router_is(wire::Ipv4Address to) {
        wire::ArpMessage answer;
        answer.operation = wire::ArpOperation::Reply;
        answer.sender_mac = kRouterMac;
        answer.sender_ip = kRouter;
        answer.target_mac = config_.servers[0].front_mac;
        answer.target_ip = to;
        Packet packet = pool_.take();
        answer.prepend_to(packet);
        send_frame(std::move(packet), wire::kEtherTypeArp);
    }

    std::unique_ptr<Node> node_;
};

}  // namespace shunt::node
