// SPDX-License-Identifier: Apache-2.0
// Ten times as much as each table holds: its memory stays, what is in it stays, and what finds no
// room has the outcome that TAB-2 names (SEC-5).
#include <string>
#include <vector>

#include "shunt/node/farm_fixture.hh"
#include "shunt/node/live_memory_fixture.hh"
#include "shunt/wire/tcp_header.hh"
#include "shunt/wire/udp.hh"

namespace shunt::node {
namespace {

using migrate::Table;

constexpr std::size_t kBound = 40;
constexpr std::size_t kMany = 10 * kBound;
constexpr wire::TcpFlags kSyn{.syn = true};
constexpr wire::TcpFlags kAck{.acknowledgment = true};
/// What hash tables and rings may differ by. One endpoint takes more than a tenth of it, so that
/// ten tables full could not hide in it.
constexpr std::size_t kSlack = 64 * 1'024;

/// Clients by the hundred, whose segments are made by hand.
class TableBounds : public FarmFixture, public testing::WithParamInterface<bool> {
  protected:
    void SetUp() override {
        config_ = farm::standard_plan(2);
        config_.farm.has_extensions = GetParam();
        config_.urls.push_back({"/s2/", {"s2"}});
    }
    struct Flow {
        std::uint16_t port;
        SequenceNumber next;
        SequenceNumber heard;
    };
    void send(const Flow& flow, wire::TcpFlags flags, std::string_view text = {}) {
        Packet packet =
            pool_.copy({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
        wire::TcpHeader header;
        header.source_port = flow.port;
        header.destination_port = 80;
        header.sequence = flow.next;
        header.flags = flags;
        if (flags.acknowledgment) header.acknowledgment = flow.heard;
        header.window = 60'000;
        header.prepend_to(packet, farm::standard_client_address(), service());
        wire::Ipv4Header ip;
        ip.source = farm::standard_client_address();
        ip.destination = service();
        ip.prepend_to(packet);
        inject_from_client(std::move(packet));
        exchange();
    }
    wire::Ipv4Address service() const { return config_.servers[0].services[0]; }
    /// The segments that went to the client's port since the last look.
    struct Heard {
        wire::TcpFlags flags;
        SequenceNumber sequence;
        std::string text;
    };
    std::vector<Heard> take(const Flow& flow) {
        std::vector<Heard> heard;
        for (const SeenFrame& frame : seen_) {
            if (frame.link != link::LinkId::Front || frame.ethernet().type() != 0x0800) continue;
            const auto ip = wire::Ipv4View::parse(frame.ethernet().payload());
            if (!ip || ip->source() != service()) continue;
            const auto segment = wire::TcpView::parse(*ip);
            if (!segment || segment->destination_port() != flow.port) continue;
            const ByteView payload = segment->payload();
            heard.push_back({segment->flags(), segment->sequence(),
                             std::string(payload.begin(), payload.end())});
        }
        seen_.clear();
        return heard;
    }
    /// Handshake and a request of a small object; the flow goes on behind them.
    Flow ask(std::uint16_t port, std::string_view target) {
        Flow flow{port, SequenceNumber(1'000), SequenceNumber(0)};
        send(flow, kSyn);
        for (const Heard& heard : take(flow))
            if (heard.flags.syn) flow.heard = heard.sequence + 1;
        flow.next = flow.next + 1;
        send(flow, kAck);
        ask_again(flow, target);
        return flow;
    }
    void ask_again(Flow& flow, std::string_view target) {
        const std::string text = "GET " + std::string(target) + " HTTP/1.1\r\nHost: x\r\n\r\n";
        send(flow, kAck, text);
        flow.next = flow.next + static_cast<std::uint32_t>(text.size());
    }
    bool is_served(Flow& flow) {
        bool is_whole = false;
        for (const Heard& heard : take(flow)) {
            if (heard.text.starts_with("HTTP/1.1 200")) is_whole = true;
            flow.heard = flow.heard + static_cast<std::uint32_t>(heard.text.size());
        }
        send(flow, kAck);
        seen_.clear();
        return is_whole;
    }
    /// Opens `count` connections from `first_port` on. How many of them were answered.
    std::size_t ask_many(std::uint16_t first_port, std::size_t count, std::string_view target) {
        std::size_t served = 0;
        for (std::size_t i = 0; i < count; ++i) {
            Flow flow = ask(static_cast<std::uint16_t>(first_port + i), target);
            if (is_served(flow)) ++served;
        }
        return served;
    }
    static std::uint64_t count(const Node& node, Counter counter) {
        return node.counters().value(counter);
    }
};

INSTANTIATE_TEST_SUITE_P(BaseAndExtensions, TableBounds, testing::Bool(),
                         [](const auto& variant) { return variant.param ? "Ext" : "Base"; });

TEST_P(TableBounds, AFullLocalTableLeavesNewConnectionsUnserved) {
    config_.limits.local_entries = kBound;
    start_nodes();
    Flow first = ask(2'000, "/bytes/10");
    ASSERT_TRUE(is_served(first));
    EXPECT_EQ(ask_many(2'001, 2 * kBound, "/bytes/10"), kBound - 1);
    const std::size_t before = live_memory();
    EXPECT_EQ(ask_many(3'000, kMany, "/bytes/10"), 0U);
    EXPECT_LE(live_memory(), before + kSlack);
    EXPECT_EQ(in(s1(), Table::Local), kBound);
    EXPECT_EQ(count(s1(), Counter::ConnectionUnserved), kBound + 1 + kMany);  // reset (SEL-4)
    ask_again(first, "/bytes/10");
    EXPECT_TRUE(is_served(first));
}

TEST_P(TableBounds, AFullForwardTableServesLocally) {
    config_.limits.forward_entries = kBound;
    start_nodes();
    Flow first = ask(2'000, "/s2/bytes/10");
    ASSERT_TRUE(is_served(first));
    EXPECT_EQ(ask_many(2'001, kBound - 1, "/s2/bytes/10"), kBound - 1);
    EXPECT_EQ(in(s1(), Table::Forward), kBound);
    EXPECT_EQ(ask_many(3'000, kMany, "/s2/bytes/10"), kMany);
    EXPECT_EQ(in(s1(), Table::Forward), kBound);
    EXPECT_EQ(in(s1(), Table::Local), kMany);
    EXPECT_EQ(in(s2(), Table::ForwardConnect), kBound);
    EXPECT_EQ(count(s1(), Counter::MoveRefused), kMany);
    ask_again(first, "/s2/bytes/10");
    EXPECT_TRUE(is_served(first));
}

TEST_P(TableBounds, AFullForwardConnectTableRefusesMoves) {
    config_.limits.forward_connect_entries = kBound;
    start_nodes();
    Flow first = ask(2'000, "/s2/bytes/10");
    ASSERT_TRUE(is_served(first));
    ask_many(2'001, kBound - 1, "/s2/bytes/10");
    ASSERT_EQ(in(s2(), Table::ForwardConnect), kBound);
    const std::size_t served = ask_many(3'000, kMany, "/s2/bytes/10");
    // With extensions it says so at once; else the home falls back in its time.
    EXPECT_EQ(served, GetParam() ? kMany : 0U);
    run_for(Duration::seconds(1));
    EXPECT_EQ(in(s1(), Table::Local), kMany);
    EXPECT_EQ(in(s2(), Table::ForwardConnect), kBound);
    EXPECT_GE(count(s2(), Counter::OfferFull), kMany);
    seen_.clear();
    ask_again(first, "/s2/bytes/10");
    EXPECT_TRUE(is_served(first));
}

TEST_P(TableBounds, TheMemoryOfATargetStays) {
    config_.limits.forward_connect_entries = kBound;
    config_.limits.local_entries = kBound;
    start_nodes();
    // As many at a time as later: packets that wait are kept for others once they are free.
    for (const std::uint16_t port : {std::uint16_t{1'000}, std::uint16_t{2'000}}) {
        ask_many(port, kMany, "/s2/bytes/10");
        run_for(Duration::seconds(1));
    }
    seen_.clear();
    const std::size_t before = live_memory();
    ask_many(3'000, kMany, "/s2/bytes/10");
    run_for(Duration::seconds(1));
    seen_.clear();
    EXPECT_LE(live_memory(), before + kSlack);
}

TEST_P(TableBounds, AFullTemporaryTableKeepsWhatIsInIt) {
    config_.limits.temporary_entries = kBound;
    start_nodes();
    Flow first{2'000, SequenceNumber(1'000), SequenceNumber(0)};
    send(first, kSyn);
    for (const Heard& heard : take(first))
        if (heard.flags.syn) first.heard = heard.sequence + 1;
    first.next = first.next + 1;
    send(first, kAck);  // undecided from here on (SEL-5)
    ASSERT_EQ(in(s1(), Table::Temporary), 1U);
    const auto flood = [&](std::size_t from, std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) {
            const auto port = static_cast<std::uint16_t>(from + i);
            send({port, SequenceNumber(7), SequenceNumber(0)}, kSyn);
            seen_.clear();
        }
    };
    flood(3'000, kBound);
    const std::size_t before = live_memory();
    flood(4'000, kMany);
    EXPECT_LE(live_memory(), before + kSlack);
    EXPECT_LE(in(s1(), Table::Temporary), kBound);
    ask_again(first, "/bytes/10");
    EXPECT_TRUE(is_served(first));
}

TEST_P(TableBounds, FullFlowsKeepTheirMemory) {
    config_.limits.flow_entries = kBound;
    farm::Listen listen;
    listen.server = "s1";
    listen.port = 7;
    listen.protocol = wire::TransportProtocol::Udp;
    listen.application = farm::kEchoApplication;
    config_.listens.push_back(listen);
    start_nodes();
    const auto flood = [&](std::uint16_t from, std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) {
            Packet packet = pool_.take();
            wire::UdpHeader{static_cast<std::uint16_t>(from + i), 7}.prepend_to(
                packet, farm::standard_client_address(), service());
            wire::Ipv4Header ip;
            ip.protocol = wire::IpProtocol::Udp;
            ip.source = farm::standard_client_address();
            ip.destination = service();
            ip.prepend_to(packet);
            inject_from_client(std::move(packet));
            exchange();
            seen_.clear();
        }
    };
    flood(2'000, 2 * kBound);
    const std::size_t before = live_memory();
    flood(3'000, kMany);
    EXPECT_LE(live_memory(), before + kSlack);
    EXPECT_EQ(s1().flow_table().size(), kBound);
    EXPECT_EQ(count(s1(), Counter::DropFlowFull), kBound + kMany);
}

}  // namespace
}  // namespace shunt::node
