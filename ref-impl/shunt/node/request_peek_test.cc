// SPDX-License-Identifier: Apache-2.0
#include "shunt/node/request_peek.hh"

#include <gtest/gtest.h>

#include <string>

#include "shunt/wire/ipv4.hh"
#include "shunt/wire/tcp_header.hh"

namespace shunt::node {
namespace {

constexpr wire::Ipv4Address kClient{0x0A070009};
constexpr wire::Ipv4Address kService{0x0A070101};

class RequestPeek : public testing::Test {
  protected:
    void hold(std::uint32_t sequence, std::string_view text, bool has_fin = false) {
        Packet packet = pool_.take();
        packet.append(ByteView(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()));
        wire::TcpHeader header;
        header.source_port = 1000;
        header.destination_port = 80;
        header.sequence = SequenceNumber(sequence);
        header.flags.acknowledgment = true;
        header.flags.fin = has_fin;
        header.prepend_to(packet, kClient, kService);
        wire::Ipv4Header ip;
        ip.source = kClient;
        ip.destination = kService;
        ip.prepend_to(packet);
        ASSERT_TRUE(held_.hold(std::move(packet), {}));
    }

    std::string peek(std::uint32_t next, std::size_t most = 100) {
        last_ = peek_request(held_, SequenceNumber(next), most);
        return {last_.bytes().begin(), last_.bytes().end()};
    }

    PacketPool pool_;
    migrate::HeldBudget budget_{64};
    migrate::HeldPackets held_{budget_};
    PeekedRequest last_;
};

TEST_F(RequestPeek, JoinsSegmentsThatCameInAnyOrder) {
    hold(1006, "world");
    hold(1000, "hello ");
    EXPECT_EQ(peek(1000), "hello world");
}

TEST_F(RequestPeek, StopsAtTheFirstGap) {
    hold(1000, "hello");
    hold(1006, "world");
    EXPECT_EQ(peek(1000), "hello");
}

TEST_F(RequestPeek, IgnoresRepetitionsAndWhatIsOld) {
    hold(1000, "hello");
    hold(1000, "hello");
    hold(990, "0123456789he");
    hold(1003, "lo world");
    EXPECT_EQ(peek(1000), "hello world");
}

TEST_F(RequestPeek, CountsThroughTheWrapOfSequenceNumbers) {
    hold(0xFFFFFFFE, "abcd");
    hold(2, "efgh");
    EXPECT_EQ(peek(0xFFFFFFFE), "abcdefgh");
}

TEST_F(RequestPeek, ReadsNoMoreThanAsked) {
    hold(1000, "hello");
    EXPECT_EQ(peek(1000, 4), "hell");
    EXPECT_EQ(peek(1000, 5), "hello");
}

TEST_F(RequestPeek, SaysWhenTheClientHasFinished) {
    hold(1000, "hello");
    hold(1005, "", true);
    EXPECT_EQ(peek(1000), "hello");
    EXPECT_TRUE(last_.is_finished());
}

TEST_F(RequestPeek, AFinBehindAGapFinishesNothing) {
    hold(1000, "hello");
    hold(1006, "", true);
    peek(1000);
    EXPECT_FALSE(last_.is_finished());
}

}  // namespace
}  // namespace shunt::node
