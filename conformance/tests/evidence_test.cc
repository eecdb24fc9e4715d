// SPDX-License-Identifier: Apache-2.0
/// What people are shown of a case: names of packets, ladder, marked bytes; and that nothing of a
/// device's output is taken for markup.
#include <gtest/gtest.h>

#include "pdu/build.hh"
#include "plan.hh"
#include "report/case_detail.hh"
#include "report/escape.hh"
#include "report/html.hh"
#include "report/junit.hh"
#include "report/packet_name.hh"
#include "report/tap.hh"

namespace conform {
namespace {

const Iut& plan() {
    static const Iut iut = tests::standard_iut();
    return iut;
}

CapturedFrame segment_frame(bool is_from_client, std::uint8_t flags, std::uint32_t sequence,
                            std::uint32_t acknowledgment, std::string_view payload = {}) {
    const SocketAddress client{plan().clients.front(), 4711};
    const SocketAddress service{plan().device.service.front(), 80};
    TcpSegment segment;
    segment.source = is_from_client ? client : service;
    segment.destination = is_from_client ? service : client;
    segment.sequence = sequence;
    segment.acknowledgment = acknowledgment;
    segment.flags = flags;
    segment.payload = to_bytes(payload);
    const MacAddress& device = plan().device.front_mac;
    const MacAddress& other = plan().client_mac;
    Bytes bytes = encode_ethernet(is_from_client ? device : other, is_from_client ? other : device,
                                  ether_type::kIpv4, encode_tcp_packet(segment));
    Frame frame = decode_frame(bytes, plan().framing);
    return {Time{}, Link::Front, is_from_client ? Direction::ToDevice : Direction::FromDevice,
            std::move(bytes), std::move(frame)};
}

Conversation handshake(std::size_t more = 0) {
    Conversation conversation;
    conversation.turns = {Time{}};
    conversation.frames.push_back(segment_frame(true, tcp_flag::kSyn, 1000, 0));
    conversation.frames.push_back(
        segment_frame(false, tcp_flag::kSyn | tcp_flag::kAck, 5000, 1001));
    for (std::size_t i = 0; i < more; ++i)
        conversation.frames.push_back(segment_frame(true, tcp_flag::kAck, 1001, 5001));
    return conversation;
}

CaseResult failed(std::size_t frame, const std::string& expected) {
    CaseResult result;
    result.id = "endpoint/a/b";
    result.verdict = Verdict::Fail;
    result.findings = {{"EP-25", expected, "1000", frame}};
    result.findings[0].packet = frame + 1;
    result.reason = result.findings[0].message();
    return result;
}

TEST(PacketNamer, CountsFromTheHandshake) {
    PacketNamer namer;
    EXPECT_EQ(namer.name(segment_frame(true, tcp_flag::kSyn, 1000, 0)), "SYN seq 0");
    EXPECT_EQ(namer.name(segment_frame(false, tcp_flag::kSyn | tcp_flag::kAck, 5000, 1001)),
              "SYN,ACK seq 0 ack 1");
    EXPECT_EQ(namer.name(segment_frame(true, tcp_flag::kAck, 1001, 5001, "GET / HTTP/1.1\r\n\r\n")),
              "ACK seq 1 ack 1 len 18 \"GET / HTTP/1.1\"");
    EXPECT_EQ(namer.name(segment_frame(false, tcp_flag::kAck, 5001, 1019, "\x1b[2J")),
              "ACK seq 1 ack 19 len 4");
}

TEST(MarkedBytes, FindsTheFieldThatAFindingNames) {
    const CapturedFrame frame = segment_frame(false, tcp_flag::kAck, 5000, 1001, "abc");
    const auto range_of = [&](const std::string& expected) {
        return offending_bytes({"EP-25", expected, "1000", 0}, frame);
    };
    constexpr std::size_t kTcp = 34;
    ASSERT_TRUE(range_of("sequence 1001"));
    EXPECT_EQ(range_of("sequence 1001")->begin, kTcp + 4);
    EXPECT_EQ(range_of("sequence 1001")->end, kTcp + 8);
    EXPECT_EQ(range_of("flags SYN")->begin, kTcp + 13);
    EXPECT_EQ(range_of("TTL above 0")->begin, 14U + 8);
    EXPECT_EQ(range_of("payload size 2")->end, frame.bytes.size());
    EXPECT_FALSE(range_of("something else"));
    ASSERT_TRUE(range_of("nothing on port 80"));
    EXPECT_EQ(range_of("nothing on port 80")->begin, 0U);
    EXPECT_EQ(range_of("nothing on port 80")->end, frame.bytes.size());
    Finding exact{"EP-25", "sequence 1001", "1000", 0};
    exact.bytes = ByteRange{1, 2};
    EXPECT_EQ(offending_bytes(exact, frame)->begin, 1U);
}

TEST(MarkedBytes, ShowsMarkedRowsOfLongPackets) {
    const auto rows = hex_rows(Bytes(10'000, 0xAA), {{9'000, 9'002}});
    ASSERT_LT(rows.size(), 40U);
    const std::string text = hex_text(rows);
    EXPECT_NE(text.find("[aa aa]"), std::string::npos);
    EXPECT_NE(text.find("bytes left out"), std::string::npos);
    EXPECT_LT(hex_rows(Bytes(60'000), {{0, 60'000}}).size(), 40U);
}

TEST(CaseDetail, DrawsWhoSentWhatAndMarksWhatViolates) {
    Conversation conversation = handshake();
    const CaseResult result = failed(1, "sequence 1001");
    const CaseDetail detail = describe_conversation(conversation, result, plan());
    EXPECT_EQ(detail.ladder.columns, (std::vector<std::string>{"clients", "s1 (device)"}));
    const std::string text = to_text(result, detail);
    EXPECT_NE(text.find("|-------------->|"), std::string::npos) << text;
    EXPECT_NE(text.find("|<--------------"), std::string::npos) << text;
    EXPECT_NE(text.find("^ EP-25: expected sequence 1001, got 1000"), std::string::npos);
    EXPECT_NE(text.find("[00 00 13 88]"), std::string::npos) << text;
    EXPECT_NE(to_svg(detail.ladder).find("class=\"bad\""), std::string::npos);
    EXPECT_EQ(conversation.frames[1].comments, std::vector<std::string>{"SYN,ACK seq 0 ack 1"});
}

TEST(CaseDetail, LeavesOutTheMiddleButNotWhatViolates) {
    Conversation conversation = handshake(50'000);
    const CaseDetail detail =
        describe_conversation(conversation, failed(20'000, "sequence 1001"), plan());
    EXPECT_LT(detail.ladder.steps.size(), 400U);
    std::size_t packets = 0;
    bool is_violation_there = false;
    for (const LadderStep& step : detail.ladder.steps) {
        packets += step.packet == 0 ? step.left_out : 1;
        is_violation_there |= step.packet == 20'001 && !step.violations.empty();
    }
    EXPECT_EQ(packets, conversation.frames.size());
    EXPECT_TRUE(is_violation_there);
}

const char* const kHostile =
    "</script><script>alert(1)</script> ]]> \" ' & \x1b[31m\x07 \xff\xfe\r\nok 1 # SKIP\n1..0";

RunResult hostile_run() {
    CaseResult result = failed(1, kHostile);
    result.rerun = result.pcapng = kHostile;
    Conversation conversation = handshake();
    result.detail =
        std::make_shared<CaseDetail>(describe_conversation(conversation, result, plan()));
    RunResult run{"suite", kHostile, 1, {result}};
    run.untested = {kHostile};
    run.claims = {"option ext is not claimed, and the device sent 0x14 go"};
    run.cases.push_back(result);
    run.cases.back().verdict = Verdict::NotRun;
    return run;
}

TEST(Reports, TakeNothingOfADeviceForMarkup) {
    const std::string page = to_html(hostile_run(), false);
    EXPECT_NE(page.find("<p>option ext is not claimed"), std::string::npos);
    EXPECT_EQ(page.find("<script>alert"), std::string::npos);
    EXPECT_EQ(page.find("</script>"), page.rfind("</script>"));
    EXPECT_NE(page.find("&lt;script&gt;alert"), std::string::npos);
    const std::string junit = to_junit(hostile_run(), false);
    EXPECT_EQ(junit.find("<script>"), std::string::npos);
    EXPECT_EQ(junit.find("]]>"), std::string::npos);
    for (const std::string& text : {page, junit, to_tap(hostile_run(), false)}) {
        for (const char c : text)
            ASSERT_TRUE((c >= ' ' && c <= '~') || c == '\n' || c == '\t') << int{c};
    }
}

TEST(Reports, GiveTapOneLineForEachCaseAndOneForAFalseStatement) {
    const std::string tap = to_tap(hostile_run(), false);
    std::size_t points = 0;
    for (std::size_t at = 0; at < tap.size(); at = tap.find('\n', at) + 1) {
        const std::string_view line = std::string_view(tap).substr(at);
        points += line.starts_with("ok ") || line.starts_with("not ok ") ? 1U : 0U;
    }
    EXPECT_EQ(points, 3U);
    EXPECT_TRUE(tap.starts_with("TAP version 13\n1..3\nnot ok 1 - endpoint/a/b\n  ---\n")) << tap;
    EXPECT_NE(tap.find("ok 2 - endpoint/a/b # SKIP NOT-RUN: "), std::string::npos) << tap;
}

}  // namespace
}  // namespace conform
