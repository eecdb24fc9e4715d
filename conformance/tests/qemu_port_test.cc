// SPDX-License-Identifier: Apache-2.0
/// The qemu: attachment against the other end of a socket, and one interface that is two links.
#include "attach/qemu_port.hh"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <fstream>
#include <thread>

#include "attach/open.hh"
#include "attach/qemu_socket.hh"
#include "iut/link_of.hh"
#include "plan.hh"

namespace conform {
namespace {

using std::chrono::milliseconds;

sockaddr_un to_address(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    return address;
}

Descriptor connect_to(const std::string& path) {
    const sockaddr_un address = to_address(path);
    Descriptor descriptor(::socket(AF_UNIX, SOCK_STREAM, 0));
    const auto* generic = reinterpret_cast<const sockaddr*>(&address);
    if (::connect(descriptor.number(), generic, sizeof address) != 0) return Descriptor();
    return descriptor;
}

Descriptor listen_on(const std::string& path) {
    const sockaddr_un address = to_address(path);
    Descriptor descriptor(::socket(AF_UNIX, SOCK_STREAM, 0));
    const auto* generic = reinterpret_cast<const sockaddr*>(&address);
    EXPECT_EQ(::bind(descriptor.number(), generic, sizeof address), 0);
    EXPECT_EQ(::listen(descriptor.number(), 4), 0);
    return descriptor;
}

std::string fresh_path(const char* name) {
    const std::string path = testing::TempDir() + name;
    ::unlink(path.c_str());
    return path;
}

/// A port, and the device's end of its wire.
struct Pair {
    Pair() {
        int ends[2] = {};
        EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
        device = Descriptor(ends[1]);
        port = std::make_unique<QemuPort>(Descriptor(ends[0]), "q", Link::Back);
    }
    void say(const Bytes& bytes) const {
        EXPECT_EQ(::send(device.number(), bytes.data(), bytes.size(), MSG_NOSIGNAL),
                  static_cast<ssize_t>(bytes.size()));
    }

