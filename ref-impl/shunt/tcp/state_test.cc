// SPDX-License-Identifier: Apache-2.0
#include "shunt/tcp/state.hh"

#include <gtest/gtest.h>

#include <set>

namespace shunt::tcp {
namespace {

TEST(State, HasANameOfItsOwnEach) {
    std::set<std::string_view> names;
    for (int i = 0; i <= static_cast<int>(State::TimeWait); ++i)
        names.insert(to_string(static_cast<State>(i)));
    EXPECT_EQ(names.size(), 10U);
    EXPECT_TRUE(names.contains("FIN-WAIT-1"));
}

TEST(State, IsSynchronizedFromEstablishedOn) {
    EXPECT_FALSE(is_synchronized(State::Closed));
    EXPECT_FALSE(is_synchronized(State::SynSent));
    EXPECT_FALSE(is_synchronized(State::SynReceived));
    for (int i = static_cast<int>(State::Established); i <= static_cast<int>(State::TimeWait); ++i)
        EXPECT_TRUE(is_synchronized(static_cast<State>(i)));
}

TEST(State, EachSideFinishesForItself) {
    EXPECT_FALSE(has_peer_finished(State::Established));
    EXPECT_TRUE(can_send(State::Established));
    EXPECT_TRUE(has_peer_finished(State::CloseWait));
    EXPECT_TRUE(can_send(State::CloseWait));
    EXPECT_FALSE(has_peer_finished(State::FinWait2));
    EXPECT_FALSE(can_send(State::FinWait2));
    for (const State state : {State::Closing, State::LastAck, State::TimeWait, State::Closed}) {
        EXPECT_TRUE(has_peer_finished(state)) << to_string(state);
        EXPECT_FALSE(can_send(state)) << to_string(state);
    }
}

TEST(Event, HasANameOfItsOwnEach) {
    std::set<std::string_view> names;
    for (int i = 0; i <= static_cast<int>(Event::TimedOut); ++i)
        names.insert(to_string(static_cast<Event>(i)));
    EXPECT_EQ(names.size(), 10U);
}

}  // namespace
}  // namespace shunt::tcp
