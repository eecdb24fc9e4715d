// SPDX-License-Identifier: Apache-2.0
// Tap and packet socket against the kernel, in a network namespace of this process' own (CTest
// starts it under unshare): a kernel socket sends, the device must hand over what a wire would
// carry, and the other way round.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/if_ether.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "shunt/runtime/clock.hh"
#include "shunt/runtime/device.hh"
#include "shunt/runtime/file_descriptor.hh"
#include "shunt/wire/checksum.hh"

namespace shunt::runtime {
namespace {

using ::testing::HasSubstr;

constexpr std::uint16_t kOurPort = 4'711;
constexpr std::size_t kIpStart = 14;
constexpr std::size_t kUdpStart = 34;
constexpr std::uint16_t kExperimentalType = 0x88B5;

void run(const std::string& command) {
    ASSERT_EQ(std::system(command.c_str()), 0) << command;  // NOLINT(concurrency-mt-unsafe)
}

sockaddr_in address_of(const char* text, std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    inet_pton(AF_INET, text, &address.sin_addr);
    return address;
}

/// The next frame with that Type value; other traffic (IPv6 discovery) is let pass. Two seconds.
std::optional<Packet> next_frame(Device& device, std::uint16_t type) {
    const Instant deadline = monotonic_now() + Duration::seconds(2);
    while (monotonic_now() < deadline) {
        while (auto frame = device.receive())
            if (frame->size() >= kIpStart && load_u16(frame->bytes(), 12) == type) return frame;
        pollfd waiting{device.descriptor(), POLLIN, 0};
        poll(&waiting, 1, 100);
    }
    return std::nullopt;
}

bool has_valid_checksums(ByteView frame) {
    const ByteView ip = frame.subspan(kIpStart);
    const ByteView segment = ip.subspan(20, load_u16(ip, 2) - 20U);
    wire::ChecksumAccumulator sum;
    sum.add(ip.subspan(12, 8));
    sum.add_u16(ip[9]);
    sum.add_u16(static_cast<std::uint16_t>(segment.size()));
    sum.add(segment);
    return wire::is_checksum_valid(ip.first(20)) && sum.sum() == 0xFFFF;
}

/// 10.99.0.1 is the kernel's on `side`, 10.99.0.2 is behind the device.
void give_address(const std::string& side) {
    run("ip addr add 10.99.0.1/24 dev " + side);
    run("ip link set " + side + " up");
    run("ip neigh replace 10.99.0.2 lladdr 02:00:00:00:00:02 dev " + side);
}

FileDescriptor kernel_socket() {
    FileDescriptor socket(::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0));
    const sockaddr_in own = address_of("10.99.0.1", kOurPort);
    EXPECT_EQ(bind(socket.number(), reinterpret_cast<const sockaddr*>(&own), sizeof own), 0);
    return socket;
}

/// What the kernel sends arrives whole; what the device sends, the kernel understands.
void expect_exchange(Device& device) {
    const FileDescriptor socket = kernel_socket();
    const sockaddr_in far = address_of("10.99.0.2", kOurPort);
    const std::string payload = "nine odd ";
    ASSERT_EQ(sendto(socket.number(), payload.data(), payload.size(), 0,
                     reinterpret_cast<const sockaddr*>(&far), sizeof far),
              static_cast<ssize_t>(payload.size()));
    auto frame = next_frame(device, ETH_P_IP);
    ASSERT_TRUE(frame);
    ASSERT_GE(frame->size(), kUdpStart + 8 + payload.size());
    EXPECT_TRUE(has_valid_checksums(frame->bytes()));

    // Back to where it came from: addresses and ports change places, which keeps every sum.
    const MutableBytes bytes = frame->mutable_bytes();
    std::swap_ranges(bytes.begin(), bytes.begin() + 6, bytes.begin() + 6);
    std::swap_ranges(bytes.begin() + 26, bytes.begin() + 30, bytes.begin() + 30);
    std::swap_ranges(bytes.begin() + 34, bytes.begin() + 36, bytes.begin() + 36);
    ASSERT_TRUE(device.transmit(std::move(*frame)));
    pollfd waiting{socket.number(), POLLIN, 0};
    ASSERT_EQ(poll(&waiting, 1, 2'000), 1);
    std::string heard(100, '\0');
    const ssize_t count = recv(socket.number(), heard.data(), heard.size(), 0);
    ASSERT_EQ(count, static_cast<ssize_t>(payload.size()));
    EXPECT_EQ(heard.substr(0, payload.size()), payload);
}

class DevicesTest : public ::testing::Test {
  protected:
    std::unique_ptr<Device> open(const std::string& text) {
        const auto address = parse_device_address(text);
        auto device = open_device(*address, pool_, counters_);
        if (!device) {
            ADD_FAILURE() << device.error().text;
            return nullptr;
        }
        return std::move(*device);
    }
    std::string error_of(const std::string& text) {
        const auto device = open_device(*parse_device_address(text), pool_, counters_);
        return device ? "" : device.error().text;
    }
    void make_veth() {
        run("ip link add shunt-v0 type veth peer name shunt-v1");
        run("ip link set shunt-v1 up");
        give_address("shunt-v0");
    }
    ~DevicesTest() override {
        std::system("ip link del shunt-v0 2>/dev/null");  // NOLINT(concurrency-mt-unsafe)
    }

    PacketPool pool_;
    Counters counters_;
};

TEST_F(DevicesTest, APlainTapExchangesWithTheKernel) {
    const auto tap = open("tap:shunt-t0");
    ASSERT_TRUE(tap);
    EXPECT_EQ(tap->mtu(), 1'500U);
    give_address("shunt-t0");
    expect_exchange(*tap);
}

TEST_F(DevicesTest, ATapWithVnetHeaderCompletesPartialChecksums) {
    const auto tap = open("tap:shunt-t0,vnet");
    ASSERT_TRUE(tap);
    give_address("shunt-t0");
    expect_exchange(*tap);
    EXPECT_EQ(counters_.value(Counter::DropDeviceSegmented), 0U);
}

TEST_F(DevicesTest, ATapThatIsThereIsKept) {
    run("ip tuntap add dev shunt-t1 mode tap");
    run("ip link set shunt-t1 mtu 1400 up");
    {
        const auto tap = open("tap:shunt-t1");
        ASSERT_TRUE(tap);
        EXPECT_EQ(tap->mtu(), 1'400U);
        EXPECT_EQ(error_of("tap:shunt-t1"), "tap:shunt-t1: another process is attached to it");
    }
    run("ip link del shunt-t1");
}

TEST_F(DevicesTest, ATapThatIsDownLosesFramesCountsThemAndSaysSoOnce) {
    const auto tap = open("tap:shunt-t0");
    ASSERT_TRUE(tap);
    run("ip link set shunt-t0 down");
    const std::vector<std::uint8_t> frame(60, 0);
    EXPECT_FALSE(tap->transmit(pool_.copy(frame)));
    EXPECT_FALSE(tap->transmit(pool_.copy(frame)));
    EXPECT_EQ(counters_.value(Counter::DropDeviceFull), 2U);
    EXPECT_EQ(tap->take_complaint(), "tap:shunt-t0 is down: sudo ip link set shunt-t0 up");
    EXPECT_EQ(tap->take_complaint(), std::nullopt);
}

TEST_F(DevicesTest, ADeletedTapIsGone) {
    const auto tap = open("tap:shunt-t0");
    ASSERT_TRUE(tap);
    EXPECT_FALSE(tap->is_gone());
    run("ip link del shunt-t0");
    EXPECT_FALSE(tap->receive());
    EXPECT_TRUE(tap->is_gone());
}

TEST_F(DevicesTest, APacketSocketCompletesPartialChecksumsOfItsNeighbour) {
    make_veth();
    const auto device = open("packet:shunt-v1");
    ASSERT_TRUE(device);
    expect_exchange(*device);
}

TEST_F(DevicesTest, APacketSocketHearsEveryTypeAndNotItself) {
    make_veth();
    const auto device = open("packet:shunt-v1");
    const auto neighbour = open("packet:shunt-v0");
    ASSERT_TRUE(device && neighbour);
    for (const std::uint16_t type : {std::uint16_t{0x0007}, kExperimentalType}) {
        std::vector<std::uint8_t> frame(60, 0xAB);
        store_u16(frame, 12, type);
        ASSERT_TRUE(neighbour->transmit(pool_.copy(frame)));
        const auto heard = next_frame(*device, type);
        ASSERT_TRUE(heard) << type;
        EXPECT_THAT(heard->bytes(), ::testing::ElementsAreArray(frame));
        while (const auto own = neighbour->receive())
            EXPECT_NE(load_u16(own->bytes(), 12), type);
    }
}

TEST_F(DevicesTest, APacketSocketNamesTheCommandAgainstSegmentationOffload) {
    make_veth();
    const auto device = open("packet:shunt-v1");
    ASSERT_TRUE(device);
    // Two datagrams in one call (UDP_SEGMENT): the veth end hands them over uncut.
    const FileDescriptor socket = kernel_socket();
    const int segment = 1'000;
    ASSERT_EQ(setsockopt(socket.number(), IPPROTO_UDP, 103, &segment, sizeof segment), 0);
    const sockaddr_in far = address_of("10.99.0.2", kOurPort);
    const std::string payload(2'000, 'x');
    ASSERT_EQ(sendto(socket.number(), payload.data(), payload.size(), 0,
                     reinterpret_cast<const sockaddr*>(&far), sizeof far),
              2'000);
    EXPECT_FALSE(next_frame(*device, ETH_P_IP));
    EXPECT_EQ(counters_.value(Counter::DropDeviceSegmented), 1U);
    const auto complaint = device->take_complaint();
    ASSERT_TRUE(complaint);
    EXPECT_THAT(*complaint, HasSubstr("ethtool -K IF tx off tso off gso off"));
}

TEST_F(DevicesTest, SaysWhyADeviceCannotBeOpened) {
    EXPECT_EQ(error_of("packet:shunt-none"),
              "packet:shunt-none: no such interface in this network namespace. See: ip link");
    EXPECT_THAT(error_of("tap:lo"), HasSubstr("tap:lo: is no single-queue tap"));
    run("ip link add shunt-v0 type veth peer name shunt-v1");
    run("ip link set shunt-v0 mtu 9400");
    EXPECT_EQ(error_of("packet:shunt-v0"),
              "shunt-v0: MTU 9400 is more than the 9198 that fit a packet: "
              "ip link set dev shunt-v0 mtu 9000");
}

}  // namespace
}  // namespace shunt::runtime
