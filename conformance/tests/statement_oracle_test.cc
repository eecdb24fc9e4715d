// SPDX-License-Identifier: Apache-2.0
/// The statement against captures of a few frames.
#include <gtest/gtest.h>

#include "oracle/statement.hh"
#include "pdu/build.hh"
#include "pdu/control_frame.hh"
#include "plan.hh"

namespace conform {
namespace {

/// A capture of one frame that the device sends on this link.
Capture capture_of(const Iut& iut, Link link, Bytes frame) {
    Capture capture;
    Frame decoded = decode_frame(frame, iut.framing);
    capture.push_back(
        {Time{}, link, Direction::FromDevice, std::move(frame), std::move(decoded), {}});
    return capture;
}

Capture segment_of(const Iut& iut, Link link, std::uint16_t port, Bytes text) {
    TcpSegment segment;
    segment.source = {iut.device.service.front(), port};
    segment.destination = {iut.clients.front(), 4711};
    segment.flags = tcp_flag::kAck;
    segment.payload = std::move(text);
    const Bytes frame = encode_ethernet(iut.client_mac, iut.device.front_mac, ether_type::kIpv4,
                                        encode_tcp_packet(segment));
    return capture_of(iut, link, frame);
}

Bytes encapsulated(const Iut& iut, EncapsulationType type) {
    Encapsulation header;
    header.source = {iut.clients.front(), 4711};
    header.destination = {iut.peers.front().forward_ip.front(), 80};
    header.type = static_cast<std::uint8_t>(type);
    return encode_ethernet(iut.peers.front().back_mac, iut.device.back_mac, iut.framing.ethertype,
                           encode_encapsulation(header));
}

TEST(StatementCheck, NamesWhatIsShownAndNotClaimed) {
    const Iut iut = tests::standard_iut();
    StatementCheck check(iut);
    check.observe(capture_of(iut, Link::Back, encapsulated(iut, EncapsulationType::Go)), "a/b/c");
    check.observe(segment_of(iut, Link::Front, 80,
                             to_bytes("HTTP/1.1 302 Found\r\nset-cookie: SHUNT=x\r\n"
                                      "Location: /\r\n\r\n")),
                  "a/b/d");
    const std::vector<std::string> expected = {
        "option ext is not claimed, and the device sent 0x14 go (a/b/c, packet 1)",
        "option session-redirect is not claimed, and the device sent a response with status 302 "
        "(a/b/d, packet 1)",
        "option sessions is not claimed, and the device sent Set-Cookie: SHUNT (a/b/d, packet 1)"};
    EXPECT_EQ(check.findings(false), expected);
}

TEST(StatementCheck, ReadsTheBitsOfAHello) {
    const Iut iut = tests::standard_iut(true);
    StatementCheck check(iut);
    const Bytes hello = encode(Hello{1, 7, 2 | 8, "s1"});
    const Bytes frame = encode(ControlFrame{control_kind::kHello, 1, hello});
    check.observe(segment_of(iut, Link::Back, kControlPort, frame), "a/b/c");
    const std::vector<std::string> expected = {
        "option ext is not claimed, and the device sent a hello with bit 8 (a/b/c, packet 1)",
        "profile blob is not claimed, and the device sent a hello with bit 2 (a/b/c, packet 1)"};
    EXPECT_EQ(check.findings(false), expected);
}

TEST(StatementCheck, NamesWhatIsClaimedAndNeverShownInAWholeRunAlone) {
    Iut iut = tests::standard_iut();
    iut.statement.options = {"sessions", "objects"};
    StatementCheck check(iut);
    check.observe(capture_of(iut, Link::Back, encapsulated(iut, EncapsulationType::Connection)),
                  "a/b/c");
    EXPECT_TRUE(check.findings(false).empty());
    EXPECT_EQ(check.findings(true),
              (std::vector<std::string>{
                  "option sessions is claimed, and nothing of it was seen in 1 cases"}));
    check.observe(segment_of(iut, Link::Front, 80,
                             to_bytes("HTTP/1.1 200 OK\r\nSet-Cookie: SHUNT=1\r\n\r\n")),
                  "a/b/d");
    EXPECT_TRUE(check.findings(true).empty());
}

TEST(StatementCheck, SaysWhomTheUpperTesterCouldNotHelp) {
    const Iut iut = tests::standard_iut();
    StatementCheck check(iut);
    EXPECT_FALSE(check.has_unsupported());
    for (const char* id : {"a/b/1", "a/b/2", "a/b/3", "a/b/4"})
        check.note_unsupported(id);
    EXPECT_EQ(check.describe_unsupported(),
              "an upper tester is claimed, and answers unsupported in a/b/1, a/b/2, a/b/3 and 1 "
              "more");
}

}  // namespace
}  // namespace conform
