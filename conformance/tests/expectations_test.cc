// SPDX-License-Identifier: Apache-2.0
/// Known failures, their signatures, dates, and the parts and orders of a run.
#include "app/expectations.hh"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "app/run_setup.hh"
#include "app/selector_file.hh"
#include "report/json.hh"
#include "report/progress.hh"
#include "report/signature.hh"
#include "report/text.hh"

namespace conform {
namespace {

constexpr const char* kEntry =
    "[[known]]\ncase = \"endpoint/handshake/**\"\nsignature = \"EP-1: expected sequence N\"\n"
    "reason = \"ticket 7\"\nowner = \"ada\"\nexpires = 2027-01-31\n";
constexpr const char* kId = "endpoint/handshake/syn-ack-before-migration";
const Date kToday{2026, 11, 22};

RunResult run_with(Verdict verdict, const std::string& expected) {
    RunResult run;
    CaseResult result;
    result.id = kId;
    result.verdict = verdict;
    if (!expected.empty()) result.findings.push_back({"EP-1", expected, "17", {}, Level::Must});
    CaseResult passed;
    passed.id = "endpoint/target/x";
    run.cases = {result, passed};
    run.known_failing.path = "known.toml";
    return run;
}

RunResult compared(const std::string& file, Verdict verdict, const std::string& expected,
                   const Date& today = kToday) {
    RunResult run = run_with(verdict, expected);
    apply_expectations(parse_expectations(file, "known.toml"), all_cases(), today, false, run);
    return run;
}

std::string refusal(const std::string& file) {
    try {
        parse_expectations(file, "known.toml");
        return "none";
    } catch (const UsageError& error) {
        return error.what();
    }
}

std::string replaced(std::string text, const std::string& what, const std::string& by) {
    return text.replace(text.find(what), what.size(), by);
}

TEST(Signature, HasNoNumberThatARunDraws) {
    EXPECT_EQ(normalized("sequence 1001, got 10.7.0.9:4711 from 02:07:00:00:00:01."),
              "sequence N, got ADDRESS from MAC.");
    EXPECT_EQ(normalized("0x01 for s2 within 5 s, EP-9, deadbeef01.. 0x12345"),
              "0x01 for s2 within 5 s, EP-9, HEX.. HEX");
    EXPECT_EQ(normalized(std::string(5'000, '7')), "HEX");
}

TEST(Signature, NamesEveryFailureOnceAndTheDeviceEndFirst) {
    CaseResult result;
    result.verdict = Verdict::Crash;
    result.findings = {{"EP-1", "sequence 10", "11", {}, Level::Must},
                       {"EP-1", "sequence 20", "21", {}, Level::Must},
                       {"EP-2", "an ACK", "none", {}, Level::Should}};
    EXPECT_EQ(signatures(result, false),
              (std::vector<std::string>{"CRASH", "EP-1: expected sequence N"}));
    EXPECT_EQ(signatures(result, true).size(), 3U);
    result.verdict = Verdict::NotRun;
    EXPECT_TRUE(signatures(result, true).empty());
}

TEST(Signature, HasAReasonThatIsNoFindings) {
    CaseResult result;
    result.verdict = Verdict::Fail;
    result.findings = {{"EP-1", "sequence 10", "11"}, {"EP-2", "an ACK", "none"}};
    result.reason = result.findings[0].message() + " (and 1 more)";
    EXPECT_EQ(signatures(result, false).size(), 2U) << "the first finding's";
    EXPECT_EQ(describe_case(result, {}).find("(and 1 more)"), std::string::npos);
    result.reason = "the device sent 400 bytes that are no message";
    ASSERT_EQ(signatures(result, false).size(), 3U);
    EXPECT_EQ(signatures(result, false)[2], "the device sent N bytes that are no message");
    EXPECT_NE(describe_case(result, {}).find("    " + result.reason), std::string::npos);
}

TEST(Expectations, ForgiveTheFailureThatTheyNameAndNoOther) {
    const RunResult known = compared(kEntry, Verdict::Fail, "sequence 1001");
    EXPECT_TRUE(known.cases[0].is_known);
    EXPECT_TRUE(known.known_failing.complaints.empty());
    EXPECT_EQ(verdict_of(known, false), RunVerdict::NotConformant) << "the truth stays";
    EXPECT_EQ(exit_code(known, false), 0);
    EXPECT_NE(to_json(known, false).find("\"known\": true"), std::string::npos);

    const RunResult other = compared(kEntry, Verdict::Fail, "window 5");
    EXPECT_FALSE(other.cases[0].is_known);
    EXPECT_EQ(exit_code(other, false), 1);
    ASSERT_EQ(other.known_failing.complaints.size(), 1U);
    EXPECT_EQ(other.known_failing.complaints[0],
              std::string("known.toml:1: ") + kId +
                  " fails otherwise than known: 'EP-1: expected window 5', not 'EP-1: expected "
                  "sequence N'");
    EXPECT_EQ(exit_code(compared(kEntry, Verdict::Crash, "sequence 1001"), false), 1)
        << "a crash is more than the finding";
}

TEST(Expectations, FailTheRunWhereTheyAreNotSo) {
    const RunResult passes = compared(kEntry, Verdict::Pass, "");
    EXPECT_EQ(passes.known_failing.complaints.at(0),
              std::string("known.toml:1: ") + kId + " is known to fail, and is PASS");
    EXPECT_EQ(exit_code(passes, false), 1);

    const RunResult on_time = compared(kEntry, Verdict::Fail, "sequence 1001", {2027, 1, 31});
    EXPECT_EQ(exit_code(on_time, false), 0);
    const RunResult late = compared(kEntry, Verdict::Fail, "sequence 1001", {2027, 2, 1});
    EXPECT_EQ(late.known_failing.complaints.at(0),
              "known.toml:1: has expired on 2027-01-31, ask ada");
    EXPECT_FALSE(late.cases[0].is_known);

    const RunResult stale = compared(replaced(kEntry, "handshake", "handshaek"), Verdict::Pass, "");
    EXPECT_EQ(stale.known_failing.complaints.at(0),
              "known.toml:1: no case is called endpoint/handshaek/**");
    EXPECT_TRUE(compared(kEntry, Verdict::NotRun, "").known_failing.complaints.empty())
        << "what has not run shows nothing";
}

TEST(Expectations, RefuseWhatIsNoEntryWithItsLine) {
    EXPECT_EQ(refusal(kEntry), "none");
    EXPECT_TRUE(refusal(replaced(kEntry, "ada", "  ")).starts_with("known.toml:5: known[0].owner"));
    EXPECT_TRUE(refusal(replaced(kEntry, "owner", "onwer"))
                    .starts_with("known.toml:1: known[0].owner: expected a text, got nothing"));
    EXPECT_TRUE(refusal(replaced(kEntry, "2027-01-31", "\"soon\"")).starts_with("known.toml:6: "));
    EXPECT_TRUE(refusal(replaced(kEntry, "2027-01-31", "2027-02-30")).starts_with("known.toml:"));
    EXPECT_TRUE(refusal(replaced(kEntry, "endpoint", "^endpoint")).starts_with("known.toml:2: "));
    EXPECT_TRUE(refusal(std::string(kEntry) + "more = 1\n").find("more") != std::string::npos);
    EXPECT_TRUE(refusal("").starts_with("known.toml:"));
    EXPECT_TRUE(refusal("[[known]\n").starts_with("known.toml:1: "));
    EXPECT_TRUE(refusal(std::string("a.").append(std::string(40'000, '.')) + "b=1")
                    .starts_with("known.toml:1: "));
    std::string many;
    for (int i = 0; i < 1'001; ++i)
        many += kEntry;
    EXPECT_NE(refusal(many).find("1000 entries at most"), std::string::npos);
}

TEST(Expectations, AreWrittenForTheirAuthorsToFillIn) {
    const RunResult run = run_with(Verdict::Fail, "a \"word\" \\ 1001");
    std::string text = describe_expectations(run, kToday, false);
    EXPECT_NE(refusal(text).find("a text, not empty"), std::string::npos);
    for (const char* key : {"reason = \"", "owner = \""})
        text = replaced(text, key, std::string(key) + "x");
    const std::vector<KnownFailure> read = parse_expectations(text, "known.toml");
    ASSERT_EQ(read.size(), 1U);
    EXPECT_EQ(read[0].signature, "EP-1: expected a \"word\" \\ N");
    EXPECT_EQ(read[0].expires.to_string(), "2027-02-20");
}

TEST(DateTest, TakesDaysAlone) {
    EXPECT_EQ(Date::from_string("2028-02-29")->to_string(), "2028-02-29");
    for (const char* wrong : {"2027-02-29", "2027-13-01", "2027-1-1", "1969-12-31", "x", ""})
        EXPECT_FALSE(Date::from_string(wrong)) << wrong;
    EXPECT_EQ((Date{2026, 12, 31}).plus_days(1).to_string(), "2027-01-01");
}

class SelectorFileTest : public testing::Test {
  protected:
    SelectorFileTest() {
        std::string name = (std::filesystem::temp_directory_path() / "conform-XXXXXX").string();
        const int descriptor = ::mkstemp(name.data());
        EXPECT_GE(descriptor, 0);
        ::close(descriptor);
        path_ = name;
    }
    ~SelectorFileTest() override { std::filesystem::remove(path_); }

    std::string outcome(const std::string& content) {
        std::ofstream(path_) << content;
        try {
            return std::to_string(select_cases({"@" + path_}).size());
        } catch (const UsageError& error) {
            std::string text = error.what();
            const auto at = text.find(path_);
            return at == std::string::npos ? text : text.replace(at, path_.size(), "FILE");
        }
    }
    std::string path_;
};

TEST_F(SelectorFileTest, HasASelectorOnEachLine) {
    EXPECT_EQ(outcome("# smoke\n\n  endpoint/handshake/syn-ack-before-migration # one\r\n"
                      "endpoint/connection/well-formed\n^endpoint/connection/**"),
              "1");
}

TEST_F(SelectorFileTest, IsNamedWithItsLineWhereItIsWrong) {
    EXPECT_EQ(outcome("endpoint/**\nendpoint/handshak\n"),
              "FILE:2: no case is called endpoint/handshak; did you mean endpoint/handshake?");
    EXPECT_EQ(outcome("@other\n"), "FILE:1: expected a selector, got another file");
    EXPECT_EQ(outcome("# nothing\n"), "FILE: expected a selector, got none");
    EXPECT_EQ(outcome("\n" + std::string(201, 'x')),
              "FILE:2: expected a selector of 200 letters at most");
    EXPECT_NE(outcome(std::string(2 << 20, 'x')).find("longer than"), std::string::npos);
    EXPECT_THROW(select_cases({"@/nowhere/at/all"}), UsageError);
    EXPECT_THROW(select_cases({"@/"}), UsageError);
}

std::vector<const CaseInfo*> everything() {
    return select_cases({});
}

TEST(Arrangement, PartsAreTheWholeTogether) {
    std::vector<const CaseInfo*> together;
    for (std::uint32_t index = 1; index <= 7; ++index) {
        RunOptions options;
        options.shard = {index, 7};
        for (const CaseInfo* info : arrange(everything(), options, 1))
            together.push_back(info);
    }
    std::vector<const CaseInfo*> whole = everything();
    std::sort(whole.begin(), whole.end());
    std::sort(together.begin(), together.end());
    EXPECT_EQ(together, whole);
    RunOptions beyond;
    beyond.shard = {9'999, 10'000};
    EXPECT_THROW(arrange(everything(), beyond, 1), UsageError);
}

TEST(Arrangement, RandomOrderIsTheSeeds) {
    RunOptions options;
    EXPECT_EQ(arrange(everything(), options, 1), everything());
    options.order = CaseOrder::Random;
    const auto one = arrange(everything(), options, 1);
    EXPECT_NE(one, everything());
    EXPECT_EQ(one, arrange(everything(), options, 1));
    EXPECT_NE(one, arrange(everything(), options, 2));
}

TEST(RunOptionsTest, AreBounded) {
    EXPECT_EQ(parse_shard("2/5"), (Shard{2, 5}));
    for (const char* wrong : {"0/5", "6/5", "2", "/", "2/", "-1/5", "1/5x", "1/99999", "1 /5"})
        EXPECT_THROW(parse_shard(wrong), UsageError) << wrong;
    EXPECT_EQ(parse_count("jobs", "256", 256), 256U);
    for (const char* wrong : {"0", "257", "-1", "", "4294967297"})
        EXPECT_THROW(parse_count("jobs", wrong, 256), UsageError) << wrong;
    EXPECT_THROW(parse_order("reverse"), UsageError);
    EXPECT_THROW(parse_today("tomorrow"), UsageError);
}

TEST(ProgressLine, TellsHowFarItIsAndFits) {
    RunProgress progress{2, 10, 1, std::chrono::seconds(20), {"endpoint/x/y", "endpoint/x/z"}};
    EXPECT_EQ(describe_progress(progress, 80),
              "2/10, 1 failed, 1:20 left: endpoint/x/y and 1 more");
    EXPECT_EQ(describe_progress(progress, 20).size(), 19U);
    progress = {0, 10, 0, std::chrono::seconds(20), {}};
    EXPECT_EQ(describe_progress(progress, 80), "0/10");
}

}  // namespace
}  // namespace conform
