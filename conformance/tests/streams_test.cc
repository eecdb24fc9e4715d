// SPDX-License-Identifier: Apache-2.0
/// Named content: each kind of fault is told from the others.
#include <gtest/gtest.h>

#include "oracle/heard_bytes.hh"
#include "oracle/named_stream.hh"
#include "oracle/requested_streams.hh"

namespace conform {
namespace {

constexpr std::size_t kSize = 64 * kNamedBlock;

Bytes content(std::uint64_t begin, std::uint64_t end, StreamName stream = {}) {
    Bytes bytes;
    for (std::uint64_t offset = begin; offset < end; ++offset)
        bytes.push_back(named_byte({stream, offset}));
    return bytes;
}

Bytes response(std::uint64_t size, StreamName stream = {}) {
    Bytes bytes = to_bytes("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n");
    append(bytes, content(0, size, stream));
    return bytes;
}

std::vector<std::string> faults_of(const Bytes& bytes, const StreamOwners& owners = {}) {
    std::vector<std::string> texts;
    for (const StreamFault& fault : find_stream_faults(bytes, owners))
        texts.push_back(fault.expected + ", " + fault.actual);
    return texts;
}

TEST(NamedStream, IsThePagesContent) {
    const Bytes block = content(0x1230, 0x1240);
    EXPECT_EQ(std::string(block.begin(), block.end()), "000000000001230\n");
    EXPECT_EQ(read_block(block), (BlockName{{}, 0x1230}));
    EXPECT_FALSE(read_block(content(1, 17)));
    EXPECT_FALSE(read_block(ByteView(block).first(15)));
    const Bytes named = content(0x1230, 0x1240, 0x0A1B2C);
    EXPECT_EQ(std::string(named.begin(), named.end()), "0a1b2c.00000123\n");
    EXPECT_EQ(read_block(named), (BlockName{0x0A1B2C, 0x1230}));
    EXPECT_EQ(named_content(0x0A1B2C, 77), content(0, 77, 0x0A1B2C));
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

constexpr std::uint32_t kOwn = 0x0A1B2C;
constexpr std::uint32_t kOther = 0x0A1CD3;
const StreamOwners kBoth{{kOwn}, {{kOwn, "10.7.0.9:4711"}, {kOther, "10.7.0.9:4712"}}};

TEST(NamedStream, FindsNothingInWholeResponsesOfAStream) {
    for (const StreamOwners& owners : {StreamOwners{}, kBoth}) {
        for (const std::size_t size : {0U, 1U, 15U, 16U, 17U, 64U, 1000U, 70'000U})
            EXPECT_TRUE(faults_of(response(size, kOwn), owners).empty()) << size;
        EXPECT_TRUE(faults_of(content(777, 5'000, kOwn), owners).empty());
        Bytes three = response(40, kOwn);
        append(three, response(333));
        append(three, response(50, kOwn));
        EXPECT_TRUE(faults_of(three, owners).empty());
    }
}

TEST(NamedStream, TellsTheSameFaultsOfAStream) {
    Bytes lost = response(401, kOwn);
    append(lost, content(501, kSize, kOwn));
    EXPECT_EQ(
        faults_of(lost, kBoth),
        (std::vector<std::string>{"byte 401 of stream 0a1b2c, byte 512: 100 bytes are lost"}));
    Bytes repeated = response(401, kOwn);
    append(repeated, content(381, kSize, kOwn));
    EXPECT_EQ(faults_of(repeated, kBoth),
              (std::vector<std::string>{"byte 401 of stream 0a1b2c, byte 384: repeated"}));
    Bytes reordered = response(160, kOwn);
    append(reordered, content(320, 480, kOwn));
    append(reordered, content(160, 320, kOwn));
    append(reordered, content(480, kSize, kOwn));
    const auto faults = faults_of(reordered, kBoth);
    ASSERT_EQ(faults.size(), 3U);
    EXPECT_EQ(faults[0], "byte 160 of stream 0a1b2c, byte 320: 160 bytes are lost");
    EXPECT_EQ(faults[1], "byte 480 of stream 0a1b2c, byte 160: out of order");
}

TEST(NamedStream, TellsCorruptionOfAStreamFromAnotherStream) {
    for (std::size_t at = 16; at < 200; ++at) {
        for (const auto bit : {std::uint8_t{0x80}, std::uint8_t{0x01}}) {
            Bytes bytes = response(kSize, kOwn);
            bytes[bytes.size() - kSize + at] ^= bit;
            const auto faults = faults_of(bytes, kBoth);
            ASSERT_EQ(faults.size(), 1U) << at;
            EXPECT_NE(faults[0].find("corrupted"), std::string::npos) << faults[0];
            EXPECT_TRUE(faults[0].starts_with("byte " + std::to_string(at) + " of")) << faults[0];
        }
    }
}

/// `size` bytes of another stream at `at`, in the place of own ones or between them.
Bytes mixed(std::size_t at, std::size_t size, bool is_inserted, StreamName other = kOther) {
    Bytes bytes = response(at, kOwn);
    append(bytes, content(0, size, other));
    append(bytes, content(is_inserted ? at : at + size, kSize, kOwn));
    return bytes;
}

TEST(NamedStream, TellsBytesOfAnotherConnection) {
    for (const bool is_inserted : {false, true}) {
        for (const std::size_t at : {16U, 17U, 160U, 401U}) {
            for (const std::size_t size : {16U, 32U, 100U, 300U}) {
                const auto faults = faults_of(mixed(at, size, is_inserted), kBoth);
                ASSERT_EQ(faults.size(), 1U)
                    << at << " " << size << " " << is_inserted << ": " << faults.back();
                EXPECT_TRUE(faults[0].ends_with(
                    "byte 0 of stream 0a1cd3, which 10.7.0.9:4712 has asked for"))
                    << faults[0];
            }
        }
    }
}

TEST(NamedStream, TellsAStreamThatNobodyHasAskedForByTwoBlocks) {
    const auto faults = faults_of(mixed(160, 32, false, 0x123456), kBoth);
    ASSERT_EQ(faults.size(), 1U);
    EXPECT_EQ(faults[0],
              "byte 160 of stream 0a1b2c, byte 0 of stream 123456, another connection's");
    const auto one = faults_of(mixed(160, 16, false, 0x123456), kBoth);
    ASSERT_EQ(one.size(), 1U);
    EXPECT_NE(one[0].find("16 corrupted bytes"), std::string::npos) << one[0];
    const auto none = faults_of(mixed(160, 32, false, std::nullopt), kBoth);
    ASSERT_EQ(none.size(), 1U);
    EXPECT_NE(none[0].find("content without a stream"), std::string::npos) << none[0];
}

TEST(NamedStream, TellsThatWhatIsBehindAStrangersBytesIsWrongToo) {
    Bytes bytes = response(160, kOwn);
    append(bytes, content(0, 64, kOther));
    append(bytes, content(480, kSize, kOwn));
    const auto faults = faults_of(bytes, kBoth);
    ASSERT_EQ(faults.size(), 2U);
    EXPECT_EQ(faults[1], "byte 160 of stream 0a1b2c, byte 480: 320 bytes are lost");
}

TEST(NamedStream, TellsAResponseThatIsAnothersFromItsFirstByte) {
    const auto faults = faults_of(response(kSize, kOther), kBoth);
    ASSERT_EQ(faults.size(), 1U);
    EXPECT_EQ(faults[0],
              "byte 0 of stream 0a1b2c, byte 0 of stream 0a1cd3, which 10.7.0.9:4712 "
              "has asked for");
    EXPECT_TRUE(faults_of(response(kSize, kOther)).empty()) << "nothing is known of requests";
}

TEST(NamedStream, IsBoundedWhateverIsMixed) {
    for (const std::size_t size : {5U, 16U, 17U, 40U}) {
        Bytes bytes = response(160, kOwn);
        for (std::size_t i = 0; i < 1000; ++i) {
            append(bytes, content(i, i + size, i % 2 == 0 ? kOther : 7));
            append(bytes, content(160 + i, 160 + i + size, kOwn));
            append(bytes, Bytes(i % 3, 'z'));
        }
        EXPECT_LE(faults_of(bytes, kBoth).size(), kStreamFaultsMax);
    }
}

TEST(NamedStream, FindsNothingInTheRequestBehindABody) {
    const StreamOwners owners{{0x0A1B2C}, {{0x0A1B2C, "10.7.0.9:1"}}};
    for (const char* next : {"GET /bytes/64 HTTP/1.1\r\n\r\n", "POST /x HTTP/1.1\r\n", "HEAD /"}) {
        Bytes upload = to_bytes("POST /bytes/1000?verify&stream=0a1b2c HTTP/1.1\r\n\r\n");
        append(upload, content(0, 1'000, 0x0A1B2C));
        append(upload, to_bytes(next));
        EXPECT_TRUE(faults_of(upload, owners).empty()) << next;
    }
    Bytes spoilt = content(0, 1'000, 0x0A1B2C);
    append(spoilt, to_bytes("GOT /bytes/64 HTTP/1.1\r\n\r\n"));
    EXPECT_FALSE(faults_of(spoilt, owners).empty());
}

TEST(HeardBytes, AGapIsNotKeptHoweverFarAFrameIsAhead) {
    HeardBytes heard;
    heard.add(1'000, to_bytes("a"), 7);
    heard.add(1'000 + 1'000'000, to_bytes("b"), 8);
    heard.add(1'001, to_bytes("c"), 9);
    std::size_t runs = 0;
    heard.for_each_run([&](ByteView run, HeardBytes::Frames frames) {
        ++runs;
        EXPECT_EQ(run.size(), 2U);
        EXPECT_EQ(frames[0], 7U);
        EXPECT_EQ(frames[1], 9U);
    });
    EXPECT_EQ(runs, 1U);
}

TEST(HeardBytes, ConnectionsAreNotKeptWithoutBound) {
    HeardConnections connections;
    std::size_t kept = 0;
    for (std::uint16_t port = 1; port <= 1'000; ++port)
        kept += heard_of(connections, {{{1}, port}, {{2}, 80}}) != nullptr ? 1U : 0U;
    EXPECT_LT(kept, 100U);
    EXPECT_NE(heard_of(connections, {{{1}, 1}, {{2}, 80}}), nullptr) << "one that is known";
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
