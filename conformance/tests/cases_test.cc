// SPDX-License-Identifier: Apache-2.0
/// Every case passes on a device that does it right, and fails, for the right reason, on each that
/// does not.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <regex>
#include <set>

#include "app/case_run.hh"
#include "cases/requirements.hh"
#include "engine/selector.hh"
#include "plan.hh"
#include "scripted_device.hh"

namespace conform {
namespace {

using tests::Defect;

const CaseInfo& case_of(std::string_view id) {
    const auto& cases = all_cases();
    return *std::find_if(cases.begin(), cases.end(),
                         [id](const CaseInfo& info) { return info.id == id; });
}

CaseResult judge(const CaseInfo& info, Defect defect, bool has_extensions, std::uint64_t seed = 1) {
    const Iut iut = tests::standard_iut(has_extensions);
    tests::ScriptedDevice device(iut, defect);
    Conversation conversation;
    return run_case(info, device, iut, seed, {40'000, true}, conversation);
}

std::string all_messages(const CaseResult& result) {
    std::string text = result.reason + "\n";
    for (const Finding& finding : result.findings)
        text += finding.message() + "\n";
    return text;
}

TEST(Cases, PassOnAScriptedDeviceWithEverySeed) {
    ASSERT_EQ(tests::scripted_cases().size(), 5U);
    for (const CaseInfo* scripted : tests::scripted_cases()) {
        const CaseInfo& info = *scripted;
        for (std::uint64_t seed = 0; seed < 50; ++seed) {
            for (const bool has_extensions : {false, true}) {
                const CaseResult result = judge(info, Defect::None, has_extensions, seed);
                ASSERT_EQ(result.verdict, Verdict::Pass)
                    << info.id << " seed " << seed << " ext " << has_extensions << "\n"
                    << all_messages(result);
            }
        }
    }
}

TEST(Cases, NeverPassOnADeadDevice) {
    Iut iut = tests::standard_iut(true);
    iut.statement.options = {"ext", "control-channel"};
    for (const CaseInfo& info : all_cases()) {
        tests::ScriptedDevice device(iut, Defect::Dead);
        Conversation conversation;
        const CaseResult result = run_case(info, device, iut, 1, {40'000, true}, conversation);
        EXPECT_EQ(result.verdict, Verdict::Hang) << info.id;
    }
}

TEST(Cases, CallADeviceThatGoesAwayACrash) {
    const CaseResult result =
        judge(case_of("endpoint/handshake/syn-ack-before-migration"), Defect::DiesAtRequest, false);
    EXPECT_EQ(result.verdict, Verdict::Crash);
    EXPECT_EQ(result.reason, "the device closed the connection");
}

struct Catch {
    std::string_view id;
    Defect defect;
    std::string_view finding;  ///< how one of the findings begins
    bool has_extensions = false;
};

class CasesCatch : public testing::TestWithParam<Catch> {};

TEST_P(CasesCatch, Defect) {
    const Catch& wanted = GetParam();
    const CaseResult result = judge(case_of(wanted.id), wanted.defect, wanted.has_extensions);
    EXPECT_EQ(result.verdict, Verdict::Fail) << all_messages(result);
    const bool is_found = std::any_of(
        result.findings.begin(), result.findings.end(),
        [&](const Finding& finding) { return finding.message().starts_with(wanted.finding); });
    EXPECT_TRUE(is_found) << "no finding begins with \"" << wanted.finding << "\" in\n"
                          << all_messages(result);
}

constexpr std::string_view kHandshake = "endpoint/handshake/syn-ack-before-migration";
constexpr std::string_view kConnection = "endpoint/connection/well-formed";
constexpr std::string_view kAcknowledgement = "endpoint/acknowledgement/moves-the-record";
constexpr std::string_view kForward = "endpoint/forward/client-packet-unchanged";
constexpr std::string_view kTarget = "endpoint/target/answers-as-the-service";

INSTANTIATE_TEST_SUITE_P(
    Handshake, CasesCatch,
    testing::Values(
        Catch{kHandshake, Defect::SynAckNotRepeated, "EP-1: expected flags SYN,ACK, acknow"},
        Catch{kHandshake, Defect::SynAckWithNewSequence, "EP-1: expected repeated SYN/ACK"},
        Catch{kHandshake, Defect::OffersBeforeRequest, "EP-4: expected nothing for s2"},
        Catch{kHandshake, Defect::AcknowledgesTheRequest, "EP-4: expected nothing for the client"},
        Catch{kHandshake, Defect::ResetsTheClient, "EP-48: expected no reset"},
        Catch{kHandshake, Defect::TcpChecksumWrong, "TCP-1: expected TCP checksum"}));

INSTANTIATE_TEST_SUITE_P(
    Connection, CasesCatch,
    testing::Values(
        Catch{kConnection, Defect::FrameChecksumWrong, "FRM-4: expected encapsulation checksum"},
        Catch{kConnection, Defect::ConnectionCutShort, "FRM-5: expected 146 payload bytes"},
        Catch{kConnection, Defect::ToControlAddress, "SYS-2: expected Dest. IP to be a forward IP"},
        Catch{kConnection, Defect::ReservedNotZero, "TCB-2: expected reserved 0, got 1"},
        Catch{kConnection, Defect::SequencesSwapped, "EP-4: expected iss"},
        Catch{kConnection, Defect::WindowNotScaled, "EP-4: expected snd_wnd 65536, got 512"},
        Catch{kConnection, Defect::ScaleFlagsMissing, "TCB-5: expected t_flags 0x03e0"},
        Catch{kConnection, Defect::ClockStandsStill, "TCP-17: expected ts_val"},
        Catch{kConnection, Defect::RequestConsumed,
              "SEL-5: expected rcv_nxt, relative to irs, 1, got 11"},
        Catch{kConnection, Defect::RepetitionWithNewEpoch, "EP-6: expected 0x01 repeated"}));

INSTANTIATE_TEST_SUITE_P(
    Acknowledgement, CasesCatch,
    testing::Values(
        Catch{kAcknowledgement, Defect::ForwardsBeforeAnswer, "EP-9: expected nothing for s2 but"},
        Catch{kAcknowledgement, Defect::OffersForEver, "EP-9: expected nothing for s2 after"},
        Catch{kAcknowledgement, Defect::HeldPacketsReversed, "EP-9: expected the client's packets"},
        Catch{kAcknowledgement, Defect::RepeatedAnswerIgnored, "EP-16: expected 0x02"},
        Catch{kAcknowledgement, Defect::RepeatedAnswerIgnored, "EP-16: expected 0x14", true},
        Catch{kAcknowledgement, Defect::CopyNotEchoed, "EP-16: expected 0x14 for", true}));

INSTANTIATE_TEST_SUITE_P(Forward, CasesCatch,
                         testing::Values(Catch{kForward, Defect::TtlDecremented,
                                               "EP-21: expected the client's packet unchanged"},
                                         Catch{kForward, Defect::PaddingForwarded,
                                               "EP-21: expected the client's packet unchanged"},
                                         Catch{kForward, Defect::DropsFin,
                                               "EP-20: expected 0x02"}));

INSTANTIATE_TEST_SUITE_P(
    Target, CasesCatch,
    testing::Values(
        Catch{kTarget, Defect::SpeaksBeforeRelease, "EP-13: expected nothing for the client"},
        Catch{kTarget, Defect::AnswersFromOwnAddress, "EP-24: expected source 10.7.1.2:80"},
        Catch{kTarget, Defect::SequenceOffByOne, "EP-25: expected sequence 1, got 2"},
        Catch{kTarget, Defect::TimestampsFromZero, "EP-25: expected TSval"},
        Catch{kTarget, Defect::SendScaleLost, "EP-25: expected a first flight"},
        Catch{kTarget, Defect::ReceiveScaleLost, "EP-25: expected a window, scaled by 7"}));

/// Ids of docs/requirements.toml.
const std::set<std::string>& known_requirements() {
    static const std::set<std::string> kIds = [] {
        std::set<std::string> ids;
        std::ifstream in(CONFORM_REQUIREMENTS);
        constexpr std::string_view kBefore = "id = \"";
        for (std::string line; std::getline(in, line);) {
            if (!line.starts_with(kBefore)) continue;
            ids.insert(line.substr(kBefore.size(), line.rfind('"') - kBefore.size()));
        }
        return ids;
    }();
    return kIds;
}

TEST(Cases, NameRequirementsThatThereAre) {
    EXPECT_GT(known_requirements().size(), 100U);
    for (const CaseInfo& info : all_cases()) {
        for (const std::string_view requirement : info.requirements) {
            EXPECT_TRUE(known_requirements().contains(std::string(requirement)))
                << info.id << " " << requirement;
        }
    }
}

/// Of what the pages have and nobody has built yet; who builds it takes it out here.
bool is_to_come(const Requirement& requirement) {
    return requirement.profile == "handoff" || requirement.id.starts_with("AT-") ||
           requirement.id == "SEC-4";
}

TEST(Cases, LeaveNoHoleInWhatIsBuilt) {
    for (const Requirement& requirement : all_requirements()) {
        if (requirement.observable == "none") continue;
        EXPECT_NE(cases_of(requirement.id).empty(), !is_to_come(requirement)) << requirement.id;
    }
}

/// The cases that a row of the page names: a whole id, and words behind it, up to a semicolon, that
/// are of the same folder.
std::vector<std::string> cases_named_by(const std::string& row) {
    static const std::regex kToken(
        "`((?:tcp|endpoint|system|blob)/[a-z0-9-]+/)?([a-z0-9-]+|[*]{2})`|;");
    std::vector<std::string> names;
    std::string folder;
    for (std::sregex_iterator found(row.begin(), row.end(), kToken), end; found != end; ++found) {
        if ((*found)[0] == ";") {
            folder.clear();
            continue;
        }
        if ((*found)[1].matched) folder = (*found)[1];
        if (!folder.empty()) names.push_back(folder + (*found)[2].str());
    }
    return names;
}

TEST(Cases, AreThereWhereThePageOfBadInputNamesThem) {
    std::ifstream page(CONFORM_ROBUSTNESS_PAGE);
    std::size_t count = 0;
    for (std::string line; std::getline(page, line);) {
        if (!line.starts_with("| ")) continue;
        for (const std::string& name : cases_named_by(line.substr(line.find(" | ")))) {
            ++count;
            const bool is_there =
                std::any_of(all_cases().begin(), all_cases().end(),
                            [&](const CaseInfo& info) { return glob_matches(name, info.id); });
            EXPECT_TRUE(is_there) << name << "\n" << line;
        }
    }
    EXPECT_GT(count, 100U);
}

TEST(Cases, FindNothingButRequirementsThatThereAre) {
    for (int defect = 0; defect <= static_cast<int>(Defect::ResetsTheClient); ++defect) {
        for (const CaseInfo* info : tests::scripted_cases()) {
            const CaseResult result = judge(*info, static_cast<Defect>(defect), false);
            for (const Finding& finding : result.findings) {
                EXPECT_TRUE(known_requirements().contains(finding.requirement))
                    << info->id << " " << finding.message();
            }
        }
    }
}

TEST(Cases, HaveUniqueIdsOfThreePartsAndRequirements) {
    std::vector<std::string_view> ids;
    for (const CaseInfo& info : all_cases()) {
        EXPECT_EQ(std::count(info.id.begin(), info.id.end(), '/'), 2) << info.id;
        EXPECT_FALSE(info.requirements.empty()) << info.id;
        ids.push_back(info.id);
    }
    std::sort(ids.begin(), ids.end());
    EXPECT_EQ(std::adjacent_find(ids.begin(), ids.end()), ids.end());
}

}  // namespace
}  // namespace conform
