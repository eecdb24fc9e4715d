// SPDX-License-Identifier: Apache-2.0
// ICMP errors about a connection that has moved: they come to its home and reach the engine of its
// owner (EP-26, TCP-13).
#include <algorithm>
#include <string>
#include <vector>

#include "shunt/node/client_errors.hh"
#include "shunt/node/farm_fixture.hh"
#include "shunt/wire/tcp_header.hh"

namespace shunt::node {
namespace {

using migrate::Table;
using wire::EncapsulationType;

constexpr wire::IcmpType kUnreachable = wire::IcmpType::DestinationUnreachable;

class MovedErrors : public FarmFixture, public testing::WithParamInterface<bool> {
  protected:
    void SetUp() override {
        build(GetParam());
        handshake();
        // The client's last acknowledgments are lost: what s2 has sent is in flight.
        request("/s2/bytes/60000");
        loses_ = [this](const SeenFrame& frame) {
            if (frame.link != link::LinkId::Front || !is_deaf_) return false;
            return frame.ethernet().destination() == kClientMac;
        };
        is_deaf_ = true;
        run_for(kMillisecond * 10);
        ASSERT_EQ(in(s1(), Table::Forward), 1U);
        const auto sent = segments_of_s2();
        ASSERT_FALSE(sent.empty());
        in_flight_ = sent.front().sequence;
        seen_.clear();
    }
    struct Sent {
        SequenceNumber sequence;
        std::size_t length;
    };
    std::vector<Sent> segments_of_s2() const {
        std::vector<Sent> sent;
        for (const SeenFrame& frame : seen_) {
            if (frame.ethernet().source() != config_.servers[1].front_mac) continue;
            const auto ip = wire::Ipv4View::parse(frame.ethernet().payload());
            if (!ip || ip->source() != tuple_.service) continue;
            const auto segment = wire::TcpView::parse(*ip);
            if (segment && !segment->payload().empty())
                sent.push_back({segment->sequence(), ip->total_length()});
        }
        return sent;
    }
    std::size_t longest_of_s2() const {
        std::size_t longest = 0;
        for (const Sent& sent : segments_of_s2())
            longest = std::max(longest, sent.length);
        return longest;
    }
    Packet error(wire::IcmpHeader header, SequenceNumber sequence, std::size_t behind_header = 8,
                 std::uint16_t fragment_offset = 0) {
        return error_about(pool_.take(), tuple_, header, sequence, behind_header, fragment_offset);
    }
    void too_long(std::uint16_t mtu) {
        inject_from_client(
            error({kUnreachable, wire::kIcmpFragmentationNeeded, 0, mtu}, in_flight_));
        run_for(kMillisecond);
    }
    static std::uint64_t count(const Node& node, Counter counter) {
        return node.counters().value(counter);
    }

