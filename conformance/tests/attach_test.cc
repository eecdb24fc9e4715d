// SPDX-License-Identifier: Apache-2.0
/// The unix: attachment against a device of a few lines on the other end of a socket pair, and the
/// formats of the others.
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <memory>
#include <thread>

#include "attach/control_stream.hh"
#include "attach/device_output.hh"
#include "attach/device_process.hh"
#include "attach/json_line.hh"
#include "attach/open.hh"
#include "attach/packet_port.hh"
#include "attach/unix_port.hh"
#include "attach/unix_virtual.hh"
#include "pdu/build.hh"

namespace conform {
namespace {

using std::chrono::milliseconds;

TEST(UnixMessage, WritesTheBytesOfTheInterfacesPage) {
    EXPECT_EQ(to_hex(encode(LinkFrame{Link::Back, {0xAB, 0xCD}})), "0001abcd");
    EXPECT_EQ(to_hex(encode(AdvanceMessage{0x0102030405060708})), "010102030405060708");
    EXPECT_EQ(to_hex(encode(QuietMessage{})), "02ffffffffffffffff");
    EXPECT_EQ(to_hex(encode(HelloMessage{1, 2, 7})), "030001020000000000000007");
    EXPECT_EQ(to_hex(encode(ControlMessage{"{}"})), "047b7d");
}

TEST(UnixMessage, ReadsWhatItWrites) {
    const auto frame = parse_unix_message(from_hex("0000ff"));
    ASSERT_TRUE(frame && std::holds_alternative<LinkFrame>(*frame));
    EXPECT_EQ(std::get<LinkFrame>(*frame).link, Link::Front);
    EXPECT_EQ(std::get<LinkFrame>(*frame).bytes, Bytes{0xFF});
    const auto hello = parse_unix_message(from_hex("030001020000000000000007"));
    ASSERT_TRUE(hello && std::holds_alternative<HelloMessage>(*hello));
    EXPECT_EQ(std::get<HelloMessage>(*hello).seed, 7U);
    EXPECT_EQ(std::get<HelloMessage>(*hello).links, 2);
}

TEST(UnixMessage, RefusesOtherKindsLengthsAndLinks) {
    for (const char* bad : {"", "05", "00", "0002", "0101020304050607", "01010203040506070809",
                            "02", "0300010200000000000007"}) {
        EXPECT_FALSE(parse_unix_message(from_hex(bad))) << bad;
    }
}

/// The device's end: reads messages until the tester closes, and answers by a script.
class PipeDevice {
  public:
    using Script = std::function<std::vector<Bytes>(const UnixMessage&)>;

