// SPDX-License-Identifier: Apache-2.0
// UDP flows of a farm of two: served, moved, held, ended (EP-50 to EP-52).
#include <string>
#include <string_view>
#include <vector>

#include "shunt/node/farm_fixture.hh"
#include "shunt/wire/connection_information.hh"
#include "shunt/wire/icmp.hh"
#include "shunt/wire/reject.hh"
#include "shunt/wire/udp.hh"

namespace shunt::node {
namespace {

using migrate::Table;
using wire::EncapsulationType;

constexpr std::uint16_t kPort = 5'353;

class Flows : public FarmFixture, public testing::WithParamInterface<bool> {
  protected:
    void SetUp() override { start(GetParam()); }

    void start(bool has_extensions) {
        config_ = farm::standard_plan(2);
        config_.farm.has_extensions = has_extensions;
        config_.servers[0].services.push_back(wire::Ipv4Address(10, 7, 1, 11));
        config_.servers[0].forward_ips.push_back(wire::Ipv4Address(10, 8, 1, 11));
        for (const char* server : {"s1", "s2"}) {
            farm::Listen listen;
            listen.server = server;
            listen.port = kPort;
            listen.protocol = wire::TransportProtocol::Udp;
            listen.application = farm::kEchoApplication;
            config_.listens.push_back(listen);
        }
        start_nodes();
    }
    static wire::ConnectionTuple flow(std::uint16_t client_port = 4'711, std::uint8_t service = 1) {
        return {farm::standard_client_address(), client_port, wire::Ipv4Address(10, 7, 1, service),
                kPort, wire::TransportProtocol::Udp};
    }
    Packet datagram(std::string_view text, const wire::ConnectionTuple& tuple = flow(),
                    bool dont_fragment = true) {
        Packet packet =
            pool_.copy({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
        wire::UdpHeader{tuple.client_port, tuple.service_port}.prepend_to(packet, tuple.client,
                                                                          tuple.service);
        wire::Ipv4Header ip;
        ip.protocol = wire::IpProtocol::Udp;
        ip.dont_fragment = dont_fragment;
        ip.identification = 7;
        ip.source = tuple.client;
        ip.destination = tuple.service;
        ip.prepend_to(packet);
        return packet;
    }
    void tell(std::string_view text, const wire::ConnectionTuple& tuple = flow()) {
        inject_from_client(datagram(text, tuple));
    }
    /// What came back to the client's port from that service, in order.
    std::vector<std::string> answers(const wire::ConnectionTuple& tuple = flow()) const {
        std::vector<std::string> texts;
        for (const SeenFrame& frame : seen_) {
            if (frame.link != link::LinkId::Front || frame.ethernet().type() != 0x0800) continue;
            const auto ip = wire::Ipv4View::parse(frame.ethernet().payload());
            if (!ip || ip->source() != tuple.service) continue;
            const auto answer = wire::UdpView::parse(*ip);
            if (!answer || answer->destination_port() != tuple.client_port) continue;
            EXPECT_EQ(answer->source_port(), kPort);
            texts.emplace_back(answer->payload().begin(), answer->payload().end());
        }
        return texts;
    }
    /// Types and codes of the ICMP errors to the client.
    std::vector<int> unreachable_codes() const {
        std::vector<int> codes;
        for (const SeenFrame& frame : seen_) {
            if (frame.link != link::LinkId::Front || frame.ethernet().type() != 0x0800) continue;
            const auto ip = wire::Ipv4View::parse(frame.ethernet().payload());
            if (!ip || ip->protocol() != wire::IpProtocol::Icmp) continue;
            const auto message = wire::IcmpView::parse(*ip);
            EXPECT_EQ(message->type(), wire::IcmpType::DestinationUnreachable);
            codes.push_back(message->code());
        }
        return codes;
    }
    /// A flow that s1 has begun to serve, and that an operator sends to s2.
    void begin_move() {
        tell("one");
        run_for(kMillisecond);
        ASSERT_EQ(answers(), std::vector<std::string>{"s1 one"});
        seen_.clear();
        ASSERT_TRUE(s1().migrate(flow(), "s2", now_));
    }
    void move() {
        begin_move();
        run_for(kMillisecond);
        ASSERT_EQ(s1().tables().forward.size(), 1U);
    }
    /// FarmFixture reads frames as in a farm with extensions, where a UDP 0x01 is longer.
    std::vector<SeenFrame> seen_offers() const {
        std::vector<SeenFrame> offers;
        for (const SeenFrame& frame : seen_) {
            if (frame.link != link::LinkId::Back || frame.ethernet().type() != 0x88B5) continue;
            if (frame.ethernet().payload()[12] == 0x01) offers.push_back(frame);
        }
        return offers;
    }
    static std::uint64_t count(const Node& node, Counter counter) {
        return node.counters().value(counter);
    }
    bool has_extensions() const { return config_.farm.has_extensions; }
};

INSTANTIATE_TEST_SUITE_P(BaseAndExtensions, Flows, testing::Bool(),
                         [](const auto& variant) { return variant.param ? "Ext" : "Base"; });

/// What takes a control channel, which a base farm has not (EP-33, CTL-7).
class FlowsBesideChannels : public Flows {};

INSTANTIATE_TEST_SUITE_P(Extensions, FlowsBesideChannels, testing::Values(true),
                         [](const auto&) { return "Ext"; });

TEST_P(Flows, AreServedByTheHomeWhereNothingSpeaksForAnotherServer) {
    tell("hello");
    tell("again");
    run_for(kMillisecond);
    EXPECT_EQ(answers(), (std::vector<std::string>{"s1 hello", "s1 again"}));
    const auto local = s1().tables().local;
    ASSERT_EQ(local.size(), 1U);
    EXPECT_EQ(local[0].connection, "10.7.0.9:4711>10.7.1.1:5353/udp");
    EXPECT_EQ(local[0].protocol, "udp");
    EXPECT_EQ(local[0].state, "flow");
    EXPECT_TRUE(seen_offers().empty());
}

TEST_P(Flows, MoveAndAreAnsweredUnderTheServiceAddressByTheOtherServer) {
    move();
    tell("two");
    run_for(kMillisecond);
    EXPECT_EQ(answers(), std::vector<std::string>{"s2 two"});
    EXPECT_EQ(s1().tables().forward[0].state, "forwarded");
    EXPECT_EQ(s1().tables().forward[0].peer, "s2");
    ASSERT_EQ(s2().tables().forward_connect.size(), 1U);
    EXPECT_EQ(s2().tables().forward_connect[0].peer, "s1");
    // It comes straight from s2 (EP-52).
    for (const SeenFrame& frame : seen_) {
        if (frame.link != link::LinkId::Front) continue;
        const auto ip = wire::Ipv4View::parse(frame.ethernet().payload());
        if (!ip || ip->source() != flow().service) continue;
        EXPECT_EQ(frame.ethernet().source(), config_.servers[1].front_mac);
    }
}

TEST_P(Flows, AreOfferedWithTheServiceAddressAndTheExtensionsFlowNumber) {
    move();
    const auto offers = seen_offers();
    ASSERT_EQ(offers.size(), 1U);
    const auto set = has_extensions() ? wire::ProtocolSet::Extended : wire::ProtocolSet::Base;
    const auto view = wire::EncapsulationView::parse(offers[0].ethernet().payload(), set);
    ASSERT_TRUE(view);
    EXPECT_EQ(view->protocol(), wire::TransportProtocol::Udp);
    const auto information = wire::ConnectionInformation::parse(*view);
    ASSERT_TRUE(information);
    EXPECT_EQ(information->service, flow().service);
    EXPECT_EQ(information->service_port, kPort);
    EXPECT_EQ(information->flow_number.has_value(), has_extensions());
    if (has_extensions()) {
        EXPECT_NE(information->flow_number, 0U);
    }
}

TEST_P(Flows, HoldTheirDatagramsWhileTheyMoveAndKeepTheOrder) {
    bool is_cut = true;
    loses_ = [&](const SeenFrame& frame) {
        return is_cut && frame.is(EncapsulationType::Acknowledgement);
    };
    begin_move();
    for (const char* text : {"two", "three", "four"}) {
        tell(text);
        run_for(kMillisecond * 20);
    }
    EXPECT_TRUE(answers().empty());
    EXPECT_EQ(s1().tables().temporary.at(0).state, "migrating");
    is_cut = false;
    run_for(kMillisecond * 300);
    EXPECT_EQ(answers(), (std::vector<std::string>{"s2 two", "s2 three", "s2 four"}));
}

TEST_P(Flows, HoldNoMoreThanAnEndpointMay) {
    config_.limits.held_packets = 2;
    start_nodes();
    loses_ = [](const SeenFrame& frame) { return frame.link == link::LinkId::Back; };
    begin_move();
    for (const char* text : {"two", "three", "four"})
        tell(text);
    EXPECT_EQ(count(s1(), Counter::DropHeldFull), 1U);
    run_for(Duration::seconds(1));
    EXPECT_EQ(answers(), (std::vector<std::string>{"s1 two", "s1 three"}));
}

TEST_P(Flows, AnswerARepeatedOfferWithTheSameAcknowledgement) {
    move();
    Packet offer = pool_.copy(seen_offers().at(0).bytes);
    const auto first = seen(EncapsulationType::Acknowledgement).at(0).bytes;
    seen_.clear();
    s2().handle_frame(link::LinkId::Back, std::move(offer), now_);
    run_for(kMillisecond);
    ASSERT_EQ(seen(EncapsulationType::Acknowledgement).size(), 1U);
    EXPECT_EQ(seen(EncapsulationType::Acknowledgement)[0].bytes, first);
    EXPECT_EQ(count(s2(), Counter::OfferRepeated), 1U);
    EXPECT_EQ(s2().tables().forward_connect.size(), 1U);
}

TEST_P(Flows, AreOfferedAgainAndStayWhereNobodyAnswers) {
    loses_ = [](const SeenFrame& frame) { return frame.link == link::LinkId::Back; };
    begin_move();
    tell("two");
    run_for(Duration::milliseconds(749));
    EXPECT_EQ(seen_offers().size(), 4U);
    EXPECT_TRUE(answers().empty());
    run_for(Duration::milliseconds(1));
    EXPECT_EQ(answers(), std::vector<std::string>{"s1 two"});
    EXPECT_EQ(s1().tables().local.size(), 1U);
}

TEST_P(Flows, StayWhereTheOtherServerDoesNotListen) {
    config_.listens.pop_back();
    start_nodes();
    begin_move();
    tell("two");
    run_for(kMillisecond);
    EXPECT_EQ(count(s2(), Counter::OfferNoListener), 1U);
    // With extensions it says so; else the home has to wait (EP-6).
    EXPECT_EQ(answers().size(), has_extensions() ? 1U : 0U);
    run_for(Duration::seconds(1));
    EXPECT_EQ(answers(), std::vector<std::string>{"s1 two"});
}

TEST_P(Flows, ShowNothingToTheApplicationBeforeTheirRelease) {
    int lost = 0;
    loses_ = [&](const SeenFrame& frame) {
        const bool is_release = frame.is(EncapsulationType::Go) ||
                                (!has_extensions() && frame.is(EncapsulationType::Forwarded));
        return is_release && ++lost <= 1;
    };
    begin_move();
    tell("two");
    run_for(kMillisecond);
    EXPECT_TRUE(answers().empty());
    EXPECT_EQ(s2().tables().forward_connect.at(0).state, "unreleased");
    run_for(kMillisecond * 100);  // 0x03 again, and with extensions 0x14 again
    if (has_extensions()) {
        EXPECT_EQ(answers(), std::vector<std::string>{"s2 two"});
        return;
    }
    // Base: the datagram was the release, and is lost as datagrams are. The next one releases,
    // whenever it comes.
    EXPECT_TRUE(answers().empty());
    run_for(Duration::seconds(25));
    tell("three");
    run_for(kMillisecond);
    EXPECT_EQ(answers(), std::vector<std::string>{"s2 three"});
}

TEST_P(Flows, EndSomeTimeAfterTheClientsLastDatagramAtTheHomeFirst) {
    move();
    run_for(Duration::seconds(20));
    tell("two");
    run_for(Duration::milliseconds(29'999));
    EXPECT_EQ(s1().tables().forward.size(), 1U);
    run_for(kMillisecond);
    EXPECT_EQ(s1().tables().forward.size(), 0U);
    EXPECT_EQ(count(s1(), Counter::FlowExpired), 1U);
    run_for(Duration::milliseconds(4'999));
    EXPECT_EQ(s2().tables().forward_connect.size(), 1U);
    run_for(kMillisecond * 2);
    EXPECT_EQ(s2().tables().forward_connect.size(), 0U);
    EXPECT_EQ(seen(EncapsulationType::Release).size(), has_extensions() ? 1U : 0U);
}

TEST_P(Flows, BeginAnewAfterTheirEnd) {
    move();
    run_for(Duration::seconds(40));
    seen_.clear();
    tell("three");
    run_for(kMillisecond);
    EXPECT_EQ(answers(), std::vector<std::string>{"s1 three"});
}

TEST_P(Flows, AreNeverConfusedWhereOneClientPortTalksToTwoServices) {
    tell("a", flow(4'711, 1));
    tell("b", flow(4'711, 11));
    ASSERT_TRUE(s1().migrate(flow(4'711, 1), "s2", now_));
    run_for(kMillisecond);
    seen_.clear();
    tell("a", flow(4'711, 1));
    tell("b", flow(4'711, 11));
    run_for(kMillisecond);
    EXPECT_EQ(answers(flow(4'711, 1)), std::vector<std::string>{"s2 a"});
    EXPECT_EQ(answers(flow(4'711, 11)), std::vector<std::string>{"s1 b"});
}

TEST_P(Flows, AreServedAgainAfterTheirOwnerHasForgottenThem) {
    move();
    forget_at_s2();
    tell("two");
    run_for(kMillisecond * 100);
    EXPECT_TRUE(answers().empty());
    if (!has_extensions()) return;  // a base target says nothing (EP-23)
    EXPECT_EQ(count(s1(), Counter::ForwardDisowned), 1U);
    tell("three");
    run_for(kMillisecond);
    EXPECT_EQ(answers(), std::vector<std::string>{"s1 three"});
}

TEST_P(FlowsBesideChannels, OfAnOwnerThatIsGoneBeginAnew) {
    move();
    loses_ = [](const SeenFrame& frame) { return frame.link == link::LinkId::Back; };
    for (int second = 0; second < 7; ++second) {
        tell("lost");
        run_for(Duration::seconds(1));
    }
    seen_.clear();
    EXPECT_EQ(count(s1(), Counter::ForwardAbandoned), 1U) << "EP-33";
    tell("three");
    run_for(kMillisecond);
    EXPECT_EQ(answers(), std::vector<std::string>{"s1 three"});
}

TEST_P(FlowsBesideChannels, GoWhenTheirHomeOrTheirOwnerHasRestarted) {
    move();
    nodes_[1] = std::make_unique<Node>(config_, 2, contents_, 999, now_, mtus_);
    run_for(Duration::seconds(1));
    EXPECT_EQ(count(s1(), Counter::ForwardAbandoned), 1U);
    seen_.clear();
    move();
    nodes_[0] = std::make_unique<Node>(config_, 1, contents_, 998, now_, mtus_);
    run_for(Duration::seconds(1));
    EXPECT_EQ(s2().flow_table().size(), 0U);
    EXPECT_EQ(count(s2(), Counter::CopyOrphaned), 1U);
}

TEST_P(Flows, BeyondTheBoundGetNoPlaceAndOthersGoOn) {
    config_.limits.flow_entries = 2;
    start_nodes();
    tell("a", flow(2'001));
    tell("b", flow(2'002));
    for (std::uint16_t port = 2'003; port < 2'023; ++port)
        tell("c", flow(port));
    tell("a", flow(2'001));
    run_for(kMillisecond);
    EXPECT_EQ(s1().flow_table().size(), 2U);
    EXPECT_EQ(count(s1(), Counter::DropFlowFull), 20U);
    EXPECT_EQ(answers(flow(2'001)).size(), 2U);
    EXPECT_TRUE(answers(flow(2'003)).empty());
    run_for(Duration::seconds(31));
    tell("c", flow(2'003));
    run_for(kMillisecond);
    EXPECT_EQ(answers(flow(2'003)).size(), 1U);
}

TEST_P(Flows, AreRefusedByAFullTarget) {
    config_.limits.flow_entries = 1;
    start_nodes();
    move();
    s1().handle_deadline(now_);
    tell("b", flow(2'002));
    EXPECT_EQ(count(s1(), Counter::DropFlowFull), 1U);
    // A home that has forgotten its flow may offer another one; the target has no room.
    forget_at_s1();
    tell("b", flow(2'002));
    ASSERT_TRUE(s1().migrate(flow(2'002), "s2", now_));
    run_for(Duration::seconds(1));
    EXPECT_GE(count(s2(), Counter::OfferFull), 1U);
    EXPECT_EQ(s1().tables().local.size(), 1U);
}

TEST_P(Flows, ThatNobodyTakesAreAnsweredWithPortUnreachable) {
    auto nobody = flow();
    nobody.service_port = 54;
    tell("x", nobody);
    run_for(kMillisecond);
    EXPECT_EQ(unreachable_codes(), std::vector<int>{wire::kIcmpPortUnreachable});
    EXPECT_EQ(s1().flow_table().size(), 0U);
    // The home itself does not listen, and nothing is known of the server that does (SEL-4).
    config_.listens.erase(config_.listens.end() - 2);
    for (farm::ServerId id : {1U, 2U})
        nodes_[id - 1] = std::make_unique<Node>(config_, id, contents_, id, now_, mtus_);
    seen_.clear();
    tell("y");
    run_for(kMillisecond);
    EXPECT_EQ(unreachable_codes(), std::vector<int>{wire::kIcmpPortUnreachable});
    EXPECT_EQ(count(s1(), Counter::ConnectionUnserved), 1U);
}

TEST_P(Flows, DatagramsTooLongForTheBackLinkGoInFragmentsOrAreRefused) {
    move();
    const std::string text(1'465, 'x');  // one byte more than the back link carries
    inject_from_client(datagram(text, flow(), true));
    run_for(kMillisecond);
    EXPECT_EQ(unreachable_codes(), std::vector<int>{wire::kIcmpFragmentationNeeded});
    EXPECT_TRUE(answers().empty());
    inject_from_client(datagram(text, flow(), false));
    run_for(kMillisecond);
    EXPECT_EQ(seen(EncapsulationType::Forwarded).size(), 2U);
    ASSERT_EQ(answers().size(), 1U);
    EXPECT_EQ(answers()[0], "s2 " + text);
}

TEST_P(Flows, DamagedDatagramsReachNoApplication) {
    const auto damaged = [&] {
        Packet packet = datagram("damaged");
        packet.mutable_bytes().back() ^= 1;
        return packet;
    };
    inject_from_client(damaged());
    EXPECT_EQ(s1().flow_table().size(), 0U);
    move();
    tell("two");
    run_for(kMillisecond);
    inject_from_client(damaged());
    run_for(kMillisecond);
    EXPECT_EQ(answers(), std::vector<std::string>{"s2 two"});
    EXPECT_EQ(count(s1(), Counter::DropUdpChecksum), 1U);
    EXPECT_EQ(count(s2(), Counter::DropUdpChecksum), 1U);
}

TEST_P(Flows, OfPortsThatAnswerAnswersAreNotAnswered) {
    tell("loop", flow(1'023));
    tell("person", flow(1'024));
    run_for(kMillisecond);
    EXPECT_TRUE(answers(flow(1'023)).empty());
    EXPECT_EQ(answers(flow(1'024)).size(), 1U);
    EXPECT_EQ(count(s1(), Counter::DropUdpUnanswered), 1U);
}

TEST_P(Flows, AreNotMovedByWhoDoesNotOwnThem) {
    EXPECT_EQ(s1().migrate(flow(), "s2", now_).error().error, ApiError::UnknownConnection);
    move();
    EXPECT_EQ(s1().migrate(flow(), "s2", now_).error().error, ApiError::UnknownConnection);
    EXPECT_EQ(s2().migrate(flow(), "s1", now_).error().error, ApiError::NotMovable);
    tell("x", flow(2'001));
    EXPECT_EQ(s1().migrate(flow(2'001), "s1", now_).error().error, ApiError::NotMovable);
    loses_ = [](const SeenFrame& frame) { return frame.link == link::LinkId::Back; };
    ASSERT_TRUE(s1().migrate(flow(2'001), "s2", now_));
    EXPECT_EQ(s1().migrate(flow(2'001), "s2", now_).error().error, ApiError::NotMovable);
}

}  // namespace
}  // namespace shunt::node
