// SPDX-License-Identifier: Apache-2.0
#include "shunt/app/impair_options.hh"

#include <fmt/format.h>

#include "shunt/app/command_line.hh"
#include "shunt/app/impairment_plan_text.hh"

namespace shunt::app {
namespace {

constexpr std::string_view kIntroduction = R"(shunt-impair: a bad path between two devices.

Usage: shunt-impair --left A --right A [--to-right PLAN] [--to-left PLAN] [options]
A is one of: tap:NAME, tap:NAME,vnet, packet:IF.

)";

constexpr std::string_view kEpilogue = R"(
Examples:
  Loses the third and fourth segment with text towards the right, and nothing else:
    shunt-impair --left packet:cable --right packet:front0 --to-right "drop=3,4"
  A line of 20 Mbit/s and 40 ms there and back that loses one frame in a hundred:
    shunt-impair --left tap:a --right tap:b --json - --seed 7
                 --to-right "rate=20M delay=20ms loss=1/100" --to-left "rate=20M delay=20ms"
It prints {"event":"ready",..} when it passes frames, and ends with SIGINT or SIGTERM. What it did
then goes to --json. On a veth pair: ethtool -K IF tx off at the far end of each cable.

Exit codes: 2 usage or privilege; 3 a device was lost, or a file not written; 130 interrupted, which
is how it ends.
)";

CommandLine describe_command_line() {
    CommandLine about{"shunt-impair",
                      kIntroduction,
                      {"Options"},
                      fmt::format("\n{}{}", impairment_plan_keys(), kEpilogue)};
    // clang-format off
    about.options.add_options()
        ("left", option_value("A"), "one device")
        ("right", option_value("A"), "the other one")
        ("to-right", option_value("PLAN"), "what befalls frames from left to right")
        ("to-left", option_value("PLAN"), "the same from right to left")
        ("seed", option_value("N"), "all chance; 1 unless given")
        ("json", option_value("P"), "counts at the end; - is stdout")
        ("capture", option_value("FILE"), "record both devices (pcapng)");
    // clang-format on
    return about;
}

runtime::DeviceAddress device(const GivenOptions& given, const char* option) {
    const std::string text = given.required_text(option, "a device");
    const auto address = runtime::parse_device_address(text);
    if (!address) throw WrongOption{fmt::format("--{}: {}", option, address.error().text)};
    if (address->kind == runtime::DeviceAddress::Kind::Unix)
        throw WrongOption{fmt::format("--{}: expected tap: or packet:, got \"{}\"", option, text)};
    return *address;
}

link::ImpairmentPlan plan(const GivenOptions& given, const char* option) {
    auto parsed = parse_impairment_plan(given.text_or_empty(option));
    if (!parsed) throw WrongOption{fmt::format("--{}: {}", option, parsed.error())};
    return *parsed;
}

ImpairOptions options_from(const GivenOptions& given) {
    ImpairOptions options;
    options.left = device(given, "left");
    options.right = device(given, "right");
    if (options.left == options.right)
        throw WrongOption{"--left and --right: expected two devices"};
    options.to_right = plan(given, "to-right");
    options.to_left = plan(given, "to-left");
    options.seed = given.number("seed").value_or(options.seed);
    options.json = given.text("json");
    options.capture = given.text("capture");
    return options;
}

}  // namespace

ParsedImpairOptions parse_impair_options(const std::vector<std::string>& arguments) {
    return parse_command_line(describe_command_line(), arguments, options_from);
}

}  // namespace shunt::app
