// SPDX-License-Identifier: Apache-2.0
#include "shunt/sim/checkers/table_checker.hh"

#include <gtest/gtest.h>

namespace shunt::sim {
namespace {

constexpr Instant kNow = Instant::from_nanoseconds(5);
constexpr std::uint64_t kSeed = 3;

wire::ConnectionTuple tuple(std::uint16_t client_port) {
    return {wire::Ipv4Address(10, 7, 0, 9), client_port, wire::Ipv4Address(10, 7, 1, 1), 80,
            wire::TransportProtocol::Tcp};
}

std::string only_rule(const std::vector<ServerTables>& farm) {
    ViolationLog log(kSeed);
    check_tables(farm, kNow, log);
    if (log.count() != 1) return std::to_string(log.count()) + " violations";
    EXPECT_EQ(log.kept()[0].time, kNow);
    EXPECT_EQ(log.kept()[0].seed, kSeed);
    return log.kept()[0].rule;
}

TEST(TableChecker, FarmWithOneOwnerPerConnectionIsRight) {
    const std::vector<ServerTables> farm = {
        {"s1", {{"local", tuple(1), true}, {"forward", tuple(2), false}}},
        {"s2", {{"forward-connect", tuple(2), true}, {"forward-connect", tuple(3), false}}}};
    EXPECT_EQ(only_rule(farm), "0 violations");
}

TEST(TableChecker, SeesATupleInTwoTablesOfAServer) {
    EXPECT_EQ(only_rule({{"s1", {{"temporary", tuple(1), false}, {"forward", tuple(1), false}}}}),
              "TAB-1");
}

TEST(TableChecker, SeesTwoOwners) {
    EXPECT_EQ(only_rule({{"s1", {{"local", tuple(1), true}}},
                         {"s2", {{"forward-connect", tuple(1), true}}}}),
              "EP-12");
}

TEST(TableChecker, UnreleasedCopyIsNoOwner) {
    EXPECT_EQ(only_rule({{"s1", {{"local", tuple(1), true}}},
                         {"s2", {{"forward-connect", tuple(1), false}}}}),
              "0 violations");
}

}  // namespace
}  // namespace shunt::sim
