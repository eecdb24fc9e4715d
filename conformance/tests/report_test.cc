// SPDX-License-Identifier: Apache-2.0
/// Evidence and reports: pcapng byte by byte, JSON by its keys, text as people read it.
#include <gtest/gtest.h>

#include <cstdlib>

#include <nlohmann/json.hpp>

#include "report/json.hh"
#include "report/junit.hh"
#include "report/pcapng.hh"
#include "report/selfcheck.hh"
#include "report/tap.hh"
#include "report/text.hh"

namespace conform {
namespace {

TEST(Pcapng, WritesTheGoldenFile) {
    Conversation conversation;
    Capture& capture = conversation.frames;
    capture.push_back({Time{1}, Link::Front, Direction::ToDevice, from_hex("0102030405"), {}, {}});
    capture.push_back(
        {Time{0x100000002}, Link::Back, Direction::FromDevice, from_hex("ff"), {}, {"EP-25: no"}});
    const std::string golden =
        // section header: magic, 1.0, no length, comment "case", application, end
        "0a0d0d0a 0000003c 1a2b3c4d 00010000 ffffffffffffffff"
        "00010004 63617365 0004000d 7368756e742d636f6e666f726d000000 00000000 0000003c"
        // interface front, then back: Ethernet, name, nanoseconds
        "00000001 0000002c 00010000 00000000 00020005 66726f6e74000000 00090001 09000000 00000000"
        "0000002c"
        "00000001 00000028 00010000 00000000 00020004 6261636b 00090001 09000000 00000000 00000028"
        // packets: interface, time, lengths, bytes, flags, comment
        "00000006 00000034 00000000 00000000 00000001 00000005 00000005 0102030405000000"
        "00020004 00000001 00000000 00000034"
        "00000006 00000040 00000001 00000001 00000002 00000001 00000001 ff000000"
        "00020004 00000002 00010009 45502d32353a206e6f000000 00000000 00000040";
    EXPECT_EQ(to_hex(encode_pcapng(conversation, "case", Duration::zero(), "")),
              to_hex(from_hex(golden)));
}

TEST(Pcapng, AddsTheEpochToEveryTime) {
    Conversation conversation;
    Capture& capture = conversation.frames;
    capture.push_back({Time{5}, Link::Front, Direction::ToDevice, Bytes(4), {}, {}});
    const Bytes shifted = encode_pcapng(conversation, "", Duration{0x700000000}, "");
    const Bytes plain = encode_pcapng(conversation, "", Duration::zero(), "");
    ASSERT_EQ(shifted.size(), plain.size());
    std::size_t differing = 0;
    for (std::size_t i = 0; i < plain.size(); ++i)
        differing += plain[i] != shifted[i] ? 1U : 0U;
    EXPECT_EQ(differing, 1U);
}

RunResult run_of(std::vector<Verdict> verdicts) {
    RunResult run{"shunt-conform 1", "a device", 7, {}};
    for (const Verdict verdict : verdicts) {
        CaseResult result;
        result.id = "endpoint/x/y";
        result.requirements = {"EP-1", "EP-2"};
        result.verdict = verdict;
        result.rerun = "shunt-conform run endpoint/x/y";
        run.cases.push_back(result);
    }
    return run;
}

TEST(RunVerdict, IsConformantOnlyIfEverythingClaimedRanAndPassed) {
    using V = Verdict;
    const std::vector<std::pair<std::vector<V>, RunVerdict>> table = {
        {{V::Pass}, RunVerdict::Conformant},
        {{V::Pass, V::NonStrict}, RunVerdict::Conformant},
        {{V::NotRun}, RunVerdict::Inconclusive},
        {{}, RunVerdict::Inconclusive},
        {{V::Pass, V::Error}, RunVerdict::Inconclusive},
        {{V::Pass, V::Inconclusive}, RunVerdict::Inconclusive},
        {{V::Pass, V::Unsupported}, RunVerdict::Inconclusive},
        {{V::Pass, V::Fail}, RunVerdict::NotConformant},
        {{V::Error, V::Fail}, RunVerdict::NotConformant},
        {{V::Pass, V::Crash}, RunVerdict::NotConformant},
        {{V::Pass, V::Hang}, RunVerdict::NotConformant},
    };
    for (const auto& [verdicts, expected] : table) {
        EXPECT_EQ(verdict_of(run_of(verdicts), false), expected) << verdicts.size();
    }
    EXPECT_EQ(verdict_of(run_of({V::NonStrict}), true), RunVerdict::NotConformant);
}

TEST(RunVerdict, TellsWhatIsNotClaimedFromWhatCouldNotRun) {
    RunResult run = run_of({Verdict::Pass, Verdict::NotRun});
    EXPECT_EQ(verdict_of(run, false), RunVerdict::Inconclusive);
    run.cases[1].is_claimed = false;
    EXPECT_EQ(verdict_of(run, false), RunVerdict::Conformant);
    run.untested = {"profile blob is claimed, and no case tests it"};
    EXPECT_EQ(verdict_of(run, false), RunVerdict::Inconclusive);
    EXPECT_EQ(describe_run(run, false, {}),
              "profile blob is claimed, and no case tests it\n"
              "INCONCLUSIVE: 2 cases, 1 PASS, 1 NOT-RUN, seed 7\n");
    EXPECT_EQ(nlohmann::json::parse(to_json(run, false))["untested"],
              nlohmann::json::array({"profile blob is claimed, and no case tests it"}));
    EXPECT_NE(to_junit(run, false).find("name=\"untested\" value=\"profile blob"),
              std::string::npos);
}

TEST(RunVerdict, SaysThatItIsOfASelection) {
    RunResult run = run_of({Verdict::Pass});
    EXPECT_TRUE(nlohmann::json::parse(to_json(run, false))["selection"].is_null());
    run.suite_size = 38;
    run.selectors = {"endpoint/handshake"};
    EXPECT_EQ(describe_run(run, false, {}),
              "CONFORMANT as far as selected: 1 of 38 cases, 1 PASS, seed 7\n");
    EXPECT_EQ(nlohmann::json::parse(to_json(run, false))["selection"],
              nlohmann::json::parse(R"({"selectors":["endpoint/handshake"],"cases":1,"of":38})"));
    EXPECT_NE(to_junit(run, false).find("name=\"selection\" value=\"1 of 38 cases\""),
              std::string::npos);
}

TEST(RunVerdict, AStatementThatIsNotTrueFailsInEveryReport) {
    RunResult run = run_of({Verdict::Pass});
    EXPECT_NE(to_tap(run, false).find("1..1\nok 1"), std::string::npos);
    EXPECT_NE(to_junit(run, false).find("tests=\"1\" failures=\"0\""), std::string::npos);
    run.claims = {"option sessions is not claimed, but the device sends 0x31"};
    EXPECT_EQ(verdict_of(run, false), RunVerdict::NotConformant);
    const std::string tap = to_tap(run, false);
    EXPECT_NE(tap.find("1..2\n"), std::string::npos);
    EXPECT_NE(tap.find("not ok 2 - statement\n"), std::string::npos);
    EXPECT_NE(tap.find("    option sessions is not claimed"), std::string::npos);
    const std::string junit = to_junit(run, false);
    EXPECT_NE(junit.find("tests=\"2\" failures=\"1\""), std::string::npos);
    EXPECT_NE(junit.find("option sessions is not claimed"), std::string::npos);
}

TEST(JsonReport, HasTheKeysOfTheInterfacesPage) {
    RunResult run = run_of({Verdict::Pass, Verdict::Fail});
    run.cases[1].reason = "EP-25: expected sequence 1001, got 1000";
    run.cases[1].findings = {{"EP-25", "sequence 1001", "1000", 4}, {"EP-1", "a", "b"}};
    run.cases[1].findings[0].packet = 5;
    run.cases[1].pcapng = "out/x.pcapng";
    const auto json = nlohmann::json::parse(to_json(run, false));
    EXPECT_EQ(json["schema"], 1);
    EXPECT_EQ(json["suite"], "shunt-conform 1");
    EXPECT_EQ(json["iut"], "a device");
    EXPECT_EQ(json["seed"], 7);
    EXPECT_EQ(json["verdict"], "NOT-CONFORMANT");
    EXPECT_EQ(json["counts"], nlohmann::json::parse(R"({"PASS":1,"FAIL":1})"));
    const auto& failed = json["cases"][1];
    EXPECT_EQ(failed["id"], "endpoint/x/y");
    EXPECT_EQ(failed["requirements"], nlohmann::json::parse(R"(["EP-1","EP-2"])"));
    EXPECT_EQ(failed["verdict"], "FAIL");
    EXPECT_EQ(failed["reason"], "EP-25: expected sequence 1001, got 1000");
    EXPECT_EQ(failed["expected"], "sequence 1001");
    EXPECT_EQ(failed["actual"], "1000");
    EXPECT_EQ(failed["frame"], 5);
    EXPECT_EQ(failed["pcapng"], "out/x.pcapng");
    EXPECT_EQ(failed["rerun"], "shunt-conform run endpoint/x/y");
    EXPECT_EQ(failed["findings"].size(), 2U);
    EXPECT_TRUE(json["cases"][0]["frame"].is_null());
    EXPECT_TRUE(json["cases"][0]["reason"].is_null());
}

TEST(JsonReport, StaysJsonWhateverTheDeviceSays) {
    RunResult run = run_of({Verdict::Crash});
    run.cases[0].reason = "\xFF\x1b[31m\"\n";
    EXPECT_TRUE(nlohmann::json::accept(to_json(run, false)));
}

TEST(Selfcheck, CountsACaseOnlyIfItFindsTheRequirementBroken) {
    const auto killers = [](Verdict verdict, const char* found) {
        RunResult run = run_of({verdict});
        run.cases[0].findings = {{found, "this", "that"}};
        return mutant_result("m", "EP-2", run).mapped.size();
    };
    EXPECT_EQ(killers(Verdict::Fail, "EP-2"), 1U);
    EXPECT_EQ(killers(Verdict::Fail, "EP-1"), 0U) << "broken in another way";
    EXPECT_EQ(killers(Verdict::Fail, "EP-3"), 0U) << "no requirement of the case";
    EXPECT_EQ(killers(Verdict::Hang, "EP-2"), 0U) << "a device that does not answer shows nothing";
    EXPECT_EQ(killers(Verdict::Crash, "EP-2"), 0U);
}

TEST(Selfcheck, ComplainsOfAMutantThatNoCasePasses) {
    RunResult run = run_of({Verdict::Fail});
    run.cases[0].findings = {{"EP-2", "this", "that"}};
    SelfcheckResult result{run_of({Verdict::Pass}), {mutant_result("m", "EP-2", run)}};
    EXPECT_EQ(complaints(result),
              std::vector<std::string>{"m: no case passes, so one defect is not what it has"});
    run.cases.push_back(run_of({Verdict::Pass}).cases[0]);
    result.mutants = {mutant_result("m", "EP-2", run)};
    EXPECT_TRUE(complaints(result).empty());
}

TEST(Selfcheck, NamesTheCasesThatMakeTheBaseLineRed) {
    RunResult run = run_of({Verdict::Pass, Verdict::Fail});
    run.cases[1].reason = "expected this";
    EXPECT_EQ(complaints(SelfcheckResult{run, {}}),
              (std::vector<std::string>{
                  "the base line is NOT-CONFORMANT: nothing is shown by a mutant that fails too",
                  run.cases[1].id + ": FAIL: expected this"}));
}

TEST(TextReport, ShowsFindingsAndHowToRunAgain) {
    CaseResult result = run_of({Verdict::Fail}).cases[0];
    result.findings = {{"EP-25", "sequence 1001", "1000", 4}};
    result.findings[0].packet = 5;
    result.pcapng = "out/x.pcapng";
    EXPECT_EQ(describe_case(result, {}),
              "FAIL          endpoint/x/y\n"
              "    EP-25: expected sequence 1001, got 1000 (packet 5)\n"
              "    signature: EP-25: expected sequence N\n"
              "    see out/x.pcapng\n"
              "    again: shunt-conform run endpoint/x/y\n");
    EXPECT_EQ(describe_run(run_of({Verdict::Pass, Verdict::Fail}), false, {}),
              "NOT-CONFORMANT: 2 cases, 1 PASS, 1 FAIL, seed 7\n");
}

TEST(TextReport, SaysFirstWhatBecameOfTheDevice) {
    CaseResult result = run_of({Verdict::Crash}).cases[0];
    result.reason = "the device ended by signal 11";
    result.findings = {{"EP-1", "SYN,ACK", "nothing"}};
    EXPECT_TRUE(describe_case(result, {})
                    .starts_with("CRASH         endpoint/x/y\n"
                                 "    the device ended by signal 11\n"
                                 "    EP-1: expected SYN,ACK, got nothing\n"));
}

TEST(TextReport, LetsNoDeviceDriveTheTerminal) {
    CaseResult result = run_of({Verdict::Crash}).cases[0];
    result.reason = "said \x1b[2J\x07";
    EXPECT_EQ(describe_case(result, {}).find('\x1b'), std::string::npos);
    EXPECT_EQ(printable("a\x1b\x7f\nb"), "a??\nb");
}

TEST(TextReport, IsPlainWhereNoColorIsWanted) {
    EXPECT_FALSE(TextStyle::for_stdout().has_color && std::getenv("NO_COLOR") != nullptr);
}

}  // namespace
}  // namespace conform
