// SPDX-License-Identifier: Apache-2.0
// For tests: two or more nodes of the standard plan and one client connection, joined by perfect
// links in virtual time; every frame can be seen, and dropped.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "shunt/base/deadline.hh"
#include "shunt/farm/standard_plan.hh"
#include "shunt/node/generated_content.hh"
#include "shunt/node/node.hh"
#include "shunt/tcp/connection.hh"
#include "shunt/wire/arp.hh"
#include "shunt/wire/encapsulation.hh"
#include "shunt/wire/ethernet.hh"
#include "shunt/wire/ipv4.hh"

namespace shunt::node {

/// A frame as it stood on a link.
struct SeenFrame {
    link::LinkId link;
    std::vector<std::uint8_t> bytes;
    Unfinished unfinished;

    wire::EthernetView ethernet() const { return *wire::EthernetView::parse(bytes); }
    /// The encapsulation header of a back frame; nothing for others.
    std::optional<wire::EncapsulationHeader> encapsulation() const {
        if (link != link::LinkId::Back || ethernet().type() != 0x88B5) return std::nullopt;
        const auto view =
            wire::EncapsulationView::parse(ethernet().payload(), wire::ProtocolSet::Extended);
        if (!view) return std::nullopt;
        return view->header();
    }
    bool is(wire::EncapsulationType type) const {
        const auto header = encapsulation();
        return header && header->type == type;
    }
};

class FarmFixture : public testing::Test {
  protected:
    static constexpr Duration kMillisecond = Duration::milliseconds(1);
    static constexpr wire::MacAddress kClientMac{{0x02, 0x09, 0, 0, 0, 9}};

    void build(bool has_extensions, std::size_t servers = 2) {
        nodes_.resize(servers);
        config_ = farm::standard_plan(servers);
        config_.farm.has_extensions = has_extensions;
        config_.urls.push_back({"/s2/", {"s2"}});
        start_nodes();
    }

    /// Fresh nodes, for config_ as it is now.
    void start_nodes() {
        for (farm::ServerId id = 1; id <= nodes_.size(); ++id) {
            nodes_[id - 1] = std::make_unique<Node>(config_, id, contents_, 100 + id, now_, mtus_);
        }
        open_channels();
    }

    /// Nothing of it is lost, and nobody has seen it.
    void open_channels() {
        if (!config_.farm.has_extensions) return;
        const auto loses = std::exchange(loses_, [](const SeenFrame&) { return false; });
        run_for(kMillisecond);
        loses_ = loses;
        seen_.clear();
    }

    Node& s1() { return *nodes_[0]; }
    Node& s2() { return *nodes_[1]; }

    /// `service`: the how-manyth of the home_.
    void connect(std::uint16_t port = 4711, std::size_t service = 0) {
        tuple_ = {farm::standard_client_address(), port, config_.servers[home_].services[service],
                  80, wire::TransportProtocol::Tcp};
        const tcp::Identity identity{tuple_.client, port, tuple_.service, 80};
        tcp::Chance chance;
        chance.initial_sequence = SequenceNumber(0xFFFFFF00U);
        auto opened = tcp::Connection::connect(client_config_, identity, chance, now_);
        client_.emplace(std::move(*opened));
        received_.clear();
    }

    void handshake(std::uint16_t port = 4711, std::size_t service = 0) {
        connect(port, service);
        run_for(kMillisecond);
        ASSERT_EQ(client_->state(), tcp::State::Established);
    }

