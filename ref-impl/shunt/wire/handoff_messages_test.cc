// SPDX-License-Identifier: Apache-2.0
#include "shunt/wire/handoff_messages.hh"

#include <gtest/gtest.h>

#include "shunt/wire/test_support.hh"

namespace shunt::wire {
namespace {

using test::Bytes;
using test::from_hex;
using test::to_hex;

constexpr ConnectionTuple kTuple{.client = Ipv4Address(10, 7, 0, 9),
                                 .client_port = 4'711,
                                 .service = Ipv4Address(10, 7, 1, 1),
                                 .service_port = 80,
                                 .protocol = TransportProtocol::Tcp};
const Bytes kRequest =
    from_hex("0a070009 1267 0a070101 0050 01020304 0003 aabbcc 0002 ddee 0001 47");
const Bytes kAcknowledgement = from_hex("05060708 07 03 05b4 11223344");
const Bytes kReject = from_hex("0006");
const Bytes kTermination = from_hex("0a070009 1267 0a070101 0050 02");

template <typename Body>
Bytes written(const Body& body) {
    Bytes bytes(body.size());
    body.write_to(bytes);
    return bytes;
}

template <typename Body>
void expect_only(const Bytes& whole) {
    ASSERT_TRUE(Body::parse(whole));
    for (std::size_t count = 1; count <= whole.size(); ++count)
        EXPECT_EQ(Body::parse(test::cut(whole, count)).error(), Counter::DropControlBody) << count;
    EXPECT_EQ(Body::parse(test::followed_by(whole, {0})).error(), Counter::DropControlBody);
}

TEST(HandoffMessages, ARequestBringsWhatASecondTcpNeeds) {
    const Bytes syn = from_hex("aabbcc");
    const Bytes acknowledgment = from_hex("ddee");
    const Bytes text = from_hex("47");
    const HandoffRequestBody body{kTuple, SequenceNumber(0x01020304), syn, acknowledgment, text};
    EXPECT_EQ(to_hex(written(body)), to_hex(kRequest));
    const auto read = HandoffRequestBody::parse(kRequest);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->tuple, kTuple);
    EXPECT_EQ(read->first_isn, SequenceNumber(0x01020304));
    EXPECT_EQ(to_hex(read->syn), to_hex(syn));
    EXPECT_EQ(to_hex(read->acknowledgment), to_hex(acknowledgment));
    EXPECT_EQ(to_hex(read->request), to_hex(text));
    expect_only<HandoffRequestBody>(kRequest);
}

TEST(HandoffMessages, PartsMayBeEmptyAndAsLongAsAPacket) {
    const Bytes longest(HandoffRequestBody::kPartMax, 0x5A);
    const HandoffRequestBody body{kTuple, SequenceNumber(0), longest, longest, {}};
    const Bytes bytes = written(body);
    const auto read = HandoffRequestBody::parse(bytes);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->syn.size(), longest.size());
    EXPECT_EQ(read->acknowledgment.size(), longest.size());
    EXPECT_TRUE(read->request.empty());
}

TEST(HandoffMessages, AnAcknowledgementSaysWhatTheSecondTcpOffers) {
    HandoffAcknowledgementBody body{
        SequenceNumber(0x05060708), 7, true, true, false, 1'460, 0x11223344};
    EXPECT_EQ(to_hex(written(body)), to_hex(kAcknowledgement));
    EXPECT_EQ(*HandoffAcknowledgementBody::parse(kAcknowledgement), body);
    expect_only<HandoffAcknowledgementBody>(kAcknowledgement);
    body.window_scale = std::nullopt;
    body.has_sack = false;
    body.has_ecn = true;
    EXPECT_EQ(*HandoffAcknowledgementBody::parse(written(body)), body);
}

TEST(HandoffMessages, OfScalesAndFlagsThoseThatThereAreAreTaken) {
    for (unsigned value = 0; value < 256; ++value) {
        const auto byte = static_cast<std::uint8_t>(value);
        const bool is_scale = value <= 14 || value == 255;
        EXPECT_EQ(
            bool{HandoffAcknowledgementBody::parse(test::with_byte(kAcknowledgement, 4, byte))},
            is_scale);
        EXPECT_EQ(
            bool{HandoffAcknowledgementBody::parse(test::with_byte(kAcknowledgement, 5, byte))},
            value < 8);
        EXPECT_EQ(bool{HandoffTerminationBody::parse(test::with_byte(kTermination, 12, byte))},
                  value == 1 || value == 2);
    }
}

TEST(HandoffMessages, ARejectHasOneOfTheSevenReasons) {
    EXPECT_EQ(to_hex(written(HandoffRejectBody{RejectReason::TupleInUse})), to_hex(kReject));
    expect_only<HandoffRejectBody>(kReject);
    for (std::uint16_t reason = 0; reason < 300; ++reason) {
        const bool is_listed = reason >= 1 && reason <= 7;
        EXPECT_EQ(bool{HandoffRejectBody::parse(test::with_u16(kReject, 0, reason))}, is_listed);
    }
}

TEST(HandoffMessages, ATerminationSaysHow) {
    const HandoffTerminationBody body{kTuple, HandoffTerminationBody::How::Reset};
    EXPECT_EQ(to_hex(written(body)), to_hex(kTermination));
    EXPECT_EQ(*HandoffTerminationBody::parse(kTermination), body);
    expect_only<HandoffTerminationBody>(kTermination);
}

}  // namespace
}  // namespace shunt::wire
