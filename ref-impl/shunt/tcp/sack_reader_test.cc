// SPDX-License-Identifier: Apache-2.0
// SACK options that are true, stale, or lies.
#include "shunt/tcp/sack_reader.hh"

#include <gtest/gtest.h>

#include <vector>

namespace shunt::tcp {
namespace {

constexpr SequenceNumber kUnacknowledged{0xFFFF'FFF0};
constexpr SequenceNumber kMaximum = kUnacknowledged + 10'000;

wire::SackBlock block(std::uint32_t left, std::uint32_t right) {
    return {kUnacknowledged + left, kUnacknowledged + right};
}

/// The offsets [from, to) of what is new.
using Ranges = std::vector<std::pair<std::uint32_t, std::uint32_t>>;

Ranges news(const SackReader::Report& report) {
    Ranges ranges;
    for (const SackReader::News& piece : report.all())
        ranges.emplace_back(piece.from - kUnacknowledged, piece.to - kUnacknowledged);
    return ranges;
}

SackReader::Report read(SackReader& reader, const std::vector<wire::SackBlock>& blocks) {
    return reader.read(blocks, kUnacknowledged, kMaximum);
}

TEST(SackReader, ReportsWhatIsNew) {
    SackReader reader;
    EXPECT_EQ(news(read(reader, {block(100, 200), block(400, 500)})),
              (Ranges{{100, 200}, {400, 500}}));
    EXPECT_EQ(news(read(reader, {block(400, 600), block(100, 200)})), (Ranges{{500, 600}}));
    EXPECT_EQ(news(read(reader, {block(50, 700)})), (Ranges{{50, 400}, {600, 700}}));
    EXPECT_EQ(news(read(reader, {block(50, 700)})), Ranges{});
    reader.forget();
    EXPECT_EQ(news(read(reader, {block(50, 700)})), (Ranges{{50, 700}}));
}

TEST(SackReader, ReportsInTheOrderOfSending) {
    SackReader reader;
    EXPECT_EQ(news(read(reader, {block(900, 950), block(500, 600), block(700, 800)})),
              (Ranges{{500, 600}, {700, 800}, {900, 950}}));
}

TEST(SackReader, TakesNoBlockThatCannotBeTrue) {
    SackReader reader;
    EXPECT_EQ(news(read(reader, {block(9'000, 10'001)})), Ranges{}) << "past SND.MAX";
    EXPECT_EQ(news(read(reader, {block(9'000, 10'000)})), (Ranges{{9'000, 10'000}}));
    EXPECT_EQ(news(read(reader, {block(300, 200)})), Ranges{}) << "inverted";
    EXPECT_EQ(news(read(reader, {block(300, 300)})), Ranges{}) << "empty";
    EXPECT_EQ(news(read(reader, {block(0, 300)})), Ranges{}) << "SEG.ACK would be further";
    EXPECT_EQ(news(read(reader, {block(0x8000'0000, 0x9000'0000)})), Ranges{});
    EXPECT_EQ(news(read(reader, {block(1, 300)})), (Ranges{{1, 300}}));
}

TEST(SackReader, KnowsADuplicateReport) {
    SackReader reader;
    const auto below = read(reader, {{kUnacknowledged - 100, kUnacknowledged}, block(200, 300)});
    EXPECT_TRUE(below.has_duplicate);
    EXPECT_EQ(below.duplicate.right, kUnacknowledged);
    EXPECT_EQ(news(below), (Ranges{{200, 300}}));
    const auto inside = read(reader, {block(220, 280), block(200, 400)});
    EXPECT_TRUE(inside.has_duplicate);
    EXPECT_EQ(news(inside), (Ranges{{300, 400}}));
    EXPECT_FALSE(read(reader, {block(200, 400), block(600, 700)}).has_duplicate);
    EXPECT_FALSE(read(reader, {}).has_duplicate);
}

TEST(SackReader, TakesADuplicateReportInTheFirstBlockOnly) {
    SackReader reader;
    const wire::SackBlock old{kUnacknowledged - 100, kUnacknowledged - 50};
    const auto report = read(reader, {block(200, 300), old});
    EXPECT_FALSE(report.has_duplicate);
    EXPECT_EQ(news(report), (Ranges{{200, 300}}));
}

}  // namespace
}  // namespace shunt::tcp
