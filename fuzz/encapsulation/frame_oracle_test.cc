// SPDX-License-Identifier: Apache-2.0
#include "encapsulation/frame_oracle.hh"

#include <gtest/gtest.h>

#include <vector>

namespace shunt::fuzz {
namespace {

using wire::ProtocolSet;

// 10.7.0.9:4711 to 10.8.1.2:80, 0x03, TCP; the sum was added up by hand.
const std::vector<std::uint8_t> kAcknowledgement{0x0A, 0x07, 0x00, 0x09, 0x12, 0x67, 0x0A, 0x08,
                                                 0x01, 0x02, 0x00, 0x50, 0x03, 0x01, 0xD5, 0x2D};

std::optional<Counter> counter_of(const std::vector<std::uint8_t>& bytes, ProtocolSet set) {
    return judge_frame(bytes, set).counter;
}

TEST(FrameOracle, TakesAnAcknowledgementOfTheFigures) {
    for (const ProtocolSet set : {ProtocolSet::Base, ProtocolSet::Extended}) {
        EXPECT_TRUE(judge_frame(kAcknowledgement, set).is_good);
        EXPECT_EQ(judge_frame(kAcknowledgement, set).size, 16U);
    }
}

TEST(FrameOracle, NamesTheFirstFailure) {
    auto bytes = kAcknowledgement;
    bytes.pop_back();
    EXPECT_EQ(counter_of(bytes, ProtocolSet::Base), Counter::DropEncapsulationTruncated);
    bytes = kAcknowledgement;
    bytes[14] ^= 1;
    EXPECT_EQ(counter_of(bytes, ProtocolSet::Base), Counter::DropEncapsulationChecksum);
    bytes[12] = 0x10;
    EXPECT_EQ(counter_of(bytes, ProtocolSet::Base), Counter::DropEncapsulationType);
    EXPECT_EQ(counter_of(bytes, ProtocolSet::Extended), Counter::DropEncapsulationLength);
    bytes = kAcknowledgement;
    bytes[13] += 5;
    bytes[15] -= 5;
    EXPECT_EQ(counter_of(bytes, ProtocolSet::Base), Counter::DropEncapsulationProtocol);
}

}  // namespace
}  // namespace shunt::fuzz
