// SPDX-License-Identifier: Apache-2.0
#include "shunt/wire/flow_messages.hh"

#include <gtest/gtest.h>

#include "shunt/wire/test_support.hh"

namespace shunt::wire {
namespace {

using test::Bytes;
using test::from_hex;
using test::to_hex;

const Bytes kFlow = from_hex("abcd1234");
const Bytes kReject = from_hex("0006");
const Bytes kIcmp = from_hex("0a070009 1267 0a070101 0050 0003 c0ffee");

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

TEST(FlowMessages, AFlowIsWrittenAndReadAsThePageHasIt) {
    EXPECT_EQ(to_hex(written(FlowBody{FlowId(0xABCD'1234)})), to_hex(kFlow));
    EXPECT_EQ(*FlowBody::parse(kFlow), FlowBody{FlowId(0xABCD'1234)});
    expect_only<FlowBody>(kFlow);
}

TEST(FlowMessages, ARejectHasOneOfTheSevenReasons) {
    EXPECT_EQ(to_hex(written(BlobRejectBody{RejectReason::TupleInUse})), to_hex(kReject));
    EXPECT_EQ(*BlobRejectBody::parse(kReject), BlobRejectBody{RejectReason::TupleInUse});
    expect_only<BlobRejectBody>(kReject);
    for (std::uint16_t reason = 0; reason < 300; ++reason) {
        const bool is_listed = reason >= 1 && reason <= 7;
        EXPECT_EQ(bool{BlobRejectBody::parse(test::with_u16(kReject, 0, reason))}, is_listed);
    }
}

TEST(FlowMessages, AnIcmpErrorNamesItsConnection) {
    const ConnectionTuple tuple{Ipv4Address(10, 7, 0, 9), 4'711, Ipv4Address(10, 7, 1, 1), 80,
                                TransportProtocol::Tcp};
    const Bytes packet = from_hex("c0ffee");
    EXPECT_EQ(to_hex(written(MovedIcmpBody{tuple, packet})), to_hex(kIcmp));
    const auto read = MovedIcmpBody::parse(kIcmp);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->tuple, tuple);
    EXPECT_EQ(to_hex(read->packet), to_hex(packet));
    expect_only<MovedIcmpBody>(kIcmp);
}

TEST(FlowMessages, AnIcmpErrorMayBeAsLongAsAPacketCanBe) {
    const Bytes packet(MovedIcmpBody::kPacketMax, 0x5A);
    const Bytes bytes = written(MovedIcmpBody{{}, packet});
    ASSERT_TRUE(MovedIcmpBody::parse(bytes));
    EXPECT_EQ(MovedIcmpBody::parse(bytes)->packet.size(), packet.size());
}

}  // namespace
}  // namespace shunt::wire
