// SPDX-License-Identifier: Apache-2.0
// What a hostile or unlucky network does to a move: forged and foreign frames, full tables, late
// wake-ups, requests in pieces, ends at every phase. What happens is said in a test's first lines.
#include <algorithm>
#include <string>
#include <vector>

#include "shunt/node/farm_fixture.hh"
#include "shunt/wire/connection_information.hh"
#include "shunt/wire/tcp_header.hh"

namespace shunt::node {
namespace {

using migrate::Table;
using wire::EncapsulationType;

class Adversity : public FarmFixture, public testing::WithParamInterface<bool> {
  protected:
    void SetUp() override { build(GetParam()); }
    bool has_extensions() const { return GetParam(); }

    /// A segment in the client's name.
    Packet segment(wire::TcpHeader header, std::string_view text = {}) {
        Packet packet = pool_.take();
        packet.append({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
        header.source_port = tuple_.client_port;
        header.destination_port = tuple_.service_port;
        header.prepend_to(packet, tuple_.client, tuple_.service);
        wire::Ipv4Header ip;
        ip.protocol = wire::IpProtocol::Tcp;
        ip.source = tuple_.client;
        ip.destination = tuple_.service;
        ip.prepend_to(packet);
        return packet;
    }

    /// The 0x01 that was seen, changed, in a frame from s1 to s2.
    template <typename Change>
    Packet changed_offer(Change change) {
        const SeenFrame frame = seen(EncapsulationType::Connection).front();
        const auto view =
            wire::EncapsulationView::parse(frame.ethernet().payload(), wire::ProtocolSet::Extended);
        auto information = *wire::ConnectionInformation::parse(*view);
        change(*information.block);
        Packet packet = pool_.take();
        information.append_to(packet);
        view->header().prepend_to(packet);
        wire::EthernetHeader{config_.servers[1].back_mac, config_.servers[0].back_mac, 0x88B5}
            .prepend_to(packet);
        return packet;
    }

    /// s2 has a copy that its home cannot acknowledge: all 0x03 are lost.
    /// The same segment with one flag more than its checksum knows of.
    Packet damaged(Packet packet, std::uint8_t flag) {
        constexpr std::size_t flags_at = wire::kIpv4HeaderSize + 13;
        MutableBytes bytes = packet.mutable_bytes();
        bytes[flags_at] = static_cast<std::uint8_t>(bytes[flags_at] ^ flag);
        return packet;
    }

    /// In a 0x02 from s1 to s2.
    Packet forwarded(Packet packet) {
        const SeenFrame frame = seen(EncapsulationType::Connection).front();
        const auto view =
            wire::EncapsulationView::parse(frame.ethernet().payload(), wire::ProtocolSet::Extended);
        wire::EncapsulationHeader header = view->header();
        header.type = EncapsulationType::Forwarded;
        header.prepend_to(packet);
        wire::EthernetHeader{config_.servers[1].back_mac, config_.servers[0].back_mac, 0x88B5}
            .prepend_to(packet);
        return packet;
    }

    void offer_without_answer() {
        loses_ = [](const SeenFrame& frame) {
            return frame.is(EncapsulationType::Acknowledgement);
        };
        request("/s2/bytes/10");
        run_for(kMillisecond * 10);
        ASSERT_EQ(in(s2(), Table::ForwardConnect), 1U);
    }

    std::size_t answers() const {
        std::size_t count = 0;
        for (auto at = received_.find("HTTP/1.1 200"); at != std::string::npos;
             at = received_.find("HTTP/1.1 200", at + 1)) {
            ++count;
        }
        return count;
    }

    /// TCP segments that a server sent to the client.
    std::vector<wire::TcpFlags> flags_from(std::size_t server) const {
        std::vector<wire::TcpFlags> found;
        for (const auto& frame : seen_) {
            if (frame.link != link::LinkId::Front ||
                frame.ethernet().type() != wire::kEtherTypeIpv4 ||
                frame.ethernet().source() != config_.servers[server].front_mac) {
                continue;
            }
            const auto ip = wire::Ipv4View::parse(frame.ethernet().payload());
            found.push_back(wire::TcpView::parse(*ip)->flags());
        }
        return found;
    }
};

INSTANTIATE_TEST_SUITE_P(BaseAndExtensions, Adversity, testing::Bool(),
                         [](const auto& variant) { return variant.param ? "Ext" : "Base"; });

// --- offers ---

TEST_P(Adversity, AMalformedOfferDoesNotReplaceACopy) {
    handshake();
    offer_without_answer();
    s2().handle_frame(link::LinkId::Back, changed_offer([](wire::ControlBlock& block) {
                          ++block.epoch;
                          block.mss = 0;
                      }),
                      now_);
    EXPECT_EQ(s2().counters().value(Counter::OfferMalformedState), 1U);
    EXPECT_EQ(in(s2(), Table::ForwardConnect), 1U) << "SEC-10: validated whole before it is used";
    run_for(Duration::seconds(12));  // the deadline of the copy comes
    EXPECT_EQ(in(s2(), Table::ForwardConnect), 0U);
    EXPECT_TRUE(ends_with_content(10));
}

TEST_P(Adversity, ANewerOfferReplacesACopyInAFullTable) {
    config_.limits.forward_connect_entries = 1;
    start_nodes();
    handshake();
    offer_without_answer();
    s2().handle_frame(link::LinkId::Back,
                      changed_offer([](wire::ControlBlock& block) { ++block.epoch; }), now_);
    EXPECT_EQ(s2().counters().value(Counter::OfferAccepted), 2U) << "EP-17";
    EXPECT_EQ(in(s2(), Table::ForwardConnect), 1U);
    EXPECT_EQ(s2().tables().forward_connect.front().epoch, 2U);
}

TEST_P(Adversity, AnOlderOfferReplacesNothing) {
    handshake();
    offer_without_answer();
    s2().handle_frame(link::LinkId::Back,
                      changed_offer([](wire::ControlBlock& block) { --block.epoch; }), now_);
    EXPECT_EQ(s2().counters().value(Counter::OfferStale), 1U) << "EP-17";
    EXPECT_EQ(s2().tables().forward_connect.front().epoch, 1U);
}

TEST_P(Adversity, APointerInABaseDevicesBlockIsNoQueue) {
    client_config_.timestamps = false;  // TCB-4: such a block must not have them
    handshake();
    request("/s2/bytes/10");
    run_for(kMillisecond * 10);
    nodes_[1] = std::make_unique<Node>(config_, 2, contents_, 7, now_);
    if (has_extensions()) run_for(Duration::seconds(1));  // until its control channel is there
    s2().handle_frame(link::LinkId::Back, changed_offer([](wire::ControlBlock& block) {
                          block.version = 0;
                          block.send_queue = 0xC0FF'EE00;
                          block.receive_queue = 0xC0FF'EE20;
                      }),
                      now_);
    EXPECT_EQ(s2().counters().value(Counter::OfferAccepted), 1U);
    EXPECT_EQ(s2().counters().value(Counter::OfferMalformedState), 0U);
}

TEST_P(Adversity, AFullForwardConnectTableRefusesTheMove) {
    config_.limits.forward_connect_entries = 1;
    start_nodes();
    handshake(4711);
    request("/s2/bytes/10");
    run_for(kMillisecond * 100);
    handshake(4712);
    request("/s2/bytes/20");
    run_for(kMillisecond * 1'000);
    EXPECT_EQ(s2().counters().value(Counter::OfferFull), has_extensions() ? 1U : 4U) << "TAB-2";
    EXPECT_TRUE(ends_with_content(20));
    EXPECT_NE(received_.find("Server: shunt/s1"), std::string::npos);
}

TEST_P(Adversity, AFullForwardTableServesLocally) {
    config_.limits.forward_entries = 1;
    start_nodes();
    handshake(4711);
    request("/s2/bytes/10");
    run_for(kMillisecond * 100);
    handshake(4712);
    request("/s2/bytes/20");
    run_for(kMillisecond * 100);
    EXPECT_EQ(s1().counters().value(Counter::MoveRefused), 1U) << "TAB-2";
    EXPECT_TRUE(ends_with_content(20));
}

// --- acknowledgements and records ---

TEST_P(Adversity, AnAcknowledgementAfterALateWakeUpComesTooLate) {
    // The home's machine stands still for 10 s; the target's copy may be gone by then.
    handshake();
    offer_without_answer();
    const SeenFrame acknowledgement = seen(EncapsulationType::Acknowledgement).front();
    loses_ = [](const SeenFrame&) { return false; };
    now_ = now_ + Duration::seconds(10);
    s1().handle_frame(link::LinkId::Back, pool_.copy(acknowledgement.bytes), now_);
    EXPECT_EQ(in(s1(), Table::Forward), 0U) << "EP-6: it had fallen back long ago";
    run_for(Duration::seconds(3));
    EXPECT_EQ(in(s1(), Table::Local), 1U);
    EXPECT_EQ(in(s2(), Table::ForwardConnect), 0U);
    EXPECT_TRUE(ends_with_content(10));
}

TEST_P(Adversity, ATargetThatHasForgottenTheConnectionLosesIt) {
    handshake();
    request("/s2/bytes/10");
    run_for(kMillisecond * 100);
    forget_at_s2();
    request("/s2/bytes/20");
    run_for(Duration::seconds(2));
    for (const wire::TcpFlags flags : flags_from(1))
        EXPECT_FALSE(flags.reset) << "EP-23: never a reset from the target";
    if (has_extensions()) {
        EXPECT_EQ(s1().counters().value(Counter::ForwardDisowned), 1U);
        EXPECT_TRUE(client_->is_closed()) << "reset by its home";
    } else {
        EXPECT_EQ(in(s1(), Table::Forward), 1U) << "base: silence (EP-23)";
    }
}

TEST_P(Adversity, TwoServicesOfOneHomeAreNotConfused) {
    // One client port, two services (EP-28).
    config_.servers[0].services.push_back(wire::Ipv4Address(10, 7, 2, 1));
    config_.servers[0].forward_ips.push_back(wire::Ipv4Address(10, 8, 2, 1));
    start_nodes();
    handshake(4711, 0);
    request("/s2/bytes/10");
    run_for(kMillisecond * 100);
    ASSERT_TRUE(ends_with_content(10));
    handshake(4711, 1);
    request("/s2/bytes/20");
    run_for(kMillisecond * 100);
    EXPECT_TRUE(ends_with_content(20));
    EXPECT_EQ(in(s1(), Table::Forward), 2U);
    EXPECT_EQ(in(s2(), Table::ForwardConnect), 2U);
    const auto acknowledgements = seen(EncapsulationType::Acknowledgement);
    ASSERT_EQ(acknowledgements.size(), 2U);
    EXPECT_EQ(acknowledgements[0].encapsulation()->destination, wire::Ipv4Address(10, 8, 1, 1));
    EXPECT_EQ(acknowledgements[1].encapsulation()->destination, wire::Ipv4Address(10, 8, 2, 1))
        << "SYS-2";
}

// --- frames that are none of ours ---

TEST_P(Adversity, OnlyFramesOfTypeIpv4AreReadAsIpv4) {
    connect();
    exchange();
    const auto before = in(s1(), Table::Temporary);
    tuple_.client_port = 4712;
    wire::TcpHeader syn;
    syn.flags.syn = true;
    for (const auto link : {link::LinkId::Front, link::LinkId::Back}) {
        const auto& server = config_.servers[0];
        Packet packet = segment(syn);
        wire::EthernetHeader{link == link::LinkId::Front ? server.front_mac : server.back_mac,
                             kClientMac, 0x86DD}
            .prepend_to(packet);
        s1().handle_frame(link, std::move(packet), now_);
    }
    EXPECT_EQ(in(s1(), Table::Temporary), before);
    EXPECT_EQ(s1().counters().value(Counter::DropEthernetType), 2U);
}

TEST_P(Adversity, ASynToAPortWithoutListenerIsReset) {
    tuple_ = {farm::standard_client_address(), 4711, config_.servers[0].services[0], 81,
              wire::TransportProtocol::Tcp};
    wire::TcpHeader syn;
    syn.sequence = SequenceNumber(1'000);
    syn.flags.syn = true;
    inject_from_client(segment(syn));
    exchange();
    EXPECT_EQ(in(s1(), Table::Temporary), 0U);
    const auto sent = flags_from(0);
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_TRUE(sent.front().reset && sent.front().acknowledgment) << "RFC 9293 3.10.7.1";
}

TEST_P(Adversity, AHomeWithoutAnApplicationPassesRequestsOn) {
    config_.listens.erase(config_.listens.begin());  // s1's
    start_nodes();
    handshake(4711);
    request("/s2/bytes/10");
    run_for(kMillisecond * 100);
    EXPECT_TRUE(ends_with_content(10));
    handshake(4712);
    request("/bytes/10");  // no rule names a server, and there is none here
    run_for(kMillisecond * 100);
    if (GetParam()) {  // the state of s2 is known (SEL-3)
        EXPECT_TRUE(ends_with_content(10));
        return;
    }
    EXPECT_TRUE(client_->is_closed()) << "SEL-4";
    EXPECT_EQ(s1().counters().value(Counter::ConnectionUnserved), 1U);
}

TEST_P(Adversity, AFullTemporaryTableTakesNoMore) {
    config_.limits.temporary_entries = 1;
    start_nodes();
    handshake(4711);
    connect(4712);
    run_for(kMillisecond);
    EXPECT_EQ(s1().counters().value(Counter::SynCookieSent), 1U) << "TAB-2";
    EXPECT_EQ(s1().counters().value(Counter::DropTemporaryFull), 1U);
    EXPECT_EQ(in(s1(), Table::Temporary), 1U);
}

TEST_P(Adversity, WhatTcpDropsIsNotHeld) {
    // A blind attacker sends into the tuple; each segment is far outside of the window.
    client_config_.timestamps = false;
    handshake();
    wire::TcpHeader forged;
    forged.sequence = client_->send_next() + (1U << 28);
    forged.flags.acknowledgment = true;
    for (int i = 0; i < 100; ++i)
        inject_from_client(segment(forged, "GET /s2/bytes/1 HTTP/1.1\r\n\r\n"));
    EXPECT_EQ(s1().counters().value(Counter::DropTcpWindow), 100U);
    EXPECT_EQ(s1().counters().value(Counter::DropHeldFull), 0U) << "one counter for each";
    request("/bytes/10");
    run_for(kMillisecond * 50);
    EXPECT_TRUE(ends_with_content(10));
}

// --- the client at every phase ---

TEST_P(Adversity, TheRequestCompletesAHandshakeWhoseAcknowledgmentWasLost) {
    connect();
    bool is_first = true;
    loses_ = [&](const SeenFrame& frame) {
        if (frame.link != link::LinkId::Front || frame.ethernet().source() != kClientMac)
            return false;
        const auto ip = wire::Ipv4View::parse(frame.ethernet().payload());
        if (!ip || wire::TcpView::parse(*ip)->flags().syn) return false;
        return std::exchange(is_first, false);
    };
    run_for(kMillisecond);
    request("/s2/bytes/1000");
    run_for(kMillisecond * 100);
    EXPECT_TRUE(ends_with_content(1'000));
    EXPECT_EQ(in(s2(), Table::ForwardConnect), 1U);
}

TEST_P(Adversity, ARequestInPiecesIsReadWhole) {
    client_config_.no_delay = true;  // nothing is acknowledged: Nagle would keep the pieces back
    handshake();
    for (const std::string_view piece : {"G", "ET /s", "2/bytes/1", "00 HTTP/1.1\r\n"}) {
        say(piece);
        run_for(kMillisecond * 5);
        EXPECT_EQ(in(s1(), Table::Local), 0U);
    }
    say("Host: x\r\n\r\n");
    run_for(kMillisecond * 100);
    EXPECT_TRUE(ends_with_content(100));
    EXPECT_EQ(in(s2(), Table::ForwardConnect), 1U);
}

TEST_P(Adversity, PiecesOutOfOrderAreReadInOrder) {
    client_config_.no_delay = true;
    handshake();
    int count = 0;
    std::vector<SeenFrame> late;
    loses_ = [&](const SeenFrame& frame) {
        if (frame.link != link::LinkId::Front || frame.ethernet().source() != kClientMac)
            return false;
        if (++count != 1) return false;
        late.push_back(frame);
        return true;
    };
    say("GET /s2/byt");
    exchange();
    say("es/100 HTTP/1.1\r\nHost: x\r\n\r\n");
    run_for(kMillisecond * 5);
    ASSERT_EQ(late.size(), 1U);
    EXPECT_EQ(in(s1(), Table::Temporary), 1U);
    s1().handle_frame(link::LinkId::Front, pool_.copy(late.front().bytes), now_);
    run_for(kMillisecond * 90);
    EXPECT_TRUE(ends_with_content(100));
    EXPECT_EQ(in(s2(), Table::ForwardConnect), 1U);
}

TEST_P(Adversity, EightKibibytesWithoutAnEndAreDecidedAndRefused) {
    handshake();
    say(std::string(20'000, 'a'));
    run_for(kMillisecond * 500);
    EXPECT_NE(received_.find("HTTP/1.1 431"), std::string::npos) << "SEL-5";
    EXPECT_EQ(in(s1(), Table::Temporary), 0U);
}

TEST_P(Adversity, AHalfClosedClientGetsItsAnswer) {
    handshake();
    request("/s2/bytes/50000");
    client_->close();
    run_for(Duration::seconds(2));
    EXPECT_TRUE(ends_with_content(50'000));
    EXPECT_EQ(in(s2(), Table::ForwardConnect), 0U);
}

TEST_P(Adversity, AResetDuringTheMoveEndsTheConnectionAtTheTarget) {
    handshake();
    offer_without_answer();
    client_->abort();
    exchange();
    loses_ = [](const SeenFrame&) { return false; };
    run_for(kMillisecond * 700);
    EXPECT_EQ(in(s2(), Table::ForwardConnect), 0U) << "EP-18";
    EXPECT_EQ(in(s1(), Table::Local), 0U);
    EXPECT_TRUE(received_.empty() || !ends_with_content(10));
}

TEST_P(Adversity, ADamagedResetReleasesNothing) {
    handshake();
    offer_without_answer();
    wire::TcpHeader reset;
    reset.sequence = client_->initial_send_sequence() + 1;
    reset.flags.reset = true;
    // Without the flag it would be the first packet that is no reset (EP-13).
    constexpr std::uint8_t kResetFlag = 0x04;
    s2().handle_frame(link::LinkId::Back, forwarded(damaged(segment(reset), kResetFlag)), now_);
    EXPECT_EQ(s2().counters().value(Counter::CopyReleased), 0U);
    EXPECT_EQ(s2().counters().value(Counter::DropTcpChecksum), has_extensions() ? 0U : 1U);
}

TEST_P(Adversity, ADamagedFinDoesNotShortenTheRecordsLife) {
    handshake();
    request("/s2/bytes/10");
    run_for(kMillisecond * 500);
    ASSERT_EQ(in(s1(), Table::Forward), 1U);
    wire::TcpHeader header;
    header.sequence = client_->send_next();
    header.acknowledgment = client_->receive_next();
    header.flags.acknowledgment = true;
    constexpr std::uint8_t kFinFlag = 0x01;
    inject_from_client(damaged(segment(header), kFinFlag));
    run_for(config_.timers.forward_idle_closing + Duration::seconds(10));
    EXPECT_EQ(in(s1(), Table::Forward), 1U) << "EP-31";
}

TEST_P(Adversity, ASynDuringTheMoveDoesNoHarm) {
    handshake();
    offer_without_answer();
    wire::TcpHeader syn;
    syn.sequence = SequenceNumber(77);
    syn.flags.syn = true;
    inject_from_client(segment(syn));
    loses_ = [](const SeenFrame&) { return false; };
    run_for(kMillisecond * 700);
    EXPECT_TRUE(ends_with_content(10));
    EXPECT_EQ(in(s2(), Table::ForwardConnect), 1U);
}

TEST_P(Adversity, AClientMayOpenItsPortAgainWhileTheServerWaits) {
    handshake();
    say("GET /bytes/10 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    run_for(kMillisecond * 100);
    client_->close();
    run_for(kMillisecond * 100);
    ASSERT_EQ(s1().tables().local.at(0).state, "TIME-WAIT");
    handshake();  // RFC 6191: a newer timestamp
    EXPECT_EQ(in(s1(), Table::Local), 0U);
    EXPECT_EQ(in(s1(), Table::Temporary), 1U);
}

TEST_P(Adversity, ManyRequestsOnOneConnectionAreAllAnswered) {
    // More bytes than the receive ring has at first, so that a request stands at both its ends.
    handshake();
    constexpr std::size_t requests = 130;
    for (std::size_t i = 0; i < requests; ++i) {
        request("/s2/bytes/10");
        run_for(kMillisecond * 50);
    }
    EXPECT_EQ(answers(), requests);
}

TEST_P(Adversity, PipelinedRequestsAreAllAnswered) {
    handshake();
    constexpr std::size_t requests = 300;
    for (std::size_t i = 0; i < requests; ++i)
        request("/s2/bytes/10");
    run_for(Duration::seconds(2));
    EXPECT_EQ(answers(), requests);
}

}  // namespace
}  // namespace shunt::node
