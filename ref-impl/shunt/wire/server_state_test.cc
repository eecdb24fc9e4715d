// SPDX-License-Identifier: Apache-2.0
#include "shunt/wire/server_state.hh"

#include <gtest/gtest.h>

#include <array>

#include "shunt/wire/test_support.hh"

namespace shunt::wire {
namespace {

using test::Bytes;
using test::from_hex;
using test::to_hex;

const Bytes kState = from_hex(
    "00000002 00000064 01f4 0000000040000000 000000003b9aca00"
    "0002 0a070102 0050 00001234 0a070103 01bb 00001235"
    "0001 00001234 0000000000100000 0032");

constexpr std::array<ListeningSocket, 2> kListening = {
    {{Ipv4Address(10, 7, 1, 2), 80, 0x1234}, {Ipv4Address(10, 7, 1, 3), 443, 0x1235}}};
constexpr std::array<ApplicationLoad, 1> kApplications = {{{0x1234, 1 << 20, 50}}};

TEST(ServerState, IsWrittenAsThePageHasIt) {
    const ServerStateBody body{2, {100, 500, 1 << 30, 1'000'000'000}, kListening, kApplications};
    Bytes bytes(body.size());
    body.write_to(bytes);
    EXPECT_EQ(to_hex(bytes), to_hex(kState));
}

TEST(ServerState, IsReadAsThePageHasIt) {
    const auto state = ServerStateView::parse(kState);
    ASSERT_TRUE(state);
    EXPECT_EQ(state->server(), 2U);
    EXPECT_EQ(state->load(), (ServerLoad{100, 500, 1 << 30, 1'000'000'000}));
    ASSERT_EQ(state->listening_count(), 2U);
    EXPECT_EQ(state->listening(1), kListening[1]);
    ASSERT_EQ(state->application_count(), 1U);
    EXPECT_EQ(state->application(0), kApplications[0]);
}

TEST(ServerState, RefusesEveryTruncationAndWhatIsBehind) {
    for (std::size_t count = 1; count <= kState.size(); ++count)
        EXPECT_EQ(ServerStateView::parse(test::cut(kState, count)).error(),
                  Counter::DropControlBody);
    EXPECT_FALSE(ServerStateView::parse(test::followed_by(kState, {0})));
}

TEST(ServerState, CountsThatTheBodyDoesNotHoldAreRefused) {
    EXPECT_FALSE(ServerStateView::parse(test::with_u16(kState, 26, 0xFFFF)));
    EXPECT_FALSE(ServerStateView::parse(test::with_u16(kState, 26, 1)));
    EXPECT_FALSE(ServerStateView::parse(test::with_u16(kState, 48, 2)));
}

}  // namespace
}  // namespace shunt::wire
