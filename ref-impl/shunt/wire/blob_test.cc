// SPDX-License-Identifier: Apache-2.0
#include "shunt/wire/blob.hh"

#include <gtest/gtest.h>

#include <functional>
#include <vector>

#include "shunt/base/crc32c.hh"
#include "shunt/wire/test_support.hh"

namespace shunt::wire {
namespace {

using test::Bytes;
using test::from_hex;
using test::to_hex;

constexpr std::uint64_t kSeed = 23;
const BlobMapping kMapping{.flow = FlowId(0xABCD'1234),
                           .tuple = {.client = Ipv4Address(10, 7, 0, 9),
                                     .client_port = 4'711,
                                     .service = Ipv4Address(10, 7, 1, 1),
                                     .service_port = 80,
                                     .protocol = TransportProtocol::Tcp},
                           .forwarder = Ipv4Address(10, 8, 0, 1)};
const IpState kIp{
    .time_to_live = 63, .type_of_service = 0xB8, .path_mtu = 1'500, .identification = 0x4321};

ControlBlock plain_block() {
    ControlBlock block;
    block.mss = 1'460;
    block.send_unacknowledged = block.send_next = block.send_max = SequenceNumber(5'000);
    block.receive_next = SequenceNumber(9'000);
    block.receive_advertised = block.receive_next + 65'535;
    return block;
}

// Content of a blob that has something of everything.
struct Whole {
    Bytes receive = from_hex("01020304050607");
    Bytes send = from_hex("1112131415");
    Bytes first = from_hex("2122");
    Bytes second = from_hex("31323334");
    Bytes context = from_hex("414243");
    std::vector<BlobRange> ranges{{SequenceNumber(9'010), first}, {SequenceNumber(9'020), second}};
    std::vector<SackBlock> scoreboard{{SequenceNumber(5'001), SequenceNumber(5'002)},
                                      {SequenceNumber(5'003), SequenceNumber(5'004)}};

    BlobBody body() const {
        BlobBody body{.mapping = kMapping, .block = plain_block(), .ip = kIp};
        body.block.set(BlockFlag::SackPermitted);
        body.block.set(BlockFlag::Context);
        body.block.receive_queue = 7;
        body.block.send_queue = 5;
        body.block.send_max = body.block.send_next = SequenceNumber(5'005);
        body.block.out_of_order_ranges = 2;
        body.block.out_of_order_bytes = 6;
        body.block.sack_ranges = 2;
        body.receive = receive;
        body.send = send;
        body.out_of_order = ranges;
        body.context = context;
        body.scoreboard = scoreboard;
        body.congestion = CongestionState{};
        return body;
    }
};

Bytes written(const BlobBody& body) {
    Bytes bytes(body.size(), 0xEE);
    body.write_to(bytes);
    return bytes;
}

Bytes whole_blob() {
    const Whole whole;
    return written(whole.body());
}

Bytes with_right_crc(Bytes bytes) {
    const std::size_t covered = bytes.size() - kBlobTrailerSize;
    store_u32(bytes, covered, crc32c(ByteView(bytes).first(covered)));
    return bytes;
}

// A blob put together by hand from the sections given, each with its header.
Bytes blob_of(const std::vector<Bytes>& sections) {
    Bytes bytes = from_hex("5348424c 0001 0000");
    store_u16(bytes, 6, static_cast<std::uint16_t>(sections.size()));
    for (const Bytes& section : sections)
        bytes = test::followed_by(bytes, section);
    return with_right_crc(test::followed_by(bytes, Bytes(kBlobTrailerSize)));
}

Bytes section(std::uint16_t kind, const Bytes& content, std::uint16_t flags = 0) {
    Bytes head(kBlobSectionHeaderSize);
    store_u16(head, 0, kind);
    store_u16(head, 2, flags);
    store_u32(head, 4, static_cast<std::uint32_t>(content.size()));
    return test::followed_by(head, content);
}

// The sections of whole_blob(), in their order.
std::vector<Bytes> whole_sections() {
    const Bytes bytes = whole_blob();
    std::vector<Bytes> sections;
    std::size_t at = kBlobHeaderSize;
    while (at < bytes.size() - kBlobTrailerSize) {
        const auto begin = bytes.begin() + static_cast<std::ptrdiff_t>(at);
        const std::size_t size = kBlobSectionHeaderSize + load_u32(bytes, at + 4);
        sections.emplace_back(begin, begin + static_cast<std::ptrdiff_t>(size));
        at += size;
    }
    return sections;
}

Counter fault_of(const Bytes& bytes) {
    const auto view = BlobView::parse(bytes);
    EXPECT_FALSE(view);
    return view ? Counter::kCount : view.error();
}

TEST(Blob, IsAsThePageHasIt) {
    BlobBody body{.mapping = kMapping, .block = plain_block(), .ip = kIp};
    const Bytes receive = from_hex("c0ffee");
    body.receive = receive;
    body.block.receive_queue = 3;
    Bytes block(ControlBlock::kSize);
    body.block.store(block, 0);
    const Bytes head = from_hex(
        "5348424c 0001 0004"
        "0001 0000 00000014 abcd1234 0a070009 1267 0a070101 0050 0a080001"
        "0002 0000 0000008c");
    const Bytes tail = from_hex("0003 0000 00000006 3f b8 05dc 4321 0004 0000 00000003 c0ffee");
    Bytes expected = test::followed_by(test::followed_by(head, block), tail);
    const std::uint32_t crc = crc32c(expected);
    expected.resize(expected.size() + 4);
    store_u32(expected, expected.size() - 4, crc);
    EXPECT_EQ(to_hex(written(body)), to_hex(expected));
}

TEST(Blob, WhatIsWrittenIsRead) {
    const Whole whole;
    const Bytes bytes = written(whole.body());
    const auto view = BlobView::parse(bytes);
    ASSERT_TRUE(view);
    EXPECT_EQ(view->mapping(), kMapping);
    EXPECT_EQ(view->block(), whole.body().block);
    EXPECT_EQ(view->ip(), kIp);
    EXPECT_EQ(to_hex(view->receive()), to_hex(whole.receive));
    EXPECT_EQ(to_hex(view->send()), to_hex(whole.send));
    ASSERT_TRUE(view->context());
    EXPECT_EQ(to_hex(*view->context()), to_hex(whole.context));
    ASSERT_EQ(view->scoreboard_count(), 2U);
    EXPECT_EQ(view->scoreboard(1), whole.scoreboard[1]);
    EXPECT_EQ(view->congestion(), CongestionState{});
    EXPECT_EQ(view->out_of_order_count(), 2U);
    BlobRanges ranges = view->out_of_order();
    for (const BlobRange& expected : whole.ranges) {
        const auto range = ranges.next();
        ASSERT_TRUE(range);
        EXPECT_EQ(range->sequence, expected.sequence);
        EXPECT_EQ(to_hex(range->bytes), to_hex(expected.bytes));
    }
    EXPECT_FALSE(ranges.next());
}

TEST(Blob, OfAnIdleConnectionHasThreeSections) {
    const BlobBody body{.mapping = kMapping, .block = plain_block(), .ip = kIp};
    const Bytes bytes = written(body);
    EXPECT_EQ(bytes.size(), 8U + 3 * 8 + 20 + 140 + 6 + 4);
    EXPECT_EQ(load_u16(bytes, 6), 3);
    const auto view = BlobView::parse(bytes);
    ASSERT_TRUE(view);
    EXPECT_FALSE(view->context());
    EXPECT_FALSE(view->congestion());
    EXPECT_EQ(view->scoreboard_count(), 0U);
    EXPECT_FALSE(view->out_of_order().next());
}

TEST(Blob, ReadsWithoutCopyingWhatIsLong) {
    const Bytes bytes = whole_blob();
    const auto view = BlobView::parse(bytes);
    ASSERT_TRUE(view);
    for (const ByteView part : {view->receive(), view->send(), *view->context()}) {
        EXPECT_GE(part.data(), bytes.data());
        EXPECT_LE(part.data() + part.size(), bytes.data() + bytes.size());
    }
}

TEST(Blob, RefusesEveryTruncation) {
    const Bytes bytes = whole_blob();
    for (std::size_t count = 1; count <= bytes.size(); ++count)
        EXPECT_FALSE(BlobView::parse(test::cut(bytes, count))) << count;
    for (std::size_t count = 1; count <= bytes.size() - 12; ++count) {
        // Cut and given a right CRC: the sections betray it.
        const Bytes part = with_right_crc(test::cut(bytes, count));
        EXPECT_EQ(fault_of(part), Counter::DropBlobSections) << count;
    }
}

TEST(Blob, RefusesEveryFlippedBit) {
    Bytes bytes = whole_blob();
    for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
        const auto mask = static_cast<std::uint8_t>(1U << (bit % 8));
        bytes[bit / 8] ^= mask;
        EXPECT_EQ(fault_of(bytes),
                  bit < 6U * 8 ? Counter::DropBlobFormat : Counter::DropBlobChecksum)
            << bit;
        bytes[bit / 8] ^= mask;
    }
    EXPECT_TRUE(BlobView::parse(bytes));
}

TEST(Blob, RefusesAnotherMagicOrVersion) {
    const Bytes bytes = whole_blob();
    EXPECT_EQ(fault_of(with_right_crc(test::with_byte(bytes, 0, 0x54))), Counter::DropBlobFormat);
    EXPECT_EQ(fault_of(with_right_crc(test::with_u16(bytes, 4, 0))), Counter::DropBlobFormat);
    EXPECT_EQ(fault_of(with_right_crc(test::with_u16(bytes, 4, 2))), Counter::DropBlobFormat);
}

TEST(Blob, RefusesTheMandatorySectionsInAnyOtherOrder) {
    const std::vector<Bytes> right = whole_sections();
    ASSERT_TRUE(BlobView::parse(blob_of(right)));
    const std::size_t orders[][3] = {{0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    for (const auto& order : orders) {
        std::vector<Bytes> sections = right;
        for (std::size_t i = 0; i < 3; ++i)
            sections[i] = right[order[i]];
        EXPECT_EQ(fault_of(blob_of(sections)), Counter::DropBlobSections);
    }
    for (std::size_t missing = 0; missing < 3; ++missing) {
        std::vector<Bytes> sections = right;
        sections.erase(sections.begin() + static_cast<std::ptrdiff_t>(missing));
        EXPECT_EQ(fault_of(blob_of(sections)), Counter::DropBlobSections);
    }
    std::vector<Bytes> late = right;
    late.insert(late.begin() + 2, section(99, {1}));
    EXPECT_EQ(fault_of(blob_of(late)), Counter::DropBlobSections) << "an unknown one among them";
    for (std::size_t which = 0; which < 3; ++which) {
        std::vector<Bytes> sections = right;
        store_u16(sections[which], 0, 99);
        EXPECT_EQ(fault_of(blob_of(sections)), Counter::DropBlobSections) << "another kind";
    }
    const Bytes shortest = blob_of({right[0], right[1], right[2]});
    for (std::uint16_t count = 0; count < 3; ++count) {
        const Bytes bytes = with_right_crc(test::with_u16(shortest, 6, count));
        EXPECT_EQ(fault_of(bytes), Counter::DropBlobSections) << "three, but " << count << " said";
    }
    EXPECT_EQ(fault_of(blob_of({})), Counter::DropBlobSections);
    EXPECT_EQ(fault_of(blob_of({right[0], right[1]})), Counter::DropBlobSections);
}

TEST(Blob, TakesTheOthersInAnyOrder) {
    Rng rng(kSeed);
    std::vector<Bytes> sections = whole_sections();
    for (int round = 0; round < 200; ++round) {
        const std::size_t a = 3 + rng.below(sections.size() - 3);
        const std::size_t b = 3 + rng.below(sections.size() - 3);
        std::swap(sections[a], sections[b]);
        const Bytes bytes = blob_of(sections);
        const auto view = BlobView::parse(bytes);
        ASSERT_TRUE(view) << "seed " << kSeed;
        EXPECT_EQ(view->send().size(), 5U);
        BlobRanges ranges = view->out_of_order();
        EXPECT_TRUE(ranges.next() && ranges.next() && !ranges.next());
    }
}

TEST(Blob, RefusesARepeatedSection) {
    const std::vector<Bytes> right = whole_sections();
    for (const Bytes& again : right) {
        std::vector<Bytes> sections = right;
        sections.push_back(again);
        const bool may_repeat = load_u16(again, 0) == 6;
        EXPECT_EQ(fault_of(blob_of(sections)),
                  may_repeat ? Counter::DropBlobQueues : Counter::DropBlobSections)
            << "kind " << load_u16(again, 0);
    }
}

TEST(Blob, SkipsUnknownKindsAndIgnoresFlags) {
    std::vector<Bytes> sections = whole_sections();
    sections.insert(sections.begin() + 3, section(0, {1, 2}));
    sections.insert(sections.begin() + 3, section(0, {}));
    sections.insert(sections.begin() + 5, section(10, {}));
    sections.insert(sections.begin() + 5, section(10, {3}, 0x8000));
    sections.push_back(section(0xFFFF, Bytes(300, 6)));
    for (Bytes& part : sections)
        store_u16(part, 2, 0xFFFF);
    const Bytes bytes = blob_of(sections);
    const auto view = BlobView::parse(bytes);
    ASSERT_TRUE(view);
    EXPECT_EQ(view->receive().size(), 7U);
    BlobRanges ranges = view->out_of_order();
    EXPECT_TRUE(ranges.next() && ranges.next() && !ranges.next());
}

TEST(Blob, RefusesLengthsThatReachTooFarOrNotToTheEnd) {
    const Bytes bytes = whole_blob();
    const std::size_t last = bytes.size() - kBlobTrailerSize - kBlobSectionHeaderSize - 1;
    for (const std::uint32_t length : {0U, 2U, 0x7FFFFFFFU, 0xFFFFFFFFU, 0xFFFFFFF8U}) {
        Bytes changed = bytes;
        store_u32(changed, last + 4, length);
        EXPECT_EQ(fault_of(with_right_crc(changed)), Counter::DropBlobSections) << length;
    }
    const Bytes trailing = test::followed_by(test::cut(bytes, 4), Bytes(5));
    EXPECT_EQ(fault_of(with_right_crc(trailing)), Counter::DropBlobSections);
    const std::uint16_t count = load_u16(bytes, 6);
    for (const int wrong : {0, 2, count - 1, count + 1, 0xFFFF}) {
        const Bytes changed = test::with_u16(bytes, 6, static_cast<std::uint16_t>(wrong));
        EXPECT_EQ(fault_of(with_right_crc(changed)), Counter::DropBlobSections) << wrong;
    }
}

TEST(Blob, RefusesLengthsThatAKindCannotHave) {
    const std::vector<Bytes> right = whole_sections();
    for (std::size_t which = 0; which < 3; ++which) {
        for (const bool is_longer : {false, true}) {
            std::vector<Bytes> sections = right;
            Bytes content(right[which].begin() + kBlobSectionHeaderSize, right[which].end());
            content.resize(is_longer ? content.size() + 1 : content.size() - 1);
            sections[which] = section(static_cast<std::uint16_t>(which + 1), content);
            EXPECT_EQ(fault_of(blob_of(sections)), Counter::DropBlobSections);
        }
    }
    const auto with = [&](const Bytes& extra) {
        return fault_of(blob_of({right[0], right[1], right[2], extra}));
    };
    EXPECT_EQ(with(section(6, {})), Counter::DropBlobSections);
    EXPECT_EQ(with(section(6, {0, 0, 0, 1})), Counter::DropBlobSections) << "no byte behind it";
    EXPECT_EQ(with(section(8, Bytes(7))), Counter::DropBlobSections);
    EXPECT_EQ(with(section(9, {})), Counter::DropBlobSections);
}

// What the block counts is there, to the byte.
TEST(Blob, RefusesMoreOrLessThanTheBlockCounts) {
    const std::vector<std::function<void(ControlBlock&)>> lies = {
        [](ControlBlock& block) { ++block.receive_queue; },
        [](ControlBlock& block) { --block.receive_queue; },
        [](ControlBlock& block) { block.receive_queue = 0; },
        [](ControlBlock& block) { ++block.send_queue; },
        [](ControlBlock& block) { ++block.out_of_order_ranges; },
        [](ControlBlock& block) { --block.out_of_order_ranges; },
        [](ControlBlock& block) { ++block.out_of_order_bytes; },
        [](ControlBlock& block) { --block.out_of_order_bytes; },
        [](ControlBlock& block) { ++block.sack_ranges; },
        [](ControlBlock& block) { --block.sack_ranges; },
        [](ControlBlock& block) {
            block.flags = static_cast<std::uint16_t>(block.flags & ~0x4000U);
        }};
    for (std::size_t i = 0; i < lies.size(); ++i) {
        const Whole whole;
        BlobBody body = whole.body();
        lies[i](body.block);
        EXPECT_EQ(fault_of(written(body)), Counter::DropBlobQueues) << "lie " << i;
    }
    const Whole whole;
    BlobBody without_context = whole.body();
    without_context.context.reset();
    EXPECT_EQ(fault_of(written(without_context)), Counter::DropBlobQueues);
    without_context.context = ByteView();
    EXPECT_TRUE(BlobView::parse(written(without_context))) << "an empty one is one";
}

TEST(Blob, RefusesABlockThatContradictsItself) {
    BlobBody body{.mapping = kMapping, .block = plain_block(), .ip = kIp};
    body.block.send_next = body.block.send_max + 1;
    EXPECT_EQ(fault_of(written(body)), Counter::DropBlobBlock);
    body.block = plain_block();
    body.block.state = static_cast<BlockState>(10);
    EXPECT_EQ(fault_of(written(body)), Counter::DropBlobBlock);
}

TEST(Blob, RefusesAFlowWithAHalfThatIsZero) {
    BlobBody body{.mapping = kMapping, .block = plain_block(), .ip = kIp};
    for (const std::uint32_t flow : {0U, 0xFFFFU, 0xFFFF'0000U}) {
        body.mapping.flow = FlowId(flow);
        EXPECT_EQ(fault_of(written(body)), Counter::DropBlobMapping);
    }
    body.mapping.flow = FlowId(0x1'0001);
    EXPECT_TRUE(BlobView::parse(written(body)));
}

// TCB-4: of another version no queue is announced, whatever stands in its fields.
TEST(Blob, ABlockOfAnotherVersionAnnouncesNothing) {
    BlobBody body{.mapping = kMapping, .block = plain_block(), .ip = kIp};
    body.block.version = 0;
    body.block.receive_queue = 3;
    EXPECT_TRUE(BlobView::parse(written(body)));
    const Bytes receive(3);
    body.receive = receive;
    EXPECT_EQ(fault_of(written(body)), Counter::DropBlobQueues);
}

}  // namespace
}  // namespace shunt::wire
