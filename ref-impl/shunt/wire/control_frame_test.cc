// SPDX-License-Identifier: Apache-2.0
#include "shunt/wire/control_frame.hh"

#include <gtest/gtest.h>

#include "shunt/wire/test_support.hh"

namespace shunt::wire {
namespace {

using test::Bytes;
using test::from_hex;
using test::to_hex;

const Bytes kPing = from_hex("0000000c 01 02 0000 1122334455667788");

TEST(ControlFrame, IsWrittenAsThePageHasIt) {
    Bytes bytes(kControlHeaderSize);
    ControlHeader{ControlKind::Ping, 0, 0x1122334455667788}.write_to(bytes, 0);
    EXPECT_EQ(to_hex(bytes), to_hex(kPing));
    ControlHeader{ControlKind::Commit, kControlAnswerFlag, 1}.write_to(bytes, 4);
    EXPECT_EQ(to_hex(bytes), to_hex(from_hex("00000010 01 15 0004 0000000000000001")));
}

TEST(ControlFrame, IsReadAsThePageHasIt) {
    const Bytes bytes = from_hex("00000010 01 15 0004 0000000000000001 deadbeef");
    const auto frame = ControlFrameView::parse(bytes);
    ASSERT_TRUE(frame);
    EXPECT_EQ(frame->kind(), ControlKind::Commit);
    EXPECT_EQ(frame->flags(), kControlAnswerFlag);
    EXPECT_EQ(frame->transaction(), 1U);
    EXPECT_EQ(to_hex(frame->body()), "de ad be ef");
}

TEST(ControlFrame, LengthsEndAtTwelveAndSixteenMebibytes) {
    const auto size_at = [](std::uint32_t length) {
        Bytes start(kControlLengthSize);
        store_u32(start, 0, length);
        return ControlFrameView::size_of(start);
    };
    EXPECT_EQ(size_at(11).error(), Counter::DropControlFormat);
    EXPECT_EQ(*size_at(12), 16U);
    EXPECT_EQ(*size_at(16U << 20U), (16U << 20U) + 4U);
    EXPECT_EQ(size_at((16U << 20U) + 1U).error(), Counter::DropControlFormat);
    EXPECT_EQ(size_at(0).error(), Counter::DropControlFormat);
    EXPECT_EQ(size_at(0xFFFFFFFF).error(), Counter::DropControlFormat);
}

TEST(ControlFrame, AnotherVersionBreaksTheFormat) {
    EXPECT_EQ(ControlFrameView::parse(test::with_byte(kPing, 4, 0)).error(),
              Counter::DropControlFormat);
    EXPECT_EQ(ControlFrameView::parse(test::with_byte(kPing, 4, 2)).error(),
              Counter::DropControlFormat);
    EXPECT_TRUE(ControlFrameView::parse(kPing));
}

TEST(ControlFrame, RefusesEveryTruncation) {
    for (std::size_t count = 1; count <= kPing.size() - kControlLengthSize; ++count)
        EXPECT_FALSE(ControlFrameView::parse(test::cut(kPing, count))) << count;
    EXPECT_FALSE(ControlFrameView::parse(test::followed_by(kPing, {0})));
}

TEST(ControlFrame, TheTrailerIsNoPartOfTheBody) {
    Bytes bytes = from_hex("00000036 01 02 0001 0000000000000001 abcd");
    bytes.resize(bytes.size() + kControlTrailerSize);
    const auto frame = ControlFrameView::parse(bytes);
    ASSERT_TRUE(frame);
    EXPECT_EQ(to_hex(frame->body()), "ab cd");
}

TEST(ControlFrame, ATrailerThatDoesNotFitBreaksTheFormat) {
    Bytes bytes = from_hex("00000033 01 02 0001 0000000000000001");
    bytes.resize(4 + 0x33);
    EXPECT_FALSE(ControlFrameView::parse(bytes));
    store_u32(bytes, 0, 0x34);
    bytes.resize(4 + 0x34);
    ASSERT_TRUE(ControlFrameView::parse(bytes));
    EXPECT_TRUE(ControlFrameView::parse(bytes)->body().empty());
}

TEST(ControlFrame, KnowsTheKindsOfThePageAndNoOther) {
    std::size_t known = 0;
    for (int kind = 0; kind <= 0xFF; ++kind)
        known += is_known(static_cast<ControlKind>(kind)) ? 1U : 0U;
    EXPECT_EQ(known, 23U);
    EXPECT_FALSE(is_known(static_cast<ControlKind>(0x00)));
    EXPECT_FALSE(is_known(static_cast<ControlKind>(0x17)));
    EXPECT_TRUE(is_known(ControlKind::MovedIcmp));
}

TEST(ControlFrame, ACommitIsAnAnswerIfItSaysSo) {
    EXPECT_FALSE(is_answer(ControlKind::Commit, 0));
    EXPECT_TRUE(is_answer(ControlKind::Commit, kControlAnswerFlag));
    EXPECT_FALSE(is_answer(ControlKind::Ping, kControlAnswerFlag));
    EXPECT_TRUE(is_answer(ControlKind::Error, 0));
}

}  // namespace
}  // namespace shunt::wire
