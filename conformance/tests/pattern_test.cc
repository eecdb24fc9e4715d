// SPDX-License-Identifier: Apache-2.0
/// Patterns: absent fields match anything, present ones say what they wanted and what came.
#include "roles/pattern.hh"

#include <gtest/gtest.h>

#include "engine/finding.hh"

namespace conform {
namespace {

TcpSegment segment() {
    TcpSegment segment;
    segment.sequence = 1000;
    segment.acknowledgment = 7;
    segment.flags = tcp_flag::kAck | tcp_flag::kPsh;
    segment.payload = to_bytes("abc");
    return segment;
}

std::string first_message(const SegmentPattern& pattern) {
    const auto mismatches = compare(pattern, segment());
    if (mismatches.empty()) return "";
    return Finding{"EP-25", mismatches[0].expected, mismatches[0].actual}.message();
}

TEST(SegmentPattern, MatchesAnythingWhenEmpty) {
    EXPECT_EQ(first_message({}), "");
}

TEST(SegmentPattern, MatchesEqualFields) {
    EXPECT_EQ(first_message({.flags = tcp_flag::kAck,
                             .sequence = 1000,
                             .acknowledgment = 7,
                             .payload_size = 3,
                             .has_payload = true,
                             .has_timestamps = false}),
              "");
}

TEST(SegmentPattern, NamesEachFieldThatDiffers) {
    EXPECT_EQ(first_message({.sequence = 1001}), "EP-25: expected sequence 1001, got 1000");
    EXPECT_EQ(first_message({.acknowledgment = 8}), "EP-25: expected acknowledgment 8, got 7");
    EXPECT_EQ(first_message({.flags = tcp_flag::kAck | tcp_flag::kFin}),
              "EP-25: expected flags FIN,ACK, got ACK");
    EXPECT_EQ(first_message({.payload_size = 4}), "EP-25: expected payload size 4, got 3");
    EXPECT_EQ(first_message({.has_payload = false}), "EP-25: expected payload none, got some");
    EXPECT_EQ(first_message({.has_timestamps = true}), "EP-25: expected timestamps some, got none");
}

TEST(EncapsulationPattern, NamesEachFieldThatDiffers) {
    const Encapsulation header{{{0x0A070009}, 4711}, {{0x0A080102}, 80}, 0x02};
    const EncapsulationPattern pattern{.type = EncapsulationType::Connection,
                                       .protocol = 2,
                                       .source = SocketAddress{{0x0A070009}, 4712},
                                       .destination = SocketAddress{{0x0A080102}, 81}};
    const std::vector<Mismatch> mismatches = compare(pattern, header);
    ASSERT_EQ(mismatches.size(), 4U);
    EXPECT_EQ(mismatches[0].expected, "0x01 connection");
    EXPECT_EQ(mismatches[0].actual, "0x02 forwarded packet");
    EXPECT_EQ(mismatches[1].expected, "Protocol 2");
    EXPECT_EQ(mismatches[2].expected, "Source 10.7.0.9:4712");
    EXPECT_EQ(mismatches[3].expected, "Dest. 10.8.1.2:81");
    EXPECT_TRUE(compare(EncapsulationPattern{}, header).empty());
}

TEST(Pattern, DescribesWhatDidNotCome) {
    EXPECT_EQ(describe(SegmentPattern{}), "a segment");
    EXPECT_EQ(
        describe(SegmentPattern{.flags = tcp_flag::kSyn | tcp_flag::kAck, .acknowledgment = 1}),
        "flags SYN,ACK, acknowledgment 1");
    EXPECT_EQ(describe(EncapsulationPattern{.type = EncapsulationType::Go}), "0x14 go");
}

}  // namespace
}  // namespace conform
