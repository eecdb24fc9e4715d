// SPDX-License-Identifier: Apache-2.0
// How long a home remembers a connection that has moved away: as long as its owner says that it is
// there, and no longer than it has to (EP-31, EP-32).
#include <algorithm>
#include <string>
#include <vector>

#include "shunt/node/farm_fixture.hh"
#include "shunt/wire/tcp_header.hh"

namespace shunt::node {
namespace {

using migrate::Table;
using wire::EncapsulationType;

class RecordFixture : public FarmFixture {
  protected:
    static bool is_for_client(const SeenFrame& frame) {
        return frame.ethernet().destination() == kClientMac &&
               frame.ethernet().type() == wire::kEtherTypeIpv4;
    }
};

class RecordLife : public RecordFixture, public testing::WithParamInterface<bool> {
  protected:
    void SetUp() override {
        build(GetParam());
        handshake();
        request("/s2/bytes/10");
        run_for(Duration::seconds(1));  // until the client has acknowledged all
        ASSERT_EQ(in(s1(), Table::Forward), 1U);
        ASSERT_TRUE(ends_with_content(10));
        next_ = client_->send_next();
        heard_ = client_->receive_next();
    }
    /// A segment of the client by hand.
    void send(wire::TcpFlags flags, SequenceNumber sequence) {
        Packet packet = pool_.take();
        wire::TcpHeader header;
        header.source_port = tuple_.client_port;
        header.destination_port = tuple_.service_port;
        header.sequence = sequence;
        header.acknowledgment = flags.acknowledgment ? heard_ : SequenceNumber(0);
        header.flags = flags;
        header.window = 60'000;
        header.prepend_to(packet, tuple_.client, tuple_.service);
        wire::Ipv4Header ip;
        ip.source = tuple_.client;
        ip.destination = tuple_.service;
        ip.prepend_to(packet);
        inject_from_client(std::move(packet));
        exchange();
    }
    /// Somebody who cannot see the connection guesses at its numbers.
    void send_blind_reset() { send({.reset = true}, next_ + (1U << 30)); }
    std::size_t sent(EncapsulationType type) const { return seen(type).size(); }
    void run_quietly(Duration span) {
        seen_.clear();
        run_for(span);
    }
    static std::uint64_t count(const Node& node, Counter counter) {
        return node.counters().value(counter);
    }
    /// Both ends finish, the server first: it waits in TIME-WAIT.
    void finish() {
        say("GET /s2/bytes/10 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        run_for(kMillisecond * 10);
        client_->close();
        run_for(kMillisecond * 10);
    }

    SequenceNumber next_;
    SequenceNumber heard_;
};

INSTANTIATE_TEST_SUITE_P(BaseAndExtensions, RecordLife, testing::Bool(),
                         [](const auto& variant) { return variant.param ? "Ext" : "Base"; });

TEST_P(RecordLife, AnIdleOwnerSaysEveryTenMinutesThatItIsThere) {
    run_quietly(Duration::seconds(599));
    EXPECT_EQ(sent(EncapsulationType::Acknowledgement), 0U);
    run_quietly(Duration::seconds(2));
    EXPECT_EQ(sent(EncapsulationType::Acknowledgement), 1U);
    run_quietly(Duration::seconds(6'000));
    EXPECT_EQ(sent(EncapsulationType::Acknowledgement), 10U);
    EXPECT_EQ(in(s1(), Table::Forward), 1U) << "two hours and more without a packet";
}

TEST_P(RecordLife, AnOwnerThatHearsItsClientSaysNothing) {
    run_for(Duration::seconds(500));
    request("/s2/bytes/10");
    run_quietly(Duration::seconds(590));
    EXPECT_EQ(sent(EncapsulationType::Acknowledgement), 0U);
}

TEST_P(RecordLife, ABlindResetEndsNoRecord) {
    send_blind_reset();
    run_quietly(Duration::seconds(300));
    EXPECT_EQ(in(s1(), Table::Forward), 1U);
    EXPECT_EQ(in(s2(), Table::ForwardConnect), 1U);
    // Every 20 s the owner says so.
    EXPECT_EQ(sent(EncapsulationType::Acknowledgement), 15U);
    request("/s2/bytes/10");
    run_for(kMillisecond * 10);
    EXPECT_TRUE(ends_with_content(10));
}

TEST_P(RecordLife, ABlindResetThatItsOwnerNeverHeardOfIsAskedAbout) {
    loses_ = [](const SeenFrame& frame) { return frame.is(EncapsulationType::Forwarded); };
    send_blind_reset();
    loses_ = [](const SeenFrame&) { return false; };
    run_quietly(Duration::seconds(300));
    // In a base farm there is no word to ask with: the record is gone (README.md).
    EXPECT_EQ(in(s1(), Table::Forward), GetParam() ? 1U : 0U);
    if (!GetParam()) return;
    EXPECT_EQ(sent(EncapsulationType::Go), 2 * sent(EncapsulationType::Acknowledgement));
    EXPECT_LE(sent(EncapsulationType::Go), 10U);
    request("/s2/bytes/10");
    run_for(kMillisecond * 10);
    EXPECT_TRUE(ends_with_content(10));
}

TEST_P(RecordLife, ARecordWhoseOwnerDoesNotAnswerEnds) {
    loses_ = [](const SeenFrame& frame) { return frame.encapsulation().has_value(); };
    send_blind_reset();
    run_quietly(Duration::seconds(59));
    EXPECT_EQ(in(s1(), Table::Forward), 1U);
    run_for(Duration::seconds(1));
    EXPECT_EQ(in(s1(), Table::Forward), 0U);
    EXPECT_EQ(sent(EncapsulationType::Go), GetParam() ? 3U : 0U);
    EXPECT_EQ(count(s1(), Counter::ForwardExpired), 1U);
}

TEST_P(RecordLife, ARecordWhoseOwnerHasForgottenEndsWhenItIsAsked) {
    forget_at_s2();
    send_blind_reset();
    run_quietly(Duration::seconds(70));
    EXPECT_EQ(in(s1(), Table::Forward), 0U);
}

// What would end it within 60 s of its last packet, that long ago, would end it at once.
TEST_P(RecordLife, ASynThatIsAResetTooEndsNoIdleRecord) {
    run_for(Duration::seconds(300));
    send({.fin = true, .syn = true}, next_ + (1U << 30));
    send({.syn = true, .reset = true}, next_ + (1U << 30));
    run_for(Duration::seconds(100));
    EXPECT_EQ(in(s1(), Table::Forward), 1U);
}

TEST_P(RecordLife, AHomeThatWasPausedWaitsForAnswersAllTheSame) {
    if (!GetParam()) return;
    send_blind_reset();
    now_ = now_ + Duration::seconds(100);
    for (int i = 0; i < 5; ++i)
        s1().handle_deadline(now_);
    EXPECT_EQ(in(s1(), Table::Forward), 1U);
}

TEST_P(RecordLife, AQuestionAndItsAnswerAreNotAskedAboutAgain) {
    if (!GetParam()) return;
    const auto acknowledgement = [&] {
        seen_.clear();
        run_for(Duration::seconds(601));
        return seen(EncapsulationType::Acknowledgement).at(0).bytes;
    }();
    EXPECT_EQ(sent(EncapsulationType::Go), 1U);
    // The same 0x14 over and over: a released owner answers once a second.
    const auto go = seen(EncapsulationType::Go).at(0).bytes;
    run_for(Duration::seconds(2));
    seen_.clear();
    for (int i = 0; i < 100; ++i) {
        s2().handle_frame(link::LinkId::Back, pool_.copy(go), now_);
        exchange();
    }
    EXPECT_EQ(sent(EncapsulationType::Acknowledgement), 1U);
    EXPECT_EQ(seen(EncapsulationType::Acknowledgement).at(0).bytes, acknowledgement);
}

class HalfClosedBeforeItsMove : public RecordFixture {};

// Its home expects word each 20 s from the beginning.
TEST_F(HalfClosedBeforeItsMove, ItsOwnerReportsAsOften) {
    build(true);
    handshake();
    loses_ = is_for_client;
    request("/bytes/30000");
    client_->close();
    run_for(kMillisecond);
    ASSERT_TRUE(s1().migrate(tuple_, "s2", now_));
    client_.reset();
    run_for(kMillisecond);
    ASSERT_EQ(in(s1(), Table::Forward), 1U);
    seen_.clear();
    run_for(Duration::seconds(70));
    EXPECT_EQ(seen(EncapsulationType::Acknowledgement).size(), 3U);
    EXPECT_EQ(in(s1(), Table::Forward), 1U);
}

TEST_P(RecordLife, ASynThatReplacesAFinishedConnectionComesBackToTheHome) {
    finish();
    ASSERT_EQ(in(s2(), Table::ForwardConnect), 1U) << "in TIME-WAIT";
    next_ = client_->send_next();
    client_.reset();
    seen_.clear();
    send({.syn = true}, next_ + 100'000);
    EXPECT_EQ(in(s2(), Table::ForwardConnect), 0U);
    // There as 0x02, and back as 0x02, unchanged; with extensions 0x11 goes before.
    const auto packets = seen(EncapsulationType::Forwarded);
    ASSERT_EQ(packets.size(), 2U);
    const auto inner = [](const SeenFrame& frame) {
        return frame.ethernet().payload().subspan(wire::kEncapsulationHeaderSize);
    };
    EXPECT_TRUE(std::ranges::equal(inner(packets[0]), inner(packets[1])));
    EXPECT_EQ(sent(EncapsulationType::Release), GetParam() ? 1U : 0U);
    if (GetParam()) {
        send({.syn = true}, next_ + 100'000);  // as the client does where the first one was lost
        EXPECT_EQ(in(s1(), Table::Temporary), 1U) << "fresh (EP-32)";
        EXPECT_EQ(in(s1(), Table::Forward), 0U);
        return;
    }
    // Base: the record is not deleted by what comes back; it ends idle, SYNs keep it not.
    EXPECT_EQ(in(s1(), Table::Forward), 1U);
    for (int i = 0; i < 7; ++i) {
        run_for(Duration::seconds(10));
        send({.syn = true}, next_ + 100'000);
    }
    EXPECT_EQ(in(s1(), Table::Temporary), 1U);
}

TEST_P(RecordLife, ASynOnALiveConnectionIsTheOwnersToAnswer) {
    seen_.clear();
    send({.syn = true}, next_ + 100'000);
    run_for(kMillisecond);
    EXPECT_EQ(sent(EncapsulationType::Forwarded), 1U);
    EXPECT_EQ(in(s2(), Table::ForwardConnect), 1U);
    EXPECT_EQ(in(s1(), Table::Forward), 1U);
    EXPECT_EQ(std::ranges::count_if(seen_, is_for_client), 1) << "RFC 5961 4";
}

}  // namespace
}  // namespace shunt::node
