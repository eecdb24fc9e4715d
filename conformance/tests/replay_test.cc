// SPDX-License-Identifier: Apache-2.0
/// A case from its capture: judged as it was, whatever is changed is noticed, and no broken file
/// is more than an error with an offset.
#include <gtest/gtest.h>

#include <filesystem>

#include "app/case_replay.hh"
#include "app/case_run.hh"
#include "app/evidence.hh"
#include "attach/text_file.hh"
#include "plan.hh"
#include "report/pcapng.hh"
#include "scripted_device.hh"

namespace conform {
namespace {

constexpr Duration kEpoch{1'000'000'000};

struct Recorded {
    CaseResult live;
    Bytes file;
};

Recorded record(tests::Defect defect, std::size_t number = 0) {
    const Iut iut = tests::standard_iut();
    const CaseInfo& info = *tests::scripted_cases()[number];
    tests::ScriptedDevice device(iut, defect);
    Conversation conversation;
    Recorded recorded{run_case(info, device, iut, 7, {40'000, true}, conversation), {}};
    // Lines of an upper tester, as long as some have them: they are a matter of the file alone.
    CaseRecord record;
    record.suite = "test";
    record.iut = iut.statement.name;
    record.seed = 7;
    record.port = 40'000;
    record.epoch_offset = kEpoch;
    record.timers = iut.timers;
    record.turns = conversation.turns;
    record.turn_packets = packets_of_turns(conversation);
    record.result = recorded.live;
    recorded.file = encode_pcapng(conversation, "a case", kEpoch, to_json(record));
    return recorded;
}

CaseReplay judge(const Bytes& file) {
    const Iut iut = tests::standard_iut();
    return replay_case(read_recorded_case(read_pcapng(file, "f"), iut), iut);
}

TEST(CaseReplay, ComesToTheVerdictOfThen) {
    using tests::Defect;
    for (std::size_t number = 0; number < tests::scripted_cases().size(); ++number) {
        for (const Defect defect :
             {Defect::None, Defect::Dead, Defect::DiesAtRequest, Defect::TcpChecksumWrong,
              Defect::SequenceOffByOne, Defect::HeldPacketsReversed, Defect::ResetsTheClient}) {
            const Recorded recorded = record(defect, number);
            const CaseReplay replay = judge(recorded.file);
            EXPECT_EQ(replay.difference, "") << number << " " << static_cast<int>(defect);
            EXPECT_EQ(replay.result.verdict, recorded.live.verdict);
            EXPECT_EQ(replay.result.reason, recorded.live.reason);
        }
    }
}

TEST(CaseReplay, IsNoBlindRepetitionOfTheRecord) {
    Recorded recorded = record(tests::Defect::TcpChecksumWrong);
    ASSERT_EQ(recorded.live.verdict, Verdict::Fail);
    std::string text(recorded.file.begin(), recorded.file.end());
    const std::string verdict = "\"verdict\":\"FAIL\"";
    text.replace(text.find(verdict), verdict.size(), "\"verdict\":\"PASS\"");
    EXPECT_NE(judge(to_bytes(text)).difference, "");
}

TEST(CaseReplay, TakesNoSuccessFromARecord) {
    const Recorded recorded = record(tests::Defect::TcpChecksumWrong);
    const CaptureFile file = read_pcapng(recorded.file, "f");
    for (const char* verdict : {"PASS", "INFO", "NON-STRICT", "NOT-RUN", "UNSUPPORTED"}) {
        CaseRecord forged = parse_case_record(*file.record);
        forged.result.verdict = Verdict::Info;
        forged.result.reason = "so it is";
        std::string text = to_json(forged);
        const std::string none = R"("circumstances":[])";
        text.replace(text.find(none), none.size(),
                     std::string(R"("circumstances":[{"verdict":")") + verdict +
                         R"(","reason":"so it is"}])");
        Bytes changed = recorded.file;
        changed.resize(file.record_offset);
        append_case_record(changed, text);
        EXPECT_THROW((void)judge(changed), CaptureFileError) << verdict;
    }
}

TEST(Evidence, SaysALateEndInTextAndCommentOnce) {
    const Iut iut = tests::standard_iut();
    tests::ScriptedDevice device(iut, tests::Defect::TcpChecksumWrong);
    Conversation conversation;
    CaseResult result =
        run_case(*tests::scripted_cases()[0], device, iut, 7, {.port = 40'000}, conversation);
    Options options;
    options.out_path = ::testing::TempDir() + "late-end";
    options.seed = 7;
    options.time = TimeKind::Virtual;
    std::filesystem::create_directories(options.out_path);
    const Evidence evidence(options, iut);
    evidence.write(result, conversation);
    const auto comments = [&result] {
        std::vector<std::string> all;
        for (const FilePacket& packet : read_capture_file(result.pcapng).packets)
            all.insert(all.end(), packet.comments.begin(), packet.comments.end());
        return all;
    };
    const std::vector<std::string> before = comments();
    overrule(result, Verdict::Crash, "after the case the device ended");
    evidence.amend(result);
    EXPECT_EQ(comments(), before);
    const std::string stem = result.pcapng.substr(0, result.pcapng.rfind('.'));
    EXPECT_TRUE(read_text_file(stem + ".txt").starts_with("CRASH"));
    const Bytes bytes = read_capture_bytes(result.pcapng);
    const std::string file(bytes.begin(), bytes.end());
    EXPECT_NE(file.find(result.id + " CRASH against"), std::string::npos);
    EXPECT_EQ(file.find(result.id + " FAIL against"), std::string::npos);
    std::filesystem::remove_all(options.out_path);
}

TEST(CaseResult, IsNoBetterForACircumstance) {
    CaseResult result;
    result.verdict = Verdict::Fail;
    overrule(result, Verdict::Pass, "so it is");
    EXPECT_EQ(result.verdict, Verdict::Fail);
    overrule(result, Verdict::Inconclusive, "noise");
    EXPECT_EQ(result.verdict, Verdict::Inconclusive);
    overrule(result, Verdict::Crash, "gone");
    EXPECT_EQ(result.verdict, Verdict::Crash);
}

TEST(CaseReplay, NoticesEveryChangedByteOfAFrame) {
    const Recorded recorded = record(tests::Defect::None);
    const CaptureFile file = read_pcapng(recorded.file, "f");
    std::size_t unnoticed = 0;
    for (const FilePacket& packet : file.packets) {
        for (std::size_t i = 0; i < packet.bytes.size(); ++i) {
            Bytes changed = recorded.file;
            changed[packet.offset + 28 + i] ^= 0x01U;
            const CaseReplay replay = judge(changed);
            const bool is_of_case = packet.direction == Direction::ToDevice;
            EXPECT_TRUE(!is_of_case || !replay.difference.empty()) << packet.offset << "+" << i;
            unnoticed += replay.difference.empty() ? 1U : 0U;
        }
    }
    // What a device may choose, and padding, is any value's: but checksums cover nearly all.
    EXPECT_LT(unnoticed, 40U);
}

TEST(CaptureFile, RefusesEveryTruncation) {
    const Recorded recorded = record(tests::Defect::None);
    const Iut iut = tests::standard_iut();
    for (std::size_t size = 1; size < recorded.file.size(); ++size) {
        const ByteView cut = ByteView(recorded.file).first(size);
        try {
            const CaptureFile file = read_pcapng(cut, "f");
            EXPECT_FALSE(file.record) << size;  // cut between blocks
        } catch (const CaptureFileError& error) {
            EXPECT_NE(std::string(error.what()).find("f: offset "), std::string::npos);
        }
    }
}

TEST(CaptureFile, OutlivesEveryChangedByte) {
    const Recorded recorded = record(tests::Defect::None);
    const Iut iut = tests::standard_iut();
    std::size_t errors = 0;
    for (std::size_t i = 0; i < recorded.file.size(); ++i) {
        for (const unsigned mask : {0x01U, 0x80U, 0xFFU}) {
            Bytes changed = recorded.file;
            changed[i] = static_cast<std::uint8_t>(changed[i] ^ mask);
            try {
                const CaptureFile file = read_pcapng(changed, "f");
                if (file.record) static_cast<void>(read_recorded_case(file, iut));
            } catch (const CaptureFileError& error) {
                ++errors;
                EXPECT_NE(std::string(error.what()).find("f: offset "), std::string::npos)
                    << error.what();
            }
        }
    }
    EXPECT_GT(errors, recorded.file.size() / 10);
}

TEST(CaptureFile, RefusesLengthsBeyondTheFile) {
    const Recorded recorded = record(tests::Defect::None);
    for (const std::uint32_t length : {0U, 4U, 11U, 13U, 0xFFFFFFFCU, 0xFFFFFFFFU}) {
        Bytes changed = recorded.file;
        store_u32(changed, 4, length);
        EXPECT_THROW(read_pcapng(changed, "f"), CaptureFileError) << length;
    }
}

TEST(CaptureFile, ReadsLittleEndianSectionsAndMicroseconds) {
    const Bytes file = from_hex(
        "0a0d0d0a 1c000000 4d3c2b1a 01000000 ffffffffffffffff 1c000000"
        "01000000 14000000 01000000 00000000 14000000"
        "06000000 24000000 00000000 01000000 02000000 02000000 02000000 abcd0000 24000000");
    const CaptureFile read = read_pcapng(file, "f");
    ASSERT_EQ(read.packets.size(), 1U);
    EXPECT_EQ(to_hex(read.packets[0].bytes), "abcd");
    EXPECT_EQ(read.packets[0].time.count(), ((1LL << 32) + 2) * 1000);
    EXPECT_FALSE(read.packets[0].direction);
}

TEST(CaptureFile, KeepsLongLinesOfTheUpperTester) {
    Conversation conversation;
    conversation.turns = {Time{}, Time{5}};
    const std::string line(150'000, 'x');
    conversation.control.push_back({Time{}, Direction::ToDevice, "{}", 0, 0, 0});
    conversation.control.push_back({Time{5}, Direction::FromDevice, line, 1, 0, 3});
    CaseRecord record;
    record.turns = conversation.turns;
    record.turn_packets = packets_of_turns(conversation);
    EXPECT_EQ(record.turn_packets, (std::vector<std::size_t>{1, 3}));
    record.questions = {3};
    const Bytes bytes = encode_pcapng(conversation, "", kEpoch, "x");
    Bytes file = bytes;
    file.resize(read_pcapng(bytes, "f").record_offset);
    record.epoch_offset = kEpoch;
    append_case_record(file, to_json(record));
    const RecordedCase read = read_recorded_case(read_pcapng(file, "f"), tests::standard_iut());
    ASSERT_EQ(read.conversation.control.size(), 2U);
    EXPECT_EQ(read.conversation.control[1].text, line);
    EXPECT_EQ(read.conversation.control[1].question, 3U);
}

}  // namespace
}  // namespace conform
