// SPDX-License-Identifier: Apache-2.0
/// Named content: each kind of fault is told from the others.
#include <gtest/gtest.h>

#include "oracle/named_stream.hh"

namespace conform {
namespace {

constexpr std::size_t kSize = 64 * kNamedBlock;

Bytes content(std::uint64_t begin, std::uint64_t end) {
    Bytes bytes;
    for (std::uint64_t offset = begin; offset < end; ++offset)
        bytes.push_back(named_byte(offset));
    return bytes;
}

Bytes response(std::uint64_t size) {
    Bytes bytes = to_bytes("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n");
    append(bytes, content(0, size));
    return bytes;
}

std::vector<std::string> faults_of(const Bytes& bytes) {
    std::vector<std::string> texts;
    for (const StreamFault& fault : find_stream_faults(bytes))
        texts.push_back(fault.expected + ", " + fault.actual);
    return texts;
}

TEST(NamedStream, IsThePagesContent) {
    const Bytes block = content(0x1230, 0x1240);
    EXPECT_EQ(std::string(block.begin(), block.end()), "000000000001230\n");
    EXPECT_EQ(named_offset(block), 0x1230U);
    EXPECT_FALSE(named_offset(content(1, 17)));
    EXPECT_FALSE(named_offset(ByteView(block).first(15)));
}

TEST(NamedStream, FindsNothingInWholeResponses) {
    for (const std::size_t size : {0U, 1U, 15U, 16U, 17U, 64U, 1000U, 70'000U})
        EXPECT_TRUE(faults_of(response(size)).empty()) << size;
    Bytes two = response(40);
    append(two, response(333));
    EXPECT_TRUE(faults_of(two).empty());
    // From the middle on, as a target sends it, and other content.
    EXPECT_TRUE(faults_of(content(777, 5'000)).empty());
    EXPECT_TRUE(faults_of(Bytes(5'000, 'x')).empty());
    Bytes chunked = to_bytes("HTTP/1.1 200 OK\r\n\r\n20\r\n");
    append(chunked, content(0, 32));
    append(chunked, to_bytes("\r\n28\r\n"));
    append(chunked, content(32, 72));
    append(chunked, to_bytes("\r\n0\r\n\r\n"));
    EXPECT_TRUE(faults_of(chunked).empty());
}

TEST(NamedStream, TellsLossFromWhereverItIs) {
    for (const std::uint64_t at : {16U, 17U, 31U, 32U, 400U, 401U}) {
        for (const std::uint64_t size : {1U, 5U, 16U, 100U}) {
            Bytes bytes = response(at);
            append(bytes, content(at + size, kSize));
            const auto faults = faults_of(bytes);
            ASSERT_EQ(faults.size(), 1U) << at << " " << size;
            EXPECT_NE(faults[0].find(std::to_string(size) + " bytes are lost"), std::string::npos)
                << at << ": " << faults[0];
        }
    }
}

TEST(NamedStream, TellsRepetition) {
    for (const std::uint64_t at : {32U, 100U, 401U}) {
        Bytes bytes = response(at);
        append(bytes, content(at - 20, kSize));
        const auto faults = faults_of(bytes);
        ASSERT_EQ(faults.size(), 1U) << at;
        EXPECT_NE(faults[0].find("repeated"), std::string::npos) << faults[0];
    }
}

TEST(NamedStream, TellsReordering) {
    Bytes bytes = response(160);
    append(bytes, content(320, 480));
    append(bytes, content(160, 320));
    append(bytes, content(480, kSize));
    const auto faults = faults_of(bytes);
    ASSERT_EQ(faults.size(), 3U);
    EXPECT_NE(faults[0].find("160 bytes are lost"), std::string::npos) << faults[0];
    EXPECT_NE(faults[1].find("byte 160: out of order"), std::string::npos) << faults[1];
}

TEST(NamedStream, TellsCorruption) {
    for (std::size_t at = 16; at < 200; ++at) {
        Bytes bytes = response(kSize);
        const std::size_t head = bytes.size() - kSize;
        // No digit, and another digit.
        bytes[head + at] ^= at % 2 == 0 || at % kNamedBlock == 15 ? 0x80U : 0x01U;
        const auto faults = faults_of(bytes);
        ASSERT_EQ(faults.size(), 1U) << at;
        EXPECT_NE(faults[0].find("corrupted"), std::string::npos) << faults[0];
        EXPECT_NE(faults[0].find("byte " + std::to_string(at) + ","), std::string::npos)
            << faults[0];
    }
}

TEST(NamedStream, IsBoundedWhateverComes) {
    Bytes bytes = response(160);
    for (int i = 0; i < 1000; ++i) {
        append(bytes, content(320, 360));
        append(bytes, Bytes(40, 'z'));
    }
    EXPECT_LE(faults_of(bytes).size(), kStreamFaultsMax);
}

}  // namespace
}  // namespace conform