    bool is_deaf_ = false;
    SequenceNumber in_flight_;
};

INSTANTIATE_TEST_SUITE_P(BaseAndExtensions, MovedErrors, testing::Bool(),
                         [](const auto& variant) { return variant.param ? "Ext" : "Base"; });

TEST_P(MovedErrors, LowerThePathMtuOfTheOwner) {
    too_long(1'000);
    const auto forwarded = seen(EncapsulationType::Forwarded);
    ASSERT_EQ(forwarded.size(), 1U);
    EXPECT_EQ(forwarded[0].encapsulation()->source, tuple_.client);
    EXPECT_EQ(forwarded[0].encapsulation()->source_port, tuple_.client_port);
    EXPECT_EQ(forwarded[0].encapsulation()->destination_port, 80);
    EXPECT_EQ(forwarded[0].encapsulation()->protocol, wire::TransportProtocol::Tcp);
    is_deaf_ = false;
    run_for(Duration::seconds(5));
    EXPECT_EQ(longest_of_s2(), 1'000U);
    EXPECT_TRUE(ends_with_content(60'000));
}

TEST_P(MovedErrors, GoOnByteForByte) {
    const Packet sent = error({kUnreachable, wire::kIcmpFragmentationNeeded, 0, 1'000}, in_flight_);
    inject_from_client(pool_.copy(sent.bytes()));
    run_for(kMillisecond);
    const auto forwarded = seen(EncapsulationType::Forwarded);
    ASSERT_EQ(forwarded.size(), 1U);
    const auto payload = forwarded[0].ethernet().payload().subspan(wire::kEncapsulationHeaderSize);
    EXPECT_TRUE(std::ranges::equal(payload.first(sent.size()), sent.bytes()));
}

TEST_P(MovedErrors, OfOtherKindsAbortNothing) {
    for (const auto& [type, code] : std::vector<std::pair<wire::IcmpType, std::uint8_t>>{
             {kUnreachable, 1},
             {kUnreachable, wire::kIcmpPortUnreachable},
             {wire::IcmpType::TimeExceeded, 0},
             {wire::IcmpType::ParameterProblem, 0}}) {
        inject_from_client(error({type, code, 0, 0}, in_flight_));
    }
    run_for(kMillisecond);
    EXPECT_EQ(seen(EncapsulationType::Forwarded).size(), 4U);
    is_deaf_ = false;
    run_for(Duration::seconds(5));
    EXPECT_TRUE(ends_with_content(60'000));
}

TEST_P(MovedErrors, AboutWhatIsNotInFlightAreDroppedByTheOwner) {
    in_flight_ = in_flight_ + (1U << 30);
    too_long(1'000);
    EXPECT_EQ(count(s2(), Counter::DropIcmpSequence), 1U);
    is_deaf_ = false;
    run_for(Duration::seconds(5));
    EXPECT_GT(longest_of_s2(), 1'000U);
}

TEST_P(MovedErrors, WhoseQuoteTellsNoConnectionStayAtTheHome) {
    const wire::IcmpHeader header{kUnreachable, 1, 0, 0};
    for (std::size_t behind_header = 0; behind_header < 8; ++behind_header)
        inject_from_client(error(header, in_flight_, behind_header));
    inject_from_client(error(header, in_flight_, 8, 64));
    run_for(kMillisecond);
    EXPECT_TRUE(seen(EncapsulationType::Forwarded).empty());
    EXPECT_EQ(count(s1(), Counter::DropIcmpQuote), 9U);
}

TEST_P(MovedErrors, WhoseQuoteTellsNoConnectionFailAsInnerHeaderAtTheOwner) {
    too_long(1'000);
    const auto good = seen(EncapsulationType::Forwarded).at(0);
    const auto give = [&](Packet inner) {
        good.encapsulation()->prepend_to(inner);
        wire::EthernetHeader{good.ethernet().destination(), good.ethernet().source(),
                             good.ethernet().type()}
            .prepend_to(inner);
        s2().handle_frame(link::LinkId::Back, std::move(inner), now_);
    };
    const wire::IcmpHeader header{kUnreachable, 1, 0, 0};
    give(error(header, in_flight_, 7));
    give(error(header, in_flight_, 8, 64));
    EXPECT_EQ(count(s2(), Counter::DropEncapsulationInnerHeader), 2U);
    // Sent to another address than the quoted packet came from.
    Packet elsewhere = error(header, in_flight_);
    elsewhere.trim_front(wire::kIpv4HeaderSize);
    wire::Ipv4Header outer;
    outer.protocol = wire::IpProtocol::Icmp;
    outer.source = kErrorsRouter;
    outer.destination = wire::Ipv4Address(10, 7, 1, 2);
    outer.prepend_to(elsewhere);
    give(std::move(elsewhere));
    EXPECT_EQ(count(s2(), Counter::DropEncapsulationInnerDestination), 1U);
}

TEST_P(MovedErrors, ThatAreDamagedReachNoEngine) {
    Packet damaged = error({kUnreachable, wire::kIcmpFragmentationNeeded, 0, 1'000}, in_flight_);
    damaged.mutable_bytes()[wire::kIpv4HeaderSize + 7] ^= 1;  // the MTU
    inject_from_client(std::move(damaged));
    run_for(kMillisecond);
    EXPECT_TRUE(seen(EncapsulationType::Forwarded).empty());
    EXPECT_EQ(count(s1(), Counter::DropIcmpChecksum), 1U);
}

TEST_P(MovedErrors, FromAFarmAddressAreForged) {
    Packet forged = error({kUnreachable, wire::kIcmpFragmentationNeeded, 0, 1'000}, in_flight_);
    forged.trim_front(wire::kIpv4HeaderSize);
    wire::Ipv4Header outer;
    outer.protocol = wire::IpProtocol::Icmp;
    outer.source = config_.servers[1].services[0];
    outer.destination = tuple_.service;
    outer.prepend_to(forged);
    inject_from_client(std::move(forged));
    run_for(kMillisecond);
    EXPECT_TRUE(seen(EncapsulationType::Forwarded).empty());
    EXPECT_EQ(count(s1(), Counter::DropFrontFarmSource), 1U);
}

}  // namespace
}  // namespace shunt::node
