// SPDX-License-Identifier: Apache-2.0
/// The oracle of streams: what a capture's clients have asked for says whose bytes are which, on
/// every way that bytes go.
#include <gtest/gtest.h>

#include "oracle/oracle.hh"
#include "oracle/requested_streams.hh"
#include "pdu/build.hh"
#include "plan.hh"

namespace conform {
namespace {

constexpr SocketAddress kOne{{0x0A070009}, 4711};
constexpr SocketAddress kOther{{0x0A070009}, 4712};
constexpr SocketAddress kService{{0x0A070101}, 80};
constexpr std::uint32_t kOneStream = 0x00BEEF;
constexpr std::uint32_t kOtherStream = 0x0A1B2C;
constexpr std::uint32_t kClientStart = 0xFFFFFF00;  // wraps
constexpr std::uint32_t kServerStart = 5'000;
const Iut kPlan = tests::standard_iut(true);

TcpSegment segment_of(SocketAddress client, std::uint32_t sequence, Bytes text,
                      std::uint8_t flags = tcp_flag::kAck) {
    TcpSegment segment;
    segment.source = client;
    segment.destination = kService;
    segment.sequence = kClientStart + sequence;
    segment.flags = flags;
    segment.payload = std::move(text);
    return segment;
}

Bytes concat(Bytes first, const Bytes& second) {
    append(first, second);
    return first;
}

class Recording {
  public:
    Recording& add(Direction direction, Link link, std::uint16_t type, const Bytes& payload) {
        const MacAddress device =
            link == Link::Front ? kPlan.device.front_mac : kPlan.device.back_mac;
        const MacAddress other =
            link == Link::Front ? kPlan.client_mac : kPlan.peers.front().back_mac;
        Bytes bytes = direction == Direction::ToDevice
                          ? encode_ethernet(device, other, type, payload)
                          : encode_ethernet(other, device, type, payload);
        Frame frame = decode_frame(bytes, kPlan.framing);
        capture.push_back({Time{0}, link, direction, std::move(bytes), std::move(frame), {}});
        return *this;
    }
    Recording& from_client(const TcpSegment& segment) {
        return add(Direction::ToDevice, Link::Front, ether_type::kIpv4, encode_tcp_packet(segment));
    }
    Recording& from_device(SocketAddress client, std::uint32_t sequence, Bytes text) {
        TcpSegment segment = segment_of(client, 0, std::move(text));
        std::swap(segment.source, segment.destination);
        segment.sequence = kServerStart + sequence;
        return add(Direction::FromDevice, Link::Front, ether_type::kIpv4,
                   encode_tcp_packet(segment));
    }
    Recording& encapsulated(Direction direction, EncapsulationType type, Bytes payload,
                            SocketAddress client = kOne) {
        Encapsulation header{client, {{0x0A080102}, 80}, static_cast<std::uint8_t>(type)};
        header.payload = std::move(payload);
        return add(direction, Link::Back, kPlan.framing.ethertype, encode_encapsulation(header));
    }
    Recording& forwarded(const TcpSegment& segment) {
        return encapsulated(Direction::FromDevice, EncapsulationType::Forwarded,
                            encode_tcp_packet(segment), segment.source);
    }
    /// Both clients have a connection and have asked, the second one with a POST in two segments.
    Recording() {
        from_client(segment_of(kOne, 0, {}, tcp_flag::kSyn));
        from_client(segment_of(kOther, 0, {}, tcp_flag::kSyn));
        from_client(segment_of(kOne, 1, to_bytes("GET /bytes/640?stream=00beef HTTP/1.1\r\n\r\n")));
        const Bytes post = to_bytes("POST /bytes/64?verify&stream=0a1b2c HTTP/1.1\r\n\r\n");
        from_client(segment_of(kOther, 21, {post.begin() + 20, post.end()}));
        from_client(segment_of(kOther, 1, {post.begin(), post.begin() + 20}));
    }
    std::vector<std::string> findings() const {
        std::vector<std::string> texts;
        for (const Finding& finding : examine_streams(capture))
            texts.push_back(finding.message());
        return texts;
    }
    Capture capture;
};

using Texts = std::vector<std::string>;
const Bytes kHead = to_bytes("HTTP/1.1 200 OK\r\n\r\n");

TEST(StreamOracle, FindsNothingWhereEachGetsItsOwn) {
    Recording recording;
    const Bytes whole = concat(kHead, named_content(kOneStream, 640));
    recording.from_device(kOne, 201, {whole.begin() + 200, whole.end()});
    recording.from_device(kOther, 1, concat(kHead, named_content(kOtherStream, 640)));
    recording.from_device(kOne, 1, {whole.begin(), whole.begin() + 210});
    EXPECT_EQ(recording.findings(), Texts{});
}

TEST(StreamOracle, ContentThatHasNoNameIsNoneOfWhatWasAskedFor) {
    Recording recording;
    recording.from_device(kOne, 1, kHead);
    const auto behind = static_cast<std::uint32_t>(1 + kHead.size());
    for (std::uint32_t at = 0; at < 40'000; at += 1'000)
        recording.from_device(kOne, behind + at, Bytes(1'000, 'x'));
    EXPECT_EQ(recording.findings(),
              Texts{"EP-48: expected content of stream 00beef, got 40019 bytes that name none of "
                    "it"});
}

TEST(StreamOracle, APageThatSaysWhyThereIsNoneIsNoFault) {
    Recording recording;
    recording.from_device(kOne, 1, to_bytes("HTTP/1.1 404 Not Found\r\n\r\nthere is no such"));
    EXPECT_EQ(recording.findings(), Texts{});
}

TEST(StreamOracle, NamesTheConnectionWhoseBytesAnotherGets) {
    Recording recording;
    recording.from_device(kOne, 1, concat(kHead, named_content(kOneStream, 320)));
    const auto place = static_cast<std::uint32_t>(1 + kHead.size() + 320);
    recording.from_device(kOne, place, named_content(kOtherStream, 64));
    EXPECT_EQ(recording.findings(),
              Texts{"EP-48: expected byte 320 of stream 00beef, got byte 0 of stream 0a1b2c, "
                    "which 10.7.0.9:4712 has asked for"});
    EXPECT_EQ(examine_streams(recording.capture).at(0).frame, recording.capture.size() - 1);
}

TEST(StreamOracle, NamesItFromTheFirstByteOn) {
    Recording recording;
    recording.from_device(kOther, 1, concat(kHead, named_content(kOneStream, 320)));
    EXPECT_EQ(recording.findings(),
              Texts{"EP-48: expected byte 0 of stream 0a1b2c, got byte 0 of stream 00beef, which "
                    "10.7.0.9:4711 has asked for"});
}

TEST(StreamOracle, FollowsWhatIsForwarded) {
    Recording sound;
    const Bytes body = named_content(kOtherStream, 128);
    sound.forwarded(segment_of(kOther, 101, body));
    EXPECT_EQ(sound.findings(), Texts{});
    Recording mixed;
    mixed.forwarded(segment_of(kOther, 101, body));
    mixed.forwarded(segment_of(kOther, 229, named_content(kOneStream, 32)));
    EXPECT_EQ(mixed.findings(),
              Texts{"EP-21: expected byte 128 of stream 0a1b2c, got byte 0 of stream 00beef, "
                    "which 10.7.0.9:4711 has asked for"});
    Recording repeated;
    repeated.forwarded(segment_of(kOther, 101, body));
    repeated.forwarded(segment_of(kOther, 229, body));
    EXPECT_EQ(repeated.findings(),
              Texts{"EP-21: expected byte 128 of stream 0a1b2c, got byte 0: repeated"});
}

/// 0x01 of the device's, and the bytes of queue 2 from `offset` on.
void move(Recording& recording, std::uint16_t state, std::uint32_t offset, Bytes unread) {
    ConnectionInformation moved{kService, {}};
    moved.block.t_state = state;
    moved.block.epoch = 1;
    moved.block.iss = kServerStart;
    moved.block.rcv_queue = 64;
    moved.block.rcv_nxt = kClientStart + 165 + (state == 5 ? 1U : 0U);
    const MigrationId id{kService, kServerStart, 1};
    recording.encapsulated(Direction::FromDevice, EncapsulationType::Connection, encode(moved),
                           kOther);
    recording.encapsulated(
        Direction::FromDevice, EncapsulationType::Data,
        encode(EndpointData{id, endpoint_queue::kReceive, offset, std::move(unread)}), kOther);
}

TEST(StreamOracle, FollowsWhatMovesUnreadAndGoesOnForwarded) {
    for (const auto state : {std::uint16_t{4}, std::uint16_t{5}}) {
        Recording sound;
        const Bytes body = named_content(kOtherStream, 128);
        move(sound, state, 0, {body.begin(), body.begin() + 64});
        sound.forwarded(segment_of(kOther, 165, {body.begin() + 64, body.end()}));
        EXPECT_EQ(sound.findings(), Texts{}) << state;
    }
    Recording lost;
    const Bytes body = named_content(kOtherStream, 256);
    move(lost, 4, 0, {body.begin(), body.begin() + 64});
    lost.forwarded(segment_of(kOther, 165, {body.begin() + 128, body.end()}));
    EXPECT_EQ(lost.findings(),
              Texts{"EP-21: expected byte 64 of stream 0a1b2c, got byte 128: 64 bytes are lost"});
    Recording mixed;
    move(mixed, 4, 0, named_content(kOneStream, 64));
    EXPECT_EQ(mixed.findings(),
              Texts{"EP-41: expected byte 0 of stream 0a1b2c, got byte 0 of stream 00beef, which "
                    "10.7.0.9:4711 has asked for"});
}

TEST(StreamOracle, KnowsARequestThatMovesInUnread) {
    Recording recording;
    constexpr SocketAddress kMoved{{0x0A070009}, 4713};
    const EndpointData unread{{kService, kServerStart, 1},
                              endpoint_queue::kReceive,
                              0,
                              to_bytes("GET /bytes/640?stream=777777 HTTP/1.1\r\n\r\n")};
    recording.encapsulated(Direction::ToDevice, EncapsulationType::Data, encode(unread), kMoved);
    recording.from_device(kMoved, 1, named_content(kOneStream, 64));
    EXPECT_EQ(recording.findings(),
              Texts{"EP-48: expected byte 0 of stream 777777, got byte 0 of stream 00beef, which "
                    "10.7.0.9:4711 has asked for"});
}

TEST(StreamOracle, ReadsRequestLinesAndNothingElse) {
    const auto named = [](const char* text) { return streams_named_in(to_bytes(text)); };
    using Streams = std::set<std::uint32_t>;
    EXPECT_EQ(named("GET /a?stream=0a1b2c HTTP/1.1\r\n\r\nPOST /b?x&stream=00beef&y HTTP/1.1\r\n"),
              (Streams{kOtherStream, kOneStream}));
    for (const char* text :
         {"", "GET /a HTTP/1.1\r\nX: GET /?stream=0a1b2c HTTP/1.1\r\n", "GET /a?stream=0a1b2c",
          "GET /stream=0a1b2c HTTP/1.1", "GET /?stream=0a1b2 HTTP/1.1", "GET /?xstream=0a1b2c H",
          "GET /?stream=0A1B2C HTTP/1.1", "GET /?stream=0a1b2cc HTTP/1.1", "?stream=0a1b2c "}) {
        EXPECT_EQ(named(text), Streams{}) << text;
    }
}

}  // namespace
}  // namespace conform
