// SPDX-License-Identifier: Apache-2.0
#include "shunt/tcp/source_runs.hh"

#include <gtest/gtest.h>

#include <deque>
#include <string>
#include <vector>

#include "shunt/base/rng.hh"
#include "shunt/tcp/send_buffer.hh"
#include "shunt/tcp/testing/pair.hh"

namespace shunt::tcp {
namespace {

using testing::Fate;
using testing::Pair;
using testing::stream_byte;
using testing::StreamSource;
using Bytes = std::vector<std::uint8_t>;

Bytes all_of(const SendBuffer& buffer) {
    Bytes out(buffer.size());
    buffer.read(0, out);
    return out;
}

TEST(SourceRuns, LieBetweenBytesOfTheQueuesOwn) {
    const auto source = std::make_shared<StreamSource>(0);
    SendBuffer buffer(100);
    buffer.append(Bytes{1, 2});
    EXPECT_EQ(buffer.append(SourceRange{source, 1'000, 3}), 3U);
    buffer.append(Bytes{4});
    const std::uint8_t first = stream_byte(0, 1'000);
    const std::uint8_t second = stream_byte(0, 1'001);
    const std::uint8_t third = stream_byte(0, 1'002);
    EXPECT_EQ(all_of(buffer), (Bytes{1, 2, first, second, third, 4}));
    buffer.acknowledge(3);
    EXPECT_EQ(all_of(buffer), (Bytes{second, third, 4}));
    buffer.acknowledge(2);
    EXPECT_EQ(all_of(buffer), Bytes{4});
}

TEST(SourceRuns, CountAsTheBytesThatTheyAre) {
    const auto source = std::make_shared<StreamSource>(0);
    SendBuffer buffer(10);
    EXPECT_EQ(buffer.append(SourceRange{source, 0, 7}), 7U);
    EXPECT_EQ(buffer.free(), 3U);
    EXPECT_EQ(buffer.append(Bytes{1, 2, 3, 4}), 3U);
    EXPECT_TRUE(buffer.room(1).empty());
    EXPECT_EQ(buffer.append(SourceRange{source, 7, 1}), 0U);
    buffer.finish();
    buffer.acknowledge(10);
    EXPECT_EQ(buffer.octets(), 1U);
    EXPECT_EQ(buffer.append(SourceRange{source, 7, 1}), 0U);
}

TEST(SourceRuns, TakeNoMemoryForTheirBytes) {
    const auto source = std::make_shared<StreamSource>(0);
    SendBuffer buffer(1'000'000);
    EXPECT_EQ(buffer.append(SourceRange{source, 0, 2'000'000}), 1'000'000U);
    EXPECT_EQ(buffer.allocated(), 0U);
}

TEST(SourceRuns, GoOnAsOneWhereTheyTouch) {
    const auto source = std::make_shared<StreamSource>(0);
    SendBuffer buffer(100'000);
    for (std::size_t i = 0; i <= SourceRuns::kRunsMax; ++i)
        ASSERT_EQ(buffer.append(SourceRange{source, i * 10, 10}), 10U) << i;
    Bytes expected(buffer.size());
    source->read(0, expected);
    EXPECT_EQ(all_of(buffer), expected);
}

TEST(SourceRuns, OneTooManyIsNotTaken) {
    const auto source = std::make_shared<StreamSource>(0);
    SendBuffer buffer(100'000);
    for (std::size_t i = 0; i < SourceRuns::kRunsMax; ++i)
        ASSERT_EQ(buffer.append(SourceRange{source, i * 20, 10}), 10U) << i;
    EXPECT_EQ(buffer.append(SourceRange{source, 1'000, 10}), 0U);
    const std::uint32_t size = buffer.size();
    buffer.acknowledge(9);
    EXPECT_EQ(buffer.append(SourceRange{source, 1'000, 10}), 0U);
    buffer.acknowledge(1);
    EXPECT_EQ(buffer.append(SourceRange{source, 1'000, 10}), 10U);
    EXPECT_EQ(buffer.size(), size);
}

TEST(SourceRuns, LetTheirSourceGoWithItsLastByte) {
    auto source = std::make_shared<StreamSource>(0);
    const std::weak_ptr<StreamSource> watched = source;
    SendBuffer buffer(100);
    buffer.append(SourceRange{std::move(source), 0, 5});
    buffer.acknowledge(4);
    EXPECT_FALSE(watched.expired());
    buffer.acknowledge(1);
    EXPECT_TRUE(watched.expired());
}

TEST(SourceRuns, LetTheirSourceGoWithTheQueue) {
    auto source = std::make_shared<StreamSource>(0);
    const std::weak_ptr<StreamSource> watched = source;
    SendBuffer buffer(100);
    buffer.append(SourceRange{std::move(source), 0, 5});
    buffer.discard();
    EXPECT_TRUE(watched.expired());
    EXPECT_EQ(buffer.size(), 0U);
}

/// What a queue that copies everything would hold, after the same calls.
TEST(SourceRuns, AreReadAsIfTheyHadBeenCopied) {
    const auto source = std::make_shared<StreamSource>(1);
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        Rng rng(seed);
        SendBuffer buffer(2'000);
        std::deque<std::uint8_t> model;
        for (int step = 0; step < 300; ++step) {
            Bytes bytes(rng.below(300));
            const std::uint64_t offset = rng.below(10'000);
            source->read(offset, bytes);
            const std::uint64_t verb = rng.below(3);
            if (verb == 2) {
                const std::size_t count = std::min(bytes.size(), model.size());
                buffer.acknowledge(static_cast<std::uint32_t>(count));
                model.erase(model.begin(), model.begin() + static_cast<std::ptrdiff_t>(count));
            } else {
                const std::size_t taken =
                    verb == 0 ? buffer.append(bytes)
                              : buffer.append(SourceRange{source, offset, bytes.size()});
                model.insert(model.end(), bytes.begin(),
                             bytes.begin() + static_cast<std::ptrdiff_t>(taken));
            }
            ASSERT_EQ(buffer.size(), model.size());
            const std::size_t from = rng.below(model.size() + 1);
            const std::size_t count = rng.below(model.size() - from + 1);
            Bytes out(count);
            buffer.read(static_cast<std::uint32_t>(from), out);
            ASSERT_TRUE(std::equal(out.begin(), out.end(),
                                   model.begin() + static_cast<std::ptrdiff_t>(from)));
        }
    }
}

/// A transfer over a bad wire; what `lends` says is all in which two of one seed differ.
void begin(Pair& pair, Rng& wire_rng, std::uint64_t seed, bool lends) {
    for (auto& side : pair.sides) {
        side.wanted = 150'000;
        side.closes = true;
        side.lends = lends;
        side.config.send_buffer_max = seed % 2 == 0 ? 16'000 : 512 * 1'024;
        side.config.selective_acknowledgment = seed % 3 != 0;
    }
    pair.plan = [&wire_rng](std::size_t, std::size_t, const wire::TcpView&) {
        Fate fate;
        fate.is_lost = wire_rng.chance({4, 100});
        fate.delay = Duration::microseconds(1 + static_cast<std::int64_t>(wire_rng.below(20'000)));
        return fate;
    };
    pair.open();
}

TEST(SourceRuns, ChangeNoPacketAndNoSnapshot) {
    for (std::uint64_t seed = 1; seed <= 30; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        Rng copied_wire(seed);
        Rng lent_wire(seed);
        Pair copied;
        Pair lent;
        begin(copied, copied_wire, seed, false);
        begin(lent, lent_wire, seed, true);
        const Instant limit = copied.now + Duration::seconds(2'000);
        while (copied.step(limit)) {
            ASSERT_TRUE(lent.step(limit));
            if (!copied.sides[1].connection) continue;
            for (std::size_t side = 0; side < 2; ++side) {
                if (!can_move(copied[side].state())) continue;
                ASSERT_EQ(lent[side].export_snapshot(1, lent.now),
                          copied[side].export_snapshot(1, copied.now));
            }
        }
        EXPECT_TRUE(lent.all_read());
        for (std::size_t side = 0; side < 2; ++side) {
            EXPECT_TRUE(lent.sides[side].is_content_right);
            EXPECT_EQ(lent.sides[side].sent, copied.sides[side].sent);
        }
    }
}

}  // namespace
}  // namespace shunt::tcp
