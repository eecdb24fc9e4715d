// SPDX-License-Identifier: Apache-2.0
/// Each oracle is silent about a sound capture, and names what is wrong with a broken one.
#include "oracle/oracle.hh"

#include <gtest/gtest.h>

#include <functional>

#include "pdu/build.hh"
#include "plan.hh"

namespace conform {
namespace {

constexpr SocketAddress kClient{{0x0A070009}, 4711};
constexpr SocketAddress kService{{0x0A070101}, 80};
const Iut kPlan = tests::standard_iut();
constexpr std::uint32_t kClientStart = 0xFFFFFFFE;  // wraps behind the SYN
constexpr std::uint32_t kServerStart = 5'000;

class CaptureBuilder {
  public:
    CaptureBuilder& from_client(const TcpSegment& segment) {
        return add(Direction::ToDevice, Link::Front, ether_type::kIpv4, encode_tcp_packet(segment));
    }
    CaptureBuilder& from_device(const TcpSegment& segment) {
        return add(Direction::FromDevice, Link::Front, ether_type::kIpv4,
                   encode_tcp_packet(segment));
    }
    CaptureBuilder& forwarded(Bytes packet) {
        Encapsulation header{kClient, {{0x0A080102}, 80}, 0x02};
        header.payload = std::move(packet);
        return add(Direction::FromDevice, Link::Back, 0x88B5, encode_encapsulation(header));
    }
    CaptureBuilder& add(Direction direction, Link link, std::uint16_t type, const Bytes& payload) {
        const bool is_front = link == Link::Front;
        const MacAddress device = is_front ? kPlan.device.front_mac : kPlan.device.back_mac;
        const MacAddress other = is_front ? kPlan.client_mac : kPlan.peers.front().back_mac;
        Bytes bytes = direction == Direction::ToDevice
                          ? encode_ethernet(device, other, type, payload)
                          : encode_ethernet(other, device, type, payload);
        Frame frame = decode_frame(bytes, Framing{});
        capture.push_back({Time{0}, link, direction, std::move(bytes), std::move(frame), {}});
        return *this;
    }
    Capture capture;
};

TcpSegment client_segment(std::uint32_t sequence, std::uint32_t acknowledgment, const char* text) {
    TcpSegment segment;
    segment.source = kClient;
    segment.destination = kService;
    segment.sequence = kClientStart + sequence;
    segment.acknowledgment = kServerStart + acknowledgment;
    segment.flags = tcp_flag::kAck;
    segment.window = 10;  // scaled by 2: 40 bytes
    segment.timestamps = TcpTimestamps{100, 0};
    segment.payload = to_bytes(text);
    return segment;
}

TcpSegment server_segment(std::uint32_t sequence, std::uint32_t acknowledgment, const char* text) {
    TcpSegment segment = client_segment(0, 0, text);
    std::swap(segment.source, segment.destination);
    segment.sequence = kServerStart + sequence;
    segment.acknowledgment = kClientStart + acknowledgment;
    segment.window = 1'000;  // scaled by 3: 8000 bytes
    segment.timestamps = TcpTimestamps{900, 100};
    return segment;
}

/// A handshake, a request of four bytes, and a response in two segments, the last one to come.
CaptureBuilder sound_capture() {
    TcpSegment syn = client_segment(0, 0, "");
    syn.flags = tcp_flag::kSyn;
    syn.acknowledgment = 0;
    syn.mss = 1460;
    syn.window_scale = 2;
    TcpSegment syn_ack = server_segment(0, 1, "");
    syn_ack.flags = tcp_flag::kSyn | tcp_flag::kAck;
    syn_ack.window = 8'000;
    syn_ack.window_scale = 3;
    CaptureBuilder builder;
    builder.from_client(syn).from_device(syn_ack);
    builder.from_client(client_segment(1, 1, "")).from_client(client_segment(1, 1, "GET!"));
    builder.from_device(server_segment(1, 5, "hello "));
    return builder;
}

TEST(ClientView, FindsNothingInASoundConnection) {
    CaptureBuilder builder = sound_capture();
    builder.from_device(server_segment(7, 5, "world"));
    builder.from_device(server_segment(1, 5, "hello "));    // a retransmission
    builder.from_device(server_segment(4, 5, "lo world"));  // repacketized
    EXPECT_TRUE(examine(builder.capture, kPlan).empty());
}

struct Break {
    const char* name;
    std::function<void(TcpSegment&)> change;
    const char* finding;
};

TEST(ClientView, NamesEveryWayToLeaveTheConnection) {
    const Break breaks[] = {
        {"a hole", [](TcpSegment& s) { s.sequence += 1; }, "EP-25: expected sequence 7, got 8"},
        {"unsent bytes acknowledged", [](TcpSegment& s) { s.acknowledgment += 1; },
         "TCP-1: expected acknowledgment of what the client has sent, up to 5, got 6"},
        {"acknowledgment back", [](TcpSegment& s) { s.acknowledgment -= 1; },
         "EP-25: expected acknowledgments that do not go back"},
        {"TSval back", [](TcpSegment& s) { s.timestamps->value = 899; },
         "EP-25: expected TSval 900 or later, got 899"},
        {"no timestamps", [](TcpSegment& s) { s.timestamps.reset(); },
         "TCP-2: expected timestamps in every segment"},
        {"no ACK", [](TcpSegment& s) { s.flags = tcp_flag::kPsh; }, "TCP-1: expected ACK"},
        {"reset", [](TcpSegment& s) { s.flags = tcp_flag::kRst; }, "EP-48: expected no reset"},
        {"other bytes", [](TcpSegment& s) { s.sequence -= 6; },
         "EP-48: expected the same bytes at the same sequence numbers"},
        {"past the window", [](TcpSegment& s) { s.payload.resize(36); },
         "TCP-5: expected no bytes past the client's window, got 2 bytes past it"},
        {"window shrunk", [](TcpSegment& s) { s.window = 998; },
         "TCP-5: expected a window whose right edge does not shrink, got 16 bytes less"},
    };
    for (const Break& each : breaks) {
        CaptureBuilder builder = sound_capture();
        TcpSegment segment = server_segment(7, 5, "world");
        each.change(segment);
        builder.from_device(segment);
        const std::vector<Finding> findings = examine_client_view(builder.capture);
        ASSERT_FALSE(findings.empty()) << each.name;
        EXPECT_TRUE(findings.front().message().starts_with(each.finding))
            << each.name << ": " << findings.front().message();
        EXPECT_EQ(findings.front().frame, builder.capture.size() - 1) << each.name;
    }
}

TEST(ClientView, TakesBoundariesOfTheWindowFromBothSides) {
    for (const auto& [size, window, is_sound] :
         {std::tuple{34, 1'000, true}, std::tuple{35, 1'000, true}, std::tuple{36, 1'000, false},
          std::tuple{5, 1'000, true}, std::tuple{5, 999, false}}) {
        CaptureBuilder builder = sound_capture();
        builder.from_device(server_segment(7, 5, ""));
        TcpSegment segment = server_segment(7, 5, "");
        segment.payload.resize(static_cast<std::size_t>(size));
        segment.window = static_cast<std::uint16_t>(window);
        builder.from_device(segment);
        EXPECT_EQ(examine_client_view(builder.capture).empty(), is_sound) << size << " " << window;
    }
}

TEST(ClientView, AllowsAResetToWhomWasNeverAnswered) {
    CaptureBuilder builder;
    builder.from_client(client_segment(1, 1, "stray"));
    TcpSegment reset = server_segment(1, 6, "");
    reset.flags = tcp_flag::kRst;
    builder.from_device(reset);
    EXPECT_TRUE(examine_client_view(builder.capture).empty());
}

TEST(ForwardedPackets, MayFallOutAndBeTheHandshakesAckAgain) {
    CaptureBuilder builder = sound_capture();
    const Bytes ack = encode_tcp_packet(client_segment(1, 1, ""));
    const Bytes request = encode_tcp_packet(client_segment(1, 1, "GET!"));
    builder.forwarded(ack).forwarded(request).forwarded(ack);
    EXPECT_TRUE(examine_forwarded_packets(builder.capture).empty());
}

TEST(ForwardedPackets, NamesOnesThatAreChangedRepeatedOrOvertaken) {
    const Bytes first = encode_tcp_packet(client_segment(1, 1, "GET!"));
    const Bytes second = encode_tcp_packet(client_segment(5, 1, "more"));
    Bytes changed = second;
    changed[8] -= 1;
    const std::vector<std::pair<std::vector<Bytes>, const char*>> orders = {
        {{first, changed}, "a packet that the client has not sent"},
        {{first, first}, "one that was forwarded before, or overtaken"},
        {{second, first}, "one that was forwarded before, or overtaken"},
    };
    for (const auto& [packets, finding] : orders) {
        CaptureBuilder builder = sound_capture();
        builder.from_client(client_segment(5, 1, "more"));
        for (const Bytes& packet : packets)
            builder.forwarded(packet);
        const std::vector<Finding> findings = examine_forwarded_packets(builder.capture);
        ASSERT_EQ(findings.size(), 1U);
        EXPECT_EQ(findings[0].actual.substr(0, std::string_view(finding).size()), finding);
        EXPECT_EQ(findings[0].frame, builder.capture.size() - 1);
    }
}

/// A 0x01 that hands the connection of sound_capture() to the device, or one that it hands on.
Bytes connection(std::uint32_t ts_val) {
    ConnectionInformation information{kService, {}};
    information.block.iss = kServerStart;
    information.block.irs = kClientStart;
    information.block.snd_max = information.block.snd_una = kServerStart + 1;
    information.block.rcv_nxt = kClientStart + 1;
    information.block.rcv_adv = information.block.rcv_nxt + 1'000;
    information.block.last_ack_sent = information.block.rcv_nxt;
    information.block.snd_wnd = 100;
    information.block.ts_val = ts_val;
    information.block.t_flags = block_flag::kRequestedTimestamps | block_flag::kReceivedTimestamps;
    Encapsulation header{kClient, {{0x0A080101}, 80}, 0x01};
    header.payload = encode(information);
    return encode_encapsulation(header);
}

Bytes forwarded(const TcpSegment& segment) {
    Encapsulation header{kClient, {{0x0A080101}, 80}, 0x02};
    header.payload = encode_tcp_packet(segment);
    return encode_encapsulation(header);
}

TEST(Ownership, EndsWithTheFirstPacketThatIsForwarded) {
    CaptureBuilder builder = sound_capture();
    EXPECT_TRUE(examine_ownership(builder.capture).empty());
    TcpSegment reset = client_segment(5, 1, "");
    reset.flags = tcp_flag::kRst;
    builder.forwarded(encode_tcp_packet(reset));  // EP-10: releases nothing
    builder.from_device(server_segment(7, 5, "my"));
    EXPECT_TRUE(examine_ownership(builder.capture).empty());
    builder.forwarded(encode_tcp_packet(client_segment(1, 1, "GET!")));
    EXPECT_TRUE(examine_ownership(builder.capture).empty());
    builder.from_device(server_segment(9, 5, " world"));
    const std::vector<Finding> findings = examine_ownership(builder.capture);
    ASSERT_EQ(findings.size(), 1U);
    EXPECT_EQ(findings.front().requirement, "EP-12");
    EXPECT_EQ(findings.front().frame, builder.capture.size() - 1);
}

TEST(Ownership, BeginsWithTheReleaseOfWhatMovesIn) {
    CaptureBuilder released;
    released.add(Direction::ToDevice, Link::Back, 0x88B5, connection(900));
    CaptureBuilder early = released;
    early.from_device(server_segment(1, 1, "hello"));
    ASSERT_EQ(examine_ownership(early.capture).size(), 1U);
    EXPECT_EQ(examine_ownership(early.capture).front().expected,
              "nothing for the client of a connection that is not released");
    released.add(Direction::ToDevice, Link::Back, 0x88B5, forwarded(client_segment(1, 1, "GET!")));
    released.add(Direction::ToDevice, Link::Back, 0x88B5, connection(900));  // a repetition
    released.from_device(server_segment(1, 5, "hello"));
    EXPECT_TRUE(examine_ownership(released.capture).empty());
}

TEST(ClientView, HoldsTheClockOfABlockAgainstWhatTheClientHasSeen) {
    for (const std::uint32_t ts_val : {899U, 900U}) {
        CaptureBuilder builder = sound_capture();
        builder.add(Direction::FromDevice, Link::Back, 0x88B5, connection(ts_val));
        const std::vector<Finding> findings = examine_client_view(builder.capture);
        EXPECT_EQ(findings.size(), ts_val == 899 ? 1U : 0U);
        if (!findings.empty()) {
            EXPECT_EQ(findings.front().message(), "EP-25: expected ts_val 900 or later, got 899");
        }
    }
}

TEST(ClientView, TakesNoScaleThatShiftsEverythingAway) {
    CaptureBuilder builder;
    TcpSegment syn = client_segment(0, 0, "");
    syn.flags = tcp_flag::kSyn;
    syn.window_scale = 255;
    TcpSegment syn_ack = server_segment(0, 1, "");
    syn_ack.flags = tcp_flag::kSyn | tcp_flag::kAck;
    syn_ack.window_scale = 200;
    builder.from_client(syn).from_device(syn_ack).from_client(client_segment(1, 1, "GET!"));
    builder.from_device(server_segment(1, 5, "hello "));
    // RFC 7323 2.3: 14 at most, and what says more counts as 14.
    EXPECT_TRUE(examine_client_view(builder.capture).empty());
    const std::vector<Finding> findings = examine_headers(builder.capture, kPlan);
    ASSERT_EQ(findings.size(), 1U);
    EXPECT_EQ(findings[0].message(), "TCP-2: expected a window scale of 14 at most, got 200");
    // A later SYN without the option does not undo what was negotiated.
    syn.window_scale.reset();
    builder.from_client(syn).from_client(client_segment(1, 7, "more"));
    (void)examine_client_view(builder.capture);
}

TEST(Headers, NamesEveryFieldThatNoExchangeMakesLegal) {
    const Break breaks[] = {
        {"TTL", [](TcpSegment& s) { s.time_to_live = 0; }, "IP-1: expected a TTL above 0"},
        {"URG", [](TcpSegment& s) { s.flags |= tcp_flag::kUrg; }, "TCP-1: expected no URG"},
        {"ECE", [](TcpSegment& s) { s.flags |= tcp_flag::kEce; }, "TCP-14: expected neither ECE"},
        {"CWR", [](TcpSegment& s) { s.flags |= tcp_flag::kCwr; }, "TCP-14: expected neither ECE"},
        {"reserved", [](TcpSegment& s) { s.reserved = 0x7; }, "TCP-1: expected reserved bits"},
        {"MSS",
         [](TcpSegment& s) {
             s.flags |= tcp_flag::kSyn;
             s.mss = 63;
         },
         "TCP-2: expected an MSS of 64 or more, or none, got 63"},
        {"length", [](TcpSegment& s) { s.payload.resize(1'500); }, "IP-1: expected a frame that"},
    };
    EXPECT_TRUE(examine_headers(sound_capture().capture, kPlan).empty());
    for (const Break& each : breaks) {
        CaptureBuilder builder = sound_capture();
        TcpSegment segment = server_segment(7, 5, "world");
        each.change(segment);
        builder.from_device(segment);
        const std::vector<Finding> findings = examine_headers(builder.capture, kPlan);
        ASSERT_EQ(findings.size(), 1U) << each.name;
        EXPECT_TRUE(findings[0].message().starts_with(each.finding)) << findings[0].message();
    }
}

TEST(Headers, LetsEcnBeSaidWhereItWasOffered) {
    CaptureBuilder builder;
    TcpSegment syn = client_segment(0, 0, "");
    syn.flags = tcp_flag::kSyn | tcp_flag::kEce | tcp_flag::kCwr;
    TcpSegment syn_ack = server_segment(0, 1, "");
    syn_ack.flags = tcp_flag::kSyn | tcp_flag::kAck | tcp_flag::kEce;
    builder.from_client(syn).from_device(syn_ack);
    EXPECT_TRUE(examine_headers(builder.capture, kPlan).empty());
}

struct Misaddress {
    const char* name;
    std::function<void(CaptureBuilder&)> add;
    const char* finding;
};

/// The last frame again, changed, from the device.
void add_changed(CaptureBuilder& builder, std::size_t offset, std::uint8_t byte) {
    CapturedFrame frame = builder.capture.back();
    frame.bytes[offset] = byte;
    frame.frame = decode_frame(frame.bytes, Framing{});
    builder.capture.push_back(std::move(frame));
}

TEST(Addressees, NamesWhoIsNotMeant) {
    const Bytes request = encode_tcp_packet(client_segment(1, 1, "GET!"));
    const Misaddress table[] = {
        {"to everybody", [](CaptureBuilder& b) { add_changed(b, 0, 0xFF); },
         "SYS-4: expected destination MAC 02:07:00:00:00:09"},
        {"from a stranger", [](CaptureBuilder& b) { add_changed(b, 11, 0x77); },
         "SYS-4: expected source MAC 02:07:00:00:00:01"},
        {"another port",
         [](CaptureBuilder& b) {
             TcpSegment reset = server_segment(7, 5, "");
             reset.source.port = 8080;
             reset.flags = tcp_flag::kRst;
             b.from_device(reset);
         },
         "TCP-1: expected nothing for a connection that nobody has opened"},
        {"UDP", [](CaptureBuilder& b) { add_changed(b, 14 + 9, 17); },
         "IP-3: expected no packet that answers nothing"},
        {"an echo reply",
         [](CaptureBuilder& b) {
             const IcmpMessage reply{kClient.address, kService.address, icmp_type::kEchoReply};
             IcmpMessage back = reply;
             std::swap(back.source, back.destination);
             b.add(Direction::FromDevice, Link::Front, ether_type::kIpv4, encode_icmp_packet(back));
         },
         "IP-3: expected no packet that answers nothing"},
        {"the back link",
         [](CaptureBuilder& b) {
             b.add(Direction::FromDevice, Link::Back, ether_type::kIpv4,
                   encode_tcp_packet(server_segment(7, 5, "")));
         },
         "SYS-4: expected packets for clients on the front link"},
        {"a frame to no member",
         [&](CaptureBuilder& b) {
             b.forwarded(request);
             b.capture.pop_back();
             Encapsulation header{kClient, {{0x0A080177}, 80}, 0x02};
             header.payload = request;
             b.add(Direction::FromDevice, Link::Back, 0x88B5, encode_encapsulation(header));
         },
         "SYS-2: expected Dest. IP to be a forward IP of a member, got 10.8.1.119"},
        {"a frame to another member",
         [&](CaptureBuilder& b) {
             b.forwarded(request);
             add_changed(b, 5, 3);
         },
         "SYS-2: expected destination MAC 02:08:00:00:00:02"},
        {"a frame on the front link",
         [&](CaptureBuilder& b) {
             Encapsulation header{kClient, {{0x0A080102}, 80}, 0x02};
             header.payload = request;
             b.add(Direction::FromDevice, Link::Front, 0x88B5, encode_encapsulation(header));
         },
         "SEC-12: expected encapsulated frames on the back link alone"},
    };
    EXPECT_TRUE(examine_addressees(sound_capture().capture, kPlan).empty());
    for (const Misaddress& each : table) {
        CaptureBuilder builder = sound_capture();
        each.add(builder);
        const std::vector<Finding> findings = examine_addressees(builder.capture, kPlan);
        ASSERT_FALSE(findings.empty()) << each.name;
        EXPECT_TRUE(findings[0].message().starts_with(each.finding)) << findings[0].message();
        EXPECT_EQ(findings[0].frame, builder.capture.size() - 1) << each.name;
    }
}

/// FRM-3: what the device's datagrams have to be in the routed binding.
TEST(Addressees, FindDatagramsThatAreNotOfTheRoutedBinding) {
    const auto findings_of = [](auto change) {
        Encapsulation header{kClient, {{0x0A080102}, 80}, 0x03};
        UdpDatagram datagram{
            {{0x0A080101}, 7007}, {{0x0A080102}, 7007}, encode_encapsulation(header)};
        change(datagram);
        Bytes bytes = encode_ethernet(kPlan.peers.front().back_mac, kPlan.device.back_mac,
                                      ether_type::kIpv4, encode_udp_packet(datagram));
        Frame frame = decode_frame(bytes, Framing{0x88B5, false, true});
        Capture capture;
        capture.push_back({Time{0}, Link::Back, Direction::FromDevice, bytes, frame, {}});
        std::string messages;
        for (const Finding& finding : examine_addressees(capture, kPlan))
            messages += finding.message() + "; ";
        return messages;
    };
    EXPECT_EQ(findings_of([](UdpDatagram&) {}), "");
    EXPECT_TRUE(findings_of([](UdpDatagram& it) {
                    it.has_checksum = false;
                }).starts_with("FRM-3: expected a UDP checksum, got none"));
    EXPECT_TRUE(findings_of([](UdpDatagram& it) {
                    it.source.port = 9;
                }).starts_with("FRM-3: expected port 7007 both ways, got from 9 to 7007"));
    EXPECT_TRUE(findings_of([](UdpDatagram& it) {
                    it.source.address = {0x0A080001};
                }).starts_with("FRM-3: expected a datagram from a forward IP, got 10.8.0.1"));
    EXPECT_TRUE(findings_of([](UdpDatagram& it) {
                    it.destination.address = {0x0A080002};
                }).starts_with("FRM-3: expected a datagram to the Dest. IP in it"));
}

TEST(Formats, LooksAtEveryFrameOfTheDeviceAndNoneOfOurs) {
    CaptureBuilder builder = sound_capture();
    Bytes packet = encode_tcp_packet(server_segment(7, 5, "world"));
    packet.back() ^= 1;
    builder.add(Direction::ToDevice, Link::Front, ether_type::kIpv4, packet);
    EXPECT_TRUE(examine_formats(builder.capture).empty());
    builder.add(Direction::FromDevice, Link::Front, ether_type::kIpv4, packet);
    const std::vector<Finding> findings = examine_formats(builder.capture);
    ASSERT_EQ(findings.size(), 1U);
    EXPECT_EQ(findings[0].requirement, "TCP-1");
    EXPECT_EQ(findings[0].frame, builder.capture.size() - 1);
}

}  // namespace
}  // namespace conform
