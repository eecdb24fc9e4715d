// SPDX-License-Identifier: Apache-2.0
// Segment scripts: what is read, what is refused and how, what is compared, and what is explained.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "pdu/build.hh"
#include "script/addresses.hh"
#include "script/comparison.hh"
#include "script/deviations.hh"
#include "script/flow.hh"
#include "script/script_reader.hh"

namespace conform {
namespace {

constexpr const char* kHead = "script a\nabout RFC 1: a\n";

std::string complaint_about(const std::string& lines) {
    try {
        read_script("a.seg", kHead + lines);
    } catch (const ScriptError& error) {
        return error.what();
    }
    return "none";
}

Event segment(const std::string& head, std::map<std::string, std::string> fields, int after_ms) {
    return {head, std::move(fields), std::chrono::milliseconds(after_ms), false};
}

TEST(SegmentScript, ReadsStepsTimesFieldsAndExpectations) {
    const Script script = read_script("a.seg",
                                      "# a comment\n"
                                      "script a-name\n"
                                      "about RFC 9293 3.5: opening\n"
                                      "device sack off\n"
                                      "listen\n"
                                      "+40ms segment SYN,ACK seq -5 ack 7 win 9 mss 536 scale 14 "
                                      "sack-permitted ts 5 ecr 6 sack 1-2 3-4 text \"a b\"\n"
                                      "expect ACK seq 1 after 40  # why\n"
                                      "wait 2s\n"
                                      "icmp fragmentation-needed mtu 1000 seq 3\n"
                                      "send 12 urgent\n");
    EXPECT_EQ(script.name, "a-name");
    EXPECT_EQ(std::get<bool>(script.settings.at("sack")), false);
    ASSERT_EQ(script.steps.size(), 5U);
    const Step& step = script.steps[1];
    EXPECT_EQ(step.line, 6U);
    EXPECT_EQ(step.delay, std::chrono::milliseconds(40));
    const auto& sent = std::get<SegmentStep>(step.what);
    EXPECT_EQ(sent.flags, tcp_flag::kSyn | tcp_flag::kAck);
    EXPECT_EQ(sent.sequence, -5);
    EXPECT_EQ(sent.acknowledgment, 7);
    EXPECT_EQ(sent.scale, 14);
    EXPECT_EQ(sent.timestamps->echo, 6U);
    EXPECT_EQ(sent.sack.size(), 2U);
    EXPECT_EQ(sent.text, "a b");
    ASSERT_EQ(step.expectations.size(), 1U);
    EXPECT_EQ(step.expectations[0].fields.at("after"), "40");
    EXPECT_EQ(script.steps[2].delay, std::chrono::seconds(2));
    EXPECT_EQ(std::get<IcmpStep>(script.steps[3].what).mtu, 1000);
    EXPECT_TRUE(std::get<CallStep>(script.steps[4].what).is_urgent);
}

TEST(SegmentScript, RefusesWithFileLineAndSuggestion) {
    EXPECT_EQ(complaint_about("segment SYN wim 5"),
              "a.seg:3: expected one of seq, ack, win, text, urgent, mss, scale, sack-permitted, "
              "ts, sack, ecn, bad-checksum, got wim; did you mean win?");
    EXPECT_NE(complaint_about("segmnet SYN").find("did you mean segment?"), std::string::npos);
    EXPECT_NE(complaint_about("segment SYN,ACKK").find("did you mean ACK?"), std::string::npos);
    EXPECT_NE(complaint_about("expect ACK sqe 1\n").find("expected a step"), std::string::npos);
    EXPECT_NE(complaint_about("listen\nexpect ACK sqe 1").find("a.seg:4:"), std::string::npos);
    EXPECT_NE(complaint_about("device saack off").find("did you mean sack?"), std::string::npos);
    EXPECT_EQ(complaint_about("segment SYN win 65536"),
              "a.seg:3: expected a window field from 0 to 65535, got 65536");
    EXPECT_EQ(complaint_about("segment SYN win 65535"), "none");
    EXPECT_NE(complaint_about("segment ACK sack 5").find("101-201"), std::string::npos);
    EXPECT_NE(complaint_about("segment ACK text \"a").find("quotation mark"), std::string::npos);
    EXPECT_NE(complaint_about("+40 listen").find("40ms or 2s"), std::string::npos);
    EXPECT_NE(complaint_about("").find("expected a step"), std::string::npos);
    EXPECT_THROW(read_script("a.seg", "listen\n"), ScriptError);
    EXPECT_THROW(load_script("no/such/file.seg"), ScriptError);
}

TEST(SegmentScript, RefusesExpectationsThatNoDeviceCouldFail) {
    EXPECT_EQ(complaint_about("listen\nexpect nothing\nexpect ACK"),
              "a.seg:5: expected nothing to stand alone");
    EXPECT_EQ(complaint_about("listen\nexpect ACK\nexpect nothing"),
              "a.seg:5: expected nothing to stand alone");
    EXPECT_EQ(complaint_about("listen\nexpect nothing seq 1"),
              "a.seg:4: expected the end of the line, got seq");
    EXPECT_EQ(complaint_about("listen\nexpect nothing"), "none");
    EXPECT_EQ(complaint_about("listen\nexpect ACK after soon"),
              "a.seg:4: expected milliseconds, got soon");
    EXPECT_EQ(complaint_about("listen\nexpect ACK seq 1 seq 2"), "a.seg:4: seq is there twice");
    EXPECT_EQ(complaint_about("listen\ndevice sack off"),
              "a.seg:4: expected settings before the steps");
}

TEST(SegmentScript, RefusesNumbersThatDoNotFit) {
    EXPECT_EQ(complaint_about("segment ACK sack 0-4294967295"), "none");
    for (const char* range : {"0-4294967296", "1-", "-1", "1-2-3", "+1-2", "1-2x"}) {
        EXPECT_EQ(complaint_about(std::string("segment ACK sack ") + range),
                  std::string("a.seg:3: expected a range such as 101-201, got ") + range);
    }
    for (const char* time : {"-5ms", "+5ms", "121s", "5", "5mss", "ms"})
        EXPECT_NE(complaint_about(std::string("wait ") + time).find("expected a time"),
                  std::string::npos)
            << time;
    EXPECT_EQ(complaint_about("wait 120s"), "none");
}

TEST(SegmentScript, ReadsRegularFilesOfAMebibyteAtMost) {
    EXPECT_THROW(load_script("/dev/zero"), ScriptError);
    EXPECT_THROW(load_script("/"), ScriptError);
    const std::string path = ::testing::TempDir() + "/shunt-long.seg";
    const std::string lines = std::string(kHead) + "listen\n#";
    for (const std::size_t size : {std::size_t{1} << 20, (std::size_t{1} << 20) + 1}) {
        std::ofstream(path) << lines << std::string(size - lines.size(), 'x');
        if (size % 2 == 0) {
            EXPECT_EQ(load_script(path).steps.size(), 1U);
        } else {
            EXPECT_THROW(load_script(path), ScriptError);
        }
    }
    std::filesystem::remove(path);
}

TEST(SegmentScript, RefusesEveryTruncationOfALineOrReadsIt) {
    const std::string line = "+40ms segment ACK seq 1 sack 1-2 ts 3 ecr 4 text \"abc\" ecn ce";
    for (std::size_t length = 0; length <= line.size(); ++length) {
        try {
            read_script("a.seg", kHead + line.substr(0, length));
        } catch (const ScriptError& error) {
            EXPECT_EQ(std::string(error.what()).substr(0, 6), "a.seg:") << length;
        }
    }
}

TEST(ScriptFlow, CountsBothSidesFromTheirSyns) {
    Flow flow;
    std::vector<Finding> faults;
    const Script script = read_script("a.seg", std::string(kHead) +
                                                   "segment SYN win 9 mss 1460\n"
                                                   "segment ACK text 3\n"
                                                   "segment ACK seq 2 sack 5-9\n");
    const auto make = [&](std::size_t at) {
        const auto& step = std::get<SegmentStep>(script.steps[at].what);
        return *decode_ipv4(flow.make(step, Duration::zero()), faults)->tcp;
    };
    const TcpSegment syn = make(0);
    EXPECT_EQ(syn.mss, 1460);
    TcpSegment answer;
    answer.source = syn.destination;
    answer.destination = syn.source;
    answer.sequence = 0xFFFFFFFF;  // its text begins behind the wrap
    answer.acknowledgment = syn.sequence + 1;
    answer.flags = tcp_flag::kSyn | tcp_flag::kAck;
    answer.window = 1'000;
    const auto hear = [&](const TcpSegment& heard) {
        return *flow.hear(decode_frame(
            encode_ethernet(kTesterMac, kDeviceMac, ether_type::kIpv4, encode_tcp_packet(heard)),
            Framing{}));
    };
    EXPECT_EQ(hear(answer).to_string(), "SYN,ACK seq 0 ack 1 win 1000");
    const TcpSegment text = make(1);
    EXPECT_EQ(text.sequence, syn.sequence + 1);
    EXPECT_EQ(text.acknowledgment, 0U);
    EXPECT_EQ(text.payload, to_bytes("abc"));
    answer.flags = tcp_flag::kAck;
    answer.sequence = 0;
    answer.acknowledgment = text.sequence + 3;
    answer.payload = to_bytes(flow.device_text(2));
    answer.sack = {{text.sequence + 9, text.sequence + 19}};
    EXPECT_EQ(hear(answer).to_string(), "ACK seq 1 ack 4 win 1000 len 2 sack 10-20");
    answer.payload = to_bytes("xy");
    EXPECT_EQ(hear(answer).fields.at("fault"), "text");
    answer.payload.clear();
    answer.window = 998;
    EXPECT_EQ(hear(answer).fields.at("window"), "shrinks");
    EXPECT_EQ(make(2).sack, (std::vector<SackRange>{{4, 8}}));
    EXPECT_TRUE(faults.empty());
}

TEST(ScriptFlow, RefusesOptionsThatNoHeaderHolds) {
    Flow flow;
    SegmentStep step;
    step.flags = tcp_flag::kAck;
    step.sack.assign(4, {1, 2});
    EXPECT_NO_THROW(flow.make(step, Duration{}));  // 34 octets
    step.mss = 1'460;
    EXPECT_NO_THROW(flow.make(step, Duration{}));
    step.scale = 1;
    EXPECT_THROW(flow.make(step, Duration{}), ScriptError);
}

TEST(ScriptComparison, ComparesFlagsNumbersAndClassesOfWindowsAndTimes) {
    const Event event = segment("ACK", {{"seq", "1"}, {"win", "500"}, {"push", "yes"}}, 40);
    const auto against = [&event](Event other) { return differing_fields(event, other); };
    using Names = std::vector<std::string>;
    EXPECT_EQ(against(segment("ACK", {{"seq", "1"}, {"win", "9"}}, 90)), Names());
    EXPECT_EQ(against(segment("ACK", {{"seq", "2"}, {"win", "9"}}, 40)), Names{"seq"});
    EXPECT_EQ(against(segment("ACK", {{"seq", "1"}, {"win", "0"}}, 40)), Names{"win"});
    EXPECT_EQ(against(segment("ACK", {{"seq", "1"}, {"win", "9"}}, 0)), Names{"after"});
    EXPECT_EQ(against(segment("RST", {{"seq", "1"}, {"win", "9"}}, 40)), Names{"head"});
    EXPECT_TRUE(is_same_time(std::chrono::milliseconds(0), std::chrono::milliseconds(15)));
    EXPECT_FALSE(is_same_time(std::chrono::milliseconds(0), std::chrono::milliseconds(16)));
    EXPECT_TRUE(is_same_time(std::chrono::milliseconds(200), std::chrono::milliseconds(260)));
    EXPECT_FALSE(is_same_time(std::chrono::milliseconds(1000), std::chrono::milliseconds(2000)));
}

TEST(ScriptComparison, PairsWhatIsAlikeAndNamesWhatIsMissing) {
    const Script script = read_script("a.seg", std::string(kHead) + "listen\nwait 1ms\n");
    const Event one = segment("ACK", {{"seq", "1"}}, 0);
    const Event two = segment("ACK", {{"seq", "2"}, {"win", "7"}}, 0);
    const Event three = segment("RST", {{"seq", "3"}}, 0);
    const Transcript first{{{one, two, three}, {}}};
    const Transcript second{{{one, three}, {}}};
    EXPECT_TRUE(compare(script, first, first).empty());
    const auto differences = compare(script, first, second);
    ASSERT_EQ(differences.size(), 1U);
    EXPECT_EQ(differences[0].pairs.size(), 3U);
    EXPECT_EQ(differences[0].signatures,
              std::vector<std::string>{"a @ listen: ACK seq 2 | nothing"});
}

TEST(ScriptComparison, HoldsADeviceToWhatAScriptExpects) {
    const Script script = read_script("a.seg", std::string(kHead) +
                                                   "listen\n"
                                                   "expect ACK seq 1 win open\n"
                                                   "expect RST\n"
                                                   "wait 1ms\n"
                                                   "expect nothing\n"
                                                   "wait 1ms\n");
    const Event ack = segment("ACK", {{"seq", "1"}, {"win", "5"}}, 0);
    const Event closed = segment("ACK", {{"seq", "1"}, {"win", "0"}}, 0);
    const Event reset = segment("RST", {}, 0);
    EXPECT_TRUE(unmet_expectations(script, {{{ack, reset}, {}, {ack}}}).empty());
    EXPECT_EQ(unmet_expectations(script, {{{ack}, {}, {}}}),
              std::vector<std::string>{"a.seg:5: expected RST, got nothing"});
    EXPECT_EQ(unmet_expectations(script, {{{closed, reset}, {}, {}}}).size(), 1U);
    EXPECT_EQ(unmet_expectations(script, {{{ack, reset, ack}, {}, {}}}).size(), 1U);
    EXPECT_EQ(unmet_expectations(script, {{{ack, reset}, {ack}, {}}}),
              std::vector<std::string>{"a.seg:6: expected nothing more, got ACK seq 1 win 5"});
}

TEST(Deviations, ExplainWhatTheyListAndNoticeWhatIsGone) {
    Deviations known = Deviations::read("d.md",
                                        "## D-1: one\n\ntext\n```differences\n"
                                        "a @ listen: ACK | nothing\n"
                                        "b @ wait *: ACK after * | ACK at once\n```\n");
    EXPECT_EQ(known.explain("b @ wait 5ms: ACK after 40 | ACK at once"), "D-1");
    EXPECT_EQ(known.explain("b @ wait 5ms: ACK after 40 | ACK"), "");
    ASSERT_EQ(known.unseen({"a", "b"}).size(), 1U);
    EXPECT_EQ(known.unseen({"a", "b"})[0].line, 5U);
    EXPECT_TRUE(known.unseen({"b"}).empty()) << "a script that was not played shows nothing";
    EXPECT_THROW(Deviations::read("d.md", "```differences\na\n```\n"), ScriptError);
    EXPECT_THROW(Deviations::read("d.md", "## D-1: a\n```differences\na\n"), ScriptError);
}

TEST(Deviations, PatternsAreWholeLines) {
    EXPECT_TRUE(matches_pattern("a*c", "abbc"));
    EXPECT_TRUE(matches_pattern("a*", "a"));
    EXPECT_FALSE(matches_pattern("a*c", "abcd"));
    EXPECT_FALSE(matches_pattern("a", "ab"));
    EXPECT_TRUE(matches_pattern("*b*b", "abab"));
}

}  // namespace
}  // namespace conform