    explicit PipeDevice(Script script) {
        int ends[2];
        EXPECT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
        tester_ = Descriptor(ends[0]);
        device_ = std::thread([end = ends[1], script = std::move(script)] {
            const Descriptor owned(end);
            Bytes buffer(70'000);
            for (;;) {
                const ssize_t length = ::recv(end, buffer.data(), buffer.size(), 0);
                if (length <= 0) return;
                const auto message =
                    parse_unix_message(ByteView(buffer).first(static_cast<std::size_t>(length)));
                const std::vector<Bytes> answers = script(*message);
                for (const Bytes& answer : answers) {
                    if (answer.empty()) return;  // hangs up
                    ::send(end, answer.data(), answer.size(), MSG_NOSIGNAL);
                }
            }
        });
    }
    ~PipeDevice() {
        tester_ = Descriptor();
        device_.join();
    }
    PipeDevice(const PipeDevice&) = delete;
    PipeDevice& operator=(const PipeDevice&) = delete;

    Descriptor take() { return std::move(tester_); }

  private:
    Descriptor tester_;
    std::thread device_;
};

/// Echoes every frame at once; has one frame to send at 30 ms; nothing later.
PipeDevice::Script echo_script() {
    return [is_sent = false](const UnixMessage& message) mutable -> std::vector<Bytes> {
        constexpr std::uint64_t kDue = 30'000'000;
        const auto* advance = std::get_if<AdvanceMessage>(&message);
        if (advance == nullptr) return {encode(message)};
        if (advance->nanoseconds < kDue) return {encode(QuietMessage{kDue})};
        if (std::exchange(is_sent, true)) return {encode(QuietMessage{})};
        return {encode(LinkFrame{Link::Back, {0x30}}), encode(QuietMessage{})};
    };
}

TEST(UnixVirtual, SeesAnswersAtOnceAndTheDevicesOwnDeadlines) {
    PipeDevice device(echo_script());
    UnixVirtual attachment(UnixSocket(device.take(), 2, 1));
    const Bytes frame{1, 2, 3};
    attachment.send(Link::Front, frame);
    auto frames = attachment.progress(milliseconds(100));
    ASSERT_EQ(frames.size(), 1U);
    EXPECT_EQ(frames[0].bytes, frame);
    EXPECT_EQ(attachment.now(), milliseconds(0));

    EXPECT_TRUE(attachment.progress(milliseconds(10)).empty());
    EXPECT_EQ(attachment.now(), milliseconds(10));
    frames = attachment.progress(milliseconds(100));
    ASSERT_EQ(frames.size(), 1U);
    EXPECT_EQ(frames[0].link, Link::Back);
    EXPECT_EQ(attachment.now(), milliseconds(30));
    EXPECT_TRUE(attachment.progress(milliseconds(100)).empty());
    EXPECT_EQ(attachment.now(), milliseconds(100));
}

TEST(UnixVirtual, CallsAClosedConnectionGone) {
    PipeDevice device([](const UnixMessage& message) -> std::vector<Bytes> {
        if (std::holds_alternative<HelloMessage>(message)) return {encode(message)};
        return {Bytes{}};
    });
    UnixVirtual attachment(UnixSocket(device.take(), 2, 1));
    EXPECT_THROW((void)attachment.progress(milliseconds(1)), DeviceGone);
}

TEST(UnixVirtual, DoesNotFollowADeadlineThatHasPassedForEver) {
    PipeDevice device([](const UnixMessage& message) -> std::vector<Bytes> {
        if (std::holds_alternative<HelloMessage>(message)) return {encode(message)};
        return {encode(QuietMessage{0})};
    });
    UnixVirtual attachment(UnixSocket(device.take(), 2, 1));
    const auto run = [&attachment] {
        for (int i = 0; i < 1000; ++i)
            (void)attachment.progress(milliseconds(1));
    };
    EXPECT_THROW(run(), DeviceHangs);
}

/// A device that answers every advance with `answers`.
PipeDevice::Script answering(std::vector<Bytes> answers) {
    return [answers = std::move(answers)](const UnixMessage& message) -> std::vector<Bytes> {
        if (std::holds_alternative<HelloMessage>(message)) return {encode(message)};
        return answers;
    };
}

/// Why the device is said to hang at its first advance; empty if it is not.
std::string why_it_hangs(UnixVirtual& attachment) {
    try {
        (void)attachment.progress(milliseconds(1));
    } catch (const DeviceHangs& reason) {
        return reason.what();
    }
    return {};
}

TEST(UnixVirtual, DoesNotListenForEverToWhatIsNoFrame) {
    for (const UnixMessage& message :
         {UnixMessage{ControlMessage{"{}"}}, UnixMessage{LinkFrame{Link::Front, {}}}}) {
        PipeDevice device(answering(std::vector<Bytes>(60, encode(message))));
        UnixVirtual attachment(UnixSocket(device.take(), 2, 1), {.messages_per_advance = 50});
        EXPECT_EQ(why_it_hangs(attachment), "50 messages or 67108864 bytes without being quiet");
    }
}

TEST(UnixVirtual, KeepsNoMoreBytesThanACaseIsWorth) {
    PipeDevice device(
        answering(std::vector<Bytes>(4, encode(LinkFrame{Link::Back, Bytes(1'000)}))));
    UnixVirtual attachment(UnixSocket(device.take(), 2, 1), {.bytes_per_advance = 3'000});
    EXPECT_EQ(why_it_hangs(attachment), "100000 messages or 3000 bytes without being quiet");
}

/// Its next deadline is a nanosecond later, whenever it is asked.
std::vector<Bytes> creep(const UnixMessage& message) {
    const auto* advance = std::get_if<AdvanceMessage>(&message);
    return {advance == nullptr ? encode(message) : encode(QuietMessage{advance->nanoseconds + 1})};
}

TEST(UnixVirtual, DoesNotCreepForEver) {
    PipeDevice device(creep);
    UnixVirtual attachment(UnixSocket(device.take(), 2, 1));
    const auto run = [&attachment] {
        while (attachment.now() < milliseconds(1))
            (void)attachment.progress(milliseconds(1));
    };
    EXPECT_THROW(run(), DeviceHangs);
}

TEST(UnixVirtual, GivesUpInWallTimeToo) {
    PipeDevice device(creep);
    UnixVirtual attachment(UnixSocket(device.take(), 2, 1), {.wall_time = std::chrono::seconds(0)});
    EXPECT_THROW((void)attachment.progress(milliseconds(1)), DeviceHangs);
}

TEST(UnixVirtual, BlamesTheDeviceForWhatIsNoMessageOfADevice) {
    for (const Bytes& wrong :
         {from_hex("097a7a"), from_hex("00077a7a"), from_hex("02"), encode(AdvanceMessage{0}),
          encode(HelloMessage{}), encode(LinkFrame{Link::Front, Bytes(70'000)})}) {
        PipeDevice device(answering({wrong}));
        UnixVirtual attachment(UnixSocket(device.take(), 2, 1));
        EXPECT_THROW((void)attachment.progress(milliseconds(1)), DeviceMisbehaves)
            << to_hex(wrong, 16);
    }
}

/// The device's end of a conversation, hello said, that a test speaks for by itself.
class SpokenDevice {
  public:
    SpokenDevice() {
        int ends[2];
        EXPECT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
        tester_ = Descriptor(ends[0]);
        device_ = Descriptor(ends[1]);
        say(HelloMessage{HelloMessage::kVersion, 2, 1});
    }
    Descriptor take() { return std::move(tester_); }
    void say(const UnixMessage& message) const {
        const Bytes bytes = encode(message);
        EXPECT_EQ(::send(device_.number(), bytes.data(), bytes.size(), 0),
                  static_cast<ssize_t>(bytes.size()));
    }

  private:
    Descriptor tester_;
    Descriptor device_;
};

TEST(UnixVirtual, BlamesTheDeviceForAQuietThatAnswersNoAdvance) {
    SpokenDevice device;
    UnixVirtual attachment(UnixSocket(device.take(), 2, 1));
    device.say(QuietMessage{});
    EXPECT_THROW((void)attachment.progress(milliseconds(1)), DeviceMisbehaves);
}

TEST(UnixVirtual, KeepsFramesThatCameBeforeTheAdvance) {
    SpokenDevice device;
    UnixVirtual attachment(UnixSocket(device.take(), 2, 1));
    device.say(LinkFrame{Link::Front, {1}});
    device.say(LinkFrame{Link::Front, {2}});
    std::thread later([&device] {
        std::this_thread::sleep_for(milliseconds(50));
        device.say(LinkFrame{Link::Front, {3}});
        device.say(QuietMessage{});
    });
    const auto frames = attachment.progress(milliseconds(1));
    later.join();
    ASSERT_EQ(frames.size(), 3U);
    EXPECT_EQ(frames.front().bytes, Bytes{1});
    EXPECT_EQ(frames.back().bytes, Bytes{3});
}

TEST(UnixSocket, BlamesTheDeviceThatDoesNotBeginWithHello) {
    PipeDevice device(
        [](const UnixMessage&) -> std::vector<Bytes> { return {encode(QuietMessage{})}; });
    EXPECT_THROW(UnixSocket(device.take(), 2, 1), DeviceMisbehaves);
}

TEST(UnixSocket, CallsAMessageThatIsTooLongToBeSentItsOwnTrouble) {
    PipeDevice device(echo_script());
    UnixSocket socket(device.take(), 2, 1);
    EXPECT_THROW(socket.send(Bytes(std::size_t{64} << 20)), AttachmentError);
}

TEST(UnixPort, TakesNoClockMessageInWallTime) {
    PipeDevice device([](const UnixMessage& message) -> std::vector<Bytes> {
        if (std::holds_alternative<HelloMessage>(message)) return {encode(message)};
        return {encode(ControlMessage{"{}"}), encode(QuietMessage{})};
    });
    UnixPort port(UnixSocket(device.take(), 2, 1), std::nullopt);
    port.send(Link::Front, Bytes{1});
    const auto receive = [&port] {
        for (int i = 0; i < 1'000'000; ++i) {
            if (port.receive()) return;
        }
    };
    EXPECT_THROW(receive(), DeviceMisbehaves);
}

TEST(UnixSocket, RefusesAnotherVersion) {
    PipeDevice device([](const UnixMessage&) -> std::vector<Bytes> {
        return {encode(HelloMessage{2, 2, 1})};
    });
    EXPECT_THROW(UnixSocket(device.take(), 2, 1), AttachmentError);
}

TEST(UnixSocket, NamesThePathWhereNobodyListens) {
    try {
        UnixSocket socket("nobody-listens-here.sock", 2, 1, milliseconds(30));
        FAIL();
    } catch (const AttachmentError& error) {
        EXPECT_NE(std::string(error.what()).find("nobody-listens-here.sock"), std::string::npos);
    }
}

TEST(AttachmentAddress, KnowsFourKinds) {
    EXPECT_EQ(parse_attachment_address("unix:a/b.sock"),
              (AttachmentAddress{AttachmentKind::Unix, "a/b.sock"}));
    EXPECT_EQ(parse_attachment_address("packet:eth0"),
              (AttachmentAddress{AttachmentKind::Packet, "eth0"}));
    EXPECT_EQ(parse_attachment_address("tap:t0"), (AttachmentAddress{AttachmentKind::Tap, "t0"}));
    EXPECT_EQ(parse_attachment_address("qemu:a/q"),
              (AttachmentAddress{AttachmentKind::Qemu, "a/q"}));
    for (const char* bad : {"", "unix:", "qemu:", "tcp:1", "eth0", "unix"}) {
        EXPECT_FALSE(parse_attachment_address(bad)) << bad;
    }
}

/// A listening stream socket, as a device's control socket is one.
class ControlListener {
  public:
    explicit ControlListener(const std::string& path)
        : listening_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        ::unlink(path.c_str());
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path.copy(address.sun_path, sizeof(address.sun_path) - 1);
        EXPECT_EQ(::bind(listening_.number(), reinterpret_cast<const sockaddr*>(&address),
                         sizeof(address)),
                  0);
        EXPECT_EQ(::listen(listening_.number(), 1), 0);
    }
    Descriptor accept() { return Descriptor(::accept(listening_.number(), nullptr, nullptr)); }

  private:
    Descriptor listening_;
};

TEST(ControlStream, GivesWholeLinesAndSaysWhenTheDeviceIsGone) {
    const std::string path = testing::TempDir() + "control-stream.sock";
    ControlListener listener(path);
    ControlStream stream(path);
    Descriptor device = listener.accept();
    EXPECT_TRUE(stream.take().empty());
    const auto say = [&device](std::string_view text) {
        EXPECT_EQ(::send(device.number(), text.data(), text.size(), 0),
                  static_cast<ssize_t>(text.size()));
    };
    say("{\"id\":1}\n{\"id\":2");
    EXPECT_EQ(stream.take(), std::vector<std::string>{"{\"id\":1}"});
    say("}\n");
    EXPECT_EQ(stream.take(), std::vector<std::string>{"{\"id\":2}"});
    stream.send("{}");
    char line[8] = {};
    EXPECT_EQ(::recv(device.number(), line, sizeof(line), 0), 3);
    EXPECT_STREQ(line, "{}\n");
    device = Descriptor();
    EXPECT_THROW(stream.take(), DeviceGone);
    EXPECT_THROW(ControlStream(path + ".none"), AttachmentError);
}

/// A device that floods us from a thread, until we close or it has sent `size` bytes.
class Flood {
  public:
    Flood(Descriptor device, char filling, std::size_t size)
        : thread_([device = std::move(device), filling, size] {
              const std::string bytes(64 * 1024, filling);
              for (std::size_t sent = 0; sent < size;) {
                  const ssize_t count =
                      ::send(device.number(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
                  if (count <= 0) return;
                  sent += static_cast<std::size_t>(count);
              }
          }) {}
    ~Flood() { thread_.join(); }
    Flood(const Flood&) = delete;
    Flood& operator=(const Flood&) = delete;

  private:
    std::thread thread_;
};

TEST(ControlStream, BlamesADeviceWhoseLineDoesNotEnd) {
    const std::string path = testing::TempDir() + "control-flood.sock";
    ControlListener listener(path);
    auto stream = std::make_unique<ControlStream>(path);
    const Flood flood(listener.accept(), 'x', 8 * ControlStream::kLineSizeMax);
    const auto run = [&stream] {
        for (;;)
            (void)stream->take();
    };
    EXPECT_THROW(run(), DeviceMisbehaves);
    stream.reset();
}

TEST(ControlStream, TakesNoMoreAtATimeThanALineMayHave) {
    const std::string path = testing::TempDir() + "control-lines.sock";
    ControlListener listener(path);
    ControlStream stream(path);
    const std::size_t size = 4 * ControlStream::kLineSizeMax;
    const Flood flood(listener.accept(), '\n', size);
    std::size_t most = 0;
    for (std::size_t taken = 0; taken < size;) {
        try {
            const std::size_t count = stream.take().size();
            most = std::max(most, count);
            taken += count;
        } catch (const DeviceGone&) {
            break;  // what it had sent is lost with the last call: it has closed
        }
    }
    EXPECT_LE(most, ControlStream::kLineSizeMax + 64 * 1024);
    EXPECT_GT(most, 0U);
}

TEST(ControlStream, CallsADeviceThatTakesNoRequestsHanging) {
    const std::string path = testing::TempDir() + "control-full.sock";
    ControlListener listener(path);
    ControlStream stream(path, milliseconds(20));
    const Descriptor device = listener.accept();
    EXPECT_THROW(stream.send(std::string(std::size_t{16} << 20, 'x')), DeviceHangs);
}

TEST(AttachmentPoint, RefusesAControlSocketInVirtualTime) {
    const AttachmentAddress a{AttachmentKind::Unix, "a"};
    EXPECT_THROW(AttachmentPoint(a, a, TimeKind::Virtual, "b"), UsageError);
    EXPECT_NO_THROW(AttachmentPoint(a, a, TimeKind::Wall, "b"));
}

TEST(AttachmentPoint, RefusesVirtualTimeOnTwoSockets) {
    const AttachmentAddress a{AttachmentKind::Unix, "a"};
    const AttachmentAddress b{AttachmentKind::Unix, "b"};
    EXPECT_THROW(AttachmentPoint(a, b, TimeKind::Virtual), UsageError);
    EXPECT_NO_THROW(AttachmentPoint(a, a, TimeKind::Virtual));
    EXPECT_NO_THROW(AttachmentPoint(a, b, TimeKind::Wall));
}

TEST(PacketPort, CompletesAChecksumThatWasLeftToTheHardware) {
    TcpSegment segment;
    segment.source = {{0x0A070101}, 80};
    segment.destination = {{0x0A070009}, 4711};
    segment.flags = tcp_flag::kAck;
    segment.payload = to_bytes("odd");
    const Bytes whole = encode_ethernet({}, {}, ether_type::kIpv4, encode_tcp_packet(segment));
    Bytes open = whole;
    store_u16(open, kEthernetHeaderSize + 20 + 16, 0x1234);
    complete_checksum(open);
    EXPECT_EQ(to_hex(open), to_hex(whole));
}

TEST(PacketPort, LeavesFramesAloneThatAreTooShort) {
    TcpSegment segment;
    const Bytes whole = encode_ethernet({}, {}, ether_type::kIpv4, encode_tcp_packet(segment));
    for (std::size_t length = 0; length < whole.size(); ++length) {
        Bytes cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length));
        const Bytes before = cut;
        complete_checksum(cut);
        EXPECT_EQ(cut, before);
    }
}

TEST(JsonLine, IsNoDeeperThanWhatCanBeCopied) {
    const auto nested = [](std::size_t depth) {
        return std::string(depth, '[') + std::string(depth, ']');
    };
    EXPECT_FALSE(parse_json_line(nested(64)).is_discarded());
    EXPECT_TRUE(parse_json_line(nested(65)).is_discarded());
    EXPECT_TRUE(parse_json_line(nested(500'000)).is_discarded());
    EXPECT_TRUE(parse_json_line("{\"id\":1").is_discarded());
    EXPECT_EQ(parse_json_line("{\"id\":[1,{\"a\":2}]}")["id"][1]["a"], 2);
    const auto members = [](std::size_t depth) {
        std::string text;
        for (std::size_t i = 0; i < depth; ++i)
            text += R"({"a":[],"b":)";
        return text + "1" + std::string(depth, '}');
    };
    EXPECT_FALSE(parse_json_line(members(63)).is_discarded());
    EXPECT_TRUE(parse_json_line(members(64)).is_discarded());  // its last array is the 65th
}

TEST(JsonLine, ReadsEveryKindOfValue) {
    const std::string line = R"({"a":[null,true,-3,18446744073709551615,0.5,"x\u00e9\n"],"b":{}})";
    const nlohmann::json read = parse_json_line(line);
    const nlohmann::json& values = read["a"];
    ASSERT_EQ(values.size(), 6U);
    EXPECT_TRUE(values[0].is_null());
    EXPECT_EQ(values[1], true);
    EXPECT_EQ(values[2], -3);
    EXPECT_TRUE(values[3].is_number_unsigned());
    EXPECT_EQ(values[3].get<std::uint64_t>(), UINT64_MAX);
    EXPECT_EQ(values[4], 0.5);
    EXPECT_EQ(values[5], "x\u00e9\n");
    EXPECT_TRUE(read["b"].is_object() && read["b"].empty());
    EXPECT_EQ(parse_json_line("7"), 7);
}

TEST(JsonLine, RefusesWhatCanBeReadInTwoWays) {
    for (const char* line :
         {R"({"ok":true,"ok":false})", R"({"a":{"b":1,"c":2,"b":1}})", R"({"a":1}{"b":2})", "1 2",
          "[1,]", R"({"a":1,})", "{a:1}", "01", "NaN", "1e999", "\"\xff\"", "\"a\nb\"", "", " "}) {
        EXPECT_TRUE(parse_json_line(line).is_discarded()) << line;
    }
    // The same name in two objects is no ambiguity.
    EXPECT_EQ(parse_json_line(R"([{"a":1},{"a":{"a":2}}])")[1]["a"]["a"], 2);
}

TEST(DeviceProcess, IsReadyWhenItSaysSoAndEndsWithItsOwner) {
    DeviceProcess device({"sh", "-c", "echo '{\"event\":\"ready\"}'; exec sleep 60"}, "", "");
    EXPECT_TRUE(device.is_running());
}

TEST(DeviceProcess, TellsWhatACommandThatEndsHasPrinted) {
    try {
        DeviceProcess device({"sh", "-c", "echo no such farm >&2; exit 2"}, "", "");
        FAIL();
    } catch (const AttachmentError& error) {
        EXPECT_STREQ(error.what(),
                     "the device ended with exit code 2: no such farm\n before it was ready");
    }
    EXPECT_THROW(DeviceProcess({"./no-such-device"}, "", ""), AttachmentError);
}

/// Prints more than a pipe holds, then says that it is ready: nobody is waited for.
TEST(DeviceOutput, IsReadAllTheWhileAndItsEndIsKept) {
    DeviceProcess device({"sh", "-c",
                          "head -c 4000000 /dev/zero | tr '\\0' x; echo '{\"event\":\"ready\"}'; "
                          "head -c 4000000 /dev/zero | tr '\\0' y; echo the end; exit 3"},
                         "", "");
    ASSERT_TRUE(device.ends_within(milliseconds(10'000)));
    const std::string end = device.describe_end();
    EXPECT_TRUE(end.starts_with("ended with exit code 3: ..yyy")) << end.substr(0, 40);
    EXPECT_TRUE(end.ends_with("yyythe end\n"));
    EXPECT_LT(end.size(), 1'000U);
}

TEST(DeviceOutput, GivesTheLogNoMoreThanItsLimitAndSaysSo) {
    const std::string path = testing::TempDir() + "device-output.log";
    ::unlink(path.c_str());
    for (int i = 0; i < 3; ++i) {
        DeviceOutput output(path, 100);
        const std::string text(70, static_cast<char>('a' + i));
        ASSERT_EQ(::write(output.writing_end(), text.data(), text.size()), 70);
        output.collect();
        EXPECT_EQ(output.tail(), text);
    }
    std::ifstream file(path);
    const std::string log((std::istreambuf_iterator<char>(file)), {});
    EXPECT_EQ(log, std::string(70, 'a') + std::string(30, 'b') +
                       "\n(of what follows the judge keeps nothing)\n");
}

TEST(DeviceOutput, KeepsABoundedTail) {
    DeviceOutput output("");
    const Descriptor writing(::dup(output.writing_end()));
    output.collect();
    const std::string text(10'000, 'x');
    for (int i = 0; i < 100; ++i)
        ASSERT_EQ(::write(writing.number(), text.data(), text.size()), 10'000);
    EXPECT_EQ(output.tail().size(), DeviceOutput::kTailSize);
}

TEST(DeviceOutput, FindsItsWordAcrossReads) {
    DeviceOutput output("");
    const Descriptor writing(::dup(output.writing_end()));
    output.collect();
    for (const char* part : {"{\"ev", "ent\":\"re", "ady\"}\n"}) {
        EXPECT_FALSE(output.has_announced_ready());
        ASSERT_GT(::write(writing.number(), part, std::strlen(part)), 0);
        (void)output.tail();
    }
    EXPECT_TRUE(output.has_announced_ready());
}

/// A new socket may get the inode's number that the old one had.
TEST(DeviceProcess, IsReadyWhenASocketStandsAnewUnderTheSameInode) {
    const std::string path = testing::TempDir() + "reused.sock";
    const ControlListener listener(path);
    std::this_thread::sleep_for(milliseconds(20));  // the clock of files is coarse
    const std::string anew = "ln -f " + path + " " + path + ".kept && rm " + path + " && mv " +
                             path + ".kept " + path + " && exec sleep 60";
    DeviceProcess device({"sh", "-c", anew}, path, "", milliseconds(5'000));
    EXPECT_TRUE(device.is_running());
}

}  // namespace
}  // namespace conform
