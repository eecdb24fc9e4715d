// SPDX-License-Identifier: Apache-2.0
// The endpoint profile between two nodes and a client, one packet sequence a test: what is lost,
// repeated or late is said in the test's first lines.
#include "shunt/node/node.hh"

#include <algorithm>
#include <string>
#include <vector>

#include "shunt/node/farm_fixture.hh"
#include "shunt/wire/tcp_header.hh"

namespace shunt::node {
namespace {

using migrate::Table;
using wire::EncapsulationType;

/// Base and ext: what both promise is tested with both.
class EndpointProfile : public FarmFixture, public testing::WithParamInterface<bool> {
  protected:
    void SetUp() override { build(GetParam()); }
};

INSTANTIATE_TEST_SUITE_P(BaseAndExtensions, EndpointProfile, testing::Bool(),
                         [](const auto& variant) { return variant.param ? "Ext" : "Base"; });

TEST_P(EndpointProfile, AHandshakeAloneStaysInTemporary) {
    handshake();
    EXPECT_EQ(in(s1(), Table::Temporary), 1U);
    EXPECT_TRUE(seen(EncapsulationType::Connection).empty());
}

TEST_P(EndpointProfile, ARequestForTheHomeIsServedThere) {
    handshake();
    request("/bytes/100");
    run_for(kMillisecond * 200);
    EXPECT_TRUE(ends_with_content(100));
    EXPECT_EQ(in(s1(), Table::Local), 1U);
    EXPECT_TRUE(seen(EncapsulationType::Connection).empty());
}

TEST_P(EndpointProfile, ARequestForAnotherServerMovesAndIsAnsweredThere) {
    handshake();
    request("/s2/bytes/100000");
    run_for(kMillisecond * 500);
    EXPECT_TRUE(ends_with_content(100'000));
    EXPECT_NE(received_.find("Server: shunt/s2"), std::string::npos);
    EXPECT_EQ(in(s1(), Table::Forward), 1U);
    EXPECT_EQ(in(s1(), Table::Temporary), 0U);
    EXPECT_EQ(in(s2(), Table::ForwardConnect), 1U);
    EXPECT_EQ(seen(EncapsulationType::Connection).size(), 1U);
    EXPECT_EQ(seen(EncapsulationType::Acknowledgement).size(), 1U);
}

TEST_P(EndpointProfile, TheTargetIsSilentTowardsTheClientUntilReleased) {
    handshake();
    loses_ = [](const SeenFrame& frame) { return frame.is(EncapsulationType::Acknowledgement); };
    request("/s2/bytes/10");
    run_for(kMillisecond * 700);
    for (const auto& frame : seen_) {
        const bool from_target = frame.link == link::LinkId::Front &&
                                 frame.ethernet().source() == config_.servers[1].front_mac;
        EXPECT_FALSE(from_target) << "EP-13";
    }
    EXPECT_EQ(in(s2(), Table::ForwardConnect), 1U);
}

TEST_P(EndpointProfile, ARequestWhoseBeginningIsLostIsDecidedOnceItIsHere) {
    handshake();
    int carried = 0;
    loses_ = [&](const SeenFrame& frame) {
        const bool is_text = frame.link == link::LinkId::Front && frame.bytes.size() > 500 &&
                             frame.ethernet().source() == kClientMac;
        return is_text && carried++ == 0;
    };
    say("GET /s2/bytes/10 HTTP/1.1\r\nHost: x\r\nX-Filler: " + std::string(3'000, 'x') +
        "\r\n\r\n");
    // Longer than SEL-5's 100 ms: the repetition comes after a retransmission timeout.
    run_for(kMillisecond * 1'500);
    EXPECT_TRUE(ends_with_content(10));
    EXPECT_NE(received_.find("Server: shunt/s2"), std::string::npos);
}

TEST_P(EndpointProfile, ALostOfferIsRepeatedByteForByte) {
    handshake();
    int lost = 0;
    loses_ = [&](const SeenFrame& frame) {
        return frame.is(EncapsulationType::Connection) && lost++ < 3;
    };
    request("/s2/bytes/10");
    run_for(kMillisecond * 1'500);
    const auto offers = seen(EncapsulationType::Connection);
    ASSERT_EQ(offers.size(), 4U);
    for (const auto& offer : offers)
        EXPECT_EQ(offer.bytes, offers.front().bytes) << "EP-6";
    EXPECT_TRUE(ends_with_content(10));
    EXPECT_EQ(in(s2(), Table::ForwardConnect), 1U);
}

TEST_P(EndpointProfile, WithoutAnyAnswerTheHomeServesItself) {
    handshake();
    loses_ = [](const SeenFrame& frame) { return frame.is(EncapsulationType::Connection); };
    request("/s2/bytes/10");
    run_for(kMillisecond * 749);
    EXPECT_EQ(in(s1(), Table::Temporary), 1U);
    run_for(kMillisecond * 200);
    EXPECT_TRUE(ends_with_content(10));
    EXPECT_NE(received_.find("Server: shunt/s1"), std::string::npos);
    EXPECT_EQ(in(s1(), Table::Local), 1U);
}

TEST_P(EndpointProfile, ALateAcknowledgementAfterAFallBackEndsTheCopyUnseen) {
    handshake();
    bool is_late = true;
    loses_ = [&](const SeenFrame& frame) {
        return is_late && frame.is(EncapsulationType::Acknowledgement);
    };
    request("/s2/bytes/10");
    run_for(kMillisecond * 760);
    ASSERT_EQ(in(s1(), Table::Local), 1U);
    ASSERT_EQ(in(s2(), Table::ForwardConnect), 1U);
    is_late = false;
    run_for(kMillisecond * 1'200);
    EXPECT_EQ(in(s2(), Table::ForwardConnect), 0U) << "EP-10, EP-16";
    EXPECT_EQ(in(s1(), Table::Local), 1U);
    EXPECT_TRUE(ends_with_content(10));
}

TEST_P(EndpointProfile, ACopyThatIsNeverReleasedGoesSilently) {
    handshake();
    loses_ = [](const SeenFrame& frame) { return frame.is(EncapsulationType::Acknowledgement); };
    request("/s2/bytes/10");
    // The last 0x01 went at 350 ms; 2 s (base) or 10 s (ext) later the copy is gone (EP-15).
    run_for(kMillisecond * (350 + (GetParam() ? 10'000 : 2'000)) + kMillisecond * 10);
    EXPECT_EQ(in(s2(), Table::ForwardConnect), 0U);
    EXPECT_EQ(s2().counters().value(Counter::CopyExpired), 1U);
    EXPECT_TRUE(ends_with_content(10));
}

TEST_P(EndpointProfile, ALostReleaseIsMadeUpForByTheRepeatedAcknowledgement) {
    handshake();
    int lost = 0;
    loses_ = [&](const SeenFrame& frame) {
        const bool releases = frame.is(EncapsulationType::Go) ||
                              (!GetParam() && frame.is(EncapsulationType::Forwarded));
        return releases && lost++ < 1;
    };
    request("/s2/bytes/10");
    run_for(kMillisecond * 60);
    EXPECT_EQ(s2().counters().value(Counter::CopyReleased), 1U);
    run_for(kMillisecond * 1'000);
    EXPECT_TRUE(ends_with_content(10));
}

TEST_P(EndpointProfile, RepeatedFramesChangeNothing) {
    handshake();
    request("/s2/bytes/10");
    run_for(kMillisecond * 100);
    const auto row = s2().tables().forward_connect;
    for (const auto& frame : std::vector<SeenFrame>(seen_)) {
        if (frame.link != link::LinkId::Back) continue;
        const bool for_s2 = frame.ethernet().destination() == config_.servers[1].back_mac;
        (for_s2 ? s2() : s1()).handle_frame(frame.link, pool_.copy(frame.bytes), now_);
        exchange();
    }
    run_for(kMillisecond * 3'000);
    EXPECT_EQ(in(s2(), Table::ForwardConnect), 1U);
    EXPECT_EQ(in(s1(), Table::Forward), 1U);
    EXPECT_TRUE(ends_with_content(10));
    request("/s2/bytes/33");
    run_for(kMillisecond * 200);
    EXPECT_TRUE(ends_with_content(33));
}

TEST_P(EndpointProfile, AForwardedPacketIsTheClientsByteForByte) {
    handshake();
    request("/s2/bytes/10");
    run_for(kMillisecond * 100);
    std::vector<std::vector<std::uint8_t>> sent;
    for (const auto& frame : seen_) {
        if (frame.link != link::LinkId::Front || frame.ethernet().source() != kClientMac) continue;
        const ByteView packet = frame.ethernet().payload();
        sent.emplace_back(packet.begin(), packet.end());
    }
    const auto forwarded = seen(EncapsulationType::Forwarded);
    ASSERT_FALSE(forwarded.empty());
    for (const auto& frame : forwarded) {
        const ByteView inner = frame.ethernet().payload().subspan(16);
        const std::vector<std::uint8_t> bytes(inner.begin(), inner.end());
        EXPECT_NE(std::find(sent.begin(), sent.end(), bytes), sent.end()) << "EP-21";
    }
}

TEST_P(EndpointProfile, AStrangersOfferIsDroppedAndCounted) {
    handshake();
    request("/s2/bytes/10");
    run_for(kMillisecond * 100);
    auto forged = seen(EncapsulationType::Connection).front().bytes;
    forged[11] ^= 0x40;  // the last byte of the source MAC
    const auto before = in(s2(), Table::ForwardConnect);
    s2().handle_frame(link::LinkId::Back, pool_.copy(forged), now_);
    EXPECT_EQ(in(s2(), Table::ForwardConnect), before);
    EXPECT_EQ(s2().counters().value(Counter::DropEncapsulationMember), 1U);
}

TEST_P(EndpointProfile, AClientThatSaysNothingIsServedByStateAfterThreeSeconds) {
    handshake();
    run_for(kMillisecond * 2'990);
    EXPECT_EQ(in(s1(), Table::Temporary), 1U);
    run_for(kMillisecond * 20);
    EXPECT_EQ(in(s1(), Table::Local), 1U);
}

TEST_P(EndpointProfile, AnOperatorMovesAnUnboundEndpoint) {
    handshake();
    const auto started = s1().migrate(tuple_, "s2", now_);
    ASSERT_TRUE(started);
    EXPECT_EQ(started->epoch, 1U);
    run_for(kMillisecond * 60);
    EXPECT_EQ(in(s2(), Table::ForwardConnect), 1U);
    EXPECT_EQ(s2().counters().value(Counter::CopyReleased), 1U) << "EP-18: handshake ACK again";
    request("/bytes/20");
    run_for(kMillisecond * 100);
    EXPECT_TRUE(ends_with_content(20));
    EXPECT_NE(received_.find("Server: shunt/s2"), std::string::npos);
}

TEST_P(EndpointProfile, AnOperatorsMistakesAreExplained) {
    handshake();
    EXPECT_EQ(s1().migrate(tuple_, "s9", now_).error().error, ApiError::UnknownServer);
    EXPECT_EQ(s1().migrate(tuple_, "s1", now_).error().error, ApiError::NotMovable);
    auto other = tuple_;
    other.client_port = 1;
    EXPECT_EQ(s1().migrate(other, "s2", now_).error().error, ApiError::UnknownConnection);
    request("/bytes/10");
    run_for(kMillisecond * 100);
    // In use: base moves what has no application yet (EP-18).
    const auto in_use = s1().migrate(tuple_, "s2", now_);
    EXPECT_EQ(static_cast<bool>(in_use), GetParam());
    if (!in_use) {
        EXPECT_EQ(in_use.error().error, ApiError::NotMovable);
    }
}

TEST_P(EndpointProfile, AClosedConnectionLeavesTheTarget) {
    handshake();
    request("/s2/bytes/10");
    run_for(kMillisecond * 100);
    client_->close();
    run_for(kMillisecond * 500);
    EXPECT_EQ(in(s2(), Table::ForwardConnect), 0U);
    // Base: the record goes 60 s after the client's FIN; ext: 2MSL after 0x11 (EP-31).
    run_for(Duration::seconds(61));
    EXPECT_EQ(in(s1(), Table::Forward), 0U);
}

TEST_P(EndpointProfile, ALateOfferOfWhatIsOverBringsNothingToLife) {
    handshake();
    request("/s2/bytes/10");
    run_for(kMillisecond * 100);
    client_->close();
    run_for(kMillisecond * 500);
    const std::size_t already_seen = seen_.size();
    for (const auto type : {EncapsulationType::Connection, EncapsulationType::Forwarded}) {
        const SeenFrame late = seen(type).front();
        s2().handle_frame(link::LinkId::Back, pool_.copy(late.bytes), now_);
    }
    run_for(kMillisecond * 500);
    const auto own = config_.servers[1].front_mac;
    EXPECT_TRUE(std::none_of(seen_.begin() + static_cast<std::ptrdiff_t>(already_seen), seen_.end(),
                             [own](const SeenFrame& frame) {
                                 return frame.link == link::LinkId::Front &&
                                        frame.ethernet().source() == own;
                             }));
}

TEST_P(EndpointProfile, AResetEndsAnUndecidedEndpoint) {
    handshake();
    client_->abort();
    run_for(kMillisecond);
    EXPECT_EQ(in(s1(), Table::Temporary), 0U);
}

TEST_P(EndpointProfile, AStraySegmentGetsTheResetThatTcpPrescribes) {
    handshake();
    tuple_.client_port = 1;
    const tcp::Identity identity{tuple_.client, 1, tuple_.service, 80};
    const auto block = client_->export_block(1, now_);
    auto imported = tcp::Connection::import_block(client_config_, identity, block, now_);
    client_.emplace(std::move(*imported));
    say("hello");
    run_for(kMillisecond);
    EXPECT_TRUE(client_->is_closed());
    EXPECT_EQ(s1().counters().value(Counter::TcpStray), 1U);
}

}  // namespace
}  // namespace shunt::node
