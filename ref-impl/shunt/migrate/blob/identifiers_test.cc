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

wire::MigrationId attempt(std::uint32_t epoch) {
    return {wire::Ipv4Address(0x0A070101), 80, SequenceNumber(7), epoch};
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
    const auto first = all_.give(2, tuple(1), attempt(1));
    const auto second = all_.give(2, tuple(2), attempt(1));
    const auto other = all_.give(3, tuple(3), attempt(1));
    ASSERT_TRUE(first && second && other);
    EXPECT_EQ(second->id(), following(first->id()));
    EXPECT_NE(other->id(), following(second->id()));
    EXPECT_EQ(all_.find(2, second->id()), (Flow{Giver::Self, tuple(2), attempt(1), true}));
    EXPECT_EQ(all_.find(3, second->id()), std::nullopt);
}

TEST_F(IdentifiersTest, OneThatHasEndedIsKnownFor2MslAndNotTakenAgain) {
    const FlowId id = FlowId(0x00050005);
    { const auto lease = all_.take(1, id, tuple(1), attempt(1)); }
    EXPECT_EQ(all_.find(1, id), (Flow{Giver::Peer, tuple(1), attempt(1), false}));
    pass(kMemory - Duration::nanoseconds(1));
    EXPECT_FALSE(all_.take(1, id, tuple(2), attempt(1)));
    pass(Duration::nanoseconds(1));
    EXPECT_EQ(all_.find(1, id), std::nullopt);
    EXPECT_TRUE(all_.take(1, id, tuple(2), attempt(1)));
}

TEST_F(IdentifiersTest, ALiveOneIsNotTakenAgain) {
    const FlowId id = FlowId(0x00050005);
    const auto lease = all_.take(1, id, tuple(1), attempt(1));
    EXPECT_FALSE(all_.take(1, id, tuple(1), attempt(1)));
    EXPECT_TRUE(all_.take(2, id, tuple(1), attempt(1))) << "of another forwarder it is another";
    pass(kMemory * 2);
    EXPECT_TRUE(all_.find(1, id)->is_live) << "it lives as long as its lease";
}

// Or 0x13, which both may say of a flow, would be about two (BL-10).
TEST_F(IdentifiersTest, BetweenTwoServersANumberIsGivenByOneOfThem) {
    const auto first = all_.give(2, tuple(1), attempt(1));
    EXPECT_FALSE(all_.take(2, first->id(), tuple(2), attempt(1)));
    const auto next = all_.take(2, following(first->id()), tuple(2), attempt(1));
    EXPECT_TRUE(next);
    EXPECT_EQ(all_.give(2, tuple(3), attempt(1))->id(), following(next->id()));
}

TEST_F(IdentifiersTest, BoundedWithThoseThatHaveEnded) {
    std::vector<Identifiers::Lease> leases;
    for (std::uint16_t port = 1; port <= 8; ++port)
        leases.push_back(*all_.give(2, tuple(port), attempt(1)));
    EXPECT_FALSE(all_.give(2, tuple(9), attempt(1)));
    leases.clear();
    EXPECT_FALSE(all_.give(2, tuple(9), attempt(1))) << "2MSL are not over";
    pass(kMemory);
    EXPECT_EQ(all_.size(), 0U);
    EXPECT_TRUE(all_.give(2, tuple(9), attempt(1)));
}

TEST_F(IdentifiersTest, AMovedLeaseEndsOnce) {
    auto lease = all_.give(2, tuple(1), attempt(1));
    const FlowId id = lease->id();
    Identifiers::Lease other(std::move(*lease));
    lease.reset();
    EXPECT_TRUE(all_.find(2, id)->is_live);
    other = *all_.give(2, tuple(2), attempt(1));
    EXPECT_FALSE(all_.find(2, id)->is_live);
}

}  // namespace
}  // namespace shunt::migrate::blob
