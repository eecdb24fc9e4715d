// SPDX-License-Identifier: Apache-2.0
#include "shunt/app/node_options.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace shunt::app {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

ParsedNodeOptions parse(const std::vector<const char*>& arguments) {
    return parse_node_options({arguments.begin(), arguments.end()});
}

std::string error_of(const std::vector<const char*>& arguments) {
    const auto parsed = parse(arguments);
    const auto* error = std::get_if<UsageError>(&parsed);
    return error == nullptr ? "" : error->text;
}

TEST(NodeOptions, ReadsEveryOption) {
    const auto parsed =
        parse({"--config", "farm.toml", "--name=s1", "--front", "tap:f,vnet", "--back", "packet:b",
               "--control", "/run/c", "--time", "wall", "--seed", "18446744073709551615",
               "--log-level", "debug", "--capture", "x.pcapng"});
    const auto* options = std::get_if<NodeOptions>(&parsed);
    ASSERT_NE(options, nullptr);
    EXPECT_EQ(options->config, "farm.toml");
    EXPECT_EQ(options->name, "s1");
    EXPECT_EQ(runtime::to_string(*options->front), "tap:f,vnet");
    EXPECT_EQ(runtime::to_string(*options->back), "packet:b");
    EXPECT_EQ(options->control, "/run/c");
    EXPECT_EQ(options->time, TimeMode::Wall);
    EXPECT_EQ(options->seed, ~std::uint64_t{0});
    EXPECT_EQ(options->log_level, LogLevel::Debug);
    EXPECT_EQ(options->capture, "x.pcapng");
}

TEST(NodeOptions, OneUnixSocketMayCarryBothLinksInVirtualTime) {
    for (const auto& links : std::vector<std::vector<const char*>>{
             {"--front", "unix:/a", "--back", "unix:/a"}, {"--front", "unix:/a"}}) {
        std::vector<const char*> arguments = {"--config", "f", "--name", "s1", "--time", "virtual"};
        arguments.insert(arguments.end(), links.begin(), links.end());
        EXPECT_EQ(error_of(arguments), "");
    }
}

TEST(NodeOptions, SaysWhatIsMissingOrWrong) {
    EXPECT_EQ(error_of({"--name", "s1", "--front", "tap:a"}),
              "--config is missing: the path of farm.toml");
    EXPECT_EQ(error_of({"--config", "f", "--front", "tap:a"}),
              "--name is missing: the name of a server in farm.toml");
    EXPECT_EQ(error_of({"--config", "f", "--name", "s1"}),
              "--front or --back is missing: a node without a link reaches nobody");
    EXPECT_THAT(error_of({"--config", "f", "--name", "s1", "--front", "eth0"}),
                StartsWith("--front: device \"eth0\": expected tap:NAME"));
    EXPECT_THAT(error_of({"--config", "f", "--name", "s", "--front", "tap:a", "--back", "tap:a"}),
                StartsWith("--front and --back: expected two devices"));
    EXPECT_EQ(error_of({"--config", "f", "--name", "s1", "--front", "tap:a", "--seed", "0x1"}),
              "--seed: expected a number from 0 to 2^64-1, got \"0x1\"");
    EXPECT_EQ(error_of({"--config", "f", "--name", "s1", "--front", "tap:a", "--time", "fast"}),
              "--time: expected wall or virtual, got \"fast\"");
    EXPECT_THAT(error_of({"--config", "f", "--name", "s1", "--front", "tap:a", "--log-level", "x"}),
                StartsWith("--log-level: expected trace, debug"));
    EXPECT_THAT(error_of({"--config", "f", "--name", "s1", "--front", "unix:a", "--capture", "x"}),
                StartsWith("--capture: expected tap: or packet: links"));
}

TEST(NodeOptions, VirtualTimeNeedsOneUnixSocketAndNoOtherControl) {
    const std::vector<const char*> start = {"--config", "f", "--name", "s1", "--time", "virtual"};
    const auto with = [&start](const std::vector<const char*>& rest) {
        std::vector<const char*> arguments = start;
        arguments.insert(arguments.end(), rest.begin(), rest.end());
        return error_of(arguments);
    };
    EXPECT_THAT(with({"--front", "tap:a"}), StartsWith("--time virtual: expected one unix:"));
    EXPECT_THAT(with({"--front", "unix:/a", "--back", "unix:/b"}),
                StartsWith("--time virtual: expected one unix:"));
    EXPECT_THAT(with({"--front", "unix:/a", "--control", "/c"}),
                StartsWith("--time virtual: expected no --control"));
}

TEST(NodeOptions, DoesNotGuess) {
    EXPECT_THAT(error_of({"--conf", "f"}), HasSubstr("unrecognised option '--conf'"));
    EXPECT_THAT(error_of({"stray"}), HasSubstr("too many positional options"));
    EXPECT_THAT(error_of({"--config"}), HasSubstr("required argument"));
}

TEST(NodeOptions, HelpShowsExamplesAndVersionTheVersion) {
    const auto help = parse({"--help"});
    ASSERT_NE(std::get_if<TextWanted>(&help), nullptr);
    EXPECT_THAT(std::get<TextWanted>(help).text, HasSubstr("shunt-node --config farm.toml"));
    const auto version = parse({"--version"});
    ASSERT_NE(std::get_if<TextWanted>(&version), nullptr);
    EXPECT_THAT(std::get<TextWanted>(version).text, StartsWith("shunt-node "));
}

}  // namespace
}  // namespace shunt::app
