// SPDX-License-Identifier: Apache-2.0
#include "shunt/wire/endpoint_data.hh"

#include <gtest/gtest.h>

#include "shunt/wire/test_support.hh"

namespace shunt::wire {
namespace {

using test::Bytes;
using test::followed_by;
using test::from_hex;
using test::to_hex;

const Bytes kId = from_hex("0a070101 0050 00001388 00000007");

// What EndpointData::parse() says of a payload behind its length field.
Result<EndpointData, Counter> parse(PacketPool& pool, Packet& packet, const Bytes& counted) {
    packet = pool.copy(followed_by({0, static_cast<std::uint8_t>(counted.size())}, counted));
    EncapsulationHeader{.type = EncapsulationType::Data}.prepend_to(packet);
    const auto view = EncapsulationView::parse(packet.bytes(), ProtocolSet::Extended);
    EXPECT_TRUE(view);
    return EndpointData::parse(*view);
}

TEST(EndpointData, HoldsWhatIsBehindTheOffset) {
    PacketPool pool;
    Packet packet;
    const auto data = parse(pool, packet, followed_by(kId, from_hex("03 00 0000000a 616263")));
    ASSERT_TRUE(data);
    EXPECT_EQ(data->id.epoch, 7U);
    EXPECT_EQ(data->queue, EndpointQueue::OutOfOrder);
    EXPECT_EQ(data->offset, 10U);
    EXPECT_EQ(to_hex(data->bytes), "61 62 63");
}

TEST(EndpointData, IsWrittenAsItIsRead) {
    PacketPool pool;
    Packet written = pool.take();
    const MigrationId id = MigrationId::load(kId, 0);
    EndpointData::append_head_to(written, id, EndpointQueue::OutOfOrder, 10, 3);
    written.append(from_hex("616263"));
    EXPECT_EQ(to_hex(written.bytes()),
              to_hex(from_hex("0017 0a070101 0050 00001388 00000007 03 00 0000000a 616263")));
}

TEST(EndpointData, MayHoldNoBytes) {
    PacketPool pool;
    Packet packet;
    const auto data = parse(pool, packet, followed_by(kId, from_hex("01 00 ffffffff")));
    ASSERT_TRUE(data);
    EXPECT_EQ(data->offset, 0xFFFFFFFFU);
    EXPECT_TRUE(data->bytes.empty());
}

TEST(EndpointData, IgnoresTheByteBehindTheQueue) {
    PacketPool pool;
    Packet packet;
    EXPECT_TRUE(parse(pool, packet, followed_by(kId, from_hex("01 ff 00000000"))));
}

TEST(EndpointData, RefusesAQueueThatIsNone) {
    PacketPool pool;
    Packet packet;
    for (const unsigned queue : {0U, 1U, 6U, 7U, 255U}) {
        Bytes counted = followed_by(kId, from_hex("00 00 00000000"));
        counted[kId.size()] = static_cast<std::uint8_t>(queue);
        const auto data = parse(pool, packet, counted);
        EXPECT_EQ(static_cast<bool>(data), queue == 1 || queue == 6) << queue;
        if (!data) {
            EXPECT_EQ(data.error(), Counter::DropEncapsulationPayload);
        }
    }
}

}  // namespace
}  // namespace shunt::wire
