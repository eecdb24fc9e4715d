// SPDX-License-Identifier: Apache-2.0
/// Blobs and rewritten packets against literal bytes, and what passes by of them.
#include <gtest/gtest.h>

#include <algorithm>

#include "oracle/oracle.hh"
#include "pdu/blob.hh"
#include "pdu/build.hh"
#include "pdu/checksum.hh"
#include "pdu/flow_packet.hh"
#include "pdu/flow_watch.hh"
#include "plan.hh"
#include "report/packet_name.hh"

namespace conform {
namespace {

constexpr std::uint32_t kFlow = 0x1234ABCD;
constexpr SocketAddress kClient{{0xC0000209}, 50'000};
constexpr SocketAddress kService{{0x0A070101}, 80};
constexpr Ipv4Address kForwarder{0x0A080101};
constexpr Ipv4Address kHost{0x0A080102};

const Iut& plan() {
    static const Iut iut = tests::standard_iut(true);
    return iut;
}

ControlBlock block() {
    ControlBlock block;
    block.epoch = 3;
    block.t_state = block_state::kEstablished;
    block.iss = 5'000;
    block.irs = 1'000;
    return block;
}

Blob plain_blob() {
    return make_blob({kFlow, kClient, kService, kForwarder}, block(), {63, 0x28, 1'400, 0x4711});
}

TEST(Crc32c, IsThatOfThePage) {
    EXPECT_EQ(crc32c(to_bytes("123456789")), 0xE3069283);
    EXPECT_EQ(crc32c({}), 0U);
    EXPECT_EQ(crc32c(Bytes(32, 0)), 0x8A9136AA) << "RFC 3720 B.4";
    EXPECT_EQ(crc32c(Bytes(32, 0xFF)), 0x62A8AB43);
}

TEST(Blob, IsThePagesBytes) {
    const Bytes body = encode(plain_blob());
    ASSERT_EQ(body.size(), 8U + 28 + 148 + 14 + 4);
    EXPECT_EQ(to_hex(ByteView(body).first(36)),
              "5348424c00010003"
              "0001000000000014"
              "1234abcdc0000209c3500a07010100500a080101");
    EXPECT_EQ(to_hex(ByteView(body).subspan(36, 8)), "000200000000008c");
    EXPECT_EQ(to_hex(ByteView(body).subspan(184, 14)), "00030000000000063f2805784711");
    EXPECT_EQ(load_u32(body, 198), crc32c(ByteView(body).first(198)));
}

TEST(Blob, SaysAgainWhatWasWritten) {
    Blob blob = plain_blob();
    blob.sections.push_back({0x7777, Bytes(5, 1), 9});
    const std::optional<Blob> again = parse_blob(encode(blob));
    ASSERT_TRUE(again);
    EXPECT_EQ(*again, blob);
    EXPECT_EQ(again->mapping(), (BlobMapping{kFlow, kClient, kService, kForwarder}));
    EXPECT_EQ(again->block(), block());
    EXPECT_EQ(again->ip_state(), (BlobIpState{63, 0x28, 1'400, 0x4711}));
}

TEST(Blob, RefusesEveryTruncationAndFlippedByte) {
    const Bytes body = encode(plain_blob());
    for (std::size_t size = 0; size < body.size(); ++size) {
        Bytes cut(body.begin(), body.begin() + static_cast<std::ptrdiff_t>(size));
        EXPECT_FALSE(parse_blob(cut)) << size;
        if (size < 16) continue;
        repair_blob(cut);
        EXPECT_FALSE(parse_blob(cut)) << size << " with a CRC of its own";
    }
    for (std::size_t at = 0; at < body.size(); ++at) {
        Bytes flipped = body;
        flipped[at] ^= 0x40U;
        std::string fault;
        EXPECT_FALSE(parse_blob(flipped, &fault)) << at;
        EXPECT_FALSE(fault.empty());
    }
}

TEST(Blob, FindsWhatThePageForbids) {
    EXPECT_EQ(find_blob_fault(plain_blob()), "");
    const auto fault_with = [](const BlobSection& section) {
        Blob blob = plain_blob();
        blob.sections.push_back(section);
        return find_blob_fault(blob);
    };
    EXPECT_EQ(fault_with({blob_section::kReceiveData, Bytes(5, 1)}),
              "rcv_queue 0 and 5 in the section");
    EXPECT_EQ(fault_with({blob_section::kSendData, {}}), "send data of 0 bytes");
    EXPECT_EQ(fault_with({blob_section::kContext, {}}), "a section 7 and CONTEXT not set");
    EXPECT_EQ(fault_with({blob_section::kScoreboard, Bytes(7, 0)}), "SACK scoreboard of 7 bytes");
    EXPECT_EQ(fault_with({blob_section::kIpState, Bytes(6, 0)}), "IP state twice");
    EXPECT_EQ(fault_with({10, Bytes(6, 0)}), "a section of kind 10");
    EXPECT_EQ(fault_with({blob_section::kCongestion, {1, 0}, 1}), "flags 1 of a section");
    Blob blob = plain_blob();
    std::swap(blob.sections[0], blob.sections[2]);
    EXPECT_EQ(find_blob_fault(blob), "section kind 3 in place 1");
    blob.sections.resize(1);
    EXPECT_FALSE(find_blob_fault(blob).empty());
}

TcpSegment request() {
    TcpSegment segment;
    segment.source = kClient;
    segment.destination = kService;
    segment.sequence = 1'001;
    segment.acknowledgment = 5'001;
    segment.flags = tcp_flag::kPsh | tcp_flag::kAck;
    segment.payload = to_bytes("GET / HTTP/1.1\r\n\r\n");
    return segment;
}

TEST(FlowPacket, HasTheNumberForPortsAndNoByteMore) {
    const Bytes packet = encode_tcp_packet(request());
    const Bytes rewritten = rewrite_to_flow(packet, kForwarder, kHost, kFlow);
    ASSERT_EQ(rewritten.size(), packet.size());
    EXPECT_EQ(to_hex(ByteView(rewritten).subspan(12, 12)), "0a0801010a0801021234abcd");
    // What is built from the same values has the same checksums.
    TcpSegment built = request();
    built.source = {kForwarder, 0x1234};
    built.destination = {kHost, 0xABCD};
    EXPECT_EQ(rewritten, encode_tcp_packet(built));
    EXPECT_EQ(readdress(rewritten, kClient, kService), packet);
}

TEST(FlowPacket, LeavesAWrongChecksumAsWrong) {
    Bytes packet = encode_tcp_packet(request());
    store_u16(packet, 36, static_cast<std::uint16_t>(load_u16(packet, 36) ^ 0x0101U));
    const Bytes rewritten = rewrite_to_flow(packet, kForwarder, kHost, kFlow);
    std::vector<Finding> faults;
    ASSERT_TRUE(decode_ipv4(rewritten, faults));
    EXPECT_EQ(faults.size(), 1U) << "the TCP checksum alone";
    EXPECT_EQ(readdress(rewritten, kClient, kService), packet);
}

TEST(FlowPacket, LeavesWhatHasNoHeaderAsItIs) {
    for (std::size_t size = 0; size < 40; ++size) {
        Bytes packet = encode_tcp_packet(request());
        packet.resize(size);
        EXPECT_EQ(rewrite_to_flow(packet, kForwarder, kHost, kFlow), packet) << size;
    }
}

/// A control channel between the device and s2, and the back link beside it.
class Passing {
  public:
    Passing() {
        segment(true, tcp_flag::kSyn, {});
        segment(false, tcp_flag::kSyn | tcp_flag::kAck, {});
    }

    void say(bool is_from_device, const ControlFrame& frame) {
        segment(is_from_device, tcp_flag::kPsh | tcp_flag::kAck, encode(frame));
    }
    void segment(bool is_from_device, std::uint8_t flags, const Bytes& payload) {
        TcpSegment segment;
        const ServerAddresses& device = plan().device;
        const ServerAddresses& peer = plan().peers.front();
        segment.source = {is_from_device ? device.control_ip : peer.control_ip,
                          is_from_device ? std::uint16_t{40'000} : kControlPort};
        segment.destination = {is_from_device ? peer.control_ip : device.control_ip,
                               is_from_device ? kControlPort : std::uint16_t{40'000}};
        segment.flags = flags;
        std::uint32_t& next = is_from_device ? device_next_ : peer_next_;
        segment.sequence = next;
        segment.payload = payload;
        next += segment.length();
        add(Link::Back, is_from_device, encode_tcp_packet(segment));
    }
    void add(Link link, bool is_from_device, const Bytes& packet) {
        const ServerAddresses& device = plan().device;
        const MacAddress other =
            link == Link::Front ? plan().client_mac : plan().peers.front().back_mac;
        const MacAddress own = link == Link::Front ? device.front_mac : device.back_mac;
        Bytes bytes = encode_ethernet(is_from_device ? other : own, is_from_device ? own : other,
                                      ether_type::kIpv4, packet);
        Frame frame = decode_frame(bytes, plan().framing);
        capture.push_back({Time{}, link,
                           is_from_device ? Direction::FromDevice : Direction::ToDevice,
                           std::move(bytes), std::move(frame)});
    }

    Capture capture;

  private:
    std::uint32_t device_next_ = 100;
    std::uint32_t peer_next_ = 0xFFFFFFF0;
};

SocketAddress client() {
    return {plan().clients.front(), 50'000};
}

ControlFrame blob_frame(std::uint16_t flags = 0) {
    const Blob blob = make_blob(
        {kFlow, client(), {plan().device.service.front(), 80}, plan().device.forward_ip.front()},
        block(), {});
    return {control_kind::kBlob, 7, encode(blob), kControlVersion, flags};
}

ControlFrame about_flow(std::uint8_t kind, std::uint16_t flags = 0) {
    Bytes body;
    append_u32(body, kFlow);
    return {kind, 7, body, kControlVersion, flags};
}

Bytes client_packet() {
    TcpSegment segment = request();
    segment.source = client();
    segment.destination = {plan().device.service.front(), 80};
    return encode_tcp_packet(segment);
}

Bytes forwarded_packet(const Bytes& packet) {
    return rewrite_to_flow(packet, plan().device.forward_ip.front(),
                           plan().peers.front().forward_ip.front(), kFlow);
}

TEST(FlowWatch, RestoresWhatABlobHasGivenANumber) {
    Passing passing;
    passing.add(Link::Front, false, client_packet());
    passing.say(true, blob_frame());
    passing.add(Link::Back, true, forwarded_packet(client_packet()));
    FlowWatch watch;
    FlowSight sight;
    for (const CapturedFrame& captured : passing.capture)
        sight = watch.look_at(captured.frame);
    EXPECT_EQ(sight.flow, kFlow);
    ASSERT_TRUE(sight.restored);
    EXPECT_EQ(sight.restored->bytes, client_packet());
}

TEST(FlowWatch, PutsABlobInPiecesTogether) {
    Passing passing;
    const Bytes frame = encode(blob_frame());
    const std::size_t half = frame.size() / 2;
    passing.segment(true, tcp_flag::kAck, {frame.begin(), frame.begin() + 100});
    passing.segment(true, tcp_flag::kAck,
                    {frame.begin() + 100, frame.begin() + static_cast<std::ptrdiff_t>(half)});
    passing.segment(true, tcp_flag::kAck,
                    {frame.begin() + static_cast<std::ptrdiff_t>(half), frame.end()});
    // Out of order, and one of them twice.
    std::swap(passing.capture[2], passing.capture[4]);
    passing.capture.push_back(passing.capture[3]);
    FlowWatch watch;
    std::size_t count = 0;
    for (const CapturedFrame& captured : passing.capture) {
        for (const FlowMessage& message : watch.look_at(captured.frame).messages) {
            ++count;
            ASSERT_TRUE(message.blob);
            EXPECT_EQ(message.flow, kFlow);
        }
    }
    EXPECT_EQ(count, 1U);
}

TEST(PacketNamer, NamesBlobsAndRewrittenPackets) {
    Passing passing;
    passing.say(true, blob_frame(control_flag::kEager));
    passing.say(false, {control_kind::kBlobReject, 7, {0, 6}});
    passing.say(true, about_flow(control_kind::kCommit));
    passing.say(false, about_flow(control_kind::kCommit, control_flag::kAnswer));
    passing.add(Link::Back, true, forwarded_packet(client_packet()));
    PacketNamer namer(passing.capture);
    std::vector<std::string> names;
    for (const CapturedFrame& captured : passing.capture)
        names.push_back(namer.name(captured));
    const auto ends_with = [&names](std::size_t at, const std::string& end) {
        EXPECT_TRUE(names[at].ends_with(end)) << names[at];
    };
    ends_with(
        2, ": 0x10 blob, eager, flow 0x1234abcd, epoch 3, mapping 20, TCP state 140, IP state 6");
    ends_with(3, ": 0x12 blob reject of flow 0x1234abcd, reason 6");
    ends_with(4, ": 0x15 commit of flow 0x1234abcd");
    ends_with(5, ": 0x15 commit answered of flow 0x1234abcd");
    EXPECT_EQ(names[6],
              "flow 0x1234abcd: 10.7.0.9:50000 > 10.7.1.1:80 PSH,ACK seq 1001 ack 5001 len 18 "
              "\"GET / HTTP/1.1\"");
}

TEST(ForwardedPacketsOracle, HoldsRewrittenPacketsAgainstTheClients) {
    Passing right;
    right.add(Link::Front, false, client_packet());
    right.say(true, blob_frame());
    right.add(Link::Back, true, forwarded_packet(client_packet()));
    EXPECT_TRUE(examine_forwarded_packets(right.capture).empty());

    Passing twice = right;
    twice.add(Link::Back, true, forwarded_packet(client_packet()));
    ASSERT_EQ(examine_forwarded_packets(twice.capture).size(), 1U);
    EXPECT_EQ(examine_forwarded_packets(twice.capture).front().requirement, "BL-11");

    Passing changed = right;
    Bytes packet = client_packet();
    packet.back() ^= 1U;
    changed.add(Link::Back, true, forwarded_packet(packet));
    EXPECT_EQ(examine_forwarded_packets(changed.capture).size(), 1U);
}

TEST(AddresseesOracle, KnowsNoFlowThatNoBlobHasBegun) {
    const auto count = [](const Passing& passing, const char* requirement) {
        const std::vector<Finding> found = examine_addressees(passing.capture, plan());
        return std::count_if(found.begin(), found.end(), [requirement](const Finding& finding) {
            return finding.requirement == std::string_view(requirement);
        });
    };
    Passing passing;
    passing.add(Link::Back, true, forwarded_packet(client_packet()));
    EXPECT_EQ(count(passing, "BL-11"), 1);
    passing.say(true, blob_frame());
    EXPECT_EQ(count(passing, "BL-11"), 0) << "packets may overtake their blob";
}

TEST(OwnershipOracle, FollowsBlobs) {
    TcpSegment answer;
    answer.source = {plan().device.service.front(), 80};
    answer.destination = client();
    answer.flags = tcp_flag::kAck;
    const Bytes packet = encode_tcp_packet(answer);
    // As home: until 0x15 the connection is its own, and after that the host's.
    Passing home;
    home.say(true, blob_frame());
    home.add(Link::Front, true, packet);
    EXPECT_TRUE(examine_ownership(home.capture).empty());
    home.say(true, about_flow(control_kind::kCommit));
    home.add(Link::Front, true, packet);
    EXPECT_EQ(examine_ownership(home.capture).size(), 1U);
    // As host: silent until 0x15, or from the first on where the blob is eager.
    Passing host;
    host.say(false, blob_frame());
    host.say(true, about_flow(control_kind::kBlobAcknowledgement));
    host.add(Link::Front, true, packet);
    EXPECT_EQ(examine_ownership(host.capture).size(), 1U);
    host.say(false, about_flow(control_kind::kCommit));
    host.add(Link::Front, true, packet);
    EXPECT_EQ(examine_ownership(host.capture).size(), 1U);
    Passing eager;
    eager.say(false, blob_frame(control_flag::kEager));
    eager.add(Link::Front, true, packet);
    EXPECT_TRUE(examine_ownership(eager.capture).empty());
}

}  // namespace
}  // namespace conform
