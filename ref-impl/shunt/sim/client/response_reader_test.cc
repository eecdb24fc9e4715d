// SPDX-License-Identifier: Apache-2.0
#include "shunt/sim/client/response_reader.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string_view>
#include <vector>

namespace shunt::sim {
namespace {

using ::testing::HasSubstr;

std::vector<std::uint8_t> response(std::uint64_t size, std::string_view status = "200 OK") {
    const std::string head = "HTTP/1.1 " + std::string(status) +
                             "\r\nServer: x\r\nContent-Length: " + std::to_string(size) +
                             "\r\n\r\n";
    std::vector<std::uint8_t> bytes(head.begin(), head.end());
    const auto body = content_range(0, size);
    bytes.insert(bytes.end(), body.begin(), body.end());
    return bytes;
}

TEST(ResponseReader, ReadsResponsesInPiecesOfAnySize) {
    std::vector<std::uint8_t> stream;
    for (const std::uint64_t size : {100U, 0U, 33U}) {
        const auto one = response(size);
        stream.insert(stream.end(), one.begin(), one.end());
    }
    for (std::size_t piece = 1; piece <= 150; ++piece) {
        ResponseReader reader;
        reader.expect(100);
        reader.expect(0);
        reader.expect(33);
        for (std::size_t at = 0; at < stream.size(); at += piece) {
            const auto view = ByteView(stream).subspan(at, std::min(piece, stream.size() - at));
            ASSERT_EQ(reader.read(view), std::nullopt) << piece;
        }
        EXPECT_EQ(reader.completed(), 3U);
        EXPECT_FALSE(reader.is_waiting());
        EXPECT_EQ(reader.verified_bytes(), 133U);
    }
}

TEST(ResponseReader, ReadsHeadsOfAnyLength) {
    for (std::size_t length = 1; length <= 600; ++length) {
        ResponseReader reader;
        reader.expect(40);
        const auto bytes = response(40, "200 " + std::string(length, 'x'));
        ASSERT_EQ(reader.read(bytes), std::nullopt) << length;
        ASSERT_EQ(reader.completed(), 1U) << length;
    }
}

TEST(ResponseReader, RefusesAChangedByte) {
    ResponseReader reader;
    reader.expect(64);
    auto bytes = response(64);
    bytes.back() = 'x';
    const auto fault = reader.read(bytes);
    ASSERT_TRUE(fault);
    EXPECT_THAT(*fault, HasSubstr("changed"));
}

TEST(ResponseReader, RefusesAnotherLength) {
    ResponseReader reader;
    reader.expect(64);
    const auto fault = reader.read(response(65));
    ASSERT_TRUE(fault);
    EXPECT_THAT(*fault, HasSubstr("65 instead of 64"));
}

TEST(ResponseReader, RefusesAnotherStatus) {
    ResponseReader reader;
    reader.expect(5);
    const auto fault = reader.read(response(5, "404 Not Found"));
    ASSERT_TRUE(fault);
    EXPECT_THAT(*fault, HasSubstr("404 Not Found"));
}

TEST(ResponseReader, RefusesBytesThatNobodyAskedFor) {
    ResponseReader reader;
    reader.expect(16);
    auto bytes = response(16);
    bytes.push_back('H');
    const auto fault = reader.read(bytes);
    ASSERT_TRUE(fault);
    EXPECT_THAT(*fault, HasSubstr("1 bytes that nobody asked for"));
}

TEST(ResponseReader, RefusesAHeadWithoutEnd) {
    ResponseReader reader;
    reader.expect(16);
    const std::vector<std::uint8_t> endless(4'095, 'a');
    EXPECT_EQ(reader.read(endless), std::nullopt);
    EXPECT_TRUE(reader.read(ByteView(endless).first(1)));
}

}  // namespace
}  // namespace shunt::sim
