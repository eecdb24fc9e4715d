// SPDX-License-Identifier: Apache-2.0
#include "shunt/base/siphash.hh"

#include <gtest/gtest.h>

#include <array>

namespace shunt {
namespace {

// The key 00 01 .. 0f of the paper's appendix A.
constexpr SipKey kKey{0x0706050403020100U, 0x0F0E0D0C0B0A0908U};

// The published results for the messages "", 00, 00 01, .. of 0 to 63 bytes under that key;
// OpenSSL's SIPHASH gives the same.
constexpr std::array<std::uint64_t, 64> kPublished = {
    0x726fdb47dd0e0e31U, 0x74f839c593dc67fdU, 0x0d6c8009d9a94f5aU, 0x85676696d7fb7e2dU,
    0xcf2794e0277187b7U, 0x18765564cd99a68dU, 0xcbc9466e58fee3ceU, 0xab0200f58b01d137U,
    0x93f5f5799a932462U, 0x9e0082df0ba9e4b0U, 0x7a5dbbc594ddb9f3U, 0xf4b32f46226bada7U,
    0x751e8fbc860ee5fbU, 0x14ea5627c0843d90U, 0xf723ca908e7af2eeU, 0xa129ca6149be45e5U,
    0x3f2acc7f57c29bdbU, 0x699ae9f52cbe4794U, 0x4bc1b3f0968dd39cU, 0xbb6dc91da77961bdU,
    0xbed65cf21aa2ee98U, 0xd0f2cbb02e3b67c7U, 0x93536795e3a33e88U, 0xa80c038ccd5ccec8U,
    0xb8ad50c6f649af94U, 0xbce192de8a85b8eaU, 0x17d835b85bbb15f3U, 0x2f2e6163076bcfadU,
    0xde4daaaca71dc9a5U, 0xa6a2506687956571U, 0xad87a3535c49ef28U, 0x32d892fad841c342U,
    0x7127512f72f27cceU, 0xa7f32346f95978e3U, 0x12e0b01abb051238U, 0x15e034d40fa197aeU,
    0x314dffbe0815a3b4U, 0x027990f029623981U, 0xcadcd4e59ef40c4dU, 0x9abfd8766a33735cU,
    0x0e3ea96b5304a7d0U, 0xad0c42d6fc585992U, 0x187306c89bc215a9U, 0xd4a60abcf3792b95U,
    0xf935451de4f21df2U, 0xa9538f0419755787U, 0xdb9acddff56ca510U, 0xd06c98cd5c0975ebU,
    0xe612a3cb9ecba951U, 0xc766e62cfcadaf96U, 0xee64435a9752fe72U, 0xa192d576b245165aU,
    0x0a8787bf8ecb74b2U, 0x81b3e73d20b49b6fU, 0x7fa8220ba3b2eceaU, 0x245731c13ca42499U,
    0xb78dbfaf3a8d83bdU, 0xea1ad565322a1a0bU, 0x60e61c23a3795013U, 0x6606d7e446282b93U,
    0x6ca4ecb15c5f91e1U, 0x9f626da15c9625f3U, 0xe51b38608ef25f57U, 0x958a324ceb064572U};

TEST(SiphashTest, GivesThePublishedResults) {
    std::array<std::uint8_t, 64> message{};
    for (std::size_t i = 0; i < message.size(); ++i)
        message[i] = static_cast<std::uint8_t>(i);
    for (std::size_t size = 0; size < message.size(); ++size) {
        EXPECT_EQ(siphash_2_4(kKey, ByteView(message).first(size)), kPublished[size])
            << size << " bytes";
    }
}

// The first published results of the variant, and what OpenSSL 3.0's SIPHASH gives for longer ones.
TEST(SiphashTest, TagsAreThePublishedOnes) {
    std::array<std::uint8_t, 63> message{};
    for (std::size_t i = 0; i < message.size(); ++i)
        message[i] = static_cast<std::uint8_t>(i);
    const auto tag = [&](std::size_t size) {
        return siphash_2_4_tag(kKey, ByteView(message).first(size));
    };
    EXPECT_EQ(tag(0), (SipTag{0xe6a825ba047f81a3U, 0x930255c71472f66dU}));
    EXPECT_EQ(tag(1), (SipTag{0x44af996bd8c187daU, 0x45fc229b11597634U}));
    EXPECT_EQ(tag(7), (SipTag{0x53c1dbd8beebf1a1U, 0x3982f01fa64ab8c0U}));
    EXPECT_EQ(tag(8), (SipTag{0x61f55862baa9623bU, 0xb49714f364e2830fU}));
    EXPECT_EQ(tag(12), (SipTag{0x58f35e9066b226d6U, 0x25c13285f64d6382U}));
    EXPECT_EQ(tag(15), (SipTag{0x11a8b03399e99354U, 0xd9c3cf970fec087eU}));
    EXPECT_EQ(tag(16), (SipTag{0xbb54b067caa4e26eU, 0x77052385bf1533fdU}));
    EXPECT_EQ(tag(63), (SipTag{0x4a83502f77d15051U, 0x7cbd3f979a063e50U}));
}

TEST(SiphashTest, TwoWordsAreTheSameMessage) {
    constexpr std::uint64_t first = 0x0706'0504'0302'0100;
    std::uint64_t rest = 0;
    for (std::size_t size = 8; size < 16; ++size) {
        EXPECT_EQ(siphash_2_4(kKey, first, rest, size), kPublished[size]) << size << " bytes";
        rest |= std::uint64_t{size} << (8 * (size - 8));
    }
}

TEST(SiphashTest, TwoWordsHaveTheSameTag) {
    std::array<std::uint8_t, 15> message{};
    for (std::size_t i = 0; i < message.size(); ++i)
        message[i] = static_cast<std::uint8_t>(i);
    constexpr std::uint64_t first = 0x0706'0504'0302'0100;
    std::uint64_t rest = 0;
    for (std::size_t size = 8; size < 16; ++size) {
        EXPECT_EQ(siphash_2_4_tag(kKey, first, rest, size),
                  siphash_2_4_tag(kKey, ByteView(message).first(size)))
            << size << " bytes";
        rest |= std::uint64_t{size} << (8 * (size - 8));
    }
}

TEST(SiphashTest, EveryKeyBitCounts) {
    constexpr std::array<std::uint8_t, 13> message{};
    const std::uint64_t reference = siphash_2_4(SipKey{}, message);
    for (int bit = 0; bit < 64; ++bit) {
        EXPECT_NE(siphash_2_4({std::uint64_t{1} << bit, 0}, message), reference) << bit;
        EXPECT_NE(siphash_2_4({0, std::uint64_t{1} << bit}, message), reference) << bit;
    }
}

}  // namespace
}  // namespace shunt
