// SPDX-License-Identifier: Apache-2.0
#include "shunt/app/ctl/options.hh"

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>
#include <vector>

#include "shunt/app/ctl/verbs.hh"

namespace shunt::app::ctl {
namespace {

ParsedOptions<Options> parse(std::initializer_list<const char*> words,
                             const char* environment = nullptr) {
    return parse_options({words.begin(), words.end()}, environment);
}

Options options(std::initializer_list<const char*> words) {
    const auto parsed = parse(words, "/s");
    const auto* error = std::get_if<UsageError>(&parsed);
    EXPECT_EQ(error, nullptr) << (error == nullptr ? "" : error->text);
    return error == nullptr ? std::get<Options>(parsed) : Options();
}

std::string error(std::initializer_list<const char*> words) {
    const auto parsed = parse(words, "/s");
    const auto* found = std::get_if<UsageError>(&parsed);
    return found == nullptr ? "" : found->text;
}

TEST(CtlOptions, MakeTheRequestOfEachVerb) {
    EXPECT_EQ(options({"hello"}).request, R"({"do":"hello","id":1})");
    EXPECT_EQ(options({"migrate", "a>b/tcp", "s2"}).request,
              R"({"connection":"a>b/tcp","do":"migrate","id":1,"to":"s2"})");
    EXPECT_EQ(options({"log-level"}).request, R"({"do":"log-level","id":1})");
    EXPECT_EQ(options({"log-level", "debug"}).request,
              R"({"do":"log-level","id":1,"level":"debug"})");
    EXPECT_EQ(options({"drain"}).request, R"({"action":"start","do":"drain","id":1})");
    EXPECT_EQ(options({"drain", "--stop"}).request, R"({"action":"stop","do":"drain","id":1})");
    EXPECT_EQ(options({"drain", "--status"}).request, R"({"action":"report","do":"drain","id":1})");
    EXPECT_EQ(options({"listen", "5353", "--udp"}).request,
              R"({"do":"listen","id":1,"port":5353,"protocol":"udp"})");
    EXPECT_EQ(options({"listen", "80", "--close"}).request,
              R"({"close":true,"do":"listen","id":1,"port":80})");
    EXPECT_EQ(options({"listen", "80", "--application", "http", "--select", "request"}).request,
              R"({"application":"http","do":"listen","id":1,"port":80,"select":"request"})");
}

TEST(CtlOptions, MayStandBeforeAndBehindTheCommand) {
    EXPECT_EQ(options({"--control", "/x", "--json", "state"}).control, "/x");
    EXPECT_EQ(options({"state", "--json", "--control=/x"}).control, "/x");
    EXPECT_TRUE(options({"state", "--json"}).is_json);
    EXPECT_EQ(options({"state"}).control, "/s");
    EXPECT_EQ(options({"counters", "drop."}).filter, "drop.");
    EXPECT_EQ(options({"state", "--watch"}).watch, Duration::seconds(1));
    EXPECT_EQ(options({"--watch", "--interval", "5", "state"}).watch, Duration::seconds(5));
    EXPECT_FALSE(options({"drain"}).wait);
    EXPECT_EQ(options({"drain", "--wait", "60"}).wait, Duration::seconds(60));
    EXPECT_EQ(options({"drain", "--wait", "60", "--interval", "5"}).interval, Duration::seconds(5));
}

TEST(CtlOptions, NeedASocket) {
    const auto parsed = parse({"state"});
    ASSERT_TRUE(std::holds_alternative<UsageError>(parsed));
    EXPECT_NE(std::get<UsageError>(parsed).text.find("--control PATH is missing"),
              std::string::npos);
}

TEST(CtlOptions, SayWhatIsWrong) {
    EXPECT_EQ(error({}), "a command is missing");
    EXPECT_EQ(error({"tabels"}), "no command \"tabels\"; did you mean \"tables\"?");
    EXPECT_EQ(error({"hello", "you"}), "hello: expected no arguments");
    EXPECT_EQ(error({"migrate", "x"}), "migrate: expected CONNECTION SERVER");
    EXPECT_EQ(error({"migrate", "x", "y", "z"}), "migrate: expected CONNECTION SERVER");
    EXPECT_EQ(error({"hello", "--watch"}), "hello: does not take --watch");
    EXPECT_EQ(error({"state", "--udp"}), "state: does not take --udp");
    EXPECT_EQ(error({"state", "--interval", "2"}), "--interval: expected --watch or --wait too");
    EXPECT_EQ(error({"state", "--watch", "--interval", "0"}),
              "--interval: expected a number from 1 to 3600, got \"0\"");
    EXPECT_EQ(error({"listen", "65536"}), "listen: expected a port from 1 to 65535, got \"65536\"");
    EXPECT_EQ(error({"listen", "0"}), "listen: expected a port from 1 to 65535, got \"0\"");
    EXPECT_EQ(error({"listen", "8o"}), "listen: expected a port from 1 to 65535, got \"8o\"");
    EXPECT_EQ(error({"state", "--wait", "5"}), "state: does not take --wait");
    EXPECT_EQ(error({"drain", "--wait", "0"}),
              "--wait: expected a number from 1 to 86400, got \"0\"");
    EXPECT_EQ(error({"drain", "--stop", "--status"}), "--stop: not with --wait or --status");
    EXPECT_EQ(error({"drain", "s1"}), "drain: expected no arguments");
    EXPECT_NE(error({"--wat", "state"}), "");
}

TEST(CtlOptions, HelpWithExamplesForEachCommand) {
    EXPECT_TRUE(std::holds_alternative<TextWanted>(parse({"--help"})));
    const std::string whole = std::get<TextWanted>(parse({"--help"})).text;
    for (const Verb& verb : verbs()) {
        EXPECT_NE(whole.find(std::string(verb.name) + " "), std::string::npos) << verb.name;
        const auto parsed = parse({std::string(verb.name).c_str(), "--help"});
        ASSERT_TRUE(std::holds_alternative<TextWanted>(parsed)) << verb.name;
        const std::string text = std::get<TextWanted>(parsed).text;
        EXPECT_NE(text.find("Example"), std::string::npos) << verb.name;
        EXPECT_NE(text.find("shuntctl --control"), std::string::npos) << verb.name;
        EXPECT_NE(text.find("Usage: shuntctl"), std::string::npos) << verb.name;
    }
}

}  // namespace
}  // namespace shunt::app::ctl
