// SPDX-License-Identifier: Apache-2.0
/// FRM-4 to FRM-8 as the judge reads them; every frame here was written by hand.
#include "pdu/reception.hh"

#include <gtest/gtest.h>

#include "pdu/build.hh"
#include "pdu/frame.hh"

namespace conform {
namespace {

constexpr const char* kBaseForm = "0a070009 1267 0a080101 0050 03 01 d52e";
/// 2ad1 of the header, with the payload f8cb.
constexpr const char* kExtForm =
    "0a070009 1267 0a080101 0050 03 01 0734 0012 0a070101 0050 00001388 00000007 c0ffee01";
/// The same with the checksum of the header alone.
constexpr const char* kUncovered =
    "0a070009 1267 0a080101 0050 03 01 d52e 0012 0a070101 0050 00001388 00000007 c0ffee01";

std::string fault_of(const char* hex, bool has_extensions) {
    const auto found = find_reception_fault(from_hex(hex), has_extensions);
    return std::string(found.value_or("none"));
}

TEST(Reception, TakesBothFormsOfAnAcknowledgement) {
    EXPECT_EQ(fault_of(kBaseForm, false), "none");
    EXPECT_EQ(fault_of(kBaseForm, true), "none");
    EXPECT_EQ(fault_of(kExtForm, true), "none");
    EXPECT_EQ(fault_of(kUncovered, true), "none");
}

TEST(Reception, TakesACopyForPaddingInAFarmWithoutExtensions) {
    EXPECT_EQ(fault_of(kUncovered, false), "none");
    EXPECT_EQ(fault_of(kExtForm, false), "checksum");
    EXPECT_EQ(stated_payload_size(from_hex(kExtForm), false), 0U);
    EXPECT_EQ(stated_payload_size(from_hex(kExtForm), true), 20U);
}

TEST(Reception, KnowsExtTypesInAFarmWithExtensionsOnly) {
    constexpr const char* kGo =
        "0a070009 1267 0a080102 0050 14 01 a534 0012 0a070101 0050 00001388 00000007 00000000";
    EXPECT_EQ(fault_of(kGo, true), "none");
    EXPECT_EQ(fault_of(kGo, false), "type");
}

TEST(Reception, ChecksInTheOrderOfThePage) {
    // Everything is wrong with the last; each before it has one fault less.
    EXPECT_EQ(fault_of("0a070009 1267 0a080101 0050 77 03 00", true), "truncated");
    EXPECT_EQ(fault_of("0a070009 1267 0a080101 0050 77 03 0000", true), "type");
    EXPECT_EQ(fault_of("0a070009 1267 0a080101 0050 01 03 0000", true), "length");
    EXPECT_EQ(fault_of("0a070009 1267 0a080101 0050 03 03 0000", true), "checksum");
    EXPECT_EQ(fault_of("0a070009 1267 0a080101 0050 03 03 d52c", true), "protocol");
    EXPECT_EQ(fault_of("0a070009 1267 0a080101 0050 03 02 d52d", true), "none");
}

TEST(Reception, TakesTheLongestFormOfAnUnknownProtocol) {
    Bytes frame = from_hex("0a070009 1267 0a080101 0050 01 07 0000");
    frame.resize(kEncapsulationHeaderSize + 6);
    EXPECT_EQ(stated_payload_size(frame, true), 6U);
    frame.resize(kEncapsulationHeaderSize + 10);
    EXPECT_EQ(stated_payload_size(frame, true), 10U);
    EXPECT_EQ(stated_payload_size(frame, false), 6U);
    frame.resize(kEncapsulationHeaderSize + 145);
    EXPECT_EQ(stated_payload_size(frame, true), 10U);
    frame.resize(kEncapsulationHeaderSize + 146);
    EXPECT_EQ(stated_payload_size(frame, true), 146U);
}

TEST(Reception, LetsTheDecoderReadABaseFormInAFarmWithExtensions) {
    const Bytes frame = encode_ethernet({}, {}, 0x88B5, from_hex(kBaseForm));
    const Frame decoded = decode_frame(frame, Framing{0x88B5, true});
    EXPECT_TRUE(decoded.faults.empty());
    ASSERT_TRUE(decoded.encapsulation);
    EXPECT_TRUE(decoded.encapsulation->payload.empty());
}

}  // namespace
}  // namespace conform
