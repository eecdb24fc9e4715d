// SPDX-License-Identifier: Apache-2.0
#include "shunt/migrate/connection_tables.hh"

#include <gtest/gtest.h>

namespace shunt::migrate {
namespace {

wire::ConnectionTuple tuple(std::uint16_t client_port, std::uint8_t service = 1) {
    return {wire::Ipv4Address(0x0A070009), client_port, wire::Ipv4Address(0x0A070100U + service),
            80, wire::TransportProtocol::Tcp};
}

ForwardEntry entry(farm::ServerId owner) {
    ForwardEntry forward;
    forward.owner = owner;
    return forward;
}

TEST(ConnectionTables, FindsWhatWasInsertedAndNothingElse) {
    ConnectionTables tables({1, 2}, {4, 4, 4, 4});
    const Slot slot = tables.insert(tuple(1000), entry(2));
    EXPECT_EQ(tables.find(tuple(1000)), slot);
    EXPECT_EQ(tables.find(tuple(1001)), std::nullopt);
    // EP-28: the same client port at another service is another connection.
    EXPECT_EQ(tables.find(tuple(1000, 2)), std::nullopt);
}

TEST(ConnectionTables, HasRoomUpToTheCapacityOfEachTable) {
    ConnectionTables tables({1, 2}, {1, 1, 2, 1});
    tables.insert(tuple(1), entry(2));
    EXPECT_TRUE(tables.has_room(Table::Forward));
    const Slot second = tables.insert(tuple(2), entry(2));
    EXPECT_FALSE(tables.has_room(Table::Forward));
    EXPECT_TRUE(tables.has_room(Table::Local));
    tables.erase(second);
    EXPECT_TRUE(tables.has_room(Table::Forward));
}

TEST(ConnectionTables, AnErasedSlotIsFreeAndItsTupleForgotten) {
    ConnectionTables tables({1, 2}, {4, 4, 4, 4});
    const Slot slot = tables.insert(tuple(1), entry(2));
    tables.erase(slot);
    EXPECT_FALSE(tables.contains(slot));
    EXPECT_EQ(tables.find(tuple(1)), std::nullopt);
    EXPECT_EQ(tables.insert(tuple(2), entry(3)), slot);
    EXPECT_EQ(tables.at(slot).tuple, tuple(2));
}

TEST(ConnectionTables, ListsSlotsInTheOrderOfTuples) {
    ConnectionTables tables({7, 9}, {4, 4, 4, 4});
    const Slot late = tables.insert(tuple(30), entry(2));
    const Slot early = tables.insert(tuple(10), entry(2));
    const Slot middle = tables.insert(tuple(20), entry(2));
    EXPECT_EQ(tables.sorted_slots(), (std::vector<Slot>{early, middle, late}));
}

}  // namespace
}  // namespace shunt::migrate
