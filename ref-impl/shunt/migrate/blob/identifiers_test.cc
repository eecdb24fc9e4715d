// SPDX-License-Identifier: Apache-2.0
#include "shunt/migrate/blob/identifiers.hh"

#include <gtest/gtest.h>

#include <vector>

namespace shunt::migrate::blob {
namespace {

using wire::FlowId;

constexpr Duration kMemory = Duration::seconds(60);

wire::ConnectionTuple tuple(std::uint16_t port) {
    return {wire::Ipv4Address(0x0A070009), port, wire::Ipv4Address(0x0A070101), 80};
}

class IdentifiersTest : public testing::Test {
  protected:
    Rng rng_{1};
    Identifiers all_{rng_, kMemory, 8};
    Instant now_ = Instant() + Duration::seconds(1);
    IdentifiersTest() { all_.advance(now_); }
    void pass(Duration time) { all_.advance(now_ = now_ + time); }
};

TEST(Following, HasNoHalfThatIsZero) {
    EXPECT_EQ(following(FlowId(0xFFFFFFFF)).value(), 0x00010001U);
    EXPECT_EQ(following(FlowId(0x0001FFFF)).value(), 0x00020001U);
    EXPECT_EQ(following(FlowId(0x12345678)).value(), 0x12345679U);
}

TEST_F(IdentifiersTest, CountsForEachHostByItself) {
    const auto first = all_.give(2, tuple(1));
    const auto second = all_.give(2, tuple(2));
    const auto other = all_.give(3, tuple(3));
    ASSERT_TRUE(first && second && other);
    EXPECT_EQ(second->id(), following(first->id()));
    EXPECT_NE(other->id(), following(second->id()));
    EXPECT_EQ(all_.find(Giver::Self, 2, second->id()), tuple(2));
    EXPECT_EQ(all_.find(Giver::Self, 3, second->id()), std::nullopt);
    EXPECT_EQ(all_.find(Giver::Peer, 2, second->id()), std::nullopt);
}

TEST_F(IdentifiersTest, OneThatHasEndedIsKnownFor2MslAndNotTakenAgain) {
    const FlowId id = FlowId(0x00050005);
    { const auto lease = all_.take(1, id, tuple(1)); }
    EXPECT_FALSE(all_.is_live(Giver::Peer, 1, id));
    EXPECT_EQ(all_.find(Giver::Peer, 1, id), tuple(1));
    pass(kMemory - Duration::nanoseconds(1));
    EXPECT_FALSE(all_.take(1, id, tuple(2)));
    pass(Duration::nanoseconds(1));
    EXPECT_EQ(all_.find(Giver::Peer, 1, id), std::nullopt);
    EXPECT_TRUE(all_.take(1, id, tuple(2)));
}

TEST_F(IdentifiersTest, ALiveOneIsNotTakenAgain) {
    const FlowId id = FlowId(0x00050005);
    const auto lease = all_.take(1, id, tuple(1));
    EXPECT_FALSE(all_.take(1, id, tuple(1)));
    EXPECT_TRUE(all_.take(2, id, tuple(1))) << "of another forwarder it is another";
    pass(kMemory * 2);
    EXPECT_TRUE(all_.is_live(Giver::Peer, 1, id)) << "it lives as long as its lease";
}

TEST_F(IdentifiersTest, BoundedWithThoseThatHaveEnded) {
    std::vector<Identifiers::Lease> leases;
    for (std::uint16_t port = 1; port <= 8; ++port)
        leases.push_back(*all_.give(2, tuple(port)));
    EXPECT_FALSE(all_.give(2, tuple(9)));
    leases.clear();
    EXPECT_FALSE(all_.give(2, tuple(9))) << "2MSL are not over";
    pass(kMemory);
    EXPECT_EQ(all_.size(), 0U);
    EXPECT_TRUE(all_.give(2, tuple(9)));
}

TEST_F(IdentifiersTest, AMovedLeaseEndsOnce) {
    auto lease = all_.give(2, tuple(1));
    const FlowId id = lease->id();
    Identifiers::Lease other(std::move(*lease));
    lease.reset();
    EXPECT_TRUE(all_.is_live(Giver::Self, 2, id));
    other = *all_.give(2, tuple(2));
    EXPECT_FALSE(all_.is_live(Giver::Self, 2, id));
}

}  // namespace
}  // namespace shunt::migrate::blob
