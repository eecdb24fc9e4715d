// SPDX-License-Identifier: Apache-2.0
/// The upper tester as a command, with scripts of a line.
#include "attach/control_command.hh"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <chrono>
#include <fstream>
#include <thread>

#include "attach/attachment.hh"
#include "attach/upper_tester_channel.hh"

namespace conform {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

/// A shell script with this body.
std::string script(const std::string& body) {
    static int number = 0;
    const std::string path = testing::TempDir() + "upper-tester-" + std::to_string(::getpid()) +
                             "-" + std::to_string(++number) + ".sh";
    std::ofstream(path) << "#!/bin/sh\n" << body << "\n";
    EXPECT_EQ(::chmod(path.c_str(), 0755), 0);
    return path;
}

/// The next answers, each waited for at most 10 s.
std::vector<std::string> wait_for(ControlCommand& command, std::size_t count) {
    std::vector<std::string> lines;
    const auto give_up = steady_clock::now() + std::chrono::seconds(10);
    while (lines.size() < count && steady_clock::now() < give_up) {
        for (std::string& line : command.take())
            lines.push_back(std::move(line));
        std::this_thread::sleep_for(milliseconds(1));
    }
    return lines;
}

std::string answer_of(const std::string& body, const std::string& request) {
    ControlCommand command(script(body));
    command.send(request);
    const std::vector<std::string> lines = wait_for(command, 1);
    return lines.empty() ? std::string() : lines.front();
}

TEST(ControlCommand, GetsTheVerbAndTheLineAndAnswers) {
    EXPECT_EQ(answer_of(R"(read -r line; echo "{\"ok\":true,\"result\":[\"$1\",$line]}")",
                        R"({"do":"state","id":7})"),
              R"({"id":7,"ok":true,"result":["state",{"do":"state","id":7}]})");
}

TEST(ControlCommand, MakesAnAnswerOfAnExitCode) {
    const std::string request = R"({"do":"drain","id":3})";
    EXPECT_EQ(answer_of("exit 0", request), R"({"id":3,"ok":true})");
    EXPECT_NE(answer_of("exit 127", request).find(R"("error":"unsupported","id":3,"ok":false)"),
              std::string::npos);
    EXPECT_NE(answer_of("exit 1", request).find(R"("error":"failed","id":3,"ok":false)"),
              std::string::npos);
    EXPECT_NE(answer_of("kill -9 $$", request).find("ended by signal 9"), std::string::npos);
    EXPECT_EQ(answer_of(R"(echo '{"ok":false,"error":"refused"}'; exit 1)", request),
              R"({"error":"refused","id":3,"ok":false})");
    EXPECT_EQ(answer_of("echo what else", request), "what else");
}

TEST(ControlCommand, AnswersOneAfterTheOtherAndNeverBlocks) {
    ControlCommand command(script("sleep 0.2; exit 0"));
    const auto begin = steady_clock::now();
    for (const char* request : {R"({"id":1})", R"({"id":2})"}) {
        command.send(request);
        EXPECT_TRUE(command.take().empty());
    }
    EXPECT_LT(steady_clock::now() - begin, milliseconds(150));
    const std::vector<std::string> lines = wait_for(command, 2);
    EXPECT_EQ(lines, (std::vector<std::string>{R"({"id":1,"ok":true})", R"({"id":2,"ok":true})"}));
    EXPECT_GE(steady_clock::now() - begin, milliseconds(400));
}

TEST(ControlCommand, EndsWhatTakesTooLongAndWhatSaysTooMuch) {
    ControlCommand slow(script("sleep 60 & wait"), milliseconds(100));
    slow.send(R"({"id":1})");
    const std::vector<std::string> lines = wait_for(slow, 1);
    ASSERT_EQ(lines.size(), 1U);
    EXPECT_NE(lines[0].find("within 100 ms"), std::string::npos) << lines[0];
    ControlCommand loud(script("while :; do echo 0123456789012345678901234567890123456789; done"));
    loud.send(R"({"id":1})");
    EXPECT_THROW(wait_for(loud, 1), DeviceMisbehaves);
}

TEST(ControlCommand, BoundsWhatWaits) {
    ControlCommand command(script("sleep 60"));
    for (std::size_t i = 0; i < ControlCommand::kWaitingMax; ++i)
        command.send("{}");
    EXPECT_THROW(command.send("{}"), AttachmentError);
    ControlCommand other(script("exit 0"));
    EXPECT_THROW(other.send(std::string(ControlCommand::kRequestMax + 1, ' ')), AttachmentError);
}

TEST(ControlCommand, IsThereAndExecutable) {
    EXPECT_THROW(ControlCommand("/no/such/upper-tester"), AttachmentError);
    EXPECT_THROW(open_upper_tester("command:/no/such/upper-tester"), AttachmentError);
    EXPECT_THROW(open_upper_tester("telnet:/there"), AttachmentError);
}

TEST(ControlCommand, SampleKnowsTwoVerbsAndSaysSoOfTheOthers) {
    const std::string sample = std::string(CONFORM_IUT_DIRECTORY) + "/upper-tester.sh";
    ControlCommand command(sample);
    for (const char* verb : {"hello", "capabilities", "migrate"})
        command.send(std::string(R"({"id":1,"do":")") + verb + "\"}");
    const std::vector<std::string> lines = wait_for(command, 3);
    ASSERT_EQ(lines.size(), 3U);
    EXPECT_EQ(lines[0], R"({"id":1,"ok":true,"result":{"name":"sample"}})");
    EXPECT_NE(lines[1].find(R"(["hello","capabilities"])"), std::string::npos);
    EXPECT_NE(lines[2].find(R"("error":"unsupported")"), std::string::npos);
}

}  // namespace
}  // namespace conform
