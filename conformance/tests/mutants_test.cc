// SPDX-License-Identifier: Apache-2.0
/// What `PROGRAM --list-mutants` prints, and programs that print it badly or not at all.
#include "app/mutants.hh"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

#include "attach/attachment.hh"

namespace conform {
namespace {

/// A shell script for one test.
class Script {
  public:
    explicit Script(const std::string& body) {
        std::ofstream(path_) << "#!/bin/sh\n" << body << "\n";
        ::chmod(path_.c_str(), 0755);
    }
    Script(const Script&) = delete;
    Script& operator=(const Script&) = delete;
    ~Script() { std::filesystem::remove(path_); }
    const std::string& path() const { return path_; }

  private:
    std::string path_ = ::testing::TempDir() + "mutants_" +
                        ::testing::UnitTest::GetInstance()->current_test_info()->name();
};

std::string complaint(const std::string& program,
                      std::chrono::milliseconds patience = std::chrono::milliseconds(10'000)) {
    try {
        (void)list_mutants(program, patience);
    } catch (const AttachmentError& error) {
        return error.what();
    }
    return "listed";
}

TEST(Mutants, ListsWhatTheProgramPrints) {
    const Script script(R"(echo '{"name":"a","requirement":"EP-1","text":"x"}')");
    const std::vector<Mutant> mutants = list_mutants(script.path());
    ASSERT_EQ(mutants.size(), 1U);
    EXPECT_EQ(mutants[0].requirement, "EP-1");
    EXPECT_EQ(mutants[0].needs, "");
}

TEST(Mutants, ListsTheFarmThatShowsIt) {
    const Script script(R"(echo '{"name":"a","requirement":"EP-1","needs":"ext","text":"x"}')");
    EXPECT_EQ(list_mutants(script.path()).at(0).needs, "ext");
}

TEST(Mutants, EndsAProgramThatPrintsForEver) {
    const Script script(R"(while :; do printf '%01000d\n' 0; done)");
    EXPECT_EQ(complaint(script.path()),
              script.path() + " --list-mutants lists more than 1048576 bytes");
}

/// False for a zombie too, which waits for whoever is init.
bool runs(const std::string& process) {
    std::ifstream status("/proc/" + process + "/status");
    for (std::string line; std::getline(status, line);) {
        if (line.starts_with("State:")) return line.find('Z') == std::string::npos;
    }
    return false;
}

TEST(Mutants, EndsAProgramThatSleepsWithWhatItStarted) {
    const std::string mark = ::testing::TempDir() + "mutants_sleeper";
    // Not `exec`: the sleeper is a process of its own, and holds the pipe.
    const Script script("sleep 1000 & echo $! > '" + mark + "'; wait");
    EXPECT_EQ(complaint(script.path(), std::chrono::milliseconds(1'000)),
              script.path() + " --list-mutants takes more than 1000 ms");
    std::string sleeper;
    std::ifstream(mark) >> sleeper;
    std::filesystem::remove(mark);
    ASSERT_FALSE(sleeper.empty());
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(5);
    while (runs(sleeper) && std::chrono::steady_clock::now() < give_up)
        std::this_thread::yield();
    EXPECT_FALSE(runs(sleeper));
}

TEST(Mutants, NamesAProgramThatFailsOrIsNotThere) {
    const Script script("exit 3");
    EXPECT_EQ(complaint(script.path()), script.path() + " --list-mutants cannot be run, or fails");
    EXPECT_EQ(complaint("no-such"), "no-such --list-mutants cannot be run, or fails");
}

TEST(Mutants, NamesTheLineThatIsNone) {
    const Script script("echo '{}'");
    EXPECT_EQ(
        complaint(script.path()),
        script.path() + " --list-mutants: line 1: expected an object with a text \"name\", got {}");
}

}  // namespace
}  // namespace conform
