// SPDX-License-Identifier: Apache-2.0
/// The first guilty frame of a case, what counts as one, devices with numbers, and what the harness
/// is measured by.
#include "app/guilty_frame.hh"

#include <gtest/gtest.h>

#include "app/burst.hh"
#include "app/device_number.hh"
#include "app/qualify.hh"
#include "attach/stimulus_limit.hh"
#include "cases/registry.hh"
#include "cases/sharing.hh"
#include "engine/selector.hh"
#include "plan.hh"
#include "report/json.hh"
#include "scripted_device.hh"

namespace conform {
namespace {

using tests::Defect;
using tests::ScriptedDevice;

TEST(GuiltyFrame, IsFoundWhereverItStandsInFewQuestions) {
    for (const std::size_t count : {1U, 2U, 17U, 1'000U}) {
        for (std::size_t guilty = 1; guilty <= count; guilty += 1 + count / 20) {
            int questions = 0;
            const auto found = first_guilty(count, [&](std::size_t limit) {
                ++questions;
                return limit >= guilty;
            });
            EXPECT_EQ(found, guilty) << count;
            EXPECT_LE(questions, 12) << count;
        }
    }
}

TEST(GuiltyFrame, IsNoneWhereTheDeviceGoesAnywayOrNotAgain) {
    EXPECT_EQ(first_guilty(9, [](std::size_t) { return true; }), 0U);
    EXPECT_EQ(first_guilty(0, [](std::size_t) { return true; }), 0U);
    EXPECT_FALSE(first_guilty(9, [](std::size_t) { return false; }));
}

/// Notes what is sent.
class Sink : public Attachment {
  public:
    Time now() const override { return {}; }
    void send(Link, ByteView frame) override { sent.emplace_back(frame.begin(), frame.end()); }
    std::vector<LinkFrame> progress(Time) override { return {}; }
    std::vector<Bytes> sent;
};

TEST(StimulusLimitTest, CountsAllButArpAndTheQuestionForLife) {
    Bytes arp(60);
    store_u16(arp, 12, 0x0806);
    Bytes question(42);
    append(question, to_bytes("shunt-conform: are you there?"));
    const Bytes frame(60, 7);
    Sink sink;
    StimulusLimit limited(sink, 1);
    for (const Bytes& each : {arp, frame, question, frame, arp, Bytes{}})
        limited.send(Link::Front, each);
    EXPECT_EQ(sink.sent, (std::vector<Bytes>{arp, frame, question, arp}));
}

TEST(DeviceNumber, StandsInBothOrInNone) {
    Iut iut = tests::standard_iut();
    iut.front = {AttachmentKind::Tap, "f{n}"};
    iut.back = AttachmentAddress{AttachmentKind::Tap, "b{n}"};
    iut.upper_tester = "unix:c{n}";
    EXPECT_TRUE(has_numbers(iut, {"node", "tap:f{n}"}));
    EXPECT_THROW((void)has_numbers(iut, {"node"}), UsageError);
    EXPECT_EQ(numbered(iut, 12).front.place, "f12");
    EXPECT_EQ(numbered(iut, 12).back->place, "b12");
    EXPECT_EQ(numbered(iut, 12).upper_tester, "unix:c12");
    EXPECT_EQ(numbered(std::vector<std::string>{"{n}{n}", "a"}, 3),
              (std::vector<std::string>{"33", "a"}));
    iut.back->place = "b";
    EXPECT_THROW((void)has_numbers(iut, {"node", "tap:f{n}"}), UsageError);
    iut.front.place = "f";
    EXPECT_THROW((void)has_numbers(iut, {"node{n}"}), UsageError);
    EXPECT_FALSE(has_numbers(iut, {"node"}));
}

TEST(Sharing, NamesCasesThatThereAreAndLeavesMostTogether) {
    std::size_t alone = 0;
    for (const CaseInfo& info : all_cases())
        alone += seclusion_of(info.id) != nullptr ? 1U : 0U;
    EXPECT_GT(alone, 0U);
    EXPECT_LT(alone, all_cases().size() / 2);
    EXPECT_EQ(seclusion_of("endpoint/handshake/syn-ack-before-migration"), nullptr);
    const Seclusion* drains = seclusion_of("endpoint/drain/offers-refused");
    ASSERT_NE(drains, nullptr);
    EXPECT_FALSE(drains->reason.empty());
}

TEST(Qualify, MeasuresADeviceThatAnswers) {
    const Iut iut = tests::standard_iut();
    ScriptedDevice device(iut, Defect::None);
    const Qualification found = qualify(device, iut, 1, 50'000, 5);
    EXPECT_TRUE(found.troubles.empty()) << describe_qualification(found);
    EXPECT_EQ(found.markers, 5U);
    EXPECT_EQ(found.lost, 0U);
    EXPECT_EQ(found.unknown_verb, "none");
    EXPECT_NE(qualification_json(found).find("\"troubles\": []"), std::string::npos);
}

TEST(Qualify, IsInTroubleWithADeviceThatIsDead) {
    const Iut iut = tests::standard_iut();
    ScriptedDevice device(iut, Defect::Dead);
    const Qualification found = qualify(device, iut, 1, 50'000, 5);
    ASSERT_FALSE(found.troubles.empty());
    EXPECT_NE(found.troubles[0].find("no answer to an ICMP echo"), std::string::npos);
    RunResult run;
    run.cases.resize(1);
    EXPECT_EQ(verdict_of(run, false), RunVerdict::Conformant);
    run.qualification = found;
    EXPECT_EQ(verdict_of(run, false), RunVerdict::Inconclusive);
}

TEST(Qualify, ADeviceThatServesFewerIsGivenHalfOfThat) {
    EXPECT_EQ(bearable(32, 32), 32U);
    EXPECT_EQ(bearable(32, 21), 10U);
    EXPECT_EQ(bearable(32, 1), 1U);
    EXPECT_EQ(bearable(32, 0), 1U);
}

TEST(Qualify, WidensTheTimersAndNeverNarrowsThem) {
    using std::chrono::milliseconds;
    TestTimers timers;
    timers.tolerance = milliseconds(20);
    Qualification found;
    found.latency_least = milliseconds(1);
    found.latency_most = milliseconds(2);
    EXPECT_EQ(calibrated(timers, found).tolerance, milliseconds(20));
    EXPECT_EQ(calibrated(timers, found).answer, timers.answer);
    found.latency_most = milliseconds(31);
    EXPECT_EQ(calibrated(timers, found).tolerance, milliseconds(60));
    found.latency_most = milliseconds(500);
    EXPECT_EQ(calibrated(timers, found).tolerance, milliseconds(99)) << "what cases bear";
    EXPECT_EQ(calibrated(timers, found).answer, milliseconds(10'000));
}

}  // namespace
}  // namespace conform
