// SPDX-License-Identifier: Apache-2.0
/// The command line.
#include "app/options.hh"

#include <gtest/gtest.h>

#include <filesystem>

#include "app/run_setup.hh"

namespace conform {
namespace {

Options parse(std::vector<std::string> words) {
    words.insert(words.begin(), "shunt-conform");
    std::vector<char*> arguments;
    arguments.reserve(words.size());
    for (std::string& word : words)
        arguments.push_back(word.data());
    return parse_options(static_cast<int>(arguments.size()), arguments.data());
}

TEST(Options, TakesRunApart) {
    const Options options =
        parse({"run", "endpoint/**", "--iut", "a.toml", "^endpoint/target", "--seed", "7", "-S",
               "--time", "wall", "--json", "v.json", "--out", "o", "--", "node", "--seed", "9"});
    EXPECT_EQ(options.command, Options::Command::Run);
    EXPECT_EQ(options.selectors, (std::vector<std::string>{"endpoint/**", "^endpoint/target"}));
    EXPECT_EQ(options.iut_path, "a.toml");
    EXPECT_EQ(options.seed, 7U);
    EXPECT_TRUE(options.is_strict);
    EXPECT_EQ(options.time, TimeKind::Wall);
    EXPECT_EQ(options.json_path, "v.json");
    EXPECT_EQ(options.out_path, "o");
    EXPECT_EQ(options.device_command, (std::vector<std::string>{"node", "--seed", "9"}));
}

TEST(Options, LeavesOpenWhatTheDeviceDecides) {
    const Options options = parse({"run", "--iut", "a.toml"});
    EXPECT_FALSE(options.seed);
    EXPECT_FALSE(options.time);
    EXPECT_TRUE(options.selectors.empty());
}

TEST(Options, RefusesWhatItDoesNotKnow) {
    const std::vector<std::vector<std::string>> bad = {
        {},
        {"judge"},
        {"run"},
        {"run", "--iu", "a.toml"},  // no guessing
        {"run", "--iut"},
        {"run", "--iut", "a.toml", "--seed", "x"},
        {"run", "--iut", "a.toml", "--seed", "-1"},
        {"run", "--iut", "a.toml", "--time", "later"},
        {"run", "--iut", "a.toml", "--"},
        {"list", "--all"},
        {"run", "--iut", "a.toml", "--seed", ""},
        {"run", "--iut", "a.toml", "--json", ""},
        {"run", "--iut", "a.toml", "--time", ""},
        {"run", "--iut", ""},
    };
    for (const auto& words : bad) {
        EXPECT_THROW((void)parse(words), UsageError) << (words.empty() ? "nothing" : words.back());
    }
}

TEST(Options, RefusesReportsInOnePlaceAndInTheBundle) {
    const std::string folder = ::testing::TempDir();
    const auto with = [](std::vector<std::string> more) {
        std::vector<std::string> words = {"run", "--iut", "a.toml"};
        words.insert(words.end(), more.begin(), more.end());
        return words;
    };
    EXPECT_THROW((void)parse(with({"--json", "x", "--junit", "x"})), UsageError);
    EXPECT_THROW((void)parse(with({"--json", "x", "--tap", "./y/../x"})), UsageError);
    EXPECT_THROW((void)parse(with({"--html", "o/x.html", "--out", "o"})), UsageError);
    EXPECT_THROW((void)parse(with({"--html", folder + "x", "--out", folder})), UsageError);
    EXPECT_THROW((void)parse(with({"--html", "o/a/x", "--out", "./o/"})), UsageError);
    EXPECT_NO_THROW((void)parse(with({"--html", "o.html", "--out", "o", "--json", "o.json"})));
    EXPECT_NO_THROW((void)parse(with({"--html", "/dev/null", "--json", "/dev/null"})));
}

TEST(Options, TakesACommandOnlyWhereItStartsADevice) {
    for (const char* command : {"list", "coverage", "mutants"})
        EXPECT_THROW((void)parse({command, "--", "node"}), UsageError) << command;
    EXPECT_THROW((void)parse({"judge", "x", "--iut", "y", "--", "node"}), UsageError);
    EXPECT_NO_THROW((void)parse({"run", "--iut", "y", "--", "node"}));
}

std::string complaint(const std::vector<std::string>& words) {
    try {
        (void)parse(words);
    } catch (const UsageError& error) {
        return error.what();
    }
    return "accepted";
}

TEST(Options, SuggestsOnlyWhatIsNear) {
    EXPECT_NE(complaint({"selfchek"}).find("did you mean selfcheck?"), std::string::npos);
    EXPECT_EQ(complaint({"publish"}).find("did you mean"), std::string::npos);
    EXPECT_NE(complaint({"replai"}).find("did you mean replay?"), std::string::npos);
}

TEST(RunSetup, RefusesAReportThatCannotBeWrittenBeforeTheRun) {
    const std::string folder = ::testing::TempDir();
    const std::string report = folder + "run-setup-report.json";
    EXPECT_NO_THROW(require_writable(""));
    EXPECT_NO_THROW(require_writable(report));
    EXPECT_FALSE(std::filesystem::exists(report));
    EXPECT_THROW(require_writable(folder), UsageError);
    EXPECT_THROW(require_writable(folder + "no-such-folder/report.json"), UsageError);
}

TEST(RunSetup, SuggestsAFolderOfCases) {
    try {
        (void)select_cases({"endpoint/handshak"});
        ADD_FAILURE() << "accepted";
    } catch (const UsageError& error) {
        EXPECT_STREQ(error.what(),
                     "no case is called endpoint/handshak; did you mean endpoint/handshake?");
    }
}

TEST(Options, HelpsEachCommandWithExamples) {
    EXPECT_EQ(parse({"--help"}).topic, "");
    EXPECT_EQ(parse({"run", "--help"}).topic, "run");
    EXPECT_EQ(parse({"list", "-h"}).topic, "list");
    EXPECT_EQ(parse({"help", "run"}).topic, "run");
    EXPECT_EQ(parse({"help", "run"}).command, Options::Command::Help);
    EXPECT_EQ(parse({"help"}).topic, "");
    EXPECT_NE(complaint({"help", "judg"}).find("did you mean judge?"), std::string::npos);
    EXPECT_NE(complaint({"help", "run", "list"}), "accepted");
    for (const char* topic : {"", "run", "list"}) {
        EXPECT_NE(help(topic).find("  shunt-conform "), std::string::npos) << topic;
    }
    EXPECT_EQ(parse({"--version"}).command, Options::Command::Version);
}

}  // namespace
}  // namespace conform