    void say(std::string_view text) {
        client_->send({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
    }

    void request(std::string_view target) {
        say("GET " + std::string(target) + " HTTP/1.1\r\nHost: x\r\n\r\n");
    }

    /// Lets everything happen until `end`, in order of time.
    void run_until(Instant end) {
        for (;;) {
            exchange();
            std::optional<Instant> next = client_ ? client_->poll_deadline() : std::nullopt;
            for (const auto& node : nodes_)
                next = earlier(next, node->poll_deadline());
            if (!next || *next > end) break;
            now_ = std::max(now_, *next);
            if (client_ && is_due(client_->poll_deadline(), now_)) client_->handle_deadline(now_);
            for (const auto& node : nodes_)
                node->handle_deadline(now_);
        }
        now_ = end;
    }
    void run_for(Duration span) { run_until(now_ + span); }

    /// Moves frames until nobody has any.
    void exchange() {
        for (bool moved = true; moved;) {
            moved = transmit_client();
            for (std::size_t i = 0; i < nodes_.size(); ++i) {
                while (auto outgoing = nodes_[i]->poll_transmit(now_)) {
                    moved = true;
                    carry(*outgoing);
                }
            }
        }
    }

    bool ends_with_content(std::size_t size) const {
        std::string expected(size, '\0');
        generate(0, {reinterpret_cast<std::uint8_t*>(expected.data()), size});
        return received_.ends_with("\r\n\r\n" + expected);
    }

    static std::size_t in(Node& node, migrate::Table table) {
        return node.connection_tables().size(table);
    }

    std::vector<SeenFrame> seen(wire::EncapsulationType type) const {
        std::vector<SeenFrame> found;
        for (const auto& frame : seen_) {
            if (frame.is(type)) found.push_back(frame);
        }
        return found;
    }

    /// An encapsulated frame with another Type and the same payload; its checksum is right.
    Packet retyped(const SeenFrame& frame, wire::EncapsulationType type) {
        const wire::EthernetView ethernet = frame.ethernet();
        Packet packet = pool_.copy(ethernet.payload().subspan(wire::kEncapsulationHeaderSize));
        wire::EncapsulationHeader header = *frame.encapsulation();
        header.type = type;
        header.prepend_to(packet);
        wire::EthernetHeader{ethernet.destination(), ethernet.source(), ethernet.type()}.prepend_to(
            packet);
        return packet;
    }

    /// With extensions s2 drops what it was released by the last 0x14, at a 0x11 as its home sends
    /// it for a copy that it does not want (EP-16). In a base farm it has restarted.
    void forget_at_s2() {
        if (config_.farm.has_extensions) {
            const SeenFrame go = seen(wire::EncapsulationType::Go).back();
            s2().handle_frame(link::LinkId::Back, retyped(go, wire::EncapsulationType::Release),
                              now_);
        } else {
            nodes_[1] = std::make_unique<Node>(config_, 2, contents_, 999, now_, mtus_);
        }
    }
    /// The same at s1, of what s2 has taken: as if its owner had said that it is over (EP-31).
    void forget_at_s1() {
        if (config_.farm.has_extensions) {
            const SeenFrame taken = seen(wire::EncapsulationType::Acknowledgement).back();
            s1().handle_frame(link::LinkId::Back, retyped(taken, wire::EncapsulationType::Release),
                              now_);
        } else {
            nodes_[0] = std::make_unique<Node>(config_, 1, contents_, 998, now_, mtus_);
        }
    }

    /// True for frames that are lost; asked for each frame before it arrives.
    std::function<bool(const SeenFrame&)> loses_ = [](const SeenFrame&) { return false; };

    farm::FarmConfig config_;
    LinkMtus mtus_;
    NoContents contents_;
    Instant now_;
    PacketPool pool_;  // before the nodes, which hold packets of it
    std::vector<std::unique_ptr<Node>> nodes_ = std::vector<std::unique_ptr<Node>>(2);
    tcp::Config client_config_;
    /// The how-manyth server is the one that the client asks.
    std::size_t home_ = 0;
    std::optional<tcp::Connection> client_;
    wire::ConnectionTuple tuple_;
    std::string received_;
    std::vector<SeenFrame> seen_;

    /// A frame of the client, as if it came from the link.
    void inject_from_client(Packet packet) {
        wire::EthernetHeader{config_.servers[home_].front_mac, kClientMac, wire::kEtherTypeIpv4}
            .prepend_to(packet);
        carry({link::LinkId::Front, std::move(packet)});
    }

  private:
    bool transmit_client() {
        bool moved = false;
        while (client_) {
            Packet packet = client_config_.train_max > 0 ? pool_.take_large() : pool_.take();
            if (!client_->poll_transmit(now_, packet)) break;
            moved = true;
            inject_from_client(std::move(packet));
        }
        return moved;
    }

    void carry(const link::OutgoingFrame& outgoing) {
        const ByteView bytes = outgoing.frame.bytes();
        SeenFrame frame{outgoing.link, {bytes.begin(), bytes.end()}, outgoing.frame.unfinished()};
        seen_.push_back(frame);
        if (loses_(frame)) return;
        const auto destination = frame.ethernet().destination();
        for (std::size_t i = 0; i < nodes_.size(); ++i) {
            const auto& server = config_.servers[i];
            const auto own =
                outgoing.link == link::LinkId::Front ? server.front_mac : server.back_mac;
            if (destination != own) continue;
            Packet copy = pool_.copy(bytes);
            copy.set_unfinished(frame.unfinished);
            nodes_[i]->handle_frame(outgoing.link, std::move(copy), now_);
        }
        if (outgoing.link == link::LinkId::Front) deliver_to_client(frame);
    }

    void deliver_to_client(const SeenFrame& frame) {
        const auto ethernet = frame.ethernet();
        if (ethernet.type() == wire::kEtherTypeArp) return answer_arp(frame);
        if (ethernet.destination() != kClientMac || !client_) return;
        const auto ip = wire::Ipv4View::parse(ethernet.payload());
        const auto field = frame.unfinished.checksum ? wire::ChecksumField::Partial
                                                     : wire::ChecksumField::Complete;
        const auto segment = wire::TcpView::parse(*ip, field);
        ASSERT_TRUE(segment);
        client_->handle_segment(*segment, now_);
        while (!client_->readable().empty()) {
            const ByteView text = client_->readable();
            received_.append(text.begin(), text.end());
            client_->consume(text.size());
        }
    }

    void answer_arp(const SeenFrame& frame) {
        const auto arp = wire::ArpView::parse(frame.ethernet().payload());
        if (!arp || arp->target_ip() != farm::standard_client_address()) return;
        Packet reply = pool_.take();
        wire::ArpMessage answer;
        answer.operation = wire::ArpOperation::Reply;
        answer.sender_mac = kClientMac;
        answer.sender_ip = farm::standard_client_address();
        answer.target_mac = arp->sender_mac();
        answer.target_ip = arp->sender_ip();
        answer.prepend_to(reply);
        wire::EthernetHeader{arp->sender_mac(), kClientMac, wire::kEtherTypeArp}.prepend_to(reply);
        carry({link::LinkId::Front, std::move(reply)});
    }
};

}  // namespace shunt::node
