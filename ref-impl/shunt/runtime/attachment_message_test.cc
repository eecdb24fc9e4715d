// SPDX-License-Identifier: Apache-2.0
#include "shunt/runtime/attachment_message.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

namespace shunt::runtime {
namespace {

using ::testing::ElementsAre;
using Bytes = std::vector<std::uint8_t>;

template <typename Message>
std::optional<Message> parse_as(const Bytes& bytes) {
    const auto message = parse_attachment_message(bytes);
    if (!message || !std::holds_alternative<Message>(*message)) return std::nullopt;
    return std::get<Message>(*message);
}

TEST(AttachmentMessage, ReadsEveryKind) {
    const Bytes frame_bytes = {0, 1, 0xAA, 0xBB};
    const auto frame = parse_as<FrameMessage>(frame_bytes);
    ASSERT_TRUE(frame);
    EXPECT_EQ(frame->link, link::LinkId::Back);
    EXPECT_THAT(frame->frame, ElementsAre(0xAA, 0xBB));

    const auto advance = parse_as<AdvanceMessage>({1, 0, 0, 0, 1, 0, 0, 0, 2});
    ASSERT_TRUE(advance);
    EXPECT_EQ(advance->to.to_nanoseconds(), 0x100000002);

    const auto quiet = parse_as<QuietMessage>({2, 0, 0, 0, 0, 0, 0, 0, 9});
    ASSERT_TRUE(quiet && quiet->next);
    EXPECT_EQ(quiet->next->to_nanoseconds(), 9);
    const auto never = parse_as<QuietMessage>({2, 255, 255, 255, 255, 255, 255, 255, 255});
    ASSERT_TRUE(never);
    EXPECT_FALSE(never->next);

    const auto hello = parse_as<HelloMessage>({3, 0, 1, 2, 0, 0, 0, 0, 0, 0, 0, 7});
    ASSERT_TRUE(hello);
    EXPECT_EQ(hello->version, 1);
    EXPECT_EQ(hello->links, 2);
    EXPECT_EQ(hello->seed, 7U);

    const Bytes control_bytes = {4, '{', '}'};
    const auto control = parse_as<ControlMessage>(control_bytes);
    ASSERT_TRUE(control);
    EXPECT_EQ(control->line, "{}");
}

TEST(AttachmentMessage, WritesTheBytesOfThePage) {
    PacketPool pool;
    Packet frame = pool.copy(Bytes{0xAA});
    prepend_frame_message(link::LinkId::Back, frame);
    EXPECT_THAT(frame.bytes(), ElementsAre(0, 1, 0xAA));

    Packet quiet = pool.take();
    store_quiet({Instant::from_nanoseconds(0x0102030405060708)}, quiet);
    EXPECT_THAT(quiet.bytes(), ElementsAre(2, 1, 2, 3, 4, 5, 6, 7, 8));
    Packet never = pool.take();
    store_quiet({}, never);
    EXPECT_THAT(never.bytes(), ElementsAre(2, 255, 255, 255, 255, 255, 255, 255, 255));

    Packet hello = pool.take();
    store_hello({1, 2, 0x0102030405060708}, hello);
    EXPECT_THAT(hello.bytes(), ElementsAre(3, 0, 1, 2, 1, 2, 3, 4, 5, 6, 7, 8));
}

TEST(AttachmentMessage, RefusesWhatThePageDoesNotName) {
    EXPECT_FALSE(parse_attachment_message(Bytes{}));
    EXPECT_FALSE(parse_attachment_message(Bytes{5}));
    EXPECT_FALSE(parse_attachment_message(Bytes{0}));         // no link
    EXPECT_FALSE(parse_attachment_message(Bytes{0, 2}));      // no such link
    EXPECT_FALSE(parse_attachment_message(Bytes(1 + 7, 1)));  // one byte of time is missing
    EXPECT_FALSE(parse_attachment_message(Bytes(1 + 9, 1)));  // one byte too many
    EXPECT_FALSE(parse_attachment_message(Bytes(11, 3)));     // hello cut
    EXPECT_FALSE(parse_attachment_message(Bytes(13, 3)));     // hello too long
    EXPECT_FALSE(parse_attachment_message({{1, 128, 0, 0, 0, 0, 0, 0, 0}}));
}

TEST(AttachmentMessage, TakesTheLargestFrameAndRefusesOneByteMore) {
    EXPECT_TRUE(parse_attachment_message(Bytes(kFrameMessageHeader + Packet::kCapacity, 0)));
    EXPECT_FALSE(parse_attachment_message(Bytes(kFrameMessageHeader + Packet::kCapacity + 1, 0)));
}

}  // namespace
}  // namespace shunt::runtime
