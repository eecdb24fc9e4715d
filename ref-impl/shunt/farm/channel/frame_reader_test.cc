// SPDX-License-Identifier: Apache-2.0
#include "shunt/farm/channel/frame_reader.hh"

#include <gtest/gtest.h>

#include "shunt/wire/test_support.hh"

namespace shunt::farm {
namespace {

using wire::test::Bytes;

Bytes frame(std::size_t body_size) {
    Bytes bytes(wire::kControlHeaderSize + body_size);
    wire::ControlHeader{wire::ControlKind::Ping, 0, 7}.write_to(bytes, body_size);
    return bytes;
}

TEST(FrameReader, CutsAStreamWhereverItsPiecesEnd) {
    const Bytes stream =
        wire::test::followed_by(frame(3), wire::test::followed_by(frame(0), frame(100)));
    for (std::size_t piece = 1; piece <= stream.size(); ++piece) {
        FrameReader reader;
        std::vector<std::size_t> bodies;
        for (std::size_t at = 0; at < stream.size();) {
            const std::size_t count = std::min(piece, stream.size() - at);
            const auto taken = reader.take(ByteView(stream).subspan(at, count));
            ASSERT_TRUE(taken);
            at += *taken;
            if (!reader.frame()) continue;
            bodies.push_back(reader.frame()->body().size());
            reader.drop();
        }
        EXPECT_EQ(bodies, (std::vector<std::size_t>{3, 0, 100})) << "pieces of " << piece;
    }
}

TEST(FrameReader, AFrameLongerThanItsLimitIsRefusedByItsLength) {
    const Bytes longest = frame(100);
    const Bytes longer = frame(101);
    FrameReader reader;
    reader.limit(longest.size());
    EXPECT_TRUE(reader.take(longest));
    reader.drop();
    EXPECT_EQ(reader.take(ByteView(longer).first(wire::kControlLengthSize + 1)).error(),
              Counter::DropControlFormat);
}

TEST(FrameReader, TakesNothingWhileAFrameIsWhole) {
    FrameReader reader;
    const Bytes stream = wire::test::followed_by(frame(0), frame(0));
    ASSERT_EQ(*reader.take(stream), wire::kControlHeaderSize);
    EXPECT_TRUE(reader.frame());
    EXPECT_EQ(*reader.take(ByteView(stream).subspan(wire::kControlHeaderSize)), 0U);
}

TEST(FrameReader, AnAnnouncedLengthCostsNothing) {
    FrameReader reader;
    Bytes start = frame(0);
    store_u32(start, 0, wire::kControlLengthMax);
    EXPECT_EQ(*reader.take(start), start.size());
    EXPECT_FALSE(reader.frame());
    EXPECT_LE(reader.capacity(), 64U);
    // And what has arrived costs twice itself at most.
    const Bytes more(100'000);
    ASSERT_TRUE(reader.take(more));
    EXPECT_LE(reader.capacity(), 2 * (start.size() + more.size()));
}

TEST(FrameReader, TheMemoryOfALongFrameIsNotKept) {
    FrameReader reader;
    const Bytes longest = frame(wire::kControlLengthMax - wire::kControlLengthMin);
    ASSERT_TRUE(reader.take(longest));
    ASSERT_TRUE(reader.frame());
    reader.drop();
    EXPECT_LE(reader.capacity(), 64U * 1'024);
}

TEST(FrameReader, AnImpossibleLengthIsSeenAtItsLastByte) {
    for (const std::uint32_t length : {0U, 11U, (16U << 20U) + 1, 0xFFFFFFFFU}) {
        FrameReader reader;
        Bytes start(wire::kControlLengthSize);
        store_u32(start, 0, length);
        EXPECT_TRUE(reader.take(ByteView(start).first(3)));
        EXPECT_EQ(reader.take(ByteView(start).subspan(3)).error(), Counter::DropControlFormat)
            << length;
    }
}

TEST(FrameReader, AnotherVersionIsSeenBeforeTheRestHasCome) {
    FrameReader reader;
    const Bytes bytes = wire::test::with_byte(frame(0), 4, 2);
    EXPECT_TRUE(reader.take(ByteView(bytes).first(4)));
    EXPECT_FALSE(reader.take(ByteView(bytes).subspan(4, 1)));
}

}  // namespace
}  // namespace shunt::farm
