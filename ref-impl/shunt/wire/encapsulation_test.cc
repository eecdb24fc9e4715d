// SPDX-License-Identifier: Apache-2.0
#include "shunt/wire/encapsulation.hh"

#include <gtest/gtest.h>

#include "shunt/wire/checksum.hh"
#include "shunt/wire/connection_information.hh"
#include "shunt/wire/migration_copy.hh"
#include "shunt/wire/reject.hh"
#include "shunt/wire/test_support.hh"
#include "shunt/wire/udp.hh"

namespace shunt::wire {
namespace {

using test::Bytes;
using test::followed_by;
using test::from_hex;
using test::to_bytes;
using test::to_hex;
using test::with_byte;
using test::with_u16;

constexpr std::size_t kTypeOffset = 12;
constexpr std::size_t kProtocolOffset = 13;
constexpr std::size_t kChecksumOffset = 14;

// 10.7.0.9:4711 to forward address 10.8.1.2, port 80.
const Bytes kAcknowledgement = from_hex("0A070009 1267 0A080102 0050 03 01 D52D");

// The inner packet is an IPv4 header of 20 bytes and 4 of payload.
const Bytes kForwarded = from_hex(
    "0A070009 1267 0A080102 0050 02 01 D62D"
    "45000018 00010000 4006 65C8 0A070009 0A070101 12670050");

Bytes with_checksum(Bytes bytes, std::size_t covered) {
    store_u16(bytes, kChecksumOffset, 0);
    const std::uint16_t checksum = internet_checksum(ByteView(bytes).first(covered));
    store_u16(bytes, kChecksumOffset, checksum);
    return bytes;
}

Bytes with_checksum(Bytes bytes) {
    const std::size_t covered = bytes.size();
    return with_checksum(std::move(bytes), covered);
}

Bytes frame_of(std::uint8_t type, std::uint8_t protocol, const Bytes& payload) {
    Bytes bytes = with_byte(kAcknowledgement, kTypeOffset, type);
    bytes = with_byte(bytes, kProtocolOffset, protocol);
    return with_checksum(followed_by(bytes, payload));
}

// A payload of the extended set: length field, then that many bytes.
Bytes counted(std::uint16_t length) {
    Bytes bytes(2 + std::size_t{length}, 0x5A);
    store_u16(bytes, 0, length);
    return bytes;
}

// The counter of the check that `bytes` fails; kCount if it fails none.
Counter fault_of(const Bytes& bytes, ProtocolSet set = ProtocolSet::Extended) {
    const auto view = EncapsulationView::parse(bytes, set);
    return view ? Counter::kCount : view.error();
}

TEST(EncapsulationTest, ReadsEveryFieldOfAGoldenFrame) {
    const auto view = EncapsulationView::parse(kAcknowledgement, ProtocolSet::Base);
    ASSERT_TRUE(view);
    EXPECT_EQ(view->source(), Ipv4Address(10, 7, 0, 9));
    EXPECT_EQ(view->source_port(), 4711);
    EXPECT_EQ(view->destination(), Ipv4Address(10, 8, 1, 2));
    EXPECT_EQ(view->destination_port(), 80);
    EXPECT_EQ(view->type(), EncapsulationType::Acknowledgement);
    EXPECT_EQ(view->protocol(), TransportProtocol::Tcp);
    EXPECT_TRUE(view->payload().empty());
}

TEST(EncapsulationTest, WritesTheGoldenFrames) {
    const EncapsulationHeader header{.source = Ipv4Address(10, 7, 0, 9),
                                     .source_port = 4711,
                                     .destination = Ipv4Address(10, 8, 1, 2),
                                     .destination_port = 80,
                                     .type = EncapsulationType::Acknowledgement,
                                     .protocol = TransportProtocol::Tcp};
    PacketPool pool;
    Packet acknowledgement = pool.take();
    header.prepend_to(acknowledgement);
    EXPECT_EQ(to_hex(acknowledgement.bytes()), to_hex(kAcknowledgement));

    EncapsulationHeader forwarded_header = header;
    forwarded_header.type = EncapsulationType::Forwarded;
    Packet forwarded = pool.copy(ByteView(kForwarded).subspan(kEncapsulationHeaderSize));
    forwarded_header.prepend_to(forwarded);
    EXPECT_EQ(to_hex(forwarded.bytes()), to_hex(kForwarded));
}

TEST(EncapsulationTest, RefusesEveryTruncationOfTheHeader) {
    for (std::size_t size = 0; size < kEncapsulationHeaderSize; ++size) {
        const Bytes part(kForwarded.begin(), kForwarded.begin() + static_cast<long>(size));
        EXPECT_EQ(fault_of(part), Counter::DropEncapsulationTruncated) << size;
    }
    EXPECT_EQ(fault_of(kAcknowledgement), Counter::kCount);
}

TEST(EncapsulationTest, RefusesEveryTruncationOfThePayload) {
    const Bytes frames[] = {
        frame_of(0x01, 1, Bytes(ConnectionInformation::kTcpSize, 1)),
        frame_of(0x01, 2, Bytes(ConnectionInformation::kUdpSize, 1)),
        kForwarded,
        frame_of(0x10, 1, counted(16)),
        frame_of(0x11, 1, counted(18)),
        frame_of(0x12, 1, counted(25)),
        frame_of(0x13, 1, counted(17)),
        frame_of(0x14, 1, counted(18)),
        frame_of(0x15, 1, counted(14 + 9)),
    };
    for (const Bytes& frame : frames) {
        ASSERT_EQ(fault_of(frame), Counter::kCount) << to_hex(frame);
        for (std::size_t size = kEncapsulationHeaderSize; size < frame.size(); ++size) {
            const Bytes part(frame.begin(), frame.begin() + static_cast<long>(size));
            ASSERT_EQ(fault_of(part), Counter::DropEncapsulationLength) << to_hex(part);
        }
    }
}

TEST(EncapsulationTest, KnowsExactlyTheTypesOfItsSet) {
    for (unsigned type = 0; type <= 0xFF; ++type) {
        const bool is_base = type >= 0x01 && type <= 0x03;
        const bool is_extended = is_base || (type >= 0x10 && type <= 0x15);
        const Bytes frame = frame_of(static_cast<std::uint8_t>(type), 1, Bytes(200, 0));
        EXPECT_EQ(fault_of(frame, ProtocolSet::Base) != Counter::DropEncapsulationType, is_base)
            << type;
        EXPECT_EQ(fault_of(frame, ProtocolSet::Extended) != Counter::DropEncapsulationType,
                  is_extended)
            << type;
    }
}

TEST(EncapsulationTest, TakesNoProtocolButTcpAndUdp) {
    for (unsigned protocol = 0; protocol <= 0xFF; ++protocol) {
        const auto byte = static_cast<std::uint8_t>(protocol);
        const Counter expected =
            protocol == 1 || protocol == 2 ? Counter::kCount : Counter::DropEncapsulationProtocol;
        EXPECT_EQ(fault_of(frame_of(0x03, byte, {})), expected) << protocol;
        EXPECT_EQ(fault_of(with_checksum(with_byte(kForwarded, kProtocolOffset, byte), 16)),
                  expected)
            << protocol;
    }
}

TEST(EncapsulationTest, NamesTheProtocolOfAConnectionWhoseLengthNoProtocolTells) {
    for (const std::uint8_t protocol : Bytes{0, 3, 255}) {
        for (const std::size_t size :
             {ConnectionInformation::kTcpSize, ConnectionInformation::kUdpSize,
              ConnectionInformation::kUdpBaseSize}) {
            const Bytes frame = frame_of(0x01, protocol, Bytes(size, 0x77));
            EXPECT_EQ(fault_of(frame), Counter::DropEncapsulationProtocol) << size;
            EXPECT_EQ(fault_of(with_byte(frame, 0, 0xEE)), Counter::DropEncapsulationChecksum);
        }
        EXPECT_EQ(fault_of(frame_of(0x01, protocol, Bytes(5, 0))),
                  Counter::DropEncapsulationLength);
    }
}

TEST(EncapsulationTest, ChecksumCoversHeaderAndPayload) {
    const Bytes frame = frame_of(0x11, 1, counted(18));
    for (std::size_t at = 0; at < frame.size(); ++at) {
        if (at == kTypeOffset || at == 16 || at == 17) continue;  // other checks come first
        const Bytes damaged = with_byte(frame, at, frame[at] ^ 0x10);
        EXPECT_EQ(fault_of(damaged), Counter::DropEncapsulationChecksum) << at;
    }
}

TEST(EncapsulationTest, ChecksumOfAForwardedPacketCoversTheHeaderAlone) {
    for (std::size_t at = 0; at < kEncapsulationHeaderSize; ++at) {
        if (at == kTypeOffset) continue;
        const Bytes damaged = with_byte(kForwarded, at, kForwarded[at] ^ 0x10);
        EXPECT_EQ(fault_of(damaged), Counter::DropEncapsulationChecksum) << at;
    }
    for (std::size_t at = kEncapsulationHeaderSize; at < kForwarded.size(); ++at) {
        if (at == 18 || at == 19) continue;  // inner total length
        const Bytes damaged = with_byte(kForwarded, at, kForwarded[at] ^ 0x10);
        EXPECT_EQ(fault_of(damaged), Counter::kCount) << at;
    }
}

TEST(EncapsulationTest, ZeroIsAnOrdinaryChecksum) {
    // The source port is chosen so that all else sums to 0xFFFF.
    const Bytes frame = from_hex("0A070009 E794 0A080102 0050 03 01 0000");
    EXPECT_EQ(internet_checksum(frame), 0);
    EXPECT_EQ(fault_of(frame), Counter::kCount);
    EXPECT_EQ(fault_of(with_u16(kAcknowledgement, kChecksumOffset, 0)),
              Counter::DropEncapsulationChecksum);
}

TEST(EncapsulationTest, OddPayloadIsSummedAsIfAZeroByteFollowed) {
    Bytes frame = frame_of(0x12, 1, counted(21));
    EXPECT_EQ(frame.size() % 2, 1U);
    frame.push_back(0xFF);  // padding takes no part
    EXPECT_EQ(fault_of(frame), Counter::kCount);
}

TEST(EncapsulationTest, BytesPastTheLengthAreNoPayload) {
    const Bytes frames[] = {kAcknowledgement, kForwarded,
                            frame_of(0x01, 1, Bytes(ConnectionInformation::kTcpSize, 1)),
                            frame_of(0x01, 2, Bytes(ConnectionInformation::kUdpSize, 1)),
                            frame_of(0x14, 1, counted(18))};
    for (const Bytes& frame : frames) {
        for (const std::size_t padding : {1U, 30U, 1'400U}) {
            const Bytes padded = followed_by(frame, Bytes(padding, 0xA5));
            const auto view = EncapsulationView::parse(padded, ProtocolSet::Extended);
            ASSERT_TRUE(view) << to_hex(padded);
            EXPECT_EQ(view->payload().size(), frame.size() - kEncapsulationHeaderSize);
        }
    }
}

TEST(EncapsulationTest, ExtendedAcknowledgementIsPaddingToTheBaseSet) {
    const Bytes uncovered = followed_by(kAcknowledgement, counted(18));
    const auto base = EncapsulationView::parse(uncovered, ProtocolSet::Base);
    ASSERT_TRUE(base);
    EXPECT_TRUE(base->payload().empty());
    const auto extended = EncapsulationView::parse(uncovered, ProtocolSet::Extended);
    ASSERT_TRUE(extended);
    EXPECT_EQ(extended->payload().size(), MigrationCopy::kSize);
}

TEST(EncapsulationTest, ExtendedAcknowledgementMayBeCoveredByTheChecksum) {
    const Bytes covered = frame_of(0x03, 1, counted(18));
    EXPECT_EQ(fault_of(covered), Counter::kCount);
    EXPECT_EQ(fault_of(with_byte(covered, 30, 0)), Counter::DropEncapsulationChecksum);
}

TEST(EncapsulationTest, AcknowledgementOfTheBaseFormIsTakenByTheExtendedSet) {
    for (const std::uint16_t length : std::vector<std::uint16_t>{0, 17, 19, 0xFFFF}) {
        Bytes padding(44, 0);
        store_u16(padding, 0, length);
        const Bytes padded = followed_by(kAcknowledgement, padding);
        const auto view = EncapsulationView::parse(padded, ProtocolSet::Extended);
        ASSERT_TRUE(view) << length;
        EXPECT_TRUE(view->payload().empty()) << length;
    }
}

TEST(EncapsulationTest, LengthFieldsHaveTheValuesOfTheirType) {
    struct Row {
        std::uint8_t type;
        std::vector<std::uint16_t> taken;
        std::vector<std::uint16_t> refused;
    };
    const Row rows[] = {
        {0x10, {16}, {0, 1, 15, 17, 0xFFFF}},
        {0x11, {18}, {0, 1, 17, 19, 0xFFFF}},
        {0x12, {20, 21, 600}, {0, 1, 19, 601, 0xFFFF}},
        {0x13, {17}, {0, 1, 16, 18, 0xFFFF}},
        {0x14, {18}, {0, 1, 17, 19, 0xFFFF}},
        {0x15, {23, 32, 302}, {0, 1, 14, 22, 24, 303, 311, 0xFFFF}},
    };
    for (const Row& row : rows) {
        for (const std::uint16_t length : row.taken) {
            EXPECT_EQ(fault_of(frame_of(row.type, 1, counted(length))), Counter::kCount)
                << int{row.type} << " " << length;
        }
        for (const std::uint16_t length : row.refused) {
            Bytes payload(602, 0);
            store_u16(payload, 0, length);
            EXPECT_EQ(fault_of(frame_of(row.type, 1, payload)), Counter::DropEncapsulationLength)
                << int{row.type} << " " << length;
        }
    }
}

TEST(EncapsulationTest, InnerTotalLengthEndsTheForwardedPacket) {
    const auto size = static_cast<std::uint16_t>(kForwarded.size() - kEncapsulationHeaderSize);
    EXPECT_EQ(fault_of(with_u16(kForwarded, 18, size)), Counter::kCount);
    EXPECT_EQ(fault_of(with_u16(kForwarded, 18, size + 1)), Counter::DropEncapsulationLength);
    EXPECT_EQ(fault_of(with_u16(kForwarded, 18, 0xFFFF)), Counter::DropEncapsulationLength);
    // Shorter than an IPv4 header it is a fault of the payload, which is looked at later.
    for (const std::uint16_t short_size : std::vector<std::uint16_t>{0, 1, 19}) {
        const Bytes frame = with_u16(kForwarded, 18, short_size);
        const auto view = EncapsulationView::parse(frame, ProtocolSet::Base);
        ASSERT_TRUE(view);
        EXPECT_EQ(view->payload().size(), short_size);
    }
}

TEST(EncapsulationTest, OfTwoFaultsTheEarlierCheckNamesTheCounter) {
    const Bytes cut_frame(kForwarded.begin(), kForwarded.begin() + 15);
    EXPECT_EQ(fault_of(with_byte(cut_frame, kTypeOffset, 0x99)),
              Counter::DropEncapsulationTruncated);

    const Bytes cut_payload(kForwarded.begin(), kForwarded.end() - 1);
    EXPECT_EQ(fault_of(with_byte(cut_payload, kTypeOffset, 0x99)), Counter::DropEncapsulationType);
    EXPECT_EQ(fault_of(with_byte(cut_payload, kChecksumOffset, 0x99)),
              Counter::DropEncapsulationLength);

    // The Protocol byte is wrong and is not covered by a corrected checksum.
    EXPECT_EQ(fault_of(with_byte(kForwarded, kProtocolOffset, 3)),
              Counter::DropEncapsulationChecksum);
    EXPECT_EQ(fault_of(with_byte(cut_payload, kProtocolOffset, 3)),
              Counter::DropEncapsulationLength);
}

TEST(EncapsulationTest, TheRoutedBindingCarriesTheSameBytes) {
    PacketPool pool;
    Packet packet = pool.copy(kForwarded);
    UdpHeader{.source_port = kEncapsulationUdpPort, .destination_port = kEncapsulationUdpPort}
        .prepend_to(packet, Ipv4Address(10, 8, 1, 1), Ipv4Address(10, 8, 1, 2));
    Ipv4Header{.protocol = IpProtocol::Udp,
               .source = Ipv4Address(10, 8, 1, 1),
               .destination = Ipv4Address(10, 8, 1, 2)}
        .prepend_to(packet);
    const auto outer = Ipv4View::parse(packet.bytes());
    ASSERT_TRUE(outer);
    const auto datagram = UdpView::parse(*outer);
    ASSERT_TRUE(datagram);
    const auto view = EncapsulationView::parse(datagram->payload(), ProtocolSet::Base);
    ASSERT_TRUE(view);
    EXPECT_EQ(to_hex(view->payload()), to_hex(ByteView(kForwarded).subspan(16)));
}

TEST(EncapsulationTest, EveryHeaderComesBackAsItWasWritten) {
    constexpr std::uint64_t seed = 20'261'121;
    Rng rng(seed);
    PacketPool pool;
    for (int round = 0; round < 2'000; ++round) {
        EncapsulationHeader header;
        header.source = Ipv4Address(rng.next_u32());
        header.source_port = static_cast<std::uint16_t>(rng.next_u32());
        header.destination = Ipv4Address(rng.next_u32());
        header.destination_port = static_cast<std::uint16_t>(rng.next_u32());
        header.type = rng.chance({1, 2}) ? EncapsulationType::Data : EncapsulationType::Release;
        header.protocol = rng.chance({1, 2}) ? TransportProtocol::Tcp : TransportProtocol::Udp;
        const std::size_t size =
            header.type == EncapsulationType::Data ? 20 + rng.below(1'400) : 18;
        Bytes payload = test::random_bytes(rng, 2 + size);
        store_u16(payload, 0, static_cast<std::uint16_t>(size));
        Packet packet = pool.copy(payload);
        header.prepend_to(packet);
        packet.append(test::random_bytes(rng, rng.below(64)));
        const auto view = EncapsulationView::parse(packet.bytes(), ProtocolSet::Extended);
        ASSERT_TRUE(view) << "seed " << seed << " " << to_hex(packet.bytes());
        EXPECT_EQ(view->header(), header) << "seed " << seed;
        EXPECT_EQ(to_bytes(view->payload()), payload) << "seed " << seed;
    }
}

}  // namespace
}  // namespace shunt::wire
