// SPDX-License-Identifier: Apache-2.0
#include "shunt/link/pcap_port.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "shunt/link/queue_port.hh"
#include "shunt/link/tracer_port.hh"

namespace shunt::link {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::Pair;

class MemorySink : public ByteSink {
  public:
    void write(ByteView bytes) override {
        content.insert(content.end(), bytes.begin(), bytes.end());
    }
    std::vector<std::uint8_t> content;
};

/// Two frames of one byte, which say where they come from.
class TwoPieces : public FrameFinisher {
  public:
    std::vector<Packet> finish(const Packet& frame) override {
        std::vector<Packet> pieces;
        for (const std::uint8_t piece : {std::uint8_t{1}, std::uint8_t{2}}) {
            pieces.push_back(pool_.copy(frame.bytes().first(1)));
            pieces.back().mutable_bytes()[0] =
                static_cast<std::uint8_t>(frame.bytes()[0] * 16 + piece);
        }
        return pieces;
    }

  private:
    PacketPool pool_;
};

/// The literal bytes of the format's description, written down by hand.
const std::vector<std::uint8_t> kSectionHeader = {
    0x0A, 0x0D, 0x0D, 0x0A, 0x2C, 0x00, 0x00, 0x00, 0x4D, 0x3C, 0x2B, 0x1A, 0x01, 0x00, 0x00,
    0x00, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x04, 0x00, 0x05, 0x00, 's',  'h',
    'u',  'n',  't',  0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x2C, 0x00, 0x00, 0x00};
const std::vector<std::uint8_t> kInterface = {
    0x01, 0x00, 0x00, 0x00, 0x2C, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x02, 0x00, 0x05, 0x00, 'f',  'r',  'o',  'n',  't',  0x00, 0x00, 0x00, 0x09, 0x00,
    0x01, 0x00, 0x09, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x2C, 0x00, 0x00, 0x00};

TEST(PcapngWriter, WritesHeaderAndInterfaceAsTheFormatSays) {
    MemorySink sink;
    PcapngWriter writer(sink, "shunt");
    EXPECT_THAT(sink.content, ElementsAreArray(kSectionHeader));
    sink.content.clear();
    EXPECT_EQ(writer.add_interface("front"), 0U);
    EXPECT_THAT(sink.content, ElementsAreArray(kInterface));
    EXPECT_EQ(writer.add_interface("back"), 1U);
}

TEST(PcapngWriter, WritesPacketWithTimeDirectionAndComment) {
    MemorySink sink;
    PcapngWriter writer(sink, "shunt");
    writer.add_interface("front");
    sink.content.clear();
    const std::vector<std::uint8_t> frame = {0xDE, 0xAD, 0xBE, 0xEF, 0x01};
    writer.write_packet(0, Instant::from_nanoseconds(0x1122334455667788), Direction::Sent, frame,
                        "EP-25");
    const std::vector<std::uint8_t> expected = {
        0x06, 0x00, 0x00, 0x00, 0x40, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x44,
        0x33, 0x22, 0x11, 0x88, 0x77, 0x66, 0x55, 0x05, 0x00, 0x00, 0x00, 0x05, 0x00,
        0x00, 0x00, 0xDE, 0xAD, 0xBE, 0xEF, 0x01, 0x00, 0x00, 0x00, 0x02, 0x00, 0x04,
        0x00, 0x02, 0x00, 0x00, 0x00, 0x01, 0x00, 0x05, 0x00, 'E',  'P',  '-',  '2',
        '5',  0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x40, 0x00, 0x00, 0x00};
    EXPECT_THAT(sink.content, ElementsAreArray(expected));
}

TEST(PcapPort, RecordsBothDirectionsAndPassesFramesUnchanged) {
    MemorySink sink;
    PcapngWriter writer(sink, "shunt");
    const std::uint32_t interface = writer.add_interface("front");
    sink.content.clear();
    PacketPool pool;
    auto queue = std::make_unique<QueuePort>();
    QueuePort& far = *queue;
    TwoPieces finisher;
    PcapPort port(std::move(queue), writer, interface, finisher);
    port.set_time(Instant::from_nanoseconds(5));

    const std::vector<std::uint8_t> in = {1, 2, 3, 4};
    const std::vector<std::uint8_t> out = {5, 6, 7, 8};
    far.arrive(pool.copy(in));
    const auto received = port.receive();
    ASSERT_TRUE(received);
    EXPECT_THAT(received->bytes(), ElementsAreArray(in));
    EXPECT_TRUE(port.transmit(pool.copy(out)));
    EXPECT_THAT(far.take_sent()->bytes(), ElementsAreArray(out));
    EXPECT_FALSE(port.receive());

    constexpr std::size_t block = 48;  // 28 + 4 bytes of frame + flags 8 + end 4 + length 4
    ASSERT_EQ(sink.content.size(), 2 * block);
    EXPECT_EQ(sink.content[16], 5);          // time of the first
    EXPECT_EQ(sink.content[28], 1);          // its first byte
    EXPECT_EQ(sink.content[36], 1);          // inbound
    EXPECT_EQ(sink.content[block + 28], 5);  // first byte of the second
    EXPECT_EQ(sink.content[block + 36], 2);  // outbound
}

TEST(TracerPort, ShowsEveryFrameOnceWithItsDirection) {
    class Recorder : public FrameObserver {
      public:
        void observe(Direction direction, ByteView frame) override {
            seen.emplace_back(direction, frame[0]);
        }
        std::vector<std::pair<Direction, std::uint8_t>> seen;
    };
    Recorder recorder;
    PacketPool pool;
    auto queue = std::make_unique<QueuePort>();
    QueuePort& far = *queue;
    TwoPieces finisher;
    TracerPort port(std::move(queue), recorder, finisher);
    const std::vector<std::uint8_t> in = {1};
    const std::vector<std::uint8_t> out = {2};
    far.arrive(pool.copy(in));
    EXPECT_TRUE(port.receive());
    EXPECT_FALSE(port.receive());
    EXPECT_TRUE(port.transmit(pool.copy(out)));
    EXPECT_TRUE(far.take_sent());
    EXPECT_THAT(recorder.seen, ElementsAre(Pair(Direction::Received, 1), Pair(Direction::Sent, 2)));

    // What the link finishes is shown finished, and goes as it is.
    recorder.seen.clear();
    Packet train = pool.copy(in);
    train.set_unfinished({.checksum = true, .segment_size = 1});
    EXPECT_TRUE(port.transmit(std::move(train)));
    const auto sent = far.take_sent();
    ASSERT_TRUE(sent);
    EXPECT_EQ(sent->unfinished().segment_size, 1U);
    EXPECT_THAT(recorder.seen,
                ElementsAre(Pair(Direction::Sent, 0x11), Pair(Direction::Sent, 0x12)));
}

TEST(PcapPort, RecordsWhatAWireCarriesOfAnUnfinishedFrame) {
    MemorySink sink;
    PcapngWriter writer(sink, "shunt");
    const std::uint32_t interface = writer.add_interface("front");
    sink.content.clear();
    PacketPool pool;
    TwoPieces finisher;
    auto queue = std::make_unique<QueuePort>();
    QueuePort& far = *queue;
    PcapPort port(std::move(queue), writer, interface, finisher);
    const std::vector<std::uint8_t> frame = {3, 0, 0, 0};
    Packet train = pool.copy(frame);
    train.set_unfinished({.checksum = true, .segment_size = 2});
    far.arrive(std::move(train));
    const auto received = port.receive();
    ASSERT_TRUE(received);
    EXPECT_THAT(received->bytes(), ElementsAreArray(frame));
    EXPECT_EQ(received->unfinished().segment_size, 2U);
    constexpr std::size_t block = 48;  // a frame of one byte is padded to four
    ASSERT_EQ(sink.content.size(), 2 * block);
    EXPECT_EQ(sink.content[28], 0x31);
    EXPECT_EQ(sink.content[block + 28], 0x32);
}

}  // namespace
}  // namespace shunt::link
