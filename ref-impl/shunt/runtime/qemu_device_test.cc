// SPDX-License-Identifier: Apache-2.0
#include "shunt/runtime/qemu_device.hh"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <vector>

namespace shunt::runtime {
namespace {

using Bytes = std::vector<std::uint8_t>;

class QemuDeviceTest : public testing::Test {
  protected:
    QemuDeviceTest() { connect_anew(); }
    void connect_anew() {
        int ends[2] = {};
        EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
        other_ = FileDescriptor(ends[1]);
        device_ = QemuDevice::with(FileDescriptor(ends[0]), "/run/q", pool_, counters_);
    }
    void write_to_device(const Bytes& bytes) {
        ASSERT_EQ(write(other_.number(), bytes.data(), bytes.size()),
                  static_cast<ssize_t>(bytes.size()));
    }
    Bytes read_from_device() {
        Bytes bytes(100'000);
        const ssize_t count = recv(other_.number(), bytes.data(), bytes.size(), MSG_DONTWAIT);
        bytes.resize(static_cast<std::size_t>(count < 0 ? 0 : count));
        return bytes;
    }
    Bytes received() {
        const auto frame = device_->receive();
        return frame ? Bytes(frame->bytes().begin(), frame->bytes().end()) : Bytes();
    }
    Packet packet(std::size_t size) { return pool_.copy(Bytes(size, 0xAB)); }

    PacketPool pool_;
    Counters counters_;
    FileDescriptor other_;
    std::unique_ptr<QemuDevice> device_;
};

TEST_F(QemuDeviceTest, WritesALengthBeforeEachFrame) {
    EXPECT_TRUE(device_->transmit(pool_.copy(Bytes{1, 2, 3})));
    EXPECT_TRUE(device_->transmit(packet(0x102)));
    const Bytes bytes = read_from_device();
    ASSERT_EQ(bytes.size(), 4U + 3 + 4 + 0x102);
    EXPECT_EQ(Bytes(bytes.begin(), bytes.begin() + 7), (Bytes{0, 0, 0, 3, 1, 2, 3}));
    EXPECT_EQ(Bytes(bytes.begin() + 7, bytes.begin() + 11), (Bytes{0, 0, 1, 2}));
}

TEST_F(QemuDeviceTest, ReadsFramesHoweverTheyAreCut) {
    const Bytes both{0, 0, 0, 2, 7, 8, 0, 0, 0, 1, 9};
    for (std::size_t cut = 0; cut <= both.size(); ++cut) {
        std::vector<Bytes> frames;
        const auto take_all = [&] {
            for (Bytes frame = received(); !frame.empty(); frame = received())
                frames.push_back(frame);
        };
        write_to_device(Bytes(both.begin(), both.begin() + static_cast<std::ptrdiff_t>(cut)));
        take_all();
        write_to_device(Bytes(both.begin() + static_cast<std::ptrdiff_t>(cut), both.end()));
        take_all();
        EXPECT_EQ(frames, (std::vector<Bytes>{{7, 8}, {9}})) << "cut behind " << cut;
    }
    EXPECT_FALSE(device_->is_gone());
}

TEST_F(QemuDeviceTest, EndsAtALengthThatNoFrameHas) {
    for (const Bytes& length : {Bytes{0, 0, 0, 0}, Bytes{0, 1, 0, 18}, Bytes{255, 255, 255, 255}}) {
        connect_anew();
        write_to_device(length);
        EXPECT_FALSE(device_->receive());
        EXPECT_TRUE(device_->is_gone());
        const auto complaint = device_->take_complaint();
        ASSERT_TRUE(complaint);
        EXPECT_NE(complaint->find("qemu:/run/q: expected a frame of 1 to 65553 bytes, got "),
                  std::string::npos)
            << *complaint;
    }
}

TEST_F(QemuDeviceTest, DropsALongFrameAndReadsOnBehindIt) {
    const std::size_t size = Packet::kCapacity + 1;
    Bytes bytes{0, 0, static_cast<std::uint8_t>(size >> 8U), static_cast<std::uint8_t>(size)};
    bytes.resize(bytes.size() + size, 0x11);
    bytes.insert(bytes.end(), {0, 0, 0, 1, 9});
    write_to_device(bytes);
    EXPECT_EQ(received(), Bytes{9});
    EXPECT_EQ(counters_.value(Counter::DropDeviceTruncated), 1U);
}

TEST_F(QemuDeviceTest, LosesFramesWhereThereIsNoRoomAndNeverAPartOfOne) {
    const int small = 4'096;
    ASSERT_EQ(setsockopt(device_->descriptor(), SOL_SOCKET, SO_SNDBUF, &small, sizeof small), 0);
    std::size_t taken = 0;
    for (int i = 0; i < 1'000; ++i)
        taken += device_->transmit(packet(1'400)) ? 1U : 0U;
    EXPECT_EQ(counters_.value(Counter::DropDeviceFull), 1'000 - taken);
    EXPECT_GT(counters_.value(Counter::DropDeviceFull), 0U);
    Bytes whole;
    for (Bytes more = read_from_device(); !more.empty(); more = read_from_device()) {
        whole.insert(whole.end(), more.begin(), more.end());
        EXPECT_FALSE(device_->receive());  // finishes what was begun
    }
    EXPECT_EQ(whole.size(), taken * 1'404);
}

TEST_F(QemuDeviceTest, SaysOnceThatTheOtherSideIsGone) {
    other_.close();
    EXPECT_FALSE(device_->receive());
    EXPECT_TRUE(device_->is_gone());
    EXPECT_EQ(device_->take_complaint(), "qemu:/run/q: the other side has closed the connection");
    EXPECT_FALSE(device_->take_complaint());
    EXPECT_FALSE(device_->transmit(packet(60)));
    EXPECT_EQ(counters_.value(Counter::DropDeviceFull), 1U);
}

TEST(QemuDeviceOpen, SaysWhereNobodyListens) {
    PacketPool pool;
    Counters counters;
    const auto opened = QemuDevice::open("/nobody/here", pool, counters);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().text,
              "qemu:/nobody/here: nobody listens there: No such file or directory");
}

}  // namespace
}  // namespace shunt::runtime
