// SPDX-License-Identifier: Apache-2.0
// The repair is worth its time only if what it mends is a stream of frames behind a hello.
#include <gtest/gtest.h>

#include <set>
#include <vector>

#include "fuzz_target.hh"
#include "shunt/farm/channel/frame_reader.hh"
#include "shunt/wire/control_messages.hh"
#include "shunt/wire/server_state.hh"

namespace shunt::fuzz {
namespace {

constexpr std::uint64_t kSeed = 7;
constexpr int kRounds = 2'000;

TEST(StreamRepair, MostOfWhatItMendsIsFramesBehindAHelloOfEveryKind) {
    Rng rng(kSeed);
    std::set<int> kinds;
    int greeted = 0;
    int states = 0;
    int broken = 0;
    for (int round = 0; round < kRounds; ++round) {
        std::vector<std::uint8_t> bytes(400);
        for (auto& byte : bytes)
            byte = static_cast<std::uint8_t>(rng.next_u32());
        ASSERT_EQ(repair_input(bytes, bytes.size(), rng), bytes.size());
        farm::FrameReader reader;
        ByteView rest = ByteView(bytes).subspan(1);
        for (bool is_first = true; !rest.empty(); is_first = false) {
            const auto taken = reader.take(rest);
            broken += taken ? 0 : 1;
            if (!taken || !reader.frame()) break;
            const auto frame = *reader.frame();
            kinds.insert(static_cast<int>(frame.kind()));
            const auto hello = wire::HelloBody::parse(frame.body());
            greeted += is_first && hello && hello->server == 1 ? 1 : 0;
            const bool is_state = frame.kind() == wire::ControlKind::ServerState;
            states += is_state && wire::ServerStateView::parse(frame.body()) ? 1 : 0;
            rest = rest.subspan(*taken);
            reader.drop();
        }
    }
    EXPECT_GT(greeted, kRounds / 2) << "seed " << kSeed;
    EXPECT_GT(states, 5) << "seed " << kSeed;
    EXPECT_GT(broken, kRounds / 20) << "some of it is left as it was; seed " << kSeed;
    EXPECT_GE(kinds.size(), 24U);
}

}  // namespace
}  // namespace shunt::fuzz