    Descriptor device;
    std::unique_ptr<QemuPort> port;
};

TEST(QemuPort, WritesALengthBeforeEachFrame) {
    Pair pair;
    pair.port->send(Link::Back, from_hex("0a0b0c"));
    Bytes heard(100);
    const ssize_t count = ::recv(pair.device.number(), heard.data(), heard.size(), 0);
    ASSERT_EQ(count, 7);
    heard.resize(7);
    EXPECT_EQ(to_hex(heard), "000000030a0b0c");
}

TEST(QemuPort, ReadsFramesHoweverTheyAreCut) {
    const Bytes both = from_hex("00000002 0708 00000001 09");
    for (std::size_t cut = 0; cut <= both.size(); ++cut) {
        Pair pair;
        std::vector<Bytes> frames;
        const auto take_all = [&] {
            while (std::optional<LinkFrame> frame = pair.port->receive()) {
                EXPECT_EQ(frame->link, Link::Back);
                frames.push_back(frame->bytes);
            }
        };
        const auto middle = both.begin() + static_cast<std::ptrdiff_t>(cut);
        pair.say(Bytes(both.begin(), middle));
        take_all();
        pair.say(Bytes(middle, both.end()));
        take_all();
        EXPECT_EQ(frames, (std::vector<Bytes>{{7, 8}, {9}})) << "cut behind " << cut;
    }
}

/// What becomes of a device that says this and closes: what is thrown, empty if nothing is.
template <class Error>
std::string blame_for(const Bytes& bytes) {
    Pair pair;
    pair.say(bytes);
    pair.device = Descriptor();
    try {
        for (int i = 0; i < 5; ++i)
            (void)pair.port->receive();
    } catch (const Error& error) {
        return error.what();
    }
    return {};
}

TEST(QemuPort, BlamesTheDeviceForALengthThatNoFrameHas) {
    for (const char* length : {"00000000", "00010012", "7fffffff", "ffffffff"}) {
        EXPECT_NE(blame_for<DeviceMisbehaves>(from_hex(length)).find("expected 1 to 65553"),
                  std::string::npos)
            << length;
    }
    Bytes longest = from_hex("00010011");
    longest.resize(4 + QemuPort::kFrameSizeMax);
    EXPECT_EQ(blame_for<DeviceGone>(longest), "qemu:q: the device closed the connection");
}

TEST(QemuPort, TellsADeviceThatLeavesWithinAFrame) {
    EXPECT_EQ(blame_for<DeviceMisbehaves>(from_hex("00000003 0a0b")),
              "qemu:q: the device closed the connection within a frame, after 6 bytes");
    EXPECT_EQ(blame_for<DeviceMisbehaves>(from_hex("0000")),
              "qemu:q: the device closed the connection within a frame, after 2 bytes");
    EXPECT_EQ(blame_for<DeviceGone>(from_hex("00000001 0a")),
              "qemu:q: the device closed the connection");
}

TEST(QemuPort, LosesNothingWhereBothSidesSendMoreThanASocketHolds) {
    Pair pair;
    constexpr std::size_t kFrames = 2'000;
    std::thread device([&pair] {
        const Bytes frame = [] {
            Bytes bytes = from_hex("000005dc");
            bytes.resize(4 + 1'500, 0x22);
            return bytes;
        }();
        ::fcntl(pair.device.number(), F_SETFL, 0);  // it writes all of it before it reads any
        for (std::size_t i = 0; i < kFrames; ++i)
            ::send(pair.device.number(), frame.data(), frame.size(), MSG_NOSIGNAL);
        Bytes heard(1'504);
        for (std::size_t i = 0; i < kFrames; ++i)
            ::recv(pair.device.number(), heard.data(), heard.size(), MSG_WAITALL);
    });
    const Bytes frame(1'500, 0x11);
    for (std::size_t i = 0; i < kFrames; ++i)
        pair.port->send(Link::Back, frame);
    std::size_t received = 0;
    while (received < kFrames)
        received += pair.port->receive() ? 1U : 0U;
    device.join();
    EXPECT_EQ(received, kFrames);
}

TEST(QemuPort, SendsNothingThatHasNoPlaceThere) {
    Pair pair;
    EXPECT_THROW(pair.port->send(Link::Back, Bytes{}), AttachmentError);
    EXPECT_THROW(pair.port->send(Link::Back, Bytes(QemuPort::kFrameSizeMax + 1)), AttachmentError);
    pair.device = Descriptor();
    EXPECT_THROW(pair.port->send(Link::Back, Bytes(60)), DeviceGone);
}

TEST(QemuSocket, ListensWhereNobodyDoesAndTakesTheLastDeviceThatCame) {
    const std::string path = fresh_path("qemu-listen.sock");
    {
        QemuSocket socket(path);
        EXPECT_THROW(socket.open(milliseconds(20)), AttachmentError);
        const Descriptor first = connect_to(path);
        const Descriptor second = connect_to(path);
        QemuPort port(socket.open(milliseconds(20)), path, Link::Front);
        port.send(Link::Front, Bytes(60));
        Bytes heard(64);
        EXPECT_EQ(::recv(second.number(), heard.data(), heard.size(), 0), 64);
        EXPECT_EQ(::recv(first.number(), heard.data(), heard.size(), 0), 0);  // was hung up on
    }
    struct stat status {};
    EXPECT_NE(::stat(path.c_str(), &status), 0);
}

TEST(QemuSocket, ConnectsWhereADeviceListens) {
    const std::string path = fresh_path("qemu-connect.sock");
    const Descriptor device = listen_on(path);
    {
        QemuSocket socket(path);
        const Descriptor connection = socket.open(milliseconds(20));
        EXPECT_TRUE(connection.is_open());
        const Descriptor again = socket.open(milliseconds(20));
        EXPECT_TRUE(again.is_open());
    }
    struct stat status {};
    EXPECT_EQ(::stat(path.c_str(), &status), 0);  // it is the device's
}

TEST(QemuSocket, ReplacesASocketThatNobodyListensOnAndNothingElse) {
    const std::string path = fresh_path("qemu-stale.sock");
    listen_on(path);  // and goes away
    {
        QemuSocket socket(path);
        EXPECT_TRUE(connect_to(path).is_open());
    }
    std::ofstream(path) << "somebody's text";
    EXPECT_THROW(QemuSocket{path}, UsageError);
    std::string text;
    std::getline(std::ifstream(path), text);
    EXPECT_EQ(text, "somebody's text");
    EXPECT_THROW(QemuSocket{std::string(200, 'a')}, UsageError);
    EXPECT_THROW(QemuSocket{"/no/such/folder/q.sock"}, UsageError);
}

TEST(LinkOf, TellsByTheDevicesOwnAddressElseByWhomItIsFor) {
    const Iut iut = tests::standard_iut();
    const auto frame = [](MacAddress to, MacAddress from) {
        Bytes bytes(to.octets.begin(), to.octets.end());
        bytes.insert(bytes.end(), from.octets.begin(), from.octets.end());
        bytes.resize(60);
        return bytes;
    };
    const MacAddress other{{2, 9, 9, 9, 9, 9}};
    const ServerAddresses& peer = iut.peers.front();
    EXPECT_EQ(link_of(iut, frame(other, iut.device.front_mac)), Link::Front);
    EXPECT_EQ(link_of(iut, frame(other, iut.device.back_mac)), Link::Back);
    EXPECT_EQ(link_of(iut, frame(peer.back_mac, iut.device.front_mac)), Link::Front);
    EXPECT_EQ(link_of(iut, frame(peer.back_mac, other)), Link::Back);
    EXPECT_EQ(link_of(iut, frame(peer.front_mac, other)), Link::Front);
    EXPECT_EQ(link_of(iut, Bytes(11)), Link::Front);
}

TEST(AttachmentPoint, NeedsToTellTheLinksOfOneInterfaceApart) {
    const AttachmentAddress place{AttachmentKind::Qemu, fresh_path("qemu-shared.sock")};
    EXPECT_THROW(AttachmentPoint(place, place, TimeKind::Wall), UsageError);
    const AttachmentPoint point(place, place, TimeKind::Wall, "",
                                [](ByteView bytes) { return static_cast<Link>(bytes[0]); });
    const Descriptor device = connect_to(place.place);
    const std::unique_ptr<Attachment> attachment = point.open(1);
    const Bytes frames = from_hex("00000001 01 00000001 00");
    ASSERT_EQ(::send(device.number(), frames.data(), frames.size(), 0), 10);
    const auto received = attachment->progress(milliseconds(1'000));
    ASSERT_EQ(received.size(), 2U);
    EXPECT_EQ(received[0].link, Link::Back);
    EXPECT_EQ(received[1].link, Link::Front);
}

}  // namespace
}  // namespace conform
